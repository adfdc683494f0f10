/* Ticks: sleeping until the next one, and starting what is due. */
#include "run/trigger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cron.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rfc3339.h"
#include "io/loop.h"
#include "run/trigger_private.h"

enum {
    AT_ONCE = 100,
    SLEEP_US = 60 * 1000000,    /* should a notification have been missed */
    RETRY_US = 1000000,         /* the database is away, or something failed */
    BUSY_US = 100 * 1000,       /* other cores have what is due */
    MISSED_US = 60 * 1000000,   /* a tick that is later than that was missed */
    CARE_US = 3600 * 1000000LL, /* between looks after old firings */
};

struct tick {
    struct mb_list node; /* in triggers->ticks */
    struct mb_triggers *triggers;
    struct mb_firing firing;
    struct mb_pg_query *move; /* NULL = not under way */
    int64_t expected_us, next_us;
    bool is_late;
    uint64_t *counts_as; /* in triggers->stats, once it has moved without a run; NULL = nothing */
};

static void look(struct mb_triggers *t);

/* ---------------------------------------------------------------- statements */

static const struct mb_pg_stmt look_stmt = {
    .name = "look_triggers",
    .sql = "select customer_id, trigger_id, deployment_id, schedule, timezone, catch_up, input, "
           "next_at, due_us, at_us from engine.look_triggers($1)",
    .n_params = 1,
    .types = (const uint32_t[]){MB_PG_INT4},
    .retry = true,
};
static const struct mb_pg_stmt move_stmt = {
    .name = "move_trigger",
    .sql = "select engine.move_trigger($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_TIMESTAMPTZ, MB_PG_TIMESTAMPTZ,
                                MB_PG_TEXT},
};
static const struct mb_pg_stmt prune_stmt = {
    .name = "prune_firings",
    .sql = "select engine.prune_firings()",
};

/* ---------------------------------------------------------------- the end of a tick */

static void sleep_for(struct mb_triggers *t, int64_t us)
{
    if (!t->draining)
        mb_timer_arm(&t->loop->timers, &t->wake, t->loop->now_us + MB_MIN(us, SLEEP_US));
}

/* When all that was due is dealt with. */
static void consider_looking(struct mb_triggers *t)
{
    if (!mb_list_is_empty(&t->ticks) || mb_timer_is_armed(&t->wake))
        return;
    if (t->has_moved || t->look_again)
        look(t);
    else
        sleep_for(t, BUSY_US);
}

static void finish(struct tick *tick, bool has_moved, bool failed)
{
    struct mb_triggers *t = tick->triggers;
    mb_list_remove(&tick->node);
    free(tick);
    t->has_moved = t->has_moved || has_moved;
    if (failed) /* a second of rest for all */
        sleep_for(t, RETRY_US);
    if (!t->is_starting)
        consider_looking(t);
}

static void on_moved(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct tick *tick = arg;
    bool has_moved = !err && mb_pg_get_bool(res, 0, 0); /* else another core has moved it */
    tick->move = NULL;
    if (has_moved && tick->counts_as)
        ++*tick->counts_as;
    finish(tick, has_moved, err != NULL);
}

/* Without a run; next_us 0 disables the trigger. */
static void move(struct tick *tick, const struct mb_err *why)
{
    struct mb_buf text = {0};
    if (why) {
        tick->counts_as = &tick->triggers->stats.failed[MB_FIRING_CRON];
        mb_buf_addf(&text, "{\"code\":\"%s\",\"message\":", mb_err_wire(why));
        mb_buf_add_json_str(&text, mb_str_c(why->message));
        mb_buf_add_char(&text, '}');
    }
    struct mb_pg_param params[] = {mb_pg_uuid(tick->firing.customer_id),
                                   mb_pg_uuid(tick->firing.trigger_id),
                                   tick->expected_us ? mb_pg_time(tick->expected_us) : mb_pg_null(),
                                   tick->next_us ? mb_pg_time(tick->next_us) : mb_pg_null(),
                                   why ? mb_pg_text(mb_buf_str(&text)) : mb_pg_null()};
    int rc = mb_pg_query(tick->triggers->pg, &move_stmt, params, on_moved, tick, &tick->move, NULL);
    mb_buf_release(&text);
    if (rc < 0)
        finish(tick, false, true);
}

static void give_up(struct tick *tick, const struct mb_err *err)
{
    if (err->code == MB_E_NOT_FOUND)
        tick->next_us = 0; /* the deployment is gone */
    if (!mb_err_retryable(err)) {
        move(tick, err);
        return;
    }
    mb_log_err(MB_LOG_WARN, "trigger_not_fired", err);
    tick->triggers->stats.put_off++;
    finish(tick, false, true);
}

static void on_fired(struct mb_firing *firing, enum mb_fired outcome, struct mb_id run_id,
                     const struct mb_err *err)
{
    (void)run_id;
    struct tick *tick = MB_CONTAINER_OF(firing, struct tick, firing);
    if (err) {
        give_up(tick, err);
        return;
    }
    tick->triggers->stats.late += outcome == MB_FIRED && tick->is_late;
    finish(tick, outcome != MB_FIRED_BUSY, false);
}

/* ---------------------------------------------------------------- what is due */

/* Kept: there are not more of them than time zones. */
static const struct mb_tz *zone_of(struct mb_triggers *t, struct mb_str name, struct mb_err *err)
{
    struct mb_tz *tz = mb_map_get(&t->zones, name.ptr, name.len);
    if (!tz && (tz = mb_tz_load(name, err)))
        mb_map_set(&t->zones, name.ptr, name.len, tz);
    return tz;
}

/* The tick that the run is for: the last that has passed, so that what was missed is made up for
 * once. One whose time was set otherwise than by its schedule is taken as it is. */
static int64_t scheduled_us(const struct mb_cron *cron, const struct mb_tz *tz, int64_t due_us,
                            int64_t at_us)
{
    int64_t due_s = due_us / 1000000;
    int64_t last_s = mb_cron_last(cron, tz, due_s, at_us / 1000000);
    return last_s < 0 ? due_us : last_s * 1000000;
}

static void fire(struct tick *tick, int64_t scheduled, struct mb_str input)
{
    struct mb_err err;
    struct mb_firing *firing = &tick->firing;
    char at[MB_RFC3339_TEXT];
    firing->scheduled_us = scheduled;
    firing->expected_us = tick->expected_us;
    firing->next_us = tick->next_us;
    firing->on_fired = on_fired;
    snprintf(firing->key, sizeof(firing->key), "tick %s", mb_rfc3339(scheduled, at));
    json_t *template = mb_json_parse(input, NULL);
    int rc = mb_triggers_fire(tick->triggers, firing, template, NULL, NULL, &err);
    json_decref(template);
    if (rc < 0)
        give_up(tick, &err);
}

static void start(struct mb_triggers *t, const struct mb_pg_result *res, int row)
{
    struct mb_cron cron;
    struct mb_err err;
    struct tick *tick = mb_zalloc(sizeof(*tick));
    int64_t at_us = mb_pg_get_int(res, row, 9);
    tick->triggers = t;
    tick->firing.customer_id = mb_pg_get_id(res, row, 0);
    tick->firing.trigger_id = mb_pg_get_id(res, row, 1);
    tick->firing.deployment_id = mb_pg_get_id(res, row, 2);
    tick->expected_us = mb_pg_is_null(res, row, 7) ? 0 : mb_pg_get_time_us(res, row, 7);
    mb_list_push(&t->ticks, &tick->node);
    const struct mb_tz *tz = zone_of(t, mb_pg_get_str(res, row, 4), &err);
    if (!tz || mb_cron_parse(&cron, mb_pg_get_str(res, row, 3), &err) < 0) {
        move(tick, &err);
        return;
    }
    int64_t next_s = mb_cron_next(&cron, tz, at_us / 1000000);
    tick->next_us = MB_MAX(next_s, 0) * 1000000;
    int64_t scheduled = tick->expected_us ? scheduled_us(&cron, tz, tick->expected_us, at_us) : 0;
    tick->is_late = scheduled && at_us - scheduled > MISSED_US;
    bool skips = tick->is_late && mb_str_is(mb_pg_get_str(res, row, 5), "none");
    if (skips)
        tick->counts_as = &t->stats.skipped;
    if (!scheduled || skips)
        move(tick, NULL);
    else
        fire(tick, scheduled, mb_pg_get_str(res, row, 6));
}

/* ---------------------------------------------------------------- looking */

static void on_looked(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_triggers *t = arg;
    int64_t next_us = SLEEP_US;
    t->look = NULL;
    if (err) {
        sleep_for(t, RETRY_US);
        return;
    }
    t->has_moved = false;
    int n = mb_pg_rows(res), due = 0;
    while (due < n && (mb_pg_is_null(res, due, 7) || mb_pg_get_int(res, due, 8) <= 0))
        due++;
    if (due < n)
        next_us = mb_pg_get_int(res, due, 8);
    if (t->draining)
        return;
    if (due == 0) {
        if (t->look_again)
            look(t);
        else
            sleep_for(t, next_us);
        return;
    }
    mb_timer_cancel(&t->loop->timers, &t->wake);
    t->is_starting = true;
    for (int i = 0; i < due; i++)
        start(t, res, i);
    t->is_starting = false;
    consider_looking(t);
}

static void look(struct mb_triggers *t)
{
    if (t->draining)
        return;
    t->look_again = t->look || !mb_list_is_empty(&t->ticks);
    if (t->look_again)
        return;
    mb_timer_cancel(&t->loop->timers, &t->wake);
    struct mb_pg_param n = mb_pg_int4(AT_ONCE);
    if (!mb_pg_is_up(t->pg) || mb_pg_query(t->pg, &look_stmt, &n, on_looked, t, &t->look, NULL) < 0)
        sleep_for(t, RETRY_US);
}

static void on_wake(struct mb_timer *timer)
{
    look(MB_CONTAINER_OF(timer, struct mb_triggers, wake));
}

static void on_note(void *arg, const char *channel, const char *payload)
{
    (void)channel, (void)payload;
    look(arg);
}

/* ---------------------------------------------------------------- old firings */

static void on_pruned(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_triggers *t = arg;
    t->prune = NULL;
    bool is_done = err || mb_pg_get_int(res, 0, 0) == 0;
    mb_timer_arm(&t->loop->timers, &t->care, t->loop->now_us + (is_done ? CARE_US : RETRY_US));
}

static void on_care(struct mb_timer *timer)
{
    struct mb_triggers *t = MB_CONTAINER_OF(timer, struct mb_triggers, care);
    if (t->draining)
        return;
    if (!mb_pg_is_up(t->pg) ||
        mb_pg_query(t->pg, &prune_stmt, NULL, on_pruned, t, &t->prune, NULL) < 0)
        mb_timer_arm(&t->loop->timers, timer, t->loop->now_us + CARE_US);
}

/* ---------------------------------------------------------------- from outside */

struct mb_triggers *mb_triggers_new(struct mb_loop *loop, struct mb_pg *pg,
                                    struct mb_catalog *catalog)
{
    struct mb_triggers *t = mb_zalloc(sizeof(*t));
    t->loop = loop;
    t->pg = pg;
    t->catalog = catalog;
    mb_list_init(&t->fires);
    mb_list_init(&t->ticks);
    t->wake.on_due = on_wake;
    t->care.on_due = on_care;
    mb_pg_listen(pg, "mb_trigger", on_note, t);
    mb_timer_arm(&loop->timers, &t->wake, loop->now_us + RETRY_US / 4);
    mb_timer_arm(&loop->timers, &t->care, loop->now_us + CARE_US);
    return t;
}

void mb_triggers_drain(struct mb_triggers *t)
{
    t->draining = true;
    mb_timer_cancel(&t->loop->timers, &t->wake);
    mb_timer_cancel(&t->loop->timers, &t->care);
}

void mb_triggers_get_stats(const struct mb_triggers *t, struct mb_trigger_stats *stats)
{
    *stats = t->stats;
}

void mb_triggers_count_refused(struct mb_triggers *t)
{
    t->stats.refused++;
}

static bool free_zone(void *value, void *arg)
{
    (void)arg;
    mb_tz_free(value);
    return true;
}

void mb_triggers_free(struct mb_triggers *t)
{
    struct mb_list *node;
    if (!t)
        return;
    mb_triggers_drain(t);
    if (t->look)
        mb_pg_cancel(t->look);
    if (t->prune)
        mb_pg_cancel(t->prune);
    while ((node = mb_list_shift(&t->ticks))) {
        struct tick *tick = MB_LIST_ENTRY(node, struct tick, node);
        mb_firing_cancel(&tick->firing);
        if (tick->move)
            mb_pg_cancel(tick->move);
        free(tick);
    }
    mb_fires_drop(t);
    mb_map_each(&t->zones, free_zone, NULL);
    mb_map_release(&t->zones);
    free(t);
}
