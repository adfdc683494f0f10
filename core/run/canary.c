#include "run/canary.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "io/loop.h"
#include "io/pg.h"
#include "run/side.h"

enum {
    SCANNED = 10000, /* runs that are looked at for those that ended as asked for */
    REPORT_BYTES = 8 * 1024 * 1024,
    AGAIN_US = 250 * 1000, /* until a replay that found no place is tried again */
};

struct mb_canary {
    struct mb_canary_request request;
    char *statuses, *since;
    struct mb_pg_query *query; /* under way */
    struct mb_rerun *rerun;    /* under way */
    bool has_no_place;         /* for the next replay, as of the last try... */
    struct mb_timer again;     /* ...which is not the last one */
    json_t *candidate;         /* {"id", "name", "version"}, or NULL until one was replayed */
    struct mb_id package_owner, package_id; /* of the candidate; nil = adapt makes it */
    struct mb_id runs[MB_CANARY_RUNS];
    int n_runs, at;
    int64_t begun_us;
    json_t *reports;
    size_t report_bytes;
    struct {
        int same, changed, failed; /* runs; failed: not replayed */
        int outputs, calls_new, calls_gone, calls_changed;
        int64_t recorded_micros, candidate_micros;
    } sum;
    void (*on_done)(void *arg, json_t *report, int n_changed, const struct mb_err *err);
    void *arg;
};

/* `package` null: the name of the deployment's present package. */
static const struct mb_pg_stmt package_stmt = {
    .name = "canary_package",
    .sql =
        "select f.package_owner, f.package_id from engine.deployment($1, $2) d left join lateral "
        "engine.find_package($1, coalesce($3, d.package_name), $4) f on true",
    .n_params = 4,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_TEXT, MB_PG_TEXT},
    .retry = true,
};
static const struct mb_pg_stmt runs_stmt = {
    .name = "canary_runs",
    .sql =
        "select run_id from engine.ended_runs($1, $2, string_to_array($3, ','), $4::timestamptz, "
        "$5, $6)",
    .n_params = 6,
    .types =
        (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_TEXT, MB_PG_TEXT, MB_PG_INT4, MB_PG_INT4},
    .retry = true,
};

static void replay_next(struct mb_canary *c);

/* ---------------------------------------------------------------- the end */

static void free_canary(struct mb_canary *c)
{
    mb_side_count_canary(c->request.side, -1);
    mb_timer_cancel(&mb_side_loop(c->request.side)->timers, &c->again);
    json_decref(c->candidate);
    json_decref(c->reports);
    free(c->statuses);
    free(c->since);
    free(c);
}

static void fail(struct mb_canary *c, const struct mb_err *err)
{
    void (*on_done)(void *, json_t *, int, const struct mb_err *) = c->on_done;
    void *arg = c->arg;
    free_canary(c);
    on_done(arg, NULL, 0, err);
}

static json_t *summary(const struct mb_canary *c)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I}", "runs", c->n_runs,
                     "same", c->sum.same, "changed", c->sum.changed, "not_replayed", c->sum.failed,
                     "changed_outputs", c->sum.outputs, "new_calls", c->sum.calls_new, "gone_calls",
                     c->sum.calls_gone, "changed_calls", c->sum.calls_changed, "recorded_micros",
                     (json_int_t)c->sum.recorded_micros, "candidate_micros",
                     (json_int_t)c->sum.candidate_micros, "difference_micros",
                     (json_int_t)(c->sum.candidate_micros - c->sum.recorded_micros));
}

static void finish(struct mb_canary *c)
{
    char id[MB_ID_TEXT];
    json_t *report = json_pack("{s:s, s:O?, s:o, s:O}", "deployment_id",
                               mb_id_format(c->request.deployment_id, "dep", id), "package",
                               c->candidate, "summary", summary(c), "runs", c->reports);
    void (*on_done)(void *, json_t *, int, const struct mb_err *) = c->on_done;
    void *arg = c->arg;
    int n_changed = c->sum.changed + c->sum.failed;
    free_canary(c);
    on_done(arg, report, n_changed, NULL);
}

/* ---------------------------------------------------------------- one run */

static void add_failed(struct mb_canary *c, struct mb_id run_id, const struct mb_err *err)
{
    char id[MB_ID_TEXT];
    c->sum.failed++;
    json_array_append_new(c->reports,
                          json_pack("{s:s, s:s, s:{s:s, s:s}}", "run_id",
                                    mb_id_format(run_id, "run", id), "outcome", "not_replayed",
                                    "error", "code", mb_err_wire(err), "message", err->message));
}

/* As far as the report's size allows. */
static void add_details(struct mb_canary *c, json_t *entry, const json_t *report)
{
    static const char *const shown[] = {"recorded", "replayed", "output_changes", "calls"};
    struct mb_buf text = {0};
    json_t *details = json_object();
    for (size_t i = 0; i < MB_LEN(shown); i++)
        json_object_set(details, shown[i], json_object_get(report, shown[i]));
    mb_json_dump(&text, details);
    if (c->report_bytes + mb_buf_len(&text) <= REPORT_BYTES) {
        c->report_bytes += mb_buf_len(&text);
        json_object_update(entry, details);
    }
    mb_buf_release(&text);
    json_decref(details);
}

static void add_report(struct mb_canary *c, const struct mb_rerun_report *r)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "run_id", json_incref(json_object_get(r->json, "run_id")));
    json_object_set_new(entry, "outcome", json_string(r->is_same ? "same" : "changed"));
    json_object_set(entry, "cost", json_object_get(r->json, "cost"));
    if (!r->is_same)
        add_details(c, entry, r->json);
    json_array_append_new(c->reports, entry);
    if (!c->candidate)
        c->candidate = json_incref(json_object_get(r->json, "package"));
    c->sum.same += r->is_same;
    c->sum.changed += !r->is_same;
    c->sum.outputs += !r->is_output_same;
    c->sum.calls_new += r->n_new;
    c->sum.calls_gone += r->n_gone;
    c->sum.calls_changed += r->n_changed;
    c->sum.recorded_micros += r->recorded_micros;
    c->sum.candidate_micros += r->candidate_micros;
}

static void on_again(struct mb_timer *timer)
{
    replay_next(MB_CONTAINER_OF(timer, struct mb_canary, again));
}

/* No place says nothing of the run: one is waited for, as long as there is time. */
static bool waits_for_place(struct mb_canary *c, const struct mb_err *err)
{
    struct mb_loop *loop = mb_side_loop(c->request.side);
    c->has_no_place = err->code == MB_E_OVERLOADED;
    if (!c->has_no_place)
        return false;
    c->again.on_due = on_again;
    mb_timer_arm(&loop->timers, &c->again, loop->now_us + AGAIN_US);
    return true;
}

static void on_replayed(void *arg, struct mb_rerun_report *report, const struct mb_err *err)
{
    struct mb_canary *c = arg;
    c->rerun = NULL;
    if (err && waits_for_place(c, err))
        return;
    c->has_no_place = false;
    if (report) {
        add_report(c, report);
        json_decref(report->json);
    } else {
        add_failed(c, c->runs[c->at], err);
    }
    c->at++;
    if (c->request.on_run)
        c->request.on_run(c->request.arg, c->at, c->n_runs);
    replay_next(c);
}

static int replay(struct mb_canary *c, struct mb_err *err)
{
    const struct mb_canary_request *q = &c->request;
    if (mb_clock_mono_us() - c->begun_us > q->deadline_us)
        return mb_err_set(err, MB_E_TIMEOUT, "the canary's time was over");
    const struct mb_rerun_request request = {
        .side = q->side,
        .pg = q->pg,
        .customer_id = q->customer_id,
        .run_id = c->runs[c->at],
        .package_owner = c->package_owner,
        .package_id = c->package_id,
        .adapt = q->adapt,
        .arg = q->arg,
    };
    return mb_rerun_start(&request, on_replayed, c, &c->rerun, err);
}

static void replay_next(struct mb_canary *c)
{
    struct mb_err err;
    for (; c->at < c->n_runs; c->at++) {
        bool had_no_place = c->has_no_place;
        if (replay(c, &err) == 0 || waits_for_place(c, &err))
            return;
        if (had_no_place && c->at == 0) {
            mb_err_set(&err, MB_E_OVERLOADED, "there was no place for a replay in all the time");
            fail(c, &err);
            return;
        }
        add_failed(c, c->runs[c->at], &err);
    }
    finish(c);
}

/* ---------------------------------------------------------------- what is to be replayed */

static void on_runs(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_canary *c = arg;
    c->query = NULL;
    if (err) {
        fail(c, err);
        return;
    }
    c->n_runs = MB_MIN(mb_pg_rows(res), (int)MB_CANARY_RUNS);
    for (int i = 0; i < c->n_runs; i++)
        c->runs[i] = mb_pg_get_id(res, i, 0);
    replay_next(c);
}

static int find_runs(struct mb_canary *c, struct mb_err *err)
{
    const struct mb_canary_request *q = &c->request;
    struct mb_pg_param params[] = {
        mb_pg_uuid(q->customer_id),
        mb_pg_uuid(q->deployment_id),
        mb_pg_text_c(c->statuses),
        mb_pg_text_c(c->since),
        mb_pg_int4(MB_MIN(q->n_runs, (int)MB_CANARY_RUNS)),
        mb_pg_int4(SCANNED),
    };
    return mb_pg_query(q->pg, &runs_stmt, params, on_runs, c, &c->query, err);
}

static void on_package(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_canary *c = arg;
    struct mb_err local;
    int rc = 0;
    c->query = NULL;
    if (err) {
        local = *err;
        rc = -1;
    } else if (mb_pg_rows(res) == 0) {
        rc = mb_err_set(&local, MB_E_NOT_FOUND, "there is no such deployment");
    } else if (mb_pg_is_null(res, 0, 1)) {
        rc = mb_err_at(&local, MB_E_NOT_FOUND, "/version", "there is no such package");
    } else {
        c->package_owner = mb_pg_get_id(res, 0, 0);
        c->package_id = mb_pg_get_id(res, 0, 1);
        rc = find_runs(c, &local);
    }
    if (rc < 0)
        fail(c, &local);
}

static int find_package(struct mb_canary *c, struct mb_err *err)
{
    const struct mb_canary_request *q = &c->request;
    struct mb_pg_param params[] = {
        mb_pg_uuid(q->customer_id),
        mb_pg_uuid(q->deployment_id),
        q->package.len ? mb_pg_text(q->package) : mb_pg_null(),
        q->version.len ? mb_pg_text(q->version) : mb_pg_null(),
    };
    return mb_pg_query(q->pg, &package_stmt, params, on_package, c, &c->query, err);
}

int mb_canary_start(const struct mb_canary_request *request,
                    void (*on_done)(void *arg, json_t *report, int n_changed,
                                    const struct mb_err *err),
                    void *arg, struct mb_canary **canary, struct mb_err *err)
{
    struct mb_canary *c = mb_zalloc(sizeof(*c));
    c->request = *request;
    mb_side_count_canary(request->side, 1);
    c->begun_us = mb_clock_mono_us();
    c->on_done = on_done;
    c->arg = arg;
    c->reports = json_array();
    c->statuses = mb_strdup(request->statuses);
    c->since = request->since.len ? mb_strndup(request->since.ptr, request->since.len) : NULL;
    int rc = request->adapt ? find_runs(c, err) : find_package(c, err);
    if (rc < 0)
        free_canary(c);
    else
        *canary = c;
    return rc;
}

void mb_canary_cancel(struct mb_canary *c)
{
    if (!c)
        return;
    if (c->query)
        mb_pg_cancel(c->query);
    mb_rerun_cancel(c->rerun);
    free_canary(c);
}
