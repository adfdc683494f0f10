/* Waiting: sleep, approve, ask, and the question whether a write took effect. A run that only waits
 * is let go: no Lua state, nothing here, a row in the journal. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/private.h"

static void on_due(struct mb_timer *timer);
static void arm(struct mb_call *call);

/* ---------------------------------------------------------------- answers */

static void answer_json(struct mb_call *call, json_t *value)
{
    struct mb_buf text = {0};
    struct mb_usage usage = {.price_micros = call->gate.tool->price_micros};
    mb_json_dump(&text, value);
    json_decref(value);
    mb_call_done(call, mb_buf_str(&text), &usage, NULL);
    mb_buf_release(&text);
}

/* {"decision": {"approved", "comment", "data"}, "by"} as the agent is to see it. */
static void answer_decision(struct mb_call *call, const struct mb_recorded *record)
{
    json_t *row = mb_json_parse(MB_STR_OF(record->text, record->len), NULL);
    json_t *decision = mb_json_get(row, "decision");
    json_t *by = json_object_get(row, "by"), *comment = mb_json_get(decision, "comment");
    json_t *data = mb_json_get(decision, "data");
    json_t *value =
        json_pack("{s:b, s:O?, s:O?, s:O?}", "approved", mb_json_bool(decision, "approved", false),
                  "by", by, "comment", comment, "data", data);
    answer_json(call, value);
    json_decref(row);
}

static void answer_deadline(struct mb_call *call)
{
    struct mb_str then = mb_json_str(call->gate.args, "on_deadline");
    json_t *given = json_object_get(call->gate.args, "default");
    if (given && (!then.len || mb_str_is(then, "default"))) {
        answer_json(call,
                    json_pack("{s:b, s:s, s:O}", "approved", 1, "by", "deadline", "data", given));
        return;
    }
    if (mb_str_is(then, "fail")) {
        struct mb_err err;
        mb_err_set(&err, MB_E_TIMEOUT, "nobody decided before the deadline");
        mb_call_done(call, MB_STR(""), NULL, &err);
        return;
    }
    answer_json(call, json_pack("{s:b, s:s, s:n, s:n}", "approved", mb_str_is(then, "approve"),
                                "by", "deadline", "comment", "data"));
}

static void finish(struct mb_call *call)
{
    if (strcmp(call->gate.tool->name, "sleep") == 0)
        answer_json(call, json_pack("{s:b}", "slept", 1));
    else
        answer_deadline(call);
}

static void on_due(struct mb_timer *timer)
{
    struct mb_call *call = MB_CONTAINER_OF(timer, struct mb_call, timer);
    if (call->due_us && call->due_us <= mb_clock_wall_us()) {
        finish(call);
        return;
    }
    arm(call);
    mb_wait_consider_parking(call->run);
}

/* ---------------------------------------------------------------- the beginning of a wait */

static bool is_long(const struct mb_call *call)
{
    if (call->child)
        return mb_child_is_long(call);
    int64_t grace = call->run->engine->config.park_grace_us;
    return !call->next_us || call->next_us - mb_clock_wall_us() > grace;
}

int64_t mb_wait_us(const json_t *args, const char *key)
{
    json_t *value = mb_json_get(args, key);
    return json_is_number(value) ? (int64_t)(json_number_value(value) * 1e6) : 0;
}

static json_t *question_of(const struct mb_call *call)
{
    json_t *args = call->gate.args;
    json_t *q = json_object();
    static const char *const copied[] = {"title", "details", "roles", "form", "escalate_to"};
    for (size_t i = 0; i < MB_LEN(copied); i++)
        if (mb_json_get(args, copied[i]))
            json_object_set(q, copied[i], mb_json_get(args, copied[i]));
    if (call->due_us)
        json_object_set_new(q, "deadline_us", json_integer(call->due_us));
    int64_t escalate = mb_wait_us(args, "escalate_s");
    if (escalate)
        json_object_set_new(q, "escalate_us", json_integer(call->started_us + escalate));
    return q;
}

/* The form has to be a schema, and what answers in its place has to fit it. */
static int check_form(const json_t *args, struct mb_err *err)
{
    const json_t *form = json_object_get(args, "form"), *given = json_object_get(args, "default");
    struct mb_schema *schema = form ? mb_schema_new(form, err) : NULL;
    const char *key = "form";
    int rc = form && !schema ? -1 : 0;
    if (schema && given) {
        key = "default";
        rc = mb_schema_check(schema, given, err);
    }
    mb_schema_free(schema);
    if (rc == 0)
        return 0;
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "/%s%.*s", key, (int)sizeof(place) - 16, err->pointer);
    return mb_err_at(err, MB_E_INVALID_ARGUMENTS, place, "%s", err->message);
}

/* Arms the timer for what comes next: a reminder, an escalation, the end. */
static void arm(struct mb_call *call)
{
    struct mb_loop *loop = call->run->engine->loop;
    int64_t notice_us = mb_notice_tell(call);
    call->next_us = call->due_us;
    if (notice_us && (!call->due_us || notice_us < call->due_us))
        call->next_us = notice_us;
    call->timer.on_due = on_due;
    if (call->next_us)
        mb_timer_arm(&loop->timers, &call->timer,
                     loop->now_us + MB_MAX(call->next_us - mb_clock_wall_us(), (int64_t)0));
}

void mb_wait_start(struct mb_call *call, const struct mb_recorded *record)
{
    struct mb_run *run = call->run;
    bool is_sleep = strcmp(call->gate.tool->name, "sleep") == 0;
    call->state = MB_CALL_WAITING;
    if (record) {
        call->started_us = record->started_us;
        call->intent_seq = record->intent_seq;
    }
    struct mb_err err;
    if (!is_sleep && !record && check_form(call->gate.args, &err) < 0) {
        mb_call_refuse(call, &err);
        return;
    }
    int64_t length = mb_wait_us(call->gate.args, is_sleep ? "seconds" : "deadline_s");
    call->due_us = is_sleep || length ? call->started_us + length : 0;
    if (record && record->is_decided) {
        answer_decision(call, record);
        return;
    }
    if (call->due_us && call->due_us <= mb_clock_wall_us()) {
        finish(call);
        return;
    }
    arm(call);
    if (!call->intent_seq && (!is_sleep || is_long(call)))
        mb_call_write_intent(call, is_sleep ? NULL : question_of(call));
    else
        mb_wait_consider_parking(run);
}

/* ---------------------------------------------------------------- did it happen? */

void mb_wait_ask_settlement(struct mb_call *call)
{
    struct mb_run *run = call->run;
    char title[160];
    snprintf(title, sizeof(title), "Did step %d (%s) take effect?", call->intent_seq,
             call->gate.tool->name);
    /* The row is there; asking again under its seq is harmless. */
    struct mb_row *row =
        mb_row_new(run, MB_ROW_CALL, MB_ROW_INTENT, call->key, call->gate.tool->name);
    run->last_seq--;
    row->seq = call->intent_seq;
    row->completes = true;
    row->started_us = call->started_us;
    row->question = json_pack("{s:s, s:O}", "title", title, "details", call->gate.args);
    mb_journal_add(run, row, true);
    mb_run_park(run, "effect_uncertain", 0);
}

void mb_wait_settled(struct mb_call *call, const struct mb_recorded *record)
{
    json_t *row = mb_json_parse(MB_STR_OF(record->text, record->len), NULL);
    json_t *decision = mb_json_get(row, "decision");
    if (mb_json_bool(decision, "happened", false)) {
        json_t *result = mb_json_get(decision, "result");
        answer_json(call, result ? json_incref(result) : json_null());
    } else {
        mb_call_go(call);
    }
    json_decref(row);
}

/* ---------------------------------------------------------------- parking */

void mb_wait_consider_parking(struct mb_run *run)
{
    if (run->phase != MB_PHASE_LIVE || run->parking || !run->n_calls || !mb_journal_is_durable(run))
        return;
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->state != MB_CALL_WAITING || !is_long(call))
            return;
    }
    mb_sandbox_ask_release(run);
}

void mb_wait_on_released(struct mb_run *run, bool released)
{
    if (!released) { /* it computes: its next frame brings it here again */
        mb_later_resume(run);
        return;
    }
    if (run->answered || !run->n_calls) {
        mb_run_rebuild(run);
        return;
    }
    int64_t wake_us = 0;
    bool is_person = false, is_child = false;
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->next_us && (!wake_us || call->next_us < wake_us))
            wake_us = call->next_us;
        is_child |= call->child != NULL;
        is_person |= !call->child && strcmp(call->gate.tool->name, "sleep") != 0;
    }
    mb_run_park(run, is_person ? "approval" : is_child ? "call" : "timer", wake_us);
}

void mb_wait_on_decisions(struct mb_run *run, struct mb_replay *replay)
{
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->state != MB_CALL_WAITING)
            continue;
        struct mb_recorded *record = mb_replay_take(replay, call->key);
        if (record && record->is_decided)
            answer_decision(call, record);
        mb_recorded_free(record);
    }
}
