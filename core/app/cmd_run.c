/* moonbase run DIR: a package on the author's machine, in the same sandbox, journal in memory. */
#include "app/cli.h"
#include "app/input.h"
#include "app/local.h"
#include "app/viewer.h"

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
    mb_local_init(&local, &platform, false);
    int code = mb_local_deploy(&local, files, &row, &err) ? mb_cli_fail_err(cli, &err)
                                                          : execute(cli, &local, &request);
    mb_local_release(&local);
    mb_platform_release(&platform);
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
    int rc = mb_input_read(input_path, "--input", &input, &err);
    if (!rc && config_path)
        rc = mb_input_read(config_path, "--config", &config, &err);
    else
        mb_buf_add_c(&config, "{}");
    if (!rc)
        rc = mb_files_read_dir(&files, cli->args[0], &err);
    int code = rc ? mb_cli_fail_err(cli, &err)
                  : run_package(cli, &files, mb_buf_str(&input), mb_buf_str(&config));
    mb_files_release(&files);
    mb_buf_release(&input);
    mb_buf_release(&config);
    return code;
}

static const struct mb_option options[] = {
    {"input", "FILE", "the input, as JSON; - is stdin"},
    {"config", "FILE", "the deployment's configuration, as JSON; {} without"},
    {"json", NULL, "print the run with its steps as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_run = {
    .name = "run",
    .args = "DIR",
    .summary = "run a package here, in the same sandbox, with the journal in memory",
    .help =
        "No database is needed. The package may use every tool that its agent.json names; models\n"
        "with a key in the environment are really called. Exits with 0 when the run succeeded,\n"
        "1 when it failed, 4 when it came to wait for a person.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};
