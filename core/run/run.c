/* The life of a run: its states, its end, what its followers hear. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rfc3339.h"
#include "run/private.h"

static const char *const names[] = {
    [MB_RUN_QUEUED] = "queued",   [MB_RUN_RUNNING] = "running",
    [MB_RUN_WAITING] = "waiting", [MB_RUN_SUCCEEDED] = "succeeded",
    [MB_RUN_FAILED] = "failed",   [MB_RUN_CANCELLED] = "cancelled",
};

const char *mb_run_status_name(enum mb_run_status status)
{
    return names[status];
}

static bool is_final(enum mb_run_status status)
{
    return status >= MB_RUN_SUCCEEDED;
}

static void on_wall(struct mb_timer *timer);

struct mb_run *mb_run_new(struct mb_engine *engine, struct mb_deployment *deployment,
                          struct mb_id id)
{
    struct mb_run *run = mb_zalloc(sizeof(*run));
    run->engine = engine;
    run->gate = engine->gate;
    run->deployment = mb_deployment_ref(deployment);
    run->tenant = mb_tenant_get(engine, deployment->customer_id);
    run->id = id;
    run->status = MB_RUN_QUEUED;
    run->phase = MB_PHASE_QUEUED;
    run->limits.cpu_ms = deployment->limits.cpu_ms;
    run->limits.wall_ms = deployment->limits.wall_ms;
    run->limits.steps = deployment->limits.steps;
    run->limits.budget_micros = deployment->limits.budget_micros;
    run->wall.on_due = on_wall;
    mb_list_init(&run->queue_node);
    mb_list_init(&run->calls);
    mb_list_init(&run->followers);
    mb_journal_run_init(&run->journal);
    mb_list_init(&run->node);
    mb_list_push(&run->tenant->runs, &run->node);
    run->tenant->n_runs++;
    mb_map_set(&engine->runs, id.bytes, sizeof(id.bytes), run);
    engine->stats.runs_active++;
    return run;
}

static void free_calls(struct mb_run *run)
{
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        mb_call_free(MB_LIST_ENTRY(it, struct mb_call, node));
    }
}

void mb_run_free(struct mb_run *run)
{
    struct mb_engine *engine = run->engine;
    mb_assert(mb_list_is_empty(&run->followers));
    free_calls(run);
    mb_sandbox_leave(run);
    mb_journal_forget(run);
    mb_timer_cancel(&engine->loop->timers, &run->wall);
    mb_map_remove(&engine->runs, run->id.bytes, sizeof(run->id.bytes));
    mb_map_release(&run->occurrences);
    mb_parts_free(run->parts);
    mb_replay_free(run->replay);
    mb_child_forget(run);
    mb_map_release(&run->notices);
    mb_list_remove(&run->node);
    run->tenant->n_runs--;
    mb_deployment_unref(run->deployment);
    json_decref(run->error_details);
    mb_claimed_free(run->again);
    free(run->error);
    free(run->input);
    free(run->output);
    free(run);
    engine->stats.runs_active--;
    if (engine->stopping && engine->stats.runs_active == 0)
        mb_turn_queue(engine->loop, &engine->idle_turn);
}

void mb_run_set_status(struct mb_run *run, enum mb_run_status status, const char *wait_reason)
{
    mb_assert(!is_final(run->status));
    mb_assert((wait_reason != NULL) == (status == MB_RUN_WAITING));
    run->status = status;
    run->wait_reason = wait_reason;
}

/* ---------------------------------------------------------------- wall time */

static void on_wall(struct mb_timer *timer)
{
    struct mb_run *run = MB_CONTAINER_OF(timer, struct mb_run, wall);
    struct mb_err err;
    if (run->deadline_us && mb_clock_wall_us() >= run->deadline_us)
        mb_err_set(&err, MB_E_TIMEOUT, "the child run was not done within its timeout");
    else
        mb_err_set(&err, MB_E_WALL_LIMIT, "the run was executing for more than %" PRId64 " ms",
                   run->limits.wall_ms);
    mb_run_fail(run, &err, NULL);
}

void mb_run_arm_wall(struct mb_run *run)
{
    int64_t left_us = run->limits.wall_ms * 1000;
    if (run->deadline_us)
        left_us = MB_MIN(left_us, MB_MAX(run->deadline_us - mb_clock_wall_us(), (int64_t)0));
    mb_timer_arm(&run->engine->loop->timers, &run->wall, run->engine->loop->now_us + left_us);
}

/* ---------------------------------------------------------------- the end */

/* Nothing more happens in the run: what is left is to write it down. */
static void close_run(struct mb_run *run)
{
    free_calls(run);
    mb_sandbox_leave(run);
    mb_timer_cancel(&run->engine->loop->timers, &run->wall);
    run->phase = MB_PHASE_CLOSING;
    mb_journal_touch(run, true);
}

static void end(struct mb_run *run, enum mb_run_status status)
{
    mb_run_set_status(run, status, NULL);
    run->finished_us = mb_clock_wall_us();
    mb_child_forget_unborn(run);
    /* Who is stopped while it is read again has not come to all of it yet. */
    if (status != MB_RUN_CANCELLED && run->replay && run->replay->unused > 0)
        run->diverged = true;
    close_run(run);
}

void mb_run_succeed(struct mb_run *run, struct mb_str output)
{
    if (run->phase == MB_PHASE_CLOSING)
        return;
    struct mb_err err;
    json_t *value = mb_json_parse(output, &err);
    int rc = value ? 0 : -1;
    if (!value)
        mb_err_prefix(&err, "output");
    else if (run->deployment->package->output)
        rc = mb_schema_check(run->deployment->package->output, value, &err);
    json_decref(value);
    if (rc < 0) {
        err.code = MB_E_INVALID_OUTPUT;
        mb_run_fail(run, &err, NULL);
        return;
    }
    run->output = mb_strndup(output.ptr, output.len);
    run->output_len = output.len;
    run->engine->stats.runs_done++;
    end(run, MB_RUN_SUCCEEDED);
}

static void set_error(struct mb_run *run, const struct mb_err *err)
{
    run->error = mb_alloc(sizeof(*err));
    *run->error = *err;
}

void mb_run_fail(struct mb_run *run, const struct mb_err *err, json_t *details)
{
    if (run->phase == MB_PHASE_CLOSING)
        return;
    set_error(run, err);
    run->error_details = json_incref(details);
    run->engine->stats.runs_failed++;
    end(run, MB_RUN_FAILED);
}

void mb_run_cancel(struct mb_run *run)
{
    if (run->phase == MB_PHASE_CLOSING)
        return;
    struct mb_err err;
    mb_err_set(&err, MB_E_CANCELLED, "the run was cancelled");
    set_error(run, &err);
    run->engine->stats.runs_cancelled++;
    end(run, MB_RUN_CANCELLED);
}

void mb_run_park(struct mb_run *run, const char *reason, int64_t wake_us)
{
    mb_run_set_status(run, MB_RUN_WAITING, reason);
    if (run->deadline_us && (!wake_us || run->deadline_us < wake_us))
        wake_us = run->deadline_us;
    run->wake_us = wake_us;
    run->engine->stats.runs_parked++;
    close_run(run);
}

void mb_run_hand_back(struct mb_run *run)
{
    mb_run_set_status(run, MB_RUN_QUEUED, NULL);
    run->handed_back = true;
    close_run(run);
}

/* ---------------------------------------------------------------- followers */

void mb_run_publish(struct mb_run *run, const struct mb_run_event *event)
{
    MB_LIST_EACH(it, tmp, &run->followers)
    {
        struct mb_follow *f = MB_LIST_ENTRY(it, struct mb_follow, node);
        if (f->on_event)
            f->on_event(f, event);
    }
}

bool mb_run_is_watched(const struct mb_run *run)
{
    for (struct mb_list *it = run->followers.next; it != &run->followers; it = it->next)
        if (MB_LIST_ENTRY(it, struct mb_follow, node)->on_event)
            return true;
    return false;
}

static void add_step_json(struct mb_buf *out, const struct mb_row *row)
{
    char at[MB_RFC3339_TEXT];
    const struct mb_usage *u = &row->usage;
    mb_buf_addf(out, "{\"seq\":%d,\"tool\":\"%s\"", row->seq, row->tool);
    mb_buf_addf(out, ",\"args\":%s", row->args ? row->args : "null");
    if (row->error)
        mb_buf_addf(out, ",\"error\":%s", row->error);
    else
        mb_buf_addf(out, ",\"result\":%s", row->result ? row->result : "null");
    mb_buf_addf(out, ",\"started_at\":\"%s\",\"duration_ms\":%.3f", mb_rfc3339(row->started_us, at),
                (double)row->duration_us / 1000);
    mb_buf_addf(out,
                ",\"usage\":{\"tokens_in\":%" PRId64 ",\"tokens_out\":%" PRId64
                ",\"tokens_cached\":%" PRId64 ",\"tokens_reasoning\":%" PRId64
                ",\"cpu_us\":%" PRId64 ",\"bytes\":%" PRId64 "}",
                u->tokens_in, u->tokens_out, u->tokens_cached, u->tokens_reasoning, u->cpu_us,
                u->bytes);
    mb_buf_addf(out, ",\"cost_micros\":%" PRId64 ",\"provider_request_id\":", u->price_micros);
    if (u->provider_request_id[0])
        mb_buf_add_json_str(out, mb_str_c(u->provider_request_id));
    else
        mb_buf_add_c(out, "null");
    if (u->source)
        mb_buf_addf(out, ",\"source\":\"%s\"", u->source);
    mb_buf_add_c(out, ",\"replayed\":false}");
}

void mb_run_publish_row(struct mb_run *run, const struct mb_row *row)
{
    static const enum mb_event_kind kinds[] = {[MB_ROW_EMIT] = MB_EVENT_EMIT,
                                               [MB_ROW_LOG] = MB_EVENT_LOG,
                                               [MB_ROW_NOTICE] = MB_EVENT_NOTICE};
    if (row->state != MB_ROW_DONE || row->kind == MB_ROW_RUN_PRICE || !mb_run_is_watched(run))
        return;
    struct mb_buf json = {0};
    struct mb_run_event event = {.seq = row->seq};
    if (row->kind == MB_ROW_CALL) {
        event.kind = MB_EVENT_STEP;
        add_step_json(&json, row);
    } else {
        event.kind = kinds[row->kind];
        mb_buf_add_c(&json, row->result ? row->result : "null");
    }
    event.json = mb_buf_str(&json);
    mb_run_publish(run, &event);
    mb_buf_release(&json);
}

static void lose_followers(struct mb_run *run)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&run->followers))) {
        struct mb_follow *f = MB_LIST_ENTRY(node, struct mb_follow, node);
        f->run = NULL;
        f->on_lost(f, run->id);
    }
}

static void tell_end(struct mb_run *run)
{
    if (run->handed_back) {
        lose_followers(run);
        return;
    }
    bool is_parked = run->status == MB_RUN_WAITING;
    struct mb_buf json = {0};
    if (!mb_list_is_empty(&run->followers))
        mb_run_add_json(&json, run);
    struct mb_list *node;
    while ((node = mb_list_shift(&run->followers))) {
        struct mb_follow *f = MB_LIST_ENTRY(node, struct mb_follow, node);
        f->run = NULL;
        if (!is_parked)
            f->on_done(f, mb_buf_str(&json));
        else if (f->on_parked)
            f->on_parked(f, mb_buf_str(&json));
        else
            f->on_lost(f, run->id);
    }
    mb_buf_release(&json);
}

void mb_run_drop(struct mb_run *run)
{
    lose_followers(run);
    mb_run_free(run);
}

void mb_run_on_durable(struct mb_run *run)
{
    if (run->phase == MB_PHASE_CLOSING) {
        struct mb_engine *e = run->engine;
        struct mb_claimed *again = run->again;
        run->again = NULL;
        tell_end(run);
        mb_run_free(run);
        if (again)
            mb_engine_take(e, again);
        mb_claimed_free(again);
        return;
    }
    MB_LIST_EACH(it, tmp, &run->followers)
    {
        struct mb_follow *f = MB_LIST_ENTRY(it, struct mb_follow, node);
        void (*on_accepted)(struct mb_follow *, struct mb_id) = f->on_accepted;
        f->on_accepted = NULL; /* once */
        if (on_accepted)
            on_accepted(f, run->id);
    }
    if (run->phase == MB_PHASE_LOADING) {
        mb_run_rebuild(run);
        return;
    }
    if (run->phase == MB_PHASE_LIVE) { /* if it is ever started again, it is read again */
        free(run->input);
        run->input = NULL;
    }
    mb_call_pump(run);
    if (run->phase == MB_PHASE_LIVE)
        mb_wait_consider_parking(run);
}

/* ---------------------------------------------------------------- reading the record */

struct rebuild {
    struct mb_engine *engine;
    struct mb_id id;
};

static void on_loaded(void *arg, struct mb_replay *replay, struct mb_str input,
                      const struct mb_err *err)
{
    struct rebuild *r = arg;
    struct mb_run *run = mb_map_get(&r->engine->runs, r->id.bytes, sizeof(r->id.bytes));
    free(r);
    if (!run || run->phase != MB_PHASE_LOADING) { /* cancelled or dropped meanwhile */
        mb_replay_free(replay);
        return;
    }
    if (err) {
        mb_log_err(MB_LOG_ERROR, "run_not_loaded", err);
        mb_run_drop(run);
        return;
    }
    mb_replay_free(run->replay);
    run->replay = replay;
    mb_map_release(&run->notices);
    run->notices = replay->notices;
    replay->notices = (struct mb_map){0};
    run->last_seq = replay->last_seq;
    run->steps = replay->steps;
    run->result_bytes = MB_MIN(replay->bytes, (size_t)MB_RUN_RESULT_BYTES);
    run->tokens_in = replay->tokens_in;
    run->tokens_out = replay->tokens_out;
    run->price_micros = replay->price_micros;
    free(run->input);
    run->input = mb_strndup(input.ptr, input.len);
    run->input_len = input.len;
    run->phase = MB_PHASE_QUEUED;
    mb_call_begin_run(run);
}

void mb_run_rebuild(struct mb_run *run)
{
    free_calls(run);
    mb_child_forget(run);
    mb_map_release(&run->occurrences);
    mb_parts_free(run->parts);
    run->parts = NULL;
    run->last_call = 0;
    run->n_notes = 0;
    run->note_bytes = 0;
    run->cpu_before_us = run->cpu_us;
    run->phase = MB_PHASE_LOADING;
    if (!mb_journal_is_durable(run)) { /* first all of it has to be there to be read */
        mb_journal_touch(run, true);
        return;
    }
    struct rebuild *r = mb_alloc(sizeof(*r));
    *r = (struct rebuild){run->engine, run->id};
    struct mb_err err;
    struct mb_store *store = run->engine->store;
    if (store->load(store, run->tenant->id, run->id, on_loaded, r, &err) < 0)
        on_loaded(r, NULL, MB_STR(""), &err);
}
