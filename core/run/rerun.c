/* The chain of a replay: the record, the deployment as the run began with it, the side engine, the
 * report. */
#include "run/rerun.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_diff.h"
#include "run/catalog.h"
#include "run/match.h"
#include "run/record.h"
#include "run/side.h"

enum { OUTPUT_CHANGES = 200 };

struct mb_rerun {
    struct mb_rerun_request request;
    struct mb_record_load *load; /* under way */
    struct mb_side_run *run;     /* under way */
    bool is_abandoned;           /* cancelled while its deployment was being read */
    bool is_loading;
    bool is_own; /* the package is the one that the run began with */
    int64_t begun_us;
    struct mb_record *record;
    struct mb_deployment *deployment;
    struct mb_match *match;
    void (*on_done)(void *arg, struct mb_rerun_report *report, const struct mb_err *err);
    void *arg;
};

static void free_rerun(struct mb_rerun *r)
{
    mb_match_free(r->match);
    mb_deployment_unref(r->deployment);
    mb_record_free(r->record);
    free(r);
}

static void fail(struct mb_rerun *r, const struct mb_err *err)
{
    void (*on_done)(void *, struct mb_rerun_report *, const struct mb_err *) = r->on_done;
    void *arg = r->arg;
    free_rerun(r);
    on_done(arg, NULL, err);
}

/* ---------------------------------------------------------------- the report */

/* Members that may be missing are null: taken by json_pack's "O?". */
static json_t *loose(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static bool is_same_outcome(const struct mb_record *record, const struct mb_side_result *result)
{
    return mb_str_eq(result->status, mb_str_c(record->status)) &&
           mb_str_eq(mb_json_str(result->error, "code"), mb_json_str(record->error, "code"));
}

static bool is_same_output(const struct mb_record *record, const struct mb_side_result *result)
{
    if (!record->output || !result->output)
        return record->output == result->output;
    return mb_json_eq(record->output, result->output);
}

static json_t *cost_json(const struct mb_rerun_report *report)
{
    return json_pack("{s:i, s:I, s:I, s:I, s:i}", "charged_micros", 0, "recorded_micros",
                     (json_int_t)report->recorded_micros, "candidate_micros",
                     (json_int_t)report->candidate_micros, "difference_micros",
                     (json_int_t)(report->candidate_micros - report->recorded_micros),
                     "unpriced_calls", report->n_new);
}

static json_t *calls_json(const struct mb_rerun *r, const struct mb_match_counts *n)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "same", n->same, "changed", n->changed,
                     "new", n->fresh, "gone", n->gone, "changed_calls", mb_match_changed(r->match),
                     "new_calls", mb_match_new_calls(r->match), "gone_calls",
                     mb_match_gone(r->match));
}

static json_t *package_json(const struct mb_package *p)
{
    char id[MB_ID_TEXT];
    return json_pack("{s:s, s:s, s:s}", "id", mb_id_format(p->id, "pkg", id), "name", p->name,
                     "version", p->version);
}

static void make_report(const struct mb_rerun *r, const struct mb_side_result *result,
                        struct mb_rerun_report *report)
{
    const struct mb_record *record = r->record;
    struct mb_match_counts n;
    char id[MB_ID_TEXT];
    mb_match_count(r->match, &n);
    bool is_exact = !n.changed && !n.fresh && !n.gone;
    bool has_same_notes = !n.notes_new && !n.notes_gone;
    *report = (struct mb_rerun_report){
        .is_output_same = is_same_outcome(record, result) && is_same_output(record, result),
        .n_same = n.same,
        .n_changed = n.changed,
        .n_new = n.fresh,
        .n_gone = n.gone,
        .recorded_micros = record->price_micros,
        .candidate_micros = n.price_micros + r->deployment->package->per_run_micros,
    };
    if (r->is_own) /* what a run cost does not change by a change of price */
        report->candidate_micros = n.price_micros + record->fee_micros;
    report->is_same = report->is_output_same && is_exact;
    report->json = json_pack(
        "{s:s, s:o, s:b, s:b, s:b, s:b, s:{s:s, s:O?, s:O?}, s:{s:s%, s:O?, s:O?}, s:o, s:o,"
        " s:{s:i, s:i, s:i}, s:o, s:{s:i, s:I}, s:f}",
        "run_id", mb_id_format(record->run_id, "run", id), "package",
        package_json(r->deployment->package), "is_own_package", r->is_own, "same", report->is_same,
        "is_outcome_same", report->is_output_same, "diverged",
        r->is_own && !(report->is_same && has_same_notes), "recorded", "status", record->status,
        "output", record->output, "error", record->error, "replayed", "status", result->status.ptr,
        result->status.len, "output", loose(result->output), "error", loose(result->error),
        "output_changes", mb_json_diff(record->output, result->output, OUTPUT_CHANGES), "calls",
        calls_json(r, &n), "events", "same", n.notes_same, "new", n.notes_new, "gone", n.notes_gone,
        "cost", cost_json(report), "usage", "steps", result->steps, "cpu_us",
        (json_int_t)result->cpu_us, "duration_ms",
        (double)(mb_clock_mono_us() - r->begun_us) / 1000.0);
}

/* ---------------------------------------------------------------- the chain */

static void on_replayed(void *arg, const struct mb_side_result *result, const struct mb_err *err)
{
    struct mb_rerun *r = arg;
    r->run = NULL;
    if (err) {
        fail(r, err);
        return;
    }
    struct mb_rerun_report report;
    make_report(r, result, &report);
    void (*on_done)(void *, struct mb_rerun_report *, const struct mb_err *) = r->on_done;
    void *told = r->arg;
    free_rerun(r);
    on_done(told, &report, NULL);
}

static int begin(struct mb_rerun *r, struct mb_err *err)
{
    const struct mb_record *record = r->record;
    r->match = mb_match_new(record);
    const struct mb_side_job job = {
        .deployment = r->deployment,
        .input = MB_STR_OF(record->input, record->input_len),
        .policy = mb_match_policy(r->match),
        .seed = record->seed,
        .clock_us = record->clock_us,
        .limits = {.cpu_ms = record->cpu_ms, .steps = record->steps},
    };
    return mb_side_start(r->request.side, &job, on_replayed, r, &r->run, err);
}

static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct mb_rerun *r = arg;
    struct mb_err local;
    r->is_loading = false;
    r->deployment = d;
    if (r->is_abandoned) {
        free_rerun(r);
        return;
    }
    if (d && r->request.adapt) {
        r->deployment = r->request.adapt(r->request.arg, d, &local);
        mb_deployment_unref(d);
        if (!r->deployment)
            err = &local;
    }
    if (!err && begin(r, &local) < 0)
        err = &local;
    if (err)
        fail(r, err);
}

static void on_record(void *arg, struct mb_record *record, const struct mb_err *err)
{
    struct mb_rerun *r = arg;
    const struct mb_rerun_request *q = &r->request;
    struct mb_err local;
    r->load = NULL;
    r->record = record;
    if (err) {
        fail(r, err);
        return;
    }
    if (!mb_id_is_nil(q->deployment_id) && !mb_id_eq(q->deployment_id, record->deployment_id)) {
        mb_err_set(&local, MB_E_NOT_FOUND, "there is no such run of this deployment");
        fail(r, &local);
        return;
    }
    bool other = !mb_id_is_nil(q->package_id);
    r->is_own = !q->adapt && (!other || mb_id_eq(q->package_id, record->package_id));
    r->is_loading = true;
    if (mb_catalog_load_pinned(mb_side_catalog(q->side), q->customer_id, record->deployment_id,
                               other ? q->package_owner : record->package_owner,
                               other ? q->package_id : record->package_id, record->config_revision,
                               on_deployment, r, &local) < 0)
        fail(r, &local);
}

int mb_rerun_start(const struct mb_rerun_request *request,
                   void (*on_done)(void *arg, struct mb_rerun_report *report,
                                   const struct mb_err *err),
                   void *arg, struct mb_rerun **rerun, struct mb_err *err)
{
    struct mb_rerun *r = mb_zalloc(sizeof(*r));
    r->request = *request;
    r->begun_us = mb_clock_mono_us();
    r->on_done = on_done;
    r->arg = arg;
    int rc = mb_record_load(request->pg, request->side, request->customer_id, request->run_id,
                            on_record, r, &r->load, err);
    if (rc < 0)
        free_rerun(r);
    else
        *rerun = r;
    return rc;
}

void mb_rerun_cancel(struct mb_rerun *r)
{
    if (!r)
        return;
    if (r->is_loading) { /* a look-up is shared, and comes to its end */
        r->is_abandoned = true;
        return;
    }
    mb_record_cancel(r->load);
    mb_side_cancel(r->run);
    free_rerun(r);
}
