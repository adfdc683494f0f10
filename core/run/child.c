/* Child runs: a run that starts another deployment as a run of its own, and waits for its result.
 *
 * The child is made in the transaction that writes the parent's intent, as queued: whichever core
 * claims it executes it. Its id follows from the parent, the step's key and the time in the intent,
 * so that a parent that is read again finds the same child. While it waits, the parent is parked
 * like any run that waits; the child's end wakes it (wake_after_flush.sql), on whichever core. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/hash.h"
#include "base/json.h"
#include "run/child_private.h"

enum {
    DEPTH_MAX = 8,           /* runs above one another, the first not counted */
    LOOK_US = 5 * 1000000LL, /* should a notification have been missed */
};

static void plan(struct mb_call *call);
static void look(struct mb_call *call);

static bool is_run(const struct mb_call *call)
{
    return strcmp(call->gate.tool->name, "agent.run") == 0;
}

static bool waits(const struct mb_call *call)
{
    return !is_run(call) || mb_json_bool(call->gate.args, "wait", true);
}

/* UUIDv7 of what is recorded: the time of the intent, and a hash of parent and step. */
static struct mb_id id_of(const struct mb_call *call)
{
    uint8_t hash[MB_SHA256_BYTES];
    struct mb_id id;
    uint64_t ms = (uint64_t)call->started_us / 1000;
    struct mb_str parts[] = {MB_STR("child"),
                             MB_STR_OF((const char *)call->run->id.bytes, sizeof(id.bytes)),
                             MB_STR_OF((const char *)call->key, sizeof(call->key))};
    mb_sha256_parts(parts, MB_LEN(parts), hash);
    memcpy(id.bytes, hash, sizeof(id.bytes));
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

/* ---------------------------------------------------------------- its end */

static void drop(struct mb_child *child)
{
    mb_deployment_unref(child->deployment);
    free(child);
}

void mb_child_free(struct mb_call *call)
{
    struct mb_child *child = call->child;
    if (!child)
        return;
    call->run->held_micros -= child->held_micros;
    call->child = NULL;
    child->call = NULL;
    if (!child->is_asking) /* else the answer finds nobody, and drops it */
        drop(child);
}

static void add_budget(struct mb_buf *out, const struct mb_child *child)
{
    if (child->budget_micros >= 0)
        mb_buf_addf(out, ",\"budget_micros\":%" PRId64, child->budget_micros);
}

static void done(struct mb_call *call, struct mb_buf *json, const struct mb_err *err)
{
    struct mb_usage usage = {.price_micros = err ? 0 : call->gate.tool->price_micros};
    mb_call_done(call, mb_buf_str(json), &usage, err);
    mb_buf_release(json);
}

/* It exists: that is the answer. What is held for it stays so until it is waited for. */
static void answer_started(struct mb_call *call)
{
    struct mb_child *child = call->child;
    struct mb_buf json = {0};
    char id[MB_ID_TEXT];
    mb_buf_addf(&json, "{\"run_id\":\"%s\"", mb_id_format(child->id, "run", id));
    add_budget(&json, child);
    mb_buf_add_char(&json, '}');
    mb_child_keep_detached(call->run, child->id, child->held_micros);
    child->held_micros = 0; /* the run's now */
    done(call, &json, NULL);
}

/* The child's error, with its id. */
static void answer_error(struct mb_call *call, const struct mb_child_state *state)
{
    struct mb_err err;
    struct mb_buf none = {0};
    char id[MB_ID_TEXT];
    mb_err_read_json(&err, state->error);
    err.pointer[0] = '\0'; /* a place in the child's code */
    call->error_details = json_pack("{s:s, s:{s:I, s:I, s:I, s:I}}", "run_id",
                                    mb_id_format(call->child->id, "run", id), "usage", "steps",
                                    state->steps, "tokens_in", state->tokens_in, "tokens_out",
                                    state->tokens_out, "cost_micros", state->cost_micros);
    done(call, &none, &err);
}

static void answer_over(struct mb_call *call, const struct mb_child_state *state)
{
    struct mb_child *child = call->child;
    struct mb_run *run = call->run;
    if (is_run(call)) {
        run->held_micros -= child->held_micros;
        child->held_micros = 0;
    }
    if (is_run(call) || mb_child_take_detached(run, child->id)) /* each is counted once */
        run->children_micros += state->cost_micros;
    if (!mb_str_is(state->status, "succeeded")) {
        answer_error(call, state);
        return;
    }
    struct mb_buf json = {0};
    char id[MB_ID_TEXT];
    mb_buf_addf(&json, "{\"run_id\":\"%s\",\"output\":", mb_id_format(child->id, "run", id));
    mb_buf_add_str(&json, state->output.len ? state->output : MB_STR("null"));
    add_budget(&json, child);
    mb_buf_addf(&json,
                ",\"usage\":{\"steps\":%" PRId64 ",\"tokens_in\":%" PRId64
                ",\"tokens_out\":%" PRId64 ",\"cost_micros\":%" PRId64 "}}",
                state->steps, state->tokens_in, state->tokens_out, state->cost_micros);
    done(call, &json, NULL);
}

/* ---------------------------------------------------------------- waiting */

/* Not before the store has said that the child goes on: its end may be what woke the run, which
 * nobody would be told of again. */
bool mb_child_is_long(const struct mb_call *call)
{
    const struct mb_engine *e = call->run->engine;
    return !call->child->is_asking && !call->child->is_unseen &&
           e->loop->now_us - call->child->since_us >= e->config.park_grace_us;
}

static void on_timer(struct mb_timer *timer)
{
    struct mb_call *call = MB_CONTAINER_OF(timer, struct mb_call, timer);
    struct mb_loop *loop = call->run->engine->loop;
    mb_timer_arm(&loop->timers, timer, loop->now_us + LOOK_US);
    look(call);
}

static void wait_for(struct mb_call *call)
{
    struct mb_engine *e = call->run->engine;
    call->state = MB_CALL_WAITING;
    call->child->since_us = e->loop->now_us;
    call->timer.on_due = on_timer;
    mb_timer_arm(&e->loop->timers, &call->timer, e->loop->now_us + e->config.park_grace_us);
    mb_wait_consider_parking(call->run);
}

/* The child was made in an earlier life, or by another call: what was given to it is its own limit.
 */
static void learn_budget(struct mb_call *call, const struct mb_child_state *state)
{
    struct mb_child *child = call->child;
    if (child->knows_budget)
        return;
    child->knows_budget = true;
    child->budget_micros = state->budget_micros;
    if (is_run(call) && call->run->limits.budget_micros >= 0 && state->budget_micros > 0) {
        child->held_micros = state->budget_micros;
        call->run->held_micros += child->held_micros;
    }
}

static void on_read(void *arg, const struct mb_child_state *state, const struct mb_err *err)
{
    struct mb_child *child = arg;
    struct mb_call *call = child->call;
    child->is_asking = false;
    if (!call) {
        drop(child);
        return;
    }
    if (err)
        return; /* the timer looks again */
    if (!state->is_known) {
        struct mb_err local;
        mb_err_set(&local, MB_E_NOT_FOUND, "this run has no such child run");
        mb_call_refuse(call, &local);
        return;
    }
    child->is_unseen = false;
    learn_budget(call, state);
    if (!waits(call))
        answer_started(call);
    else if (state->is_over)
        answer_over(call, state);
    else if (child->again)
        look(call);
    else
        mb_wait_consider_parking(call->run);
}

/* Asks the store how the child is. */
static void look(struct mb_call *call)
{
    struct mb_run *run = call->run;
    struct mb_child *child = call->child;
    struct mb_store *store = run->engine->store;
    child->again = child->is_asking;
    if (child->is_asking)
        return;
    child->is_asking =
        store->read_child(store, run->tenant->id, run->id, child->id, on_read, child, NULL) == 0;
}

void mb_engine_on_child(struct mb_engine *engine, struct mb_id parent_id, struct mb_id child_id)
{
    struct mb_run *run = mb_map_get(&engine->runs, parent_id.bytes, sizeof(parent_id.bytes));
    if (!run || run->phase != MB_PHASE_LIVE)
        return; /* what is being parked wakes by itself, what is being read looks */
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->child && call->state == MB_CALL_WAITING && mb_id_eq(call->child->id, child_id))
            look(call);
    }
}

/* ---------------------------------------------------------------- its making */

static void make(struct mb_call *call)
{
    struct mb_run *run = call->run;
    struct mb_child *child = call->child;
    child->id = id_of(call);
    child->knows_budget = true;
    child->held_micros = run->limits.budget_micros >= 0 ? child->budget_micros : 0;
    run->held_micros += child->held_micros;
    struct mb_row *row = mb_call_write_intent(call, NULL);
    row->unborn = mb_unborn_new(call);
    call->state = MB_CALL_HELD; /* until that is durable */
}

void mb_child_on_looked_back(struct mb_call *call)
{
    struct mb_err err;
    if (mb_child_set_budget(call, &err) < 0)
        mb_call_refuse(call, &err);
    else
        make(call);
}

/* Takes the reference. */
static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct mb_child *child = arg;
    struct mb_call *call = child->call;
    struct mb_err local;
    child->is_asking = false;
    child->deployment = d;
    if (!call) {
        drop(child);
        return;
    }
    if (!err && d->is_deleted) {
        mb_err_set(&local, MB_E_NOT_FOUND, "there is no such deployment");
        err = &local;
    }
    if (!err && mb_child_check_input(call, &local) < 0)
        err = &local;
    if (err)
        mb_call_refuse(call, err);
    else if (!mb_child_wants_more(call) || !mb_child_look_back(call))
        mb_child_on_looked_back(call);
}

static int check_plan(const struct mb_call *call, const struct mb_child_plan *p, struct mb_err *err)
{
    const struct mb_engine_config *config = &call->run->engine->config;
    if (mb_id_is_nil(p->deployment_id))
        return mb_err_at(err, MB_E_NOT_FOUND, "/target", "there is no deployment \"%.*s\"",
                         MB_STR_ARG(mb_json_str(call->gate.args, "target")));
    if (p->depth >= DEPTH_MAX)
        return mb_err_set(err, MB_E_CHILD_LIMIT, "there are %d runs above this one, the most",
                          p->depth);
    if (call->run->n_children > config->children_max)
        return mb_err_set(err, MB_E_CHILD_LIMIT, "the run has started %" PRId64 " runs, its limit",
                          config->children_max);
    if (p->open_children >= config->open_children_max)
        return mb_err_set(err, MB_E_RATE_LIMITED, "the customer has %d child runs open, its limit",
                          p->open_children);
    return 0;
}

static void on_planned(void *arg, const struct mb_child_plan *p, const struct mb_err *err)
{
    struct mb_child *child = arg;
    struct mb_call *call = child->call;
    struct mb_err local;
    child->is_asking = false;
    if (!call) {
        drop(child);
        return;
    }
    if (err || check_plan(call, p, &local) < 0) {
        mb_call_refuse(call, err ? err : &local);
        return;
    }
    struct mb_run *run = call->run;
    struct mb_catalog *catalog = run->engine->catalog;
    struct mb_deployment *d = mb_catalog_find(catalog, run->tenant->id, p->deployment_id);
    if (d) {
        on_deployment(child, d, NULL);
        return;
    }
    child->is_asking = true;
    if (mb_catalog_load(catalog, run->tenant->id, p->deployment_id, mb_id_nil(), mb_id_nil(),
                        on_deployment, child, &local) < 0)
        on_deployment(child, NULL, &local);
}

static void plan(struct mb_call *call)
{
    struct mb_run *run = call->run;
    struct mb_store *store = run->engine->store;
    struct mb_str target = mb_json_str(call->gate.args, "target");
    struct mb_id id;
    struct mb_err err;
    call->state = MB_CALL_RUNNING;
    int rc = mb_grant_find_agent(&run->deployment->grant, target, &id, &err);
    if (rc == 0)
        rc = store->plan_child(store, run->tenant->id, run->id, id, target, on_planned, call->child,
                               &err);
    if (rc < 0)
        mb_call_refuse(call, &err);
    else
        call->child->is_asking = true;
}

/* ---------------------------------------------------------------- from outside */

void mb_child_advance(struct mb_call *call)
{
    struct mb_child *child = call->child;
    if (mb_id_is_nil(child->id)) {
        plan(call);
    } else if (call->intent_seq && !mb_journal_is_durable(call->run)) {
        return;                       /* comes here again when it is */
    } else if (child->knows_budget) { /* made just now */
        if (waits(call))
            wait_for(call);
        else
            answer_started(call);
    } else {
        child->is_unseen = true;
        wait_for(call);
        look(call);
    }
}

void mb_child_start(struct mb_call *call, const struct mb_recorded *record)
{
    struct mb_run *run = call->run;
    struct mb_err err;
    run->n_children += is_run(call);
    if (!run->engine->store->plan_child) {
        mb_err_set(&err, MB_E_UNAVAILABLE, "child runs need a server: there are none here");
        err.retryable = 0;
        mb_call_refuse(call, &err);
        return;
    }
    struct mb_child *child = mb_zalloc(sizeof(*child));
    child->call = call;
    child->budget_micros = -1;
    call->child = child;
    if (is_run(call) && record) {
        call->started_us = record->started_us;
        call->intent_seq = record->intent_seq;
        child->id = id_of(call);
    } else if (!is_run(call) &&
               !mb_id_parse(&child->id, "run", mb_json_str(call->gate.args, "run_id"))) {
        mb_err_at(&err, MB_E_INVALID_ARGUMENTS, "/run_id", "this is no run's id");
        mb_call_refuse(call, &err);
        return;
    }
    call->state = MB_CALL_HELD;
    if (run->engine->store->is_up(run->engine->store))
        mb_child_advance(call);
}
