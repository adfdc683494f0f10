/* moonbase run DIR: a package on the author's machine, in the same sandbox, journal in memory; or,
 * with --simulate, without anything that leaves it. */
#include <stdlib.h>

#include "app/cli.h"
#include "app/input.h"
#include "app/lab.h"
#include "app/local.h"
#include "app/viewer.h"
#include "app/workflow.h"
#include "base/json.h"
#include "gate/simulate.h"

static int execute(const struct mb_cli *cli, struct mb_local *local,
                   const struct mb_exec_request *request)
{
    struct mb_err err = {0};
    struct mb_viewer viewer;
    mb_viewer_start(&viewer, cli, &local->platform->loop);
    if (mb_engine_execute(local->engine, request, &viewer.follow, &err))
        mb_viewer_fail(&viewer, &err);
    else
        mb_loop_run(&local->platform->loop);
    int code = mb_viewer_report(&viewer);
    mb_viewer_stop(&viewer);
    return code;
}

static int run_package(const struct mb_cli *cli, const struct mb_files *files, struct mb_str input,
                       struct mb_str config)
{
    struct mb_err err = {0};
    struct mb_platform platform;
    struct mb_local local;
    if (mb_platform_init(&platform, &cli->config, &err))
        return mb_cli_fail_err(cli, &err);
    const struct mb_exec_request request = {
        .customer_id = mb_id_new(), .deployment_id = mb_id_new(), .input = input};
    const struct mb_deployment_row row = {
        .customer_id = request.customer_id,
        .deployment_id = request.deployment_id,
        .package_owner = request.customer_id,
        .package_id = mb_id_new(),
        .config = config,
        .limits = MB_STR("{}"),
        .customer_limits = MB_STR("{}"),
        .secrets = MB_STR("{}"),
        .budget_micros = -1,
    };
    mb_local_init(&local, &platform);
    int code = mb_local_deploy(&local, files, &row, &err) ? mb_cli_fail_err(cli, &err)
                                                          : execute(cli, &local, &request);
    mb_local_release(&local);
    mb_platform_release(&platform);
    return code;
}

/* ---------------------------------------------------------------- --simulate */

static int report_simulation(const struct mb_cli *cli, const json_t *report)
{
    if (cli->json) {
        struct mb_buf out = {0};
        mb_json_dump(&out, report);
        puts(mb_buf_cstr(&out));
        mb_buf_release(&out);
    } else {
        mb_lab_print(stdout, report);
    }
    return mb_str_is(mb_json_str(report, "status"), "succeeded") ? MB_EXIT_OK : MB_EXIT_FAILED;
}

/* `given` is what --answers holds, or NULL. */
static int simulate(const struct mb_cli *cli, struct mb_simulation_config *config,
                    const json_t *given)
{
    struct mb_err err = {0};
    struct mb_lab lab;
    config->model = mb_cli_option(cli, "model");
    config->answers = mb_json_get(given, "answers");
    config->decisions = mb_json_get(given, "decisions");
    config->given = mb_json_get(given, "given");
    if (mb_lab_init(&lab, &cli->config, &err))
        return mb_cli_fail_err(cli, &err);
    json_t *report = mb_lab_simulate(&lab, config, &err);
    int code = report       ? report_simulation(cli, report)
               : lab.signal ? MB_EXIT_SIGNAL + lab.signal
                            : mb_cli_fail_err(cli, &err);
    json_decref(report);
    mb_lab_release(&lab);
    return code;
}

static int run_simulation(struct mb_cli *cli, const struct mb_files *files, struct mb_str input,
                          struct mb_str config_text)
{
    struct mb_err err = {0};
    struct mb_buf text = {0};
    const char *seed = mb_cli_option(cli, "seed"), *path = mb_cli_option(cli, "answers");
    char *end = NULL;
    long long number = seed ? strtoll(seed, &end, 10) : 1;
    if (seed && (end == seed || *end || number < 0 || number > MB_SIMULATE_SEED_MAX))
        return mb_cli_usage(cli, "--seed is an integer from 0 to %d", MB_SIMULATE_SEED_MAX);
    if (path && mb_input_read(path, "--answers", &text, &err)) {
        mb_buf_release(&text);
        return mb_cli_fail_err(cli, &err);
    }
    json_t *given = path ? mb_json_parse(mb_buf_str(&text), &err) : NULL;
    json_t *config_json = mb_json_parse(config_text, &err);
    struct mb_simulation_config config = {
        .files = files, .input = input, .config = config_json, .seed = number};
    int code = simulate(cli, &config, given);
    json_decref(given);
    json_decref(config_json);
    mb_buf_release(&text);
    return code;
}

static int run(struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct mb_files files = {0};
    struct mb_buf input = {0}, config = {0};
    const char *input_path = mb_cli_option(cli, "input");
    const char *config_path = mb_cli_option(cli, "config");
    if (!input_path)
        return mb_cli_usage(cli, "it needs --input FILE, or --input - for stdin");
    int rc = mb_package_read(&cli->config, cli->args[0], &files, &err);
    if (!rc)
        rc = mb_input_read_for(&files, input_path, &input, &err);
    if (!rc && config_path)
        rc = mb_input_read(config_path, "--config", &config, &err);
    else
        mb_buf_add_c(&config, "{}");
    struct mb_str input_text = mb_buf_str(&input), config_text = mb_buf_str(&config);
    int code = rc ? mb_cli_fail_err(cli, &err)
               : mb_cli_option(cli, "simulate")
                   ? run_simulation(cli, &files, input_text, config_text)
                   : run_package(cli, &files, input_text, config_text);
    mb_files_release(&files);
    mb_buf_release(&input);
    mb_buf_release(&config);
    return code;
}

static const struct mb_option options[] = {
    {"input", "FILE", "the input: JSON, or text for a package that takes it; - is stdin, JSON"},
    {"config", "FILE", "the deployment's configuration, as JSON; {} without"},
    {"json", NULL, "print the run with its steps as JSON"},
    {"simulate", NULL, "call nothing outside: tools answer from examples or made-up data"},
    {"model", "NAME",
     "with --simulate: real, or one for all calls; without: local, or script if there is no local"},
    {"seed", "N", "with --simulate: same seed, same made-up data; 1 without"},
    {"answers", "FILE", "with --simulate: {answers, decisions, given}, see README.md"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_run = {
    .name = "run",
    .args = "DIR",
    .summary = "run a package here, in the same sandbox, with the journal in memory",
    .help =
        "No database is needed. The package may use every tool that its agent.json names; models\n"
        "with a key in the environment are really called. Exits with 0 when the run succeeded,\n"
        "1 when it failed, 4 when it came to wait for a person.\n"
        "\n"
        "A file .csv, .tsv, .txt or .md becomes the property of the package's input that has its\n"
        "\"contentMediaType\" (text/csv, text/tab-separated-values, text/plain, text/markdown).\n"
        "\n"
        "With --simulate nothing outside is touched: writes are stubbed, waits pass at once, "
        "people\n"
        "approve unless --answers says otherwise, stored data is kept in memory. Shows where each\n"
        "answer came from, what a run would cost, and what agent.json asks for without using it.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};
