/* One firing: its deployment is looked up, the input is held to the package's schema, and the
 * database makes the run, or knows the one that the key has made. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/catalog.h"
#include "run/private.h"
#include "run/trigger_private.h"

struct mb_fire {
    struct mb_list node; /* in triggers->fires */
    struct mb_triggers *triggers;
    struct mb_firing *firing; /* NULL = nobody wants to know any more */
    struct mb_pg_query *query;
    json_t *input;
};

static const struct mb_pg_stmt fire_stmt = {
    .name = "fire_trigger",
    .sql = "select outcome, run_id from engine.fire_trigger($1, $2, $3, $4, $5, $6, $7, $8, $9, "
           "$10, $11, $12, $13)",
    .n_params = 13,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_TEXT, MB_PG_TIMESTAMPTZ,
                                MB_PG_TIMESTAMPTZ, MB_PG_TIMESTAMPTZ, MB_PG_UUID, MB_PG_UUID,
                                MB_PG_UUID, MB_PG_INT4, MB_PG_TEXT, MB_PG_TEXT, MB_PG_BYTEA},
    .retry = true, /* the key makes it the same */
};

static void drop(struct mb_fire *fire)
{
    if (fire->firing)
        fire->firing->fire = NULL;
    mb_list_remove(&fire->node);
    json_decref(fire->input);
    free(fire);
}

/* A tick's failures are counted by whoever moves it on (trigger.c). */
static void count_failed(struct mb_fire *fire)
{
    if (fire->firing && fire->firing->kind != MB_FIRING_CRON)
        fire->triggers->stats.failed[fire->firing->kind]++;
}

static void done(struct mb_fire *fire, enum mb_fired outcome, struct mb_id run_id,
                 const struct mb_err *err)
{
    struct mb_firing *firing = fire->firing;
    if (err)
        count_failed(fire);
    else if (firing && outcome == MB_FIRED)
        fire->triggers->stats.fired[firing->kind]++;
    drop(fire);
    if (firing)
        firing->on_fired(firing, outcome, run_id, err);
}

static enum mb_fired outcome_of(struct mb_str text)
{
    if (mb_str_is(text, "fired"))
        return MB_FIRED;
    if (mb_str_is(text, "same"))
        return MB_FIRED_SAME;
    return mb_str_is(text, "busy") ? MB_FIRED_BUSY : MB_FIRED_GONE;
}

static void on_answer(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_fire *fire = arg;
    fire->query = NULL;
    if (err)
        done(fire, MB_FIRED_BUSY, mb_id_nil(), err);
    else
        done(fire, outcome_of(mb_pg_get_str(res, 0, 0)), mb_pg_get_id(res, 0, 1), NULL);
}

static void add_limits(struct mb_buf *out, const struct mb_deployment *d)
{
    mb_buf_addf(out, "{\"cpu_ms\":%" PRId64 ",\"wall_ms\":%" PRId64 ",\"steps\":%" PRId64,
                d->limits.cpu_ms, d->limits.wall_ms, d->limits.steps);
    if (d->limits.budget_micros >= 0)
        mb_buf_addf(out, ",\"budget_micros\":%" PRId64, d->limits.budget_micros);
    mb_buf_add_char(out, '}');
}

static struct mb_pg_param time_or_null(int64_t unix_us)
{
    return unix_us ? mb_pg_time(unix_us) : mb_pg_null();
}

static int ask(struct mb_fire *fire, const struct mb_deployment *d, struct mb_str input,
               struct mb_err *err)
{
    struct mb_firing *firing = fire->firing;
    uint8_t seed[16];
    struct mb_buf limits = {0};
    mb_random(seed, sizeof(seed));
    add_limits(&limits, d);
    struct mb_pg_param params[] = {mb_pg_uuid(firing->customer_id),
                                   mb_pg_uuid(firing->trigger_id),
                                   mb_pg_text_c(firing->key),
                                   time_or_null(firing->scheduled_us),
                                   time_or_null(firing->expected_us),
                                   time_or_null(firing->next_us),
                                   mb_pg_uuid(mb_id_new()),
                                   mb_pg_uuid(d->package->owner),
                                   mb_pg_uuid(d->package->id),
                                   d->config_revision ? mb_pg_int4(d->config_revision)
                                                      : mb_pg_null(),
                                   mb_pg_text(input),
                                   mb_pg_text(mb_buf_str(&limits)),
                                   mb_pg_bytea(seed, sizeof(seed))};
    int rc =
        mb_pg_query(fire->triggers->pg, &fire_stmt, params, on_answer, fire, &fire->query, err);
    mb_buf_release(&limits);
    return rc;
}

static int go_on(struct mb_fire *fire, const struct mb_deployment *d, struct mb_err *err)
{
    struct mb_buf text = {0};
    int rc = 0;
    if (d->is_deleted)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no such deployment");
    mb_json_dump(&text, fire->input);
    if (mb_buf_len(&text) > MB_TRIGGER_INPUT_BYTES)
        rc = mb_err_set(err, MB_E_TOO_LARGE, "the input of the run would be too large");
    if (rc == 0)
        rc = mb_run_check_input(d, mb_buf_str(&text), err);
    if (rc == 0)
        rc = ask(fire, d, mb_buf_str(&text), err);
    mb_buf_release(&text);
    return rc;
}

/* Takes the reference. */
static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct mb_fire *fire = arg;
    struct mb_err local;
    if (!fire->firing)
        drop(fire);
    else if (err)
        done(fire, MB_FIRED_GONE, mb_id_nil(), err);
    else if (go_on(fire, d, &local) < 0)
        done(fire, MB_FIRED_GONE, mb_id_nil(), &local);
    mb_deployment_unref(d);
}

static struct mb_fire *make(struct mb_triggers *t, struct mb_firing *firing, const json_t *template,
                            const json_t *body, const json_t *headers)
{
    const struct mb_trigger_event event = {.trigger_id = firing->trigger_id,
                                           .key = firing->key,
                                           .scheduled_us = firing->scheduled_us,
                                           .body = body,
                                           .headers = headers};
    struct mb_fire *fire = mb_zalloc(sizeof(*fire));
    fire->triggers = t;
    fire->firing = firing;
    fire->input = mb_trigger_input(template, &event);
    firing->fire = fire;
    mb_list_push(&t->fires, &fire->node);
    return fire;
}

int mb_triggers_fire(struct mb_triggers *t, struct mb_firing *firing, const json_t *template,
                     const json_t *body, const json_t *headers, struct mb_err *err)
{
    struct mb_fire *fire = make(t, firing, template, body, headers);
    struct mb_deployment *d =
        mb_catalog_find(t->catalog, firing->customer_id, firing->deployment_id);
    int rc;
    if (d)
        rc = go_on(fire, d, err);
    else
        rc = mb_catalog_load(t->catalog, firing->customer_id, firing->deployment_id, mb_id_nil(),
                             mb_id_nil(), on_deployment, fire, err);
    mb_deployment_unref(d);
    if (rc < 0) {
        count_failed(fire);
        drop(fire);
    }
    return rc;
}

/* A catalogue's answer cannot be called off: it finds nobody. */
void mb_firing_cancel(struct mb_firing *firing)
{
    struct mb_fire *fire = firing->fire;
    if (!fire)
        return;
    firing->fire = NULL;
    fire->firing = NULL;
    if (fire->query) {
        mb_pg_cancel(fire->query);
        drop(fire);
    }
}

void mb_fires_drop(struct mb_triggers *t)
{
    while (!mb_list_is_empty(&t->fires)) {
        struct mb_fire *fire = MB_LIST_ENTRY(t->fires.next, struct mb_fire, node);
        if (fire->query)
            mb_pg_cancel(fire->query);
        drop(fire);
    }
}
