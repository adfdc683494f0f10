/* The engine as others see it: its making, what it is told, what it tells. */
#include "run/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/private.h"

static void on_idle_turn(struct mb_turn *turn)
{
    struct mb_engine *e = MB_CONTAINER_OF(turn, struct mb_engine, idle_turn);
    if (e->on_idle && e->stats.runs_active == 0) {
        void (*on_idle)(void *) = e->on_idle;
        e->on_idle = NULL;
        on_idle(e->on_idle_arg);
    }
}

struct mb_engine *mb_engine_new(struct mb_loop *loop, struct mb_gate *gate, struct mb_store *store,
                                struct mb_catalog *catalog, struct mb_zygote *zygote,
                                const struct mb_engine_config *config)
{
    struct mb_engine *e = mb_zalloc(sizeof(*e));
    e->loop = loop;
    e->gate = gate;
    e->store = store;
    e->catalog = catalog;
    e->zygote = zygote;
    e->config = *config;
    e->journal = mb_journal_new(e);
    mb_turn_init(&e->idle_turn, on_idle_turn);
    return e;
}

static bool collect_run(void *value, void *arg)
{
    struct mb_run ***at = arg;
    *(*at)++ = value;
    return true;
}

/* All runs at this moment, as an array that ends with NULL. */
static struct mb_run **all_runs(struct mb_engine *e)
{
    struct mb_run **runs = mb_alloc((e->runs.count + 1) * sizeof(runs[0]));
    struct mb_run **at = runs;
    mb_map_each(&e->runs, collect_run, &at);
    *at = NULL;
    return runs;
}

static bool free_tenant(void *value, void *arg)
{
    (void)arg;
    mb_tenant_free(value);
    return true;
}

static void drop_all(struct mb_engine *e)
{
    struct mb_run **runs = all_runs(e);
    for (size_t i = 0; runs[i]; i++)
        mb_run_drop(runs[i]);
    free(runs);
    mb_map_each(&e->tenants, free_tenant, NULL);
}

void mb_engine_free(struct mb_engine *e)
{
    if (!e)
        return;
    drop_all(e);
    mb_journal_free(e->journal);
    mb_turn_cancel(&e->idle_turn);
    mb_map_release(&e->tenants);
    mb_map_release(&e->runs);
    free(e);
}

/* ---------------------------------------------------------------- stopping */

/* Hands a run back: the journal gets it as queued and nobody's, and whoever claims it goes on. */
static void hand_back(struct mb_run *run)
{
    if (run->phase == MB_PHASE_CLOSING)
        return;
    mb_run_hand_back(run);
}

void mb_engine_drain(struct mb_engine *e, void (*on_idle)(void *arg), void *arg)
{
    e->stopping = true;
    e->on_idle = on_idle;
    e->on_idle_arg = arg;
    struct mb_run **runs = all_runs(e);
    for (size_t i = 0; runs[i]; i++)
        hand_back(runs[i]);
    free(runs);
    if (e->stats.runs_active == 0)
        mb_turn_queue(e->loop, &e->idle_turn);
}

void mb_engine_set_on_fenced(struct mb_engine *e, void (*on_fenced)(void *arg), void *arg)
{
    e->on_fenced = on_fenced;
    e->on_fenced_arg = arg;
}

void mb_engine_on_fenced(struct mb_engine *e)
{
    mb_journal_new_life(e->journal);
    drop_all(e);
    if (e->on_fenced)
        e->on_fenced(e->on_fenced_arg);
}

/* ---------------------------------------------------------------- runs from the store */

struct take {
    struct mb_engine *engine;
    struct mb_claimed claimed;
    json_t *limits;
};

static void adopt(struct mb_engine *e, const struct mb_claimed *c, const json_t *limits,
                  struct mb_deployment *d)
{
    if (mb_engine_has_run(e, c->run_id))
        return;
    struct mb_run *run = mb_run_new(e, d, c->run_id);
    memcpy(run->seed, c->seed, sizeof(run->seed));
    run->created_us = c->created_us;
    run->started_us = c->started_us;
    run->clock_us = c->clock_us;
    run->parent_id = c->parent_id;
    run->was_claimed = true;
    run->cpu_us = c->cpu_us;
    run->steps = c->steps;
    run->tokens_in = c->tokens_in;
    run->tokens_out = c->tokens_out;
    run->price_micros = c->price_micros;
    run->limits.cpu_ms = mb_json_int(limits, "cpu_ms", run->limits.cpu_ms);
    run->limits.wall_ms = mb_json_int(limits, "wall_ms", run->limits.wall_ms);
    run->limits.steps = mb_json_int(limits, "steps", run->limits.steps);
    run->limits.budget_micros = mb_json_int(limits, "budget_micros", run->limits.budget_micros);
    run->deadline_us = mb_json_int(limits, "deadline_us", 0);
    run->journal.is_inserted = true;
    mb_run_set_status(run, MB_RUN_RUNNING, NULL);
    if (c->cancel_requested)
        mb_run_cancel(run);
    else
        mb_run_rebuild(run);
}

static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct take *t = arg;
    if (d)
        adopt(t->engine, &t->claimed, t->limits, d);
    else
        mb_log_err(MB_LOG_ERROR, "claimed_run_not_loaded", err);
    mb_deployment_unref(d);
    json_decref(t->limits);
    free(t);
}

void mb_claimed_free(struct mb_claimed *claimed)
{
    if (!claimed)
        return;
    json_decref(claimed->limits);
    free(claimed);
}

/* That a run was parked may be heard on one connection after it was claimed on another: what woke
 * it came in between. Then it is taken when its old self is gone. */
static void take_afterwards(struct mb_run *run, const struct mb_claimed *c)
{
    if (run->phase != MB_PHASE_CLOSING || run->again)
        return;
    run->again = mb_alloc(sizeof(*c));
    *run->again = *c;
    run->again->limits = json_incref(c->limits);
    run->again->input = MB_STR("");
}

void mb_engine_take(struct mb_engine *e, const struct mb_claimed *c)
{
    struct mb_run *run = mb_map_get(&e->runs, c->run_id.bytes, sizeof(c->run_id.bytes));
    if (run) {
        take_afterwards(run, c);
        return;
    }
    struct mb_deployment *d = mb_catalog_find(e->catalog, c->customer_id, c->deployment_id);
    if (d && mb_deployment_is(d, c->package_id, c->config_revision)) {
        adopt(e, c, c->limits, d);
        mb_deployment_unref(d);
        return;
    }
    mb_deployment_unref(d);
    struct take *t = mb_alloc(sizeof(*t));
    *t = (struct take){.engine = e, .claimed = *c, .limits = json_incref(c->limits)};
    struct mb_err err;
    if (mb_catalog_load_pinned(e->catalog, c->customer_id, c->deployment_id, c->package_owner,
                               c->package_id, c->config_revision, on_deployment, t, &err) < 0)
        on_deployment(t, NULL, &err);
}

bool mb_engine_has_run(const struct mb_engine *e, struct mb_id run_id)
{
    return mb_map_get(&e->runs, run_id.bytes, sizeof(run_id.bytes)) != NULL;
}

size_t mb_engine_room(const struct mb_engine *e)
{
    size_t max = (size_t)e->config.max_runs;
    return e->stats.runs_active < max ? max - e->stats.runs_active : 0;
}

/* ---------------------------------------------------------------- what it is told */

void mb_engine_on_store_up(struct mb_engine *e)
{
    struct mb_run **runs = all_runs(e);
    for (size_t i = 0; runs[i]; i++)
        mb_call_pump(runs[i]);
    free(runs);
}

static struct mb_run *find(struct mb_engine *e, struct mb_id customer_id, struct mb_id run_id)
{
    struct mb_run *run = mb_map_get(&e->runs, run_id.bytes, sizeof(run_id.bytes));
    return run && mb_id_eq(run->tenant->id, customer_id) ? run : NULL;
}

bool mb_engine_follow(struct mb_engine *e, struct mb_id customer_id, struct mb_id run_id,
                      struct mb_follow *follow)
{
    struct mb_run *run = find(e, customer_id, run_id);
    if (!run)
        return false;
    follow->accept = NULL;
    follow->run = run;
    follow->run_id = run_id;
    mb_list_init(&follow->node);
    mb_list_push(&run->followers, &follow->node);
    if (follow->on_accepted)
        mb_journal_touch(run, true);
    return true;
}

bool mb_engine_cancel(struct mb_engine *e, struct mb_id customer_id, struct mb_id run_id)
{
    struct mb_run *run = find(e, customer_id, run_id);
    if (!run)
        return false;
    mb_run_cancel(run);
    return true;
}

struct decided {
    struct mb_engine *engine;
    struct mb_id run_id;
};

static void on_decisions(void *arg, struct mb_replay *replay, struct mb_str input,
                         const struct mb_err *err)
{
    (void)input;
    struct decided *d = arg;
    struct mb_run *run = mb_map_get(&d->engine->runs, d->run_id.bytes, sizeof(d->run_id.bytes));
    if (run && !err)
        mb_wait_on_decisions(run, replay);
    mb_replay_free(replay);
    free(d);
}

void mb_engine_on_decided(struct mb_engine *e, struct mb_id run_id)
{
    struct mb_run *run = mb_map_get(&e->runs, run_id.bytes, sizeof(run_id.bytes));
    if (!run || run->phase != MB_PHASE_LIVE)
        return; /* what is being parked wakes by itself, what is being read reads it */
    struct decided *d = mb_alloc(sizeof(*d));
    *d = (struct decided){e, run_id};
    if (e->store->load(e->store, run->tenant->id, run_id, on_decisions, d, NULL) < 0)
        free(d); /* it is found when the run is parked and looked at again */
}

void mb_engine_get_stats(const struct mb_engine *e, struct mb_engine_stats *stats)
{
    *stats = e->stats;
    stats->journal_backlog_rows = mb_journal_backlog(e->journal);
    stats->can_accept = !e->stopping && e->store->is_up(e->store) && mb_engine_room(e) > 0;
}
