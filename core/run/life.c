#include "run/life.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/catalog.h"
#include "run/engine.h"
#include "run/store_pg.h"

enum {
    RETRY_US = 250 * 1000,
    CLAIM_AT_ONCE = 256,
    DAY_BEATS_US = 3600 * 1000000LL, /* between looks after partitions and old rows */
};

struct mb_life {
    struct mb_loop *loop;
    struct mb_pg *pg;
    struct mb_store *store;
    struct mb_engine *engine;
    struct mb_catalog *catalog;
    char *node;
    int worker;
    int64_t lease_ms, heartbeat_us, poll_us;
    void (*on_alive)(void *arg);
    void *arg;
    void (*on_stopped)(void *arg);
    void *stopped_arg;
    int64_t fence; /* 0 = not registered */
    bool starting, claiming, claim_again, draining;
    int64_t cared_us; /* when partitions were last looked after */
    struct mb_timer beat, poll, retry;
};

static void begin(struct mb_life *life);
static void claim(struct mb_life *life);

/* ---------------------------------------------------------------- statements */

static const struct mb_pg_stmt start_stmt = {
    .name = "core_start",
    .sql = "select engine.core_start($1, $2) from engine.ensure_partitions()",
    .n_params = 2,
    .types = (const uint32_t[]){MB_PG_TEXT, MB_PG_INT4},
    .goes_first = true,
};
static const struct mb_pg_stmt beat_stmt = {
    .name = "core_beat",
    .sql = "select engine.core_beat($1)",
    .n_params = 1,
    .types = (const uint32_t[]){MB_PG_INT8},
    .goes_first = true,
};
static const struct mb_pg_stmt reap_stmt = {
    .name = "reap",
    .sql = "select engine.reap($1, $2)",
    .n_params = 2,
    .types = (const uint32_t[]){MB_PG_INT8, MB_PG_INT4},
    .goes_first = true,
};
static const struct mb_pg_stmt stop_stmt = {
    .name = "core_stop",
    .sql = "select engine.core_stop($1)",
    .n_params = 1,
    .types = (const uint32_t[]){MB_PG_INT8},
    .goes_first = true,
};
static const struct mb_pg_stmt care_stmt = {
    .name = "care",
    .sql = "select engine.ensure_partitions(), engine.prune()",
};
/* Runs that were claimed with the outcome unknown stay this life's and nobody executes them: then
 * the life ends and begins anew (on_claimed). */
static const struct mb_pg_stmt claim_stmt = {
    .name = "claim",
    .sql = "select customer_id, run_id, deployment_id, package_owner, package_id, "
           "cancel_requested, limits, seed, created_at, started_at, cpu_us, config_revision, "
           "clock_at, parent_run_id, steps, tokens_in, tokens_out, cost_micros "
           "from engine.claim($1, $2)",
    .n_params = 2,
    .types = (const uint32_t[]){MB_PG_INT8, MB_PG_INT4},
    .goes_first = true,
};

static void ignore(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)arg, (void)res, (void)err;
}

static const struct mb_pg_stmt cancels_stmt = {
    .name = "cancels",
    .sql = "select customer_id, run_id from engine.cancels($1)",
    .n_params = 1,
    .types = (const uint32_t[]){MB_PG_INT8},
    .goes_first = true,
};

/* ---------------------------------------------------------------- claiming */

static void take_row(struct mb_life *life, const struct mb_pg_result *res, int row)
{
    struct mb_claimed c = {
        .customer_id = mb_pg_get_id(res, row, 0),
        .run_id = mb_pg_get_id(res, row, 1),
        .deployment_id = mb_pg_get_id(res, row, 2),
        .package_owner = mb_pg_get_id(res, row, 3),
        .package_id = mb_pg_get_id(res, row, 4),
        .cancel_requested = mb_pg_get_bool(res, row, 5),
        .created_us = mb_pg_get_time_us(res, row, 8),
        .started_us = mb_pg_get_time_us(res, row, 9),
        .cpu_us = mb_pg_get_int(res, row, 10),
        .config_revision = (int)mb_pg_get_int(res, row, 11),
        .clock_us = mb_pg_get_time_us(res, row, 12),
        .parent_id = mb_pg_get_id(res, row, 13),
        .steps = (int)mb_pg_get_int(res, row, 14),
        .tokens_in = mb_pg_get_int(res, row, 15),
        .tokens_out = mb_pg_get_int(res, row, 16),
        .price_micros = mb_pg_get_int(res, row, 17),
    };
    struct mb_str seed = mb_pg_get_str(res, row, 7);
    memcpy(c.seed, seed.ptr, MB_MIN(seed.len, sizeof(c.seed)));
    c.limits = mb_json_parse(mb_pg_get_str(res, row, 6), NULL);
    mb_engine_take(life->engine, &c);
    json_decref(c.limits);
}

static void end_life(struct mb_life *life, const char *why)
{
    mb_log(MB_LOG_WARN, "core_life_ended", "why", "%s", why, NULL);
    life->fence = 0;
    mb_store_pg_bind(life->store, life->engine, 0);
    mb_engine_on_fenced(life->engine);
}

static void on_claimed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_life *life = arg;
    life->claiming = false;
    if (err && mb_pg_is_unknown(err)) {
        end_life(life, "it is not known which runs were claimed");
        return;
    }
    if (err && err->code == MB_E_FENCED) {
        end_life(life, "declared dead");
        return;
    }
    int n = err ? 0 : mb_pg_rows(res);
    for (int i = 0; i < n; i++)
        take_row(life, res, i);
    if (n == CLAIM_AT_ONCE || life->claim_again)
        claim(life);
}

static void claim(struct mb_life *life)
{
    size_t room = mb_engine_room(life->engine);
    if (life->claiming) {
        life->claim_again = true;
        return;
    }
    life->claim_again = false;
    if (!life->fence || life->draining || !room || !mb_pg_is_up(life->pg))
        return;
    struct mb_pg_param params[] = {mb_pg_int8(life->fence),
                                   mb_pg_int4((int32_t)MB_MIN(room, (size_t)CLAIM_AT_ONCE))};
    life->claiming = mb_pg_query(life->pg, &claim_stmt, params, on_claimed, life, NULL, NULL) == 0;
}

static void on_poll(struct mb_timer *timer)
{
    struct mb_life *life = MB_CONTAINER_OF(timer, struct mb_life, poll);
    claim(life);
    mb_timer_arm(&life->loop->timers, timer, life->loop->now_us + life->poll_us);
}

/* ---------------------------------------------------------------- heartbeat */

static void on_beaten(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_life *life = arg;
    if (!err && life->fence && !mb_pg_get_bool(res, 0, 0))
        end_life(life, "declared dead");
}

static void on_beat(struct mb_timer *timer)
{
    struct mb_life *life = MB_CONTAINER_OF(timer, struct mb_life, beat);
    mb_timer_arm(&life->loop->timers, timer, life->loop->now_us + life->heartbeat_us);
    if (!life->fence || !mb_pg_is_up(life->pg))
        return;
    struct mb_pg_param fence = mb_pg_int8(life->fence);
    (void)!mb_pg_query(life->pg, &beat_stmt, &fence, on_beaten, life, NULL, NULL);
    struct mb_pg_param params[] = {fence, mb_pg_int4((int32_t)life->lease_ms)};
    (void)!mb_pg_query(life->pg, &reap_stmt, params, ignore, NULL, NULL, NULL);
    if (life->loop->now_us - life->cared_us > DAY_BEATS_US &&
        mb_pg_query(life->pg, &care_stmt, NULL, ignore, NULL, NULL, NULL) == 0)
        life->cared_us = life->loop->now_us;
}

/* ---------------------------------------------------------------- the beginning of a life */

static void on_started(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_life *life = arg;
    life->starting = false;
    if (err) {
        if (err->code != MB_E_DATABASE)
            mb_log_err(MB_LOG_ERROR, "core_not_registered", err);
        mb_timer_arm(&life->loop->timers, &life->retry, life->loop->now_us + RETRY_US);
        return;
    }
    life->fence = mb_pg_get_int(res, 0, 0);
    life->cared_us = life->loop->now_us;
    mb_store_pg_bind(life->store, life->engine, life->fence);
    life->on_alive(life->arg);
    mb_engine_on_store_up(life->engine);
    claim(life);
}

static void begin(struct mb_life *life)
{
    if (life->starting || life->fence || life->on_stopped || !mb_pg_is_up(life->pg))
        return;
    struct mb_pg_param params[] = {mb_pg_text_c(life->node), mb_pg_int4(life->worker)};
    life->starting = mb_pg_query(life->pg, &start_stmt, params, on_started, life, NULL, NULL) == 0;
    if (!life->starting)
        mb_timer_arm(&life->loop->timers, &life->retry, life->loop->now_us + RETRY_US);
}

static void on_retry(struct mb_timer *timer)
{
    begin(MB_CONTAINER_OF(timer, struct mb_life, retry));
}

static void on_fenced(void *arg)
{
    struct mb_life *life = arg;
    if (life->fence) {
        mb_log(MB_LOG_WARN, "core_life_ended", "why", "%s", "a flush was refused", NULL);
        life->fence = 0;
        mb_store_pg_bind(life->store, life->engine, 0);
    }
    mb_timer_arm(&life->loop->timers, &life->retry, life->loop->now_us + 1000);
}

/* ---------------------------------------------------------------- what others say */

/* "<customer uuid> <run uuid> <what>" */
static bool parse_run_note(const char *payload, struct mb_id *customer, struct mb_id *run,
                           const char **what)
{
    if (strlen(payload) < 75 || payload[36] != ' ' || payload[73] != ' ')
        return false;
    *what = payload + 74;
    return mb_id_parse_uuid(customer, MB_STR_OF(payload, 36)) &&
           mb_id_parse_uuid(run, MB_STR_OF(payload + 37, 36));
}

static void on_cancels(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_life *life = arg;
    for (int i = 0; !err && i < mb_pg_rows(res); i++)
        mb_engine_cancel(life->engine, mb_pg_get_id(res, i, 0), mb_pg_get_id(res, i, 1));
}

/* While nobody listened, runs of this core may have been cancelled. What else may have been said is
 * looked for by those who wait for it. */
static void look_for_cancels(struct mb_life *life)
{
    struct mb_pg_param fence = mb_pg_int8(life->fence);
    if (life->fence)
        (void)!mb_pg_query(life->pg, &cancels_stmt, &fence, on_cancels, life, NULL, NULL);
}

static void on_run_note(void *arg, const char *channel, const char *payload)
{
    (void)channel;
    struct mb_life *life = arg;
    struct mb_id customer, run, child;
    const char *what;
    if (!payload)
        look_for_cancels(life);
    if (!payload || !parse_run_note(payload, &customer, &run, &what))
        return;
    if (strcmp(what, "cancel") == 0)
        mb_engine_cancel(life->engine, customer, run);
    else if (strcmp(what, "decide") == 0)
        mb_engine_on_decided(life->engine, run);
    else if (strncmp(what, "child ", 6) == 0 && mb_id_parse_uuid(&child, mb_str_c(what + 6)))
        mb_engine_on_child(life->engine, run, child);
}

static void on_queue_note(void *arg, const char *channel, const char *payload)
{
    (void)channel, (void)payload;
    claim(arg);
}

/* "deployment <uuid>", "customer <uuid>", ... */
static void on_changed(void *arg, const char *channel, const char *payload)
{
    (void)channel;
    struct mb_life *life = arg;
    const char *space = payload ? strchr(payload, ' ') : NULL;
    struct mb_id id = {0}; /* all, when something may have been missed */
    if (!payload || (space && mb_id_parse_uuid(&id, mb_str_c(space + 1))))
        mb_catalog_forget(life->catalog, id);
}

/* ---------------------------------------------------------------- from outside */

struct mb_life *mb_life_new(struct mb_loop *loop, struct mb_pg *pg, struct mb_store *store,
                            struct mb_engine *engine, struct mb_catalog *catalog,
                            const struct mb_life_config *config, void (*on_alive)(void *arg),
                            void *arg)
{
    struct mb_life *life = mb_zalloc(sizeof(*life));
    life->loop = loop;
    life->pg = pg;
    life->store = store;
    life->engine = engine;
    life->catalog = catalog;
    life->node = mb_strdup(config->node);
    life->worker = config->worker;
    life->lease_ms = config->lease_ms;
    life->heartbeat_us = config->heartbeat_ms * 1000LL;
    life->poll_us = config->poll_ms * 1000LL;
    life->on_alive = on_alive;
    life->arg = arg;
    life->beat.on_due = on_beat;
    life->poll.on_due = on_poll;
    life->retry.on_due = on_retry;
    mb_store_pg_bind(store, engine, 0);
    mb_engine_set_on_fenced(engine, on_fenced, life);
    mb_pg_listen(pg, "mb_run", on_run_note, life);
    mb_pg_listen(pg, "mb_queue", on_queue_note, life);
    mb_pg_listen(pg, "mb_changed", on_changed, life);
    mb_timer_arm(&loop->timers, &life->beat, loop->now_us + life->heartbeat_us);
    mb_timer_arm(&loop->timers, &life->poll, loop->now_us + life->poll_us);
    begin(life);
    return life;
}

void mb_life_free(struct mb_life *life)
{
    if (!life)
        return;
    mb_timer_cancel(&life->loop->timers, &life->beat);
    mb_timer_cancel(&life->loop->timers, &life->poll);
    mb_timer_cancel(&life->loop->timers, &life->retry);
    free(life->node);
    free(life);
}

void mb_life_on_pg(struct mb_life *life, bool up)
{
    if (!up)
        return;
    begin(life);
    if (life->fence)
        mb_engine_on_store_up(life->engine);
    look_for_cancels(life);
    claim(life);
}

void mb_life_drain(struct mb_life *life)
{
    life->draining = true;
}

static void on_stopped(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)res, (void)err; /* else its lease runs out */
    struct mb_life *life = arg;
    life->on_stopped(life->stopped_arg);
}

void mb_life_stop(struct mb_life *life, void (*done)(void *arg), void *arg)
{
    life->on_stopped = done;
    life->stopped_arg = arg;
    life->draining = true;
    struct mb_pg_param fence = mb_pg_int8(life->fence);
    life->fence = 0;
    if (mb_pg_query(life->pg, &stop_stmt, &fence, on_stopped, life, NULL, NULL) < 0)
        done(arg);
}
