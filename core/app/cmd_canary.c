/* moonbase canary DEPLOYMENT: the deployment's last runs, replayed with a candidate for its
 * package. Nothing is executed and nothing written. */
#include <stdlib.h>

#include "app/aside.h"
#include "app/find.h"
#include "base/json.h"
#include "run/canary.h"

enum { RUNS = 20 /* without --runs */ };

static void on_done(void *arg, json_t *report, int n_changed, const struct mb_err *err)
{
    (void)n_changed;
    if (report)
        mb_aside_take(arg, report);
    else
        mb_aside_fail(arg, err);
}

static void on_run(void *arg, int done, int n_runs)
{
    struct mb_aside *aside = arg;
    mb_progress_say(&aside->progress, "replayed %d of %d", done, n_runs);
}

static void print_run(const json_t *run)
{
    struct mb_str outcome = mb_json_str(run, "outcome");
    bool good = mb_str_is(outcome, "same");
    printf("%s%-12.*s%s %.*s\n", mb_style(stdout, good ? MB_STYLE_GOOD : MB_STYLE_BAD),
           MB_STR_ARG(outcome), mb_style(stdout, MB_STYLE_PLAIN),
           MB_STR_ARG(mb_json_str(run, "run_id")));
    if (good)
        return;
    const json_t *error = mb_json_get(run, "error");
    if (error)
        printf("  %.*s (%.*s)\n", MB_STR_ARG(mb_json_str(error, "message")),
               MB_STR_ARG(mb_json_str(error, "code")));
    if (mb_json_get(run, "calls"))
        mb_aside_print_calls(stdout, json_object_get(run, "calls"));
    mb_aside_print_changes(stdout, json_object_get(run, "output_changes"), 2);
}

static void print(const json_t *report)
{
    size_t i;
    const json_t *run, *sum = json_object_get(report, "summary");
    char money[40];
    json_array_foreach(json_object_get(report, "runs"), i, run) print_run(run);
    int64_t difference = mb_json_int(sum, "difference_micros", 0);
    printf("%lld runs: %lld the same, %lld changed, %lld not replayed; cost %s%s\n",
           (long long)mb_json_int(sum, "runs", 0), (long long)mb_json_int(sum, "same", 0),
           (long long)mb_json_int(sum, "changed", 0),
           (long long)mb_json_int(sum, "not_replayed", 0), difference > 0 ? "+" : "",
           difference ? mb_money(difference, money) : "the same");
}

/* Could not, when no run was replayed: then nothing was found out. */
static int exit_code(const json_t *report)
{
    const json_t *sum = json_object_get(report, "summary");
    int64_t runs = mb_json_int(sum, "runs", 0);
    if (mb_json_int(sum, "not_replayed", 0) == runs)
        return MB_EXIT_COULD_NOT;
    return mb_json_int(sum, "same", 0) == runs ? MB_EXIT_OK : MB_EXIT_FAILED;
}

static int replay(struct mb_aside *aside, struct mb_canary_request *request)
{
    struct mb_err err = {0};
    struct mb_canary *canary = NULL;
    request->side = aside->side;
    request->pg = aside->pg;
    request->adapt = aside->has_files ? mb_aside_adapt : NULL;
    request->arg = aside;
    request->on_run = on_run;
    if (mb_canary_start(request, on_done, aside, &canary, &err) < 0)
        return mb_aside_refuse(aside, &err);
    mb_aside_wait(aside);
    if (!aside->report) {
        if (aside->signal)
            mb_canary_cancel(canary);
        return mb_aside_refuse(aside, &aside->err);
    }
    if (aside->cli->json)
        mb_aside_print(aside->report);
    else
        print(aside->report);
    return exit_code(aside->report);
}

static const char *text_option(const struct mb_cli *cli, const char *name)
{
    const char *value = mb_cli_option(cli, name);
    return value ? value : "";
}

static int run(struct mb_cli *cli)
{
    struct mb_id id;
    struct mb_err err = {0};
    struct mb_aside aside;
    const char *dir = mb_cli_option(cli, "package"), *version = mb_cli_option(cli, "version");
    const char *n_runs = mb_cli_option(cli, "runs");
    if (!mb_id_parse(&id, "dep", mb_str_c(cli->args[0])))
        return mb_cli_usage(cli, "'%s' is no deployment's id (dep_ and 32 hex digits)",
                            cli->args[0]);
    if ((dir != NULL) == (version != NULL))
        return mb_cli_usage(cli, "it needs --package DIR or --version V");
    struct mb_canary_request request = {
        .deployment_id = id,
        .version = mb_str_c(text_option(cli, "version")),
        .n_runs = n_runs ? atoi(n_runs) : RUNS,
        .statuses = "succeeded,failed",
        .deadline_us = INT64_MAX,
    };
    if (request.n_runs < 1 || request.n_runs > MB_CANARY_RUNS)
        return mb_cli_usage(cli, "--runs is a number from 1 to %d", MB_CANARY_RUNS);
    if (mb_aside_init(&aside, cli, dir, &err)) {
        aside.signal = 0;
        return mb_aside_refuse(&aside, &err);
    }
    int code = mb_find_deployment(&cli->config, id, &request.customer_id, &err)
                   ? mb_aside_refuse(&aside, &err)
                   : replay(&aside, &request);
    mb_aside_release(&aside);
    return code;
}

static const struct mb_option options[] = {
    {"package", "DIR", "the candidate, as a folder"},
    {"version", "V", "the candidate: an uploaded version of the deployment's package"},
    {"runs", "N", "how many of the last runs, up to 100; 20 without"},
    {"json", NULL, "print the report as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_canary = {
    .name = "canary",
    .args = "DEPLOYMENT",
    .summary = "replay a deployment's last runs with another version of its package",
    .help =
        "Says for each run whether the outcome is the same, which calls are new, gone or changed,\n"
        "and what it would have cost by the prices in the record. Nothing is executed or charged.\n"
        "Exits with 0 when all runs are the same, 1 when one is not, 2 when none could be "
        "replayed.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};
