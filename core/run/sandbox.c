/* Runs in their customers' sandboxes: one worker per customer, slots, starts and stops, and what
 * happens to the runs when a sandbox goes. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/json.h"
#include "run/private.h"

enum {
    RETRY_US = 200 * 1000, /* until a sandbox is asked for again after a refusal */
    MAX_LOSSES = 3,        /* sandboxes that a run may take with it */
};

static void on_frame(struct mb_worker *worker, const struct mb_frame *frame);
static void on_gone(struct mb_worker *worker, const struct mb_err *why);
static const struct mb_worker_events worker_events = {on_frame, on_gone};
static void on_idle(struct mb_timer *timer);
static void on_retry(struct mb_timer *timer);
static void pump(struct mb_tenant *t);

/* ---------------------------------------------------------------- tenants */

struct mb_tenant *mb_tenant_get(struct mb_engine *engine, struct mb_id customer_id)
{
    struct mb_tenant *t =
        mb_map_get(&engine->tenants, customer_id.bytes, sizeof(customer_id.bytes));
    if (t)
        return t;
    t = mb_zalloc(sizeof(*t));
    t->engine = engine;
    t->id = customer_id;
    t->idle.on_due = on_idle;
    t->retry.on_due = on_retry;
    mb_list_init(&t->runs);
    mb_list_init(&t->queue);
    mb_list_init(&t->suspects);
    mb_list_init(&t->want_funds);
    mb_map_set(&engine->tenants, customer_id.bytes, sizeof(customer_id.bytes), t);
    return t;
}

static void drop_packages(struct mb_tenant *t)
{
    for (size_t i = 0; i < MB_LEN(t->packages); i++) {
        mb_package_unref(t->packages[i].package);
        t->packages[i].package = NULL;
        t->packages[i].n_live = 0;
    }
}

/* Forgets the worker and everything that was true of it. */
static void retire(struct mb_tenant *t)
{
    if (!t->worker)
        return;
    mb_worker_free(t->worker);
    t->worker = NULL;
    t->engine->stats.sandboxes_live--;
    drop_packages(t);
    free(t->slots);
    free(t->stopping);
    free(t->free_slots);
    t->slots = NULL;
    t->stopping = NULL;
    t->free_slots = NULL;
    t->n_slots = t->n_free = 0;
    t->n_live = 0;
}

void mb_tenant_free(struct mb_tenant *t)
{
    struct mb_engine *e = t->engine;
    mb_assert(t->n_runs == 0);
    retire(t);
    mb_timer_cancel(&e->loop->timers, &t->idle);
    mb_timer_cancel(&e->loop->timers, &t->retry);
    mb_map_remove(&e->tenants, t->id.bytes, sizeof(t->id.bytes));
    free(t);
}

static void on_idle(struct mb_timer *timer)
{
    struct mb_tenant *t = MB_CONTAINER_OF(timer, struct mb_tenant, idle);
    if (t->n_live || !mb_list_is_empty(&t->queue))
        return;
    retire(t);
    if (t->n_runs || t->leasing)
        return;
    if (t->leased_micros > 0)
        t->engine->store->give_back(t->engine->store, t->id, t->leased_micros);
    mb_tenant_free(t);
}

static void arm_idle(struct mb_tenant *t)
{
    struct mb_loop *loop = t->engine->loop;
    mb_timer_arm(&loop->timers, &t->idle, loop->now_us + t->engine->config.idle_us);
}

static bool retire_if_idle(void *value, void *arg)
{
    struct mb_tenant *t = value;
    bool *done = arg;
    if (!t->worker || t->n_live)
        return true;
    retire(t);
    *done = true;
    return false;
}

/* A worker for the tenant: the one it has, or a new one. False when the core has no room now. */
static bool have_worker(struct mb_tenant *t, const struct mb_deployment *d)
{
    struct mb_engine *e = t->engine;
    if (t->worker)
        return t->worker->state != MB_WORKER_GONE;
    if (e->stats.sandboxes_live >= (size_t)e->config.max_sandboxes) {
        bool room = false;
        mb_map_each(&e->tenants, retire_if_idle, &room);
        if (!room)
            return false;
    }
    t->worker = mb_worker_new(e->zygote, MB_WORKER_AGENT, (size_t)d->customer.memory_bytes,
                              &worker_events, t);
    e->stats.sandboxes_started++;
    e->stats.sandboxes_live++;
    return true;
}

/* ---------------------------------------------------------------- slots */

static uint32_t take_slot(struct mb_tenant *t)
{
    if (!t->n_free) {
        uint32_t n = t->n_slots ? t->n_slots * 2 : 16;
        t->slots = mb_realloc(t->slots, n * sizeof(t->slots[0]));
        t->stopping = mb_realloc(t->stopping, n);
        t->free_slots = mb_realloc(t->free_slots, n * sizeof(t->free_slots[0]));
        for (uint32_t i = n; i > t->n_slots; i--) {
            t->slots[i - 1] = NULL;
            t->stopping[i - 1] = 0;
            t->free_slots[t->n_free++] = i;
        }
        t->n_slots = n;
    }
    return t->free_slots[--t->n_free];
}

/* The run is out of the worker. The slot is free again when as many STOPPED have come as are due.
 */
static void vacate(struct mb_run *run, bool stop_sent)
{
    struct mb_tenant *t = run->tenant;
    t->slots[run->slot - 1] = NULL;
    t->stopping[run->slot - 1] = (uint8_t)(stop_sent + run->parking + run->asking);
    run->parking = run->asking = false;
    if (t->stopping[run->slot - 1] == 0)
        t->free_slots[t->n_free++] = run->slot;
    t->packages[run->package_slot - 1].n_live--;
    run->slot = 0;
    run->computing = false;
    if (--t->n_live == 0)
        arm_idle(t);
}

/* The slot of the run's package in the worker, sent there if need be; 0 = all slots are in use. */
static uint32_t package_slot(struct mb_tenant *t, struct mb_package *package)
{
    uint32_t spare = 0;
    for (uint32_t i = 0; i < MB_LEN(t->packages); i++) {
        if (t->packages[i].package == package)
            return i + 1;
        if (t->packages[i].n_live == 0 && (!spare || !t->packages[i].package))
            spare = i + 1;
    }
    if (!spare)
        return 0;
    mb_package_unref(t->packages[spare - 1].package);
    t->packages[spare - 1].package = mb_package_ref(package);
    struct mb_str frame = MB_STR_OF(package->frame, package->frame_len);
    mb_worker_send(t->worker, MB_MSG_PACKAGE, spare, 0, NULL, 0, &frame, 1);
    return spare;
}

/* ---------------------------------------------------------------- starting */

enum { START_ROOM = 1024 }; /* of the START frame for what goes beside input and config */

/* What was accepted fits, unless its deployment has another configuration since. */
static bool fits(const struct mb_run *run)
{
    size_t room = mb_msg_rule(MB_MSG_START)->cap - START_ROOM;
    return run->input_len + run->deployment->config_len <= room;
}

static void fail_too_large(struct mb_run *run)
{
    struct mb_err err;
    mb_err_set(&err, MB_E_TOO_LARGE, "input and configuration have %zu bytes together",
               run->input_len + run->deployment->config_len);
    mb_run_fail(run, &err, NULL);
}

static bool start(struct mb_run *run)
{
    struct mb_tenant *t = run->tenant;
    struct mb_deployment *d = run->deployment;
    if (!have_worker(t, d))
        return false;
    uint32_t package = package_slot(t, d->package);
    if (!package)
        return false;
    mb_timer_cancel(&t->engine->loop->timers, &t->idle);
    run->package_slot = package;
    run->slot = take_slot(t);
    t->slots[run->slot - 1] = run;
    t->packages[package - 1].n_live++;
    t->n_live++;
    run->phase = MB_PHASE_LIVE;
    run->computing = true;
    run->last_call = 0;

    struct mb_msg_start head = {.clock_us = run->clock_us ? run->clock_us : run->created_us,
                                .cpu_left_us = (uint64_t)run->limits.cpu_ms * 1000};
    memcpy(head.seed, run->seed, sizeof(head.seed));
    char id[MB_ID_TEXT], deployment[MB_ID_TEXT];
    struct mb_str parts[] = {
        MB_STR("{\"input\":"),
        MB_STR_OF(run->input, run->input_len),
        MB_STR(",\"config\":"),
        MB_STR_OF(d->config, d->config_len),
        MB_STR(",\"run_id\":\""),
        mb_str_c(mb_id_format(run->id, "run", id)),
        MB_STR("\",\"deployment_id\":\""),
        mb_str_c(mb_id_format(d->id, "dep", deployment)),
        MB_STR("\"}"),
    };
    mb_worker_send(t->worker, MB_MSG_START, run->slot, package, &head, sizeof(head), parts,
                   MB_LEN(parts));
    if (!run->started_us)
        run->started_us = mb_clock_wall_us();
    if (run->status == MB_RUN_QUEUED)
        mb_run_set_status(run, MB_RUN_RUNNING, NULL);
    mb_run_arm_wall(run);
    return true;
}

static void retry_later(struct mb_tenant *t)
{
    struct mb_loop *loop = t->engine->loop;
    if (!mb_timer_is_armed(&t->retry))
        mb_timer_arm(&loop->timers, &t->retry, loop->now_us + RETRY_US);
}

/* Starts what is queued. A suspect runs alone until it has shown that it gets on. */
static void pump(struct mb_tenant *t)
{
    while (!t->suspect) {
        bool alone = !mb_list_is_empty(&t->suspects);
        struct mb_list *list = alone ? &t->suspects : &t->queue;
        if (mb_list_is_empty(list))
            return;
        struct mb_run *run = MB_LIST_ENTRY(list->next, struct mb_run, queue_node);
        if (!fits(run)) {
            mb_list_remove(&run->queue_node);
            fail_too_large(run);
            continue;
        }
        if (!start(run)) {
            retry_later(t);
            return;
        }
        mb_list_remove(&run->queue_node);
        if (alone)
            t->suspect = run;
    }
}

static void on_retry(struct mb_timer *timer)
{
    pump(MB_CONTAINER_OF(timer, struct mb_tenant, retry));
}

void mb_sandbox_queue(struct mb_run *run)
{
    struct mb_tenant *t = run->tenant;
    run->phase = MB_PHASE_QUEUED;
    mb_list_push(run->suspect ? &t->suspects : &t->queue, &run->queue_node);
    if (!mb_timer_is_armed(&t->retry))
        pump(t);
}

void mb_sandbox_clear_suspect(struct mb_run *run)
{
    struct mb_tenant *t = run->tenant;
    run->suspect = false;
    run->losses = 0;
    if (t->suspect != run)
        return;
    t->suspect = NULL;
    pump(t);
}

void mb_sandbox_leave(struct mb_run *run)
{
    struct mb_tenant *t = run->tenant;
    mb_list_remove(&run->queue_node);
    if (run->slot) {
        bool sent = mb_worker_send(t->worker, MB_MSG_STOP, run->slot, 0, NULL, 0, NULL, 0);
        vacate(run, sent);
    }
    if (t->suspect == run) {
        t->suspect = NULL;
        pump(t);
    }
}

void mb_sandbox_ask_release(struct mb_run *run)
{
    run->parking = true;
    run->answered = false;
    mb_worker_send(run->tenant->worker, MB_MSG_STOP, run->slot, 1, NULL, 0, NULL, 0);
}

void mb_sandbox_ask_idle(struct mb_run *run)
{
    run->asking = true;
    mb_worker_send(run->tenant->worker, MB_MSG_STOP, run->slot, 2, NULL, 0, NULL, 0);
}

void mb_sandbox_answer(struct mb_run *run, uint32_t call, int64_t clock_us, struct mb_str json,
                       bool ok)
{
    struct mb_msg_answer head = {.clock_us = clock_us, .ok = ok};
    run->computing = run->answered = true;
    mb_worker_send(run->tenant->worker, MB_MSG_ANSWER, run->slot, call, &head, sizeof(head), &json,
                   1);
}

/* ---------------------------------------------------------------- what the sandbox says */

static void on_end(struct mb_run *run, const struct mb_frame *frame)
{
    struct mb_msg_end end;
    struct mb_str json;
    if (!mb_frame_split(frame->payload, &end, sizeof(end), &json)) {
        mb_worker_kill(run->tenant->worker, "malformed end of a run");
        return;
    }
    run->cpu_us = run->cpu_before_us + (int64_t)end.cpu_us;
    vacate(run, false);
    if (frame->head.type == MB_MSG_RESULT) {
        mb_run_succeed(run, json);
        return;
    }
    struct mb_err err;
    mb_err_read_json(&err, json);
    json_t *value = mb_json_parse(json, NULL);
    mb_run_fail(run, &err, mb_json_get(value, "details"));
    json_decref(value);
}

/* A run that was asked to let go may have been told to stop for good meanwhile: then two answers
 * come, and the slot is free after the second. */
static void on_stopped(struct mb_tenant *t, uint32_t slot, struct mb_run *run, uint32_t left)
{
    bool gone = left == 0;
    if (run && run->asking) {
        run->asking = false;
        mb_later_on_idle(run, left == 2);
    } else if (run && run->parking) {
        run->parking = false;
        if (gone)
            vacate(run, false);
        mb_wait_on_released(run, gone);
    } else if (!run && t->stopping[slot - 1] > 0) {
        if (--t->stopping[slot - 1] == 0)
            t->free_slots[t->n_free++] = slot;
    } else {
        mb_worker_kill(t->worker, "STOPPED without STOP");
    }
}

static void on_frame(struct mb_worker *worker, const struct mb_frame *frame)
{
    struct mb_tenant *t = worker->owner;
    if (frame->head.type == MB_MSG_READY)
        return;
    uint32_t slot = frame->head.run;
    if (slot < 1 || slot > t->n_slots) {
        mb_worker_kill(worker, "a frame for a slot that is not there");
        return;
    }
    struct mb_run *run = t->slots[slot - 1];
    if (frame->head.type == MB_MSG_STOPPED) {
        on_stopped(t, slot, run, frame->head.step);
        return;
    }
    if (!run) {
        if (!t->stopping[slot - 1]) /* else it crossed our STOP */
            mb_worker_kill(worker, "a frame for a run that is not there");
        return;
    }
    if (frame->head.type == MB_MSG_EMIT || frame->head.type == MB_MSG_LOG) {
        mb_note_on_frame(run, frame);
        return;
    }
    run->computing = false;
    if (frame->head.type == MB_MSG_CALL)
        mb_call_on_frame(run, frame);
    else
        on_end(run, frame);
}

/* ---------------------------------------------------------------- a sandbox is gone */

/* The one run that was on the CPU. */
static void blame(struct mb_run *run, const struct mb_err *why)
{
    if (why->code == MB_E_CPU_LIMIT || ++run->losses >= MAX_LOSSES)
        mb_run_fail(run, why, NULL);
    else
        mb_run_rebuild(run);
}

static void on_gone(struct mb_worker *worker, const struct mb_err *why)
{
    struct mb_tenant *t = worker->owner;
    struct mb_run **lost = mb_alloc((t->n_slots + 1) * sizeof(struct mb_run *));
    size_t n = 0, n_computing = 0;
    for (uint32_t i = 0; i < t->n_slots; i++) {
        struct mb_run *run = t->slots[i];
        if (!run)
            continue;
        n_computing += run->computing;
        run->slot = 0;
        run->parking = run->asking = false;
        lost[n++] = run;
    }
    bool never_ran = worker->live_us == 0;
    t->suspect = NULL;
    retire(t);
    t->engine->stats.sandboxes_lost++;
    if (never_ran) /* the host had no room: not the runs' doing */
        retry_later(t);
    for (size_t i = 0; i < n; i++) {
        struct mb_run *run = lost[i];
        bool candidate = !never_ran && (run->computing || n_computing == 0);
        run->computing = false;
        if (never_ran && run->input && mb_list_is_empty(&run->calls)) {
            mb_sandbox_queue(run);
        } else if (candidate && (n_computing == 1 || n == 1)) {
            blame(run, why);
        } else {
            run->suspect = candidate;
            mb_run_rebuild(run);
        }
    }
    free(lost);
    if (!mb_timer_is_armed(&t->retry))
        pump(t);
}
