/* moonbase replay RUN: executes a past run again, its calls answered from its journal. Nothing
 * leaves the machine and nothing is written to the database. */
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/database.h"
#include "app/local.h"
#include "app/viewer.h"
#include "base/json.h"
#include "run/replay.h"
#include "run/store_mem.h"
#include "run/store_pg.h"

struct task {
    const struct mb_cli *cli;
    struct mb_local *local;
    struct mb_viewer viewer;
    struct mb_pg *pg;
    struct mb_store *journal; /* where the record is read from */
    struct mb_id run_id;
    const struct mb_files *files; /* of --package; NULL = the run's own package */
    struct mb_claimed claimed;
    json_t *recorded; /* {"status", "output", "error"} as it was then */
};

static const uint32_t types[] = {MB_PG_UUID};
static const struct mb_pg_stmt find_stmt = {
    .name = "replay_find",
    .sql =
        "select r.customer_id, r.deployment_id, r.package_owner, r.package_id, r.seed, "
        "r.created_at, r.started_at, r.limits, r.input, d.config, d.limits, d.package_name, "
        "d.package_version, d.manifest, d.files, d.tools, "
        "json_build_object('status', r.status, 'output', r.output, 'error', r.error), "
        "(select coalesce(json_agg(json_build_object('seq', s.seq, 'tool', s.tool, 'args', s.args, "
        "'result', s.result, 'error', s.error, 'duration_ms', s.duration_us / 1000.0, "
        "'usage', json_build_object('tokens_in', s.tokens_in, 'tokens_out', s.tokens_out), "
        "'cost_micros', 0, 'replayed', true) order by s.seq), '[]') "
        "from engine.load_steps(c, $1, false) s where s.kind = 1 and s.state = 2) "
        "from engine.find_run($1) c, engine.load_run(c, $1) r, "
        "engine.deployed_run(r.customer_id, r.deployment_id, r.package_owner, r.package_id) d",
    .n_params = 1,
    .types = types,
    .retry = true,
};

/* ---------------------------------------------------------------------------------- record */

struct rows {
    struct mb_recorded *list;
    size_t n;
};

static bool collect(void *value, void *arg)
{
    const struct mb_recorded *record = value;
    struct rows *rows = arg;
    rows->list[rows->n++] = *record;
    return true;
}

static int by_seq(const void *a, const void *b)
{
    const struct mb_recorded *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Puts the record into memory and lets the engine take the run from there. */
static void on_loaded(void *arg, struct mb_replay *replay, struct mb_str input,
                      const struct mb_err *err)
{
    struct task *task = arg;
    if (err) {
        mb_viewer_fail(&task->viewer, err);
        return;
    }
    struct rows rows = {.list = mb_zalloc(sizeof(*rows.list) * (replay->by_key.count + 1))};
    mb_map_each(&replay->by_key, collect, &rows);
    qsort(rows.list, rows.n, sizeof(*rows.list), by_seq);
    mb_store_mem_put(task->local->store, task->run_id, input, rows.list, rows.n);
    free(rows.list);
    mb_replay_free(replay);
    mb_progress_say(&task->viewer.progress, "replaying");
    mb_engine_take(task->local->engine, &task->claimed);
    if (!mb_engine_follow(task->local->engine, task->claimed.customer_id, task->run_id,
                          &task->viewer.follow)) {
        struct mb_err gone = {0};
        mb_err_set(&gone, MB_E_INTERNAL, "the engine did not take the run");
        mb_viewer_fail(&task->viewer, &gone);
    }
}

/* --------------------------------------------------------------------------------- package */

enum { MOST_TOOLS = 256 };

static int deploy(struct task *task, const struct mb_pg_result *res, struct mb_err *err)
{
    struct mb_str tools[MOST_TOOLS];
    const struct mb_deployment_row row = {
        .customer_id = task->claimed.customer_id,
        .deployment_id = task->claimed.deployment_id,
        .package_owner = task->claimed.package_owner,
        .package_id = task->claimed.package_id,
        .config = mb_pg_get_str(res, 0, 9),
        .limits = mb_pg_get_str(res, 0, 10),
        .package_name = mb_pg_get_str(res, 0, 11),
        .package_version = mb_pg_get_str(res, 0, 12),
        .manifest = mb_pg_get_str(res, 0, 13),
        .files = mb_pg_get_str(res, 0, 14),
        .tools = tools,
        .n_tools = MB_MIN(mb_pg_get_texts(res, 0, 15, tools, MOST_TOOLS), MOST_TOOLS),
        .customer_limits = MB_STR("{}"),
        .secrets = MB_STR("{}"),
        .budget_micros = -1,
    };
    if (task->files)
        return mb_local_deploy(task->local, task->files, &row, err);
    struct mb_deployment *deployment = mb_catalog_put(task->local->catalog, &row, err);
    mb_deployment_unref(deployment);
    return deployment ? 0 : -err->code;
}

static void read_run(struct task *task, const struct mb_pg_result *res)
{
    struct mb_str seed = mb_pg_get_str(res, 0, 4);
    task->claimed = (struct mb_claimed){
        .customer_id = mb_pg_get_id(res, 0, 0),
        .run_id = task->run_id,
        .deployment_id = mb_pg_get_id(res, 0, 1),
        .package_owner = mb_pg_get_id(res, 0, 2),
        .package_id = mb_pg_get_id(res, 0, 3),
        .created_us = mb_pg_get_time_us(res, 0, 5),
        .started_us = mb_pg_get_time_us(res, 0, 6),
        .limits = mb_json_parse(mb_pg_get_str(res, 0, 7), NULL),
    };
    memcpy(task->claimed.seed, seed.ptr, MB_MIN(seed.len, sizeof(task->claimed.seed)));
    task->recorded = mb_json_parse(mb_pg_get_str(res, 0, 16), NULL);
    /* The timeline is the recorded one: nothing is executed that could make another. */
    json_t *steps = mb_json_parse(mb_pg_get_str(res, 0, 17), NULL);
    json_array_extend(task->viewer.steps, steps);
    json_decref(steps);
}

static void on_found(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct task *task = arg;
    struct mb_err why = {0};
    int rc = 0;
    if (err) {
        why = *err;
        rc = -err->code;
    } else if (mb_pg_rows(res) == 0) {
        rc = mb_err_set(&why, MB_E_NOT_FOUND, "there is no such run");
    } else {
        read_run(task, res);
        rc = deploy(task, res, &why);
    }
    if (!rc)
        rc = task->journal->load(task->journal, task->claimed.customer_id, task->run_id, on_loaded,
                                 task, &why);
    if (rc)
        mb_viewer_fail(&task->viewer, &why);
}

/* ----------------------------------------------------------------------------------- whole */

/* Is the outcome the one that was recorded? Said on stderr; only for runs that had ended. */
static bool compare(const struct task *task)
{
    const json_t *now = task->viewer.run;
    if (!now || task->viewer.signal)
        return false;
    struct mb_str was = mb_json_str(task->recorded, "status");
    struct mb_str is = mb_json_str(now, "status");
    bool same = mb_str_eq(was, is) && mb_json_eq(json_object_get(task->recorded, "output"),
                                                 json_object_get(now, "output"));
    fprintf(stderr, "%s%s%s\n", mb_style(stderr, same ? MB_STYLE_GOOD : MB_STYLE_BAD),
            same ? "the same outcome as recorded" : "another outcome than recorded",
            mb_style(stderr, MB_STYLE_PLAIN));
    return same;
}

static int replay(const struct mb_cli *cli, struct mb_local *local, struct mb_id run_id,
                  const struct mb_files *files)
{
    struct task task = {.cli = cli, .local = local, .run_id = run_id, .files = files};
    struct mb_loop *loop = &local->platform->loop;
    struct mb_err err = {0};
    const struct mb_pg_opts opts = {.conninfo = cli->config.database_url, .connections = 1};
    struct mb_pg_param params[] = {mb_pg_uuid(run_id)};
    mb_viewer_start(&task.viewer, cli, loop);
    mb_progress_say(&task.viewer.progress, "reading the journal");
    task.pg = mb_pg_new(loop, &opts, &err);
    if (task.pg)
        task.journal = mb_store_pg_new(task.pg);
    if (!task.pg || mb_pg_query(task.pg, &find_stmt, params, on_found, &task, NULL, &err))
        mb_viewer_fail(&task.viewer, &err);
    else
        mb_loop_run(loop);
    int code = mb_viewer_report(&task.viewer);
    if (task.recorded && !compare(&task) && code == MB_EXIT_OK)
        code = MB_EXIT_FAILED;
    mb_viewer_stop(&task.viewer);
    if (task.journal)
        task.journal->free(task.journal);
    mb_pg_free(task.pg);
    json_decref(task.claimed.limits);
    json_decref(task.recorded);
    return code;
}

static int run(struct mb_cli *cli)
{
    struct mb_id run_id;
    struct mb_err err = {0};
    struct mb_files files = {0};
    struct mb_platform platform;
    struct mb_local local;
    const char *dir = mb_cli_option(cli, "package");
    if (!mb_id_parse(&run_id, "run", mb_str_c(cli->args[0])))
        return mb_cli_usage(cli, "'%s' is no run's id (run_ and 32 hex digits)", cli->args[0]);
    if (mb_database_find(&cli->config, &err) || (dir && mb_files_read_dir(&files, dir, &err)) ||
        mb_platform_init(&platform, &cli->config, &err)) {
        mb_files_release(&files);
        return mb_cli_fail_err(cli, &err);
    }
    mb_local_init(&local, &platform, true);
    int code = replay(cli, &local, run_id, dir ? &files : NULL);
    mb_local_release(&local);
    mb_platform_release(&platform);
    mb_files_release(&files);
    return code;
}

static const struct mb_option options[] = {
    {"package", "DIR", "with this version of the package instead of the run's own"},
    {"json", NULL, "print the run with its steps as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_replay = {
    .name = "replay",
    .args = "RUN",
    .summary = "execute a past run again from its journal: no model, no tool, no cost",
    .help =
        "Every call is answered with its recorded result; nothing is written. A call that the\n"
        "journal does not hold ends the run. Says whether the outcome is the recorded one, and\n"
        "exits with 1 when it is not.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};
