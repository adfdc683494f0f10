/* Calls: what a run asks for, from its frame to its answer.
 *
 *   in the journal?        -> answer from there
 *   allowed and well-made? -> else answer the error
 *   paid for?              -> reserve the worst case, or wait for money
 *   a write?               -> wait until everything before it, and its intent, is durable
 *   execute                -> journal result, usage and price in one row, settle, answer */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "run/private.h"

enum {
    CALLS_AT_ONCE = 1000, /* of one run */
    RESULT_BYTES = 4 * 1024 * 1024,
    MAX_LOSSES = 3, /* tool processes that went while they executed one call */
};

static void on_gate_done(struct mb_gate_call *gate, struct mb_str result,
                         const struct mb_usage *usage, const struct mb_err *err);
static void on_gate_delta(struct mb_gate_call *gate, struct mb_str text);

struct mb_row *mb_row_new(struct mb_run *run, enum mb_row_kind kind, enum mb_row_state state,
                          const uint8_t key[MB_KEY_BYTES], const char *tool)
{
    struct mb_row *row = mb_zalloc(sizeof(*row));
    mb_list_init(&row->node);
    row->kind = kind;
    row->state = state;
    row->seq = ++run->last_seq;
    memcpy(row->key, key, MB_KEY_BYTES);
    memcpy(row->tool, tool, strlen(tool) + 1);
    row->started_us = mb_clock_wall_us();
    return row;
}

void mb_call_make_key(struct mb_run *run, uint64_t branch, struct mb_str tool,
                      struct mb_str content, uint8_t key[MB_KEY_BYTES])
{
    uint8_t hash[MB_SHA256_BYTES];
    struct mb_str parts[] = {tool, MB_STR_OF("", 1), content, MB_STR_OF("", 1),
                             MB_STR_OF((const char *)&branch, sizeof(branch))};
    mb_sha256_parts(parts, branch ? MB_LEN(parts) : 3, hash);
    memcpy(key, hash, MB_KEY_HASH_BYTES);
    /* The count itself is the map's value; it has at most as many entries as the run has steps. */
    uintptr_t seen = (uintptr_t)mb_map_get(&run->occurrences, key, MB_KEY_HASH_BYTES);
    mb_map_set(&run->occurrences, key, MB_KEY_HASH_BYTES, (void *)(seen + 1));
    key[MB_KEY_HASH_BYTES] = (uint8_t)(seen >> 8);
    key[MB_KEY_HASH_BYTES + 1] = (uint8_t)seen;
}

struct mb_recorded *mb_call_recall(struct mb_run *run, const uint8_t key[MB_KEY_BYTES])
{
    if (!run->replay)
        return NULL;
    struct mb_recorded *record = mb_replay_take(run->replay, key);
    if (run->replay->by_key.count == 0) {
        mb_replay_free(run->replay);
        run->replay = NULL;
    }
    return record;
}

void mb_call_free(struct mb_call *call)
{
    mb_list_remove(&call->node);
    call->run->n_calls--;
    mb_funds_forget(call);
    mb_funds_settle(call, 0);
    mb_child_free(call);
    mb_later_forget(call);
    mb_gate_cancel(&call->gate);
    mb_timer_cancel(&call->run->engine->loop->timers, &call->timer);
    json_decref(call->gate.args);
    json_decref(call->error_details);
    free(call->args_text);
    free(call);
}

/* ---------------------------------------------------------------- the answer */

static char *error_text(const struct mb_call *call, const struct mb_err *err)
{
    struct mb_buf text = {0};
    mb_err_add_json(&text, err);
    if (call->error_details) {
        text.end--; /* the brace */
        mb_buf_add_c(&text, ",\"details\":");
        mb_json_dump(&text, call->error_details);
        mb_buf_add_char(&text, '}');
    }
    return mb_buf_take(&text, NULL);
}

static void count(struct mb_run *run, const struct mb_usage *usage)
{
    run->steps++;
    run->tokens_in += usage->tokens_in;
    run->tokens_out += usage->tokens_out;
    run->price_micros += usage->price_micros;
    run->engine->stats.steps++;
}

static int check_size(const struct mb_run *run, struct mb_str result, struct mb_err *err)
{
    size_t most = MB_MIN((size_t)RESULT_BYTES, MB_RUN_RESULT_BYTES - run->result_bytes);
    if (result.len <= most)
        return 0;
    return mb_err_set(err, MB_E_TOO_LARGE, "the result has %zu bytes; %zu are allowed%s",
                      result.len, most,
                      most < RESULT_BYTES ? ", with what the run has already" : "");
}

void mb_call_done(struct mb_call *call, struct mb_str result, const struct mb_usage *usage,
                  const struct mb_err *err)
{
    static const struct mb_usage nothing;
    struct mb_run *run = call->run;
    struct mb_err too_large;
    usage = usage ? usage : &nothing;
    if (!err && check_size(run, result, &too_large) < 0)
        err = &too_large;
    run->result_bytes += err ? 0 : result.len;
    struct mb_row *row = mb_row_new(run, MB_ROW_CALL, MB_ROW_DONE, call->key,
                                    call->gate.tool ? call->gate.tool->name : call->tool_name);
    if (call->intent_seq) {
        run->last_seq--;
        row->seq = call->intent_seq;
        row->completes = true;
    }
    row->started_us = call->started_us;
    row->duration_us = mb_clock_wall_us() - call->started_us;
    row->args = mb_strndup(call->args_text, call->args_len);
    row->usage = *usage;
    if (err)
        row->error = error_text(call, err);
    else
        row->result = mb_strndup(result.ptr, result.len);
    count(run, usage);
    mb_funds_settle(call, usage->price_micros);
    run->ahead_us += usage->passed_us;
    mb_sandbox_answer(run, call->no, row->started_us + row->duration_us + run->ahead_us,
                      mb_str_c(err ? row->error : row->result), !err);
    mb_parts_on_row(call, row);
    mb_journal_add(run, row, false);
    mb_call_free(call);
}

void mb_call_refuse(struct mb_call *call, const struct mb_err *err)
{
    mb_call_done(call, MB_STR(""), NULL, err);
}

/* ---------------------------------------------------------------- on the way to the gate */

/* The author's own limit of this call. What a write had done by then is not known, so that only one
 * that may be done twice is worth another try. */
static void on_timeout(struct mb_timer *timer)
{
    struct mb_call *call = MB_CONTAINER_OF(timer, struct mb_call, timer);
    struct mb_err err;
    mb_err_set(&err, MB_E_TIMEOUT, "no answer within timeout_ms = %" PRId64, call->timeout_ms);
    err.retryable = !call->is_write || call->is_idempotent;
    mb_gate_cancel(&call->gate);
    mb_call_refuse(call, &err);
}

static void run_it(struct mb_call *call)
{
    struct mb_run *run = call->run;
    struct mb_err err;
    call->state = MB_CALL_RUNNING;
    call->gate.gate = run->gate;
    call->gate.grant = &run->deployment->grant;
    call->gate.on_done = on_gate_done;
    call->gate.on_delta = mb_run_is_watched(run) ? on_gate_delta : NULL;
    int n = snprintf(call->gate.idempotency_key, sizeof(call->gate.idempotency_key), "mb-");
    mb_hex(run->id.bytes, sizeof(run->id.bytes), call->gate.idempotency_key + n);
    mb_hex(call->key, MB_KEY_BYTES, call->gate.idempotency_key + n + 32);
    if (mb_gate_start(&call->gate, &err) < 0) {
        mb_call_refuse(call, &err);
    } else if (call->timeout_ms) {
        struct mb_loop *loop = run->engine->loop;
        call->timer.on_due = on_timeout;
        mb_timer_arm(&loop->timers, &call->timer, loop->now_us + call->timeout_ms * 1000);
    }
}

struct mb_row *mb_call_write_intent(struct mb_call *call, json_t *question)
{
    struct mb_row *row =
        mb_row_new(call->run, MB_ROW_CALL, MB_ROW_INTENT, call->key, call->gate.tool->name);
    row->started_us = call->started_us;
    row->args = mb_strndup(call->args_text, call->args_len);
    row->question = question;
    call->intent_seq = row->seq;
    mb_journal_add(call->run, row, true);
    return row;
}

/* Goes on as far as it may; called again when something that it waits for has changed. */
static void advance(struct mb_call *call)
{
    struct mb_run *run = call->run;
    call->state = MB_CALL_HELD;
    if (!run->engine->store->is_up(run->engine->store))
        return;
    if (call->child) {
        mb_child_advance(call);
        return;
    }
    if (call->is_write) {
        if (!call->intent_seq)
            mb_call_write_intent(call, NULL);
        if (!mb_journal_is_durable(run))
            return;
    }
    run_it(call);
}

void mb_call_pump(struct mb_run *run)
{
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->state == MB_CALL_HELD)
            advance(call);
    }
}

/* A run waits for a larger budget, or for the end of a child that has part of it. A child's is what
 * its parent gave: it fails, and the parent, who waits, may give more to another. */
static void over_budget(struct mb_run *run, const struct mb_err *err)
{
    if (mb_id_is_nil(run->parent_id))
        mb_run_park(run, "budget", 0);
    else
        mb_run_fail(run, err, NULL);
}

void mb_call_go(struct mb_call *call)
{
    struct mb_err err;
    call->state = MB_CALL_FUNDS;
    int64_t worst = mb_gate_worst_micros(call->run->gate, call->gate.tool, call->gate.args);
    int rc = mb_funds_reserve(call, worst, &err);
    if (rc == 1)
        advance(call);
    else if (rc < 0 && !mb_child_look_back(call))
        over_budget(call->run, &err);
}

/* ---------------------------------------------------------------- the call's beginning */

/* A write whose intent is journaled and whose result is not: it may have happened. */
static void resume_intent(struct mb_call *call, const struct mb_recorded *record)
{
    call->started_us = record->started_us;
    call->intent_seq = record->intent_seq;
    if (record->is_decided) {
        mb_wait_settled(call, record);
    } else if (call->is_idempotent) {
        mb_call_go(call);
    } else {
        call->state = MB_CALL_SETTLE;
        mb_wait_ask_settlement(call);
    }
}

void mb_call_from_record(struct mb_call *call, const struct mb_recorded *record)
{
    struct mb_run *run = call->run;
    run->engine->stats.steps_replayed++;
    mb_child_on_recorded(call, record);
    mb_parts_on_recorded(call, record);
    mb_sandbox_answer(run, call->no, record->ended_us, MB_STR_OF(record->text, record->len),
                      !record->is_error);
    mb_call_free(call);
}

static void begin(struct mb_call *call, struct mb_str tool_name)
{
    struct mb_run *run = call->run;
    struct mb_recorded *record = mb_call_recall(run, call->key);
    if (record && record->is_done) {
        if (call->branch) {
            mb_later_add(call, record->ended_us, record);
            return;
        }
        mb_call_from_record(call, record);
        mb_recorded_free(record);
        return;
    }
    struct mb_err err;
    if (run->side && mb_side_on_call(run->side, call)) {
        mb_recorded_free(record);
        return;
    }
    mb_sandbox_clear_suspect(run);
    if (mb_gate_check(run->gate, &run->deployment->grant, tool_name, call->gate.args,
                      &call->gate.tool, &err) < 0) {
        mb_recorded_free(record);
        mb_call_refuse(call, &err);
        return;
    }
    call->is_write = mb_tool_is_write(call->gate.tool, call->gate.args);
    call->is_idempotent = mb_tool_is_idempotent(call->gate.tool, call->gate.args);
    if (call->gate.tool->kind == MB_TOOL_WAIT && !run->gate->stand_in)
        mb_wait_start(call, record);
    else if (call->gate.tool->kind == MB_TOOL_CHILD && !run->gate->stand_in)
        mb_child_start(call, record);
    else if (record)
        resume_intent(call, record);
    else
        mb_call_go(call);
    mb_recorded_free(record);
}

static bool decode(const struct mb_frame *frame, const struct mb_run *run, struct mb_msg_call *head,
                   struct mb_str *tool, json_t **payload)
{
    struct mb_str rest;
    if (!mb_frame_split(frame->payload, head, sizeof(*head), &rest) || head->zero ||
        head->tool_len < 1 || head->tool_len > 64 || head->tool_len > rest.len ||
        frame->head.step != run->last_call + 1)
        return false;
    *tool = MB_STR_OF(rest.ptr, head->tool_len);
    if (!mb_utf8_is_valid(*tool) || memchr(tool->ptr, 0, tool->len))
        return false;
    *payload = mb_json_parse(MB_STR_OF(rest.ptr + tool->len, rest.len - tool->len), NULL);
    json_t *opts = json_object_get(*payload, "opts");
    if (json_is_object(json_object_get(*payload, "args")) && (!opts || json_is_object(opts)))
        return true;
    json_decref(*payload);
    return false;
}

static bool is_over_limits(struct mb_run *run)
{
    struct mb_err err;
    int64_t known = run->n_recalled + (run->replay ? (int64_t)run->replay->by_key.count : 0);
    if (run->steps + run->n_calls - known >= run->limits.steps)
        mb_err_set(&err, MB_E_STEP_LIMIT, "the run made more than %" PRId64 " calls",
                   run->limits.steps);
    else if (run->n_calls >= CALLS_AT_ONCE)
        mb_err_set(&err, MB_E_STEP_LIMIT, "more than %d calls at once", CALLS_AT_ONCE);
    else
        return false;
    mb_run_fail(run, &err, NULL);
    return true;
}

/* In milliseconds, 0 = none; the kit has checked it. */
static int64_t timeout_of(json_t *opts)
{
    json_t *ms = json_object_get(opts, "timeout_ms");
    return json_is_number(ms) ? (int64_t)MB_MIN(MB_MAX(json_number_value(ms), 1.0), 86400e3) : 0;
}

void mb_call_on_frame(struct mb_run *run, const struct mb_frame *frame)
{
    struct mb_msg_call head;
    struct mb_str tool;
    json_t *payload;
    if (!decode(frame, run, &head, &tool, &payload)) {
        mb_worker_kill(run->tenant->worker, "malformed CALL");
        return;
    }
    run->last_call++;
    run->cpu_us = run->cpu_before_us + (int64_t)head.cpu_us;
    if (is_over_limits(run)) {
        json_decref(payload);
        return;
    }
    struct mb_call *call = mb_zalloc(sizeof(*call));
    call->run = run;
    call->no = frame->head.step;
    call->branch = head.branch;
    call->started_us = mb_clock_wall_us();
    call->gate.args = json_incref(json_object_get(payload, "args"));
    call->timeout_ms = timeout_of(json_object_get(payload, "opts"));
    json_decref(payload);
    memcpy(call->tool_name, tool.ptr, tool.len);
    struct mb_buf text = {0};
    mb_json_canonical(&text, call->gate.args);
    call->args_text = mb_buf_take(&text, &call->args_len);
    mb_list_init(&call->funds_node);
    mb_list_init(&call->node);
    mb_list_push(&run->calls, &call->node);
    run->n_calls++;
    mb_call_make_key(run, head.branch, mb_str_c(call->tool_name),
                     MB_STR_OF(call->args_text, call->args_len), call->key);
    begin(call, mb_str_c(call->tool_name));
}

/* ---------------------------------------------------------------- the price of the run itself */

static const char fee_tool[] = "run";

static void fee_paid(struct mb_call *call)
{
    struct mb_run *run = call->run;
    struct mb_row *row = mb_row_new(run, MB_ROW_RUN_PRICE, MB_ROW_DONE, call->key, fee_tool);
    row->usage.price_micros = run->deployment->package->per_run_micros;
    run->price_micros += row->usage.price_micros;
    mb_funds_settle(call, row->usage.price_micros);
    mb_journal_add(run, row, false);
    mb_call_free(call);
    mb_sandbox_queue(run);
}

void mb_call_begin_run(struct mb_run *run)
{
    int64_t fee = run->deployment->package->per_run_micros;
    uint8_t key[MB_KEY_BYTES];
    struct mb_err err;
    if (run->side)
        mb_side_on_begin(run->side);
    if (fee <= 0 || run->side) {
        mb_sandbox_queue(run);
        return;
    }
    mb_call_make_key(run, 0, mb_str_c(fee_tool), MB_STR(""), key);
    struct mb_recorded *record = mb_call_recall(run, key);
    if (record) { /* paid in an earlier life */
        mb_recorded_free(record);
        mb_sandbox_queue(run);
        return;
    }
    struct mb_call *call = mb_zalloc(sizeof(*call));
    call->run = run;
    call->state = MB_CALL_FUNDS;
    memcpy(call->key, key, sizeof(key));
    mb_list_init(&call->funds_node);
    mb_list_init(&call->node);
    mb_list_push(&run->calls, &call->node);
    run->n_calls++;
    int rc = mb_funds_reserve(call, fee, &err);
    if (rc == 1)
        fee_paid(call);
    else if (rc < 0)
        over_budget(run, &err);
}

void mb_call_on_funds(struct mb_call *call, bool granted)
{
    if (!granted)
        mb_run_park(call->run, "budget", 0);
    else if (!call->gate.tool)
        fee_paid(call);
    else
        advance(call);
}

/* ---------------------------------------------------------------- the gate's side */

/* The process that executed the call is gone: what became of the call nobody can say. One that may
 * be done twice is done again, under the same key; otherwise a person has to find out. */
static bool take_up_again(struct mb_call *call)
{
    if (!call->gate.args) /* the gate has let go of them */
        call->gate.args = mb_json_parse(MB_STR_OF(call->args_text, call->args_len), NULL);
    if (call->is_write && !call->is_idempotent) {
        mb_wait_ask_settlement(call);
        return true;
    }
    if (++call->losses > MAX_LOSSES)
        return false;
    advance(call);
    return true;
}

static void on_gate_done(struct mb_gate_call *gate, struct mb_str result,
                         const struct mb_usage *usage, const struct mb_err *err)
{
    struct mb_call *call = MB_CONTAINER_OF(gate, struct mb_call, gate);
    mb_timer_cancel(&call->run->engine->loop->timers, &call->timer); /* of its timeout_ms */
    if (err && err->code == MB_E_SANDBOX_LOST && take_up_again(call))
        return;
    mb_call_done(call, result, usage, err);
}

static void on_gate_delta(struct mb_gate_call *gate, struct mb_str text)
{
    struct mb_call *call = MB_CONTAINER_OF(gate, struct mb_call, gate);
    struct mb_buf json = {0};
    mb_buf_addf(&json, "{\"call\":%u,\"text\":", call->no);
    mb_buf_add_json_str(&json, text);
    mb_buf_add_char(&json, '}');
    struct mb_run_event event = {.kind = MB_EVENT_DELTA, .json = mb_buf_str(&json)};
    mb_run_publish(call->run, &event);
    mb_buf_release(&json);
}
