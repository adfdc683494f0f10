/* moonbase replay RUN: executes a past run again, its calls answered from its journal. Nothing
 * leaves the machine and nothing is written to the database. */
#include "app/aside.h"
#include "app/find.h"
#include "app/report.h"
#include "base/json.h"
#include "run/rerun.h"

static void on_replayed(void *arg, struct mb_rerun_report *report, const struct mb_err *err)
{
    if (report)
        mb_aside_take(arg, report->json);
    else
        mb_aside_fail(arg, err);
}

/* Is it what was recorded? Said on stderr, the rest on stdout. */
static int show(const struct mb_aside *aside)
{
    const json_t *report = aside->report;
    bool same = mb_json_bool(report, "same", false);
    bool is_outcome = mb_json_bool(report, "is_outcome_same", false);
    fprintf(stderr, "%s%s%s\n", mb_style(stderr, same ? MB_STYLE_GOOD : MB_STYLE_BAD),
            same         ? "the same outcome as recorded"
            : is_outcome ? "the same outcome as recorded, by other calls"
                         : "another outcome than recorded",
            mb_style(stderr, MB_STYLE_PLAIN));
    if (aside->cli->json) {
        mb_aside_print(report);
    } else {
        mb_report_run(stdout, json_object_get(report, "replayed"));
        mb_aside_print_calls(stdout, json_object_get(report, "calls"));
        mb_aside_print_changes(stdout, json_object_get(report, "output_changes"), 2);
    }
    return same ? MB_EXIT_OK : MB_EXIT_FAILED;
}

static int replay(struct mb_aside *aside, struct mb_id customer_id, struct mb_id run_id)
{
    struct mb_err err = {0};
    struct mb_rerun *rerun = NULL;
    const struct mb_rerun_request request = {
        .side = aside->side,
        .pg = aside->pg,
        .customer_id = customer_id,
        .run_id = run_id,
        .adapt = aside->has_files ? mb_aside_adapt : NULL,
        .arg = aside,
    };
    mb_progress_say(&aside->progress, "replaying");
    if (mb_rerun_start(&request, on_replayed, aside, &rerun, &err) < 0)
        return mb_aside_refuse(aside, &err);
    mb_aside_wait(aside);
    if (aside->report)
        return show(aside);
    if (aside->signal)
        mb_rerun_cancel(rerun);
    return mb_aside_refuse(aside, &aside->err);
}

static int run(struct mb_cli *cli)
{
    struct mb_id customer_id, run_id;
    struct mb_err err = {0};
    struct mb_aside aside;
    if (!mb_id_parse(&run_id, "run", mb_str_c(cli->args[0])))
        return mb_cli_usage(cli, "'%s' is no run's id (run_ and 32 hex digits)", cli->args[0]);
    if (mb_aside_init(&aside, cli, mb_cli_option(cli, "package"), &err)) {
        aside.signal = 0;
        return mb_aside_refuse(&aside, &err);
    }
    int code = mb_find_run(&cli->config, run_id, &customer_id, &err)
                   ? mb_aside_refuse(&aside, &err)
                   : replay(&aside, customer_id, run_id);
    mb_aside_release(&aside);
    return code;
}

static const struct mb_option options[] = {
    {"package", "DIR", "with this version of the package instead of the run's own"},
    {"json", NULL, "print the report as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_replay = {
    .name = "replay",
    .args = "RUN",
    .summary = "execute a past run again from its journal: no model, no tool, no cost",
    .help =
        "Every call is answered with its recorded result; nothing is written. With another "
        "version\n"
        "of the package it says which calls are new, gone or changed, and what is different in "
        "the\n"
        "output; a call that the journal does not hold is answered with the error not_recorded.\n"
        "Exits with 0 when all is as recorded, 1 when it is not, 2 when it could not be replayed.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};
