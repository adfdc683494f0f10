/* The cache of deployments. A row that was read is good for a while, or until the database says
 * that it has changed. */
#include "run/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "io/loop.h"
#include "io/pg.h"
#include "run/catalog_private.h"

enum {
    FRESH_US = 30 * 1000 * 1000, /* should a notification have been missed */
    MOST_CACHED = 4096,
    MOST_TOOLS = 256,
};

static void make_key(struct mb_id customer_id, struct mb_id id, uint8_t key[32])
{
    memcpy(key, customer_id.bytes, 16);
    memcpy(key + 16, id.bytes, 16);
}

struct mb_catalog *mb_catalog_new(struct mb_loop *loop, struct mb_pg *pg,
                                  const struct mb_catalog_defaults *defaults)
{
    struct mb_catalog *c = mb_zalloc(sizeof(*c));
    c->loop = loop;
    c->pg = pg;
    c->defaults = *defaults;
    return c;
}

static bool drop_each(void *value, void *arg)
{
    (void)arg;
    mb_deployment_unref(value);
    return true;
}

static void drop_all(struct mb_catalog *c)
{
    mb_map_each(&c->deployments, drop_each, NULL);
    mb_map_release(&c->deployments);
}

void mb_catalog_free(struct mb_catalog *c)
{
    if (!c)
        return;
    drop_all(c);
    mb_map_release(&c->packages);
    mb_map_release(&c->loads);
    free(c);
}

static void keep(struct mb_catalog *c, struct mb_deployment *d)
{
    uint8_t key[32];
    make_key(d->customer_id, d->id, key);
    if (c->deployments.count >= MOST_CACHED && c->pg)
        drop_all(c); /* rare, and the next runs read what they need */
    d->loaded_us = c->loop->now_us;
    mb_deployment_unref(mb_map_set(&c->deployments, key, sizeof(key), mb_deployment_ref(d)));
}

struct mb_deployment *mb_catalog_put(struct mb_catalog *c, const struct mb_deployment_row *row,
                                     struct mb_err *err)
{
    struct mb_deployment *d = mb_deployment_new(c, row, err);
    if (d)
        keep(c, d);
    return d;
}

struct mb_deployment *mb_catalog_find(struct mb_catalog *c, struct mb_id customer_id,
                                      struct mb_id deployment_id)
{
    uint8_t key[32];
    make_key(customer_id, deployment_id, key);
    struct mb_deployment *d = mb_map_get(&c->deployments, key, sizeof(key));
    if (!d || (c->pg && c->loop->now_us - d->loaded_us > FRESH_US))
        return NULL;
    return mb_deployment_ref(d);
}

struct forget {
    struct mb_catalog *catalog;
    struct mb_id id;
};

static bool forget_each(void *value, void *arg)
{
    struct forget *f = arg;
    struct mb_deployment *d = value;
    if (!mb_id_is_nil(f->id) && !mb_id_eq(d->id, f->id) && !mb_id_eq(d->customer_id, f->id))
        return true;
    uint8_t key[32];
    make_key(d->customer_id, d->id, key);
    mb_map_remove(&f->catalog->deployments, key, sizeof(key));
    mb_deployment_unref(d);
    return true;
}

void mb_catalog_forget(struct mb_catalog *c, struct mb_id id)
{
    struct forget f = {c, id};
    if (c->pg)
        mb_map_each(&c->deployments, forget_each, &f);
}

/* ---------------------------------------------------------------- loading */

struct waiter {
    struct mb_list node;
    void (*on_loaded)(void *arg, struct mb_deployment *deployment, const struct mb_err *err);
    void *arg;
};

/* One query, however many wait for it: after a takeover a thousand runs may want the same row. */
struct load {
    struct mb_catalog *catalog;
    uint8_t key[52]; /* customer, deployment, package, revision of the configuration */
    struct mb_id customer_id;
    bool is_pinned;
    struct mb_list waiters;
};

#define COLUMNS                                                                                    \
    "deployment_id, package_owner, package_id, package_name, package_version, manifest, files, "   \
    "config, limits, customer_limits, engine.secrets($1), tools, budget_micros, "                  \
    "customer_disabled, "                                                                          \
    "config_revision, agents"

static const uint32_t types[] = {MB_PG_UUID, MB_PG_UUID, MB_PG_UUID, MB_PG_UUID, MB_PG_INT4};

static const struct mb_pg_stmt deployment_stmt = {
    .name = "deployment",
    .sql = "select " COLUMNS " from engine.deployment($1, $2)",
    .n_params = 2,
    .types = types,
    .retry = true,
};
static const struct mb_pg_stmt deployed_run_stmt = {
    .name = "deployed_run",
    .sql = "select " COLUMNS " from engine.deployed_run($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = types,
    .retry = true,
    .deadline_ms = -1,
};

static struct mb_deployment *read_row(struct load *l, const struct mb_pg_result *res,
                                      struct mb_err *err)
{
    if (mb_pg_rows(res) == 0) {
        mb_err_set(err, MB_E_NOT_FOUND, "there is no such deployment");
        return NULL;
    }
    if (mb_pg_get_bool(res, 0, 13) && !l->is_pinned) {
        mb_err_set(err, MB_E_FORBIDDEN, "the customer is disabled");
        return NULL;
    }
    struct mb_str tools[MOST_TOOLS];
    struct mb_deployment_row row = {
        .customer_id = l->customer_id,
        .deployment_id = mb_pg_get_id(res, 0, 0),
        .package_owner = mb_pg_get_id(res, 0, 1),
        .package_id = mb_pg_get_id(res, 0, 2),
        .package_name = mb_pg_get_str(res, 0, 3),
        .package_version = mb_pg_get_str(res, 0, 4),
        .manifest = mb_pg_get_str(res, 0, 5),
        .files = mb_pg_get_str(res, 0, 6),
        .config = mb_pg_get_str(res, 0, 7),
        .limits = mb_pg_get_str(res, 0, 8),
        .customer_limits = mb_pg_get_str(res, 0, 9),
        .secrets = mb_pg_get_str(res, 0, 10),
        .tools = tools,
        .n_tools = MB_MIN(mb_pg_get_texts(res, 0, 11, tools, MOST_TOOLS), MOST_TOOLS),
        .budget_micros = mb_pg_is_null(res, 0, 12) ? -1 : mb_pg_get_int(res, 0, 12),
        .config_revision = (int)mb_pg_get_int(res, 0, 14),
        .agents = mb_pg_is_null(res, 0, 15) ? MB_STR("") : mb_pg_get_str(res, 0, 15),
        .is_deleted = l->is_pinned,
    };
    return mb_deployment_new(l->catalog, &row, err);
}

static void on_row(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct load *l = arg;
    struct mb_err local;
    struct mb_deployment *d = err ? NULL : read_row(l, res, &local);
    if (d && !l->is_pinned)
        keep(l->catalog, d);
    mb_map_remove(&l->catalog->loads, l->key, sizeof(l->key));
    struct mb_list *node;
    while ((node = mb_list_shift(&l->waiters))) {
        struct waiter *w = MB_LIST_ENTRY(node, struct waiter, node);
        w->on_loaded(w->arg, d ? mb_deployment_ref(d) : NULL, d ? NULL : err ? err : &local);
        free(w);
    }
    mb_deployment_unref(d);
    free(l);
}

static struct load *start_load(struct mb_catalog *c, const struct mb_id ids[4], int revision,
                               const uint8_t key[52], struct mb_err *err)
{
    struct load *l = mb_zalloc(sizeof(*l));
    l->catalog = c;
    l->customer_id = ids[0];
    l->is_pinned = !mb_id_is_nil(ids[3]);
    memcpy(l->key, key, sizeof(l->key));
    mb_list_init(&l->waiters);
    struct mb_pg_param params[5];
    for (int i = 0; i < 4; i++)
        params[i] = mb_pg_uuid(ids[i]);
    params[4] = revision ? mb_pg_int4(revision) : mb_pg_null();
    if (mb_pg_query(c->pg, l->is_pinned ? &deployed_run_stmt : &deployment_stmt, params, on_row, l,
                    NULL, err) < 0) {
        free(l);
        return NULL;
    }
    mb_map_set(&c->loads, l->key, sizeof(l->key), l);
    return l;
}

int mb_catalog_load(struct mb_catalog *c, struct mb_id customer_id, struct mb_id deployment_id,
                    struct mb_id package_owner, struct mb_id package_id,
                    void (*on_loaded)(void *arg, struct mb_deployment *deployment,
                                      const struct mb_err *err),
                    void *arg, struct mb_err *err)
{
    return mb_catalog_load_pinned(c, customer_id, deployment_id, package_owner, package_id, 0,
                                  on_loaded, arg, err);
}

int mb_catalog_load_pinned(struct mb_catalog *c, struct mb_id customer_id,
                           struct mb_id deployment_id, struct mb_id package_owner,
                           struct mb_id package_id, int config_revision,
                           void (*on_loaded)(void *arg, struct mb_deployment *deployment,
                                             const struct mb_err *err),
                           void *arg, struct mb_err *err)
{
    if (!c->pg)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no such deployment");
    struct mb_id ids[] = {customer_id, deployment_id, package_owner, package_id};
    uint8_t key[52];
    make_key(customer_id, deployment_id, key);
    memcpy(key + 32, package_id.bytes, 16);
    memcpy(key + 48, &config_revision, 4);
    struct load *l = mb_map_get(&c->loads, key, sizeof(key));
    if (!l)
        l = start_load(c, ids, config_revision, key, err);
    if (!l)
        return -MB_E_OVERLOADED;
    struct waiter *w = mb_alloc(sizeof(*w));
    *w = (struct waiter){.on_loaded = on_loaded, .arg = arg};
    mb_list_init(&w->node);
    mb_list_push(&l->waiters, &w->node);
    return 0;
}
