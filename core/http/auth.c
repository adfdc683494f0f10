#include "http/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/map.h"
#include "http/key.h"

enum {
    ENTRIES = 10000,
    LOOKUPS = 256,
    TOUCH_BATCH = 500,
    TOUCH_US = 10 * 1000 * 1000,
    KNOWN_US = 30 * 1000 * 1000,
    UNKNOWN_US = 5 * 1000 * 1000,
};

enum state { UNKNOWN, REVOKED, DISABLED, VALID };

struct entry {
    struct mb_list lru;     /* in auth->lru, the latest used at the end */
    struct mb_list touched; /* in auth->touched when its use is to be written */
    uint8_t sha256[MB_SHA256_BYTES];
    enum state state;
    int64_t expires_us;
    struct mb_caller caller;
};

struct mb_auth_lookup {
    struct mb_auth *auth;
    uint8_t sha256[MB_SHA256_BYTES];
    struct mb_list waiting; /* of mb_auth_wait */
    struct mb_pg_query *query;
};

struct mb_auth {
    struct mb_auth_opts opts;
    struct mb_map entries; /* by sha256 */
    struct mb_list lru;
    struct mb_list touched;
    struct mb_map lookups; /* by sha256 */
    struct mb_timer touch_timer;
};

static const uint32_t auth_types[] = {MB_PG_BYTEA};
static const struct mb_pg_stmt auth_stmt = {
    .name = "http_auth",
    .sql = "select customer_id, key_id, scopes, revoked, customer_limits, customer_disabled"
           " from engine.auth($1)",
    .n_params = 1,
    .types = auth_types,
    .retry = true,
    .deadline_ms = 3000,
};
static const uint32_t touch_types[] = {MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY};
static const struct mb_pg_stmt touch_stmt = {
    .name = "http_touch_keys",
    .sql = "select engine.touch_keys($1, $2)",
    .n_params = 2,
    .types = touch_types,
    .retry = true,
};

/* ---------------------------------------------------------------- the cache */

static void drop(struct mb_auth *auth, struct entry *e)
{
    mb_map_remove(&auth->entries, e->sha256, sizeof(e->sha256));
    mb_list_remove(&e->lru);
    mb_list_remove(&e->touched);
    free(e);
}

static struct entry *find(struct mb_auth *auth, const uint8_t sha256[MB_SHA256_BYTES])
{
    struct entry *e = mb_map_get(&auth->entries, sha256, MB_SHA256_BYTES);
    if (e && e->expires_us <= auth->opts.loop->now_us) {
        drop(auth, e);
        return NULL;
    }
    if (e) {
        mb_list_remove(&e->lru);
        mb_list_push(&auth->lru, &e->lru);
    }
    return e;
}

static struct entry *add(struct mb_auth *auth, const uint8_t sha256[MB_SHA256_BYTES])
{
    struct entry *old = mb_map_get(&auth->entries, sha256, MB_SHA256_BYTES);
    if (old)
        drop(auth, old);
    if (auth->entries.count >= auth->opts.entries)
        drop(auth, MB_LIST_ENTRY(auth->lru.next, struct entry, lru));
    struct entry *e = mb_zalloc(sizeof(*e));
    memcpy(e->sha256, sha256, sizeof(e->sha256));
    mb_list_init(&e->touched);
    mb_list_push(&auth->lru, &e->lru);
    mb_map_set(&auth->entries, e->sha256, sizeof(e->sha256), e);
    return e;
}

static int judge(const struct entry *e, struct mb_err *err)
{
    switch (e->state) {
    case VALID:
        return 0;
    case REVOKED:
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the API key was revoked");
    case DISABLED:
        return mb_err_set(err, MB_E_FORBIDDEN, "the customer is disabled");
    case UNKNOWN:
        break;
    }
    return mb_err_set(err, MB_E_UNAUTHENTICATED, "the API key is not known");
}

static void touch(struct mb_auth *auth, struct entry *e)
{
    if (!mb_list_is_linked(&e->touched))
        mb_list_push(&auth->touched, &e->touched);
}

/* ---------------------------------------------------------------- looking up */

static uint32_t scopes_of(const struct mb_auth *auth, const struct mb_pg_result *res)
{
    struct mb_str names[64];
    int n = mb_pg_get_texts(res, 0, 2, names, MB_LEN(names));
    uint32_t scopes = 0;
    for (int i = 0; i < n && i < (int)MB_LEN(names); i++)
        scopes |= mb_router_scope(auth->opts.router, names[i]);
    return scopes;
}

static void fill(struct mb_auth *auth, struct entry *e, const struct mb_pg_result *res)
{
    json_t *limits = mb_json_parse(mb_pg_get_str(res, 0, 4), NULL);
    e->state = mb_pg_get_bool(res, 0, 5) ? DISABLED : mb_pg_get_bool(res, 0, 3) ? REVOKED : VALID;
    e->caller = (struct mb_caller){
        .customer_id = mb_pg_get_id(res, 0, 0),
        .key_id = mb_pg_get_id(res, 0, 1),
        .scopes = scopes_of(auth, res),
        .rate_per_minute = mb_json_int(limits, "rate_per_minute", -1),
    };
    json_decref(limits);
}

static void release(struct mb_auth_lookup *lookup)
{
    mb_map_remove(&lookup->auth->lookups, lookup->sha256, sizeof(lookup->sha256));
    free(lookup);
}

static void on_answer(void *arg, const struct mb_pg_result *res, const struct mb_err *pg_err)
{
    struct mb_auth_lookup *lookup = arg;
    struct mb_auth *auth = lookup->auth;
    struct mb_err err = {0};
    struct mb_caller caller = {0};
    bool valid = false;
    if (res) {
        struct entry *e = add(auth, lookup->sha256);
        e->expires_us = auth->opts.loop->now_us + (mb_pg_rows(res) ? KNOWN_US : UNKNOWN_US);
        if (mb_pg_rows(res))
            fill(auth, e, res);
        valid = judge(e, &err) == 0;
        caller = e->caller;
        if (valid)
            touch(auth, e);
    } else {
        err = *pg_err;
    }
    struct mb_list waiting;
    mb_list_init(&waiting);
    mb_list_splice(&waiting, &lookup->waiting);
    MB_LIST_EACH(node, next, &waiting)
    MB_LIST_ENTRY(node, struct mb_auth_wait, node)->lookup = NULL;
    release(lookup);
    struct mb_list
        *node; /* each may cancel others, or free auth's owner: only the list is touched */
    while ((node = mb_list_shift(&waiting))) {
        struct mb_auth_wait *wait = MB_LIST_ENTRY(node, struct mb_auth_wait, node);
        wait->on_known(wait, valid ? &caller : NULL, valid ? NULL : &err);
    }
}

static int look_up(struct mb_auth *auth, const uint8_t sha256[MB_SHA256_BYTES],
                   struct mb_auth_wait *wait, struct mb_err *err)
{
    struct mb_auth_lookup *lookup = mb_map_get(&auth->lookups, sha256, MB_SHA256_BYTES);
    if (!lookup) {
        if (auth->lookups.count >= auth->opts.lookups)
            return mb_err_set(err, MB_E_OVERLOADED, "too many keys are being looked up");
        lookup = mb_zalloc(sizeof(*lookup));
        lookup->auth = auth;
        memcpy(lookup->sha256, sha256, sizeof(lookup->sha256));
        mb_list_init(&lookup->waiting);
        struct mb_pg_param param = mb_pg_bytea(lookup->sha256, sizeof(lookup->sha256));
        int rc =
            mb_pg_query(auth->opts.pg, &auth_stmt, &param, on_answer, lookup, &lookup->query, err);
        if (rc < 0) {
            free(lookup);
            return rc;
        }
        mb_map_set(&auth->lookups, lookup->sha256, sizeof(lookup->sha256), lookup);
    }
    wait->lookup = lookup;
    mb_list_push(&lookup->waiting, &wait->node);
    return 0;
}

int mb_auth_check(struct mb_auth *auth, struct mb_str authorization, struct mb_caller *caller,
                  struct mb_auth_wait *wait, struct mb_err *err)
{
    static const struct mb_str scheme = {"Bearer ", 7};
    uint8_t sha256[MB_SHA256_BYTES];
    if (authorization.len == 0)
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the header Authorization is missing");
    if (authorization.len <= scheme.len ||
        strncasecmp(authorization.ptr, scheme.ptr, scheme.len) != 0)
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the header Authorization is not \"Bearer\"");
    struct mb_str key = MB_STR_OF(authorization.ptr + scheme.len, authorization.len - scheme.len);
    if (!mb_key_is_wellformed(key))
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the API key is not well-formed");
    mb_sha256(key, sha256);
    struct entry *e = find(auth, sha256);
    if (!e)
        return look_up(auth, sha256, wait, err);
    int rc = judge(e, err);
    if (rc < 0)
        return rc;
    touch(auth, e);
    *caller = e->caller;
    return 1;
}

void mb_auth_cancel(struct mb_auth_wait *wait)
{
    mb_list_remove(&wait->node);
    struct mb_auth_lookup *lookup = wait->lookup;
    wait->lookup = NULL;
    if (lookup && mb_list_is_empty(&lookup->waiting)) {
        mb_pg_cancel(lookup->query);
        release(lookup);
    }
}

/* ---------------------------------------------------------------- changes */

struct forget {
    struct mb_auth *auth;
    struct mb_id id;
    bool all;
};

static bool forget_one(void *value, void *arg)
{
    struct entry *e = value;
    struct forget *f = arg;
    if (f->all || mb_id_eq(e->caller.key_id, f->id) || mb_id_eq(e->caller.customer_id, f->id))
        drop(f->auth, e);
    return true;
}

void mb_auth_forget(struct mb_auth *auth, struct mb_id key_or_customer)
{
    struct forget f = {.auth = auth, .id = key_or_customer};
    mb_map_each(&auth->entries, forget_one, &f);
}

void mb_auth_forget_all(struct mb_auth *auth)
{
    struct forget f = {.auth = auth, .all = true};
    mb_map_each(&auth->entries, forget_one, &f);
}

/* ---------------------------------------------------------------- last uses */

static void on_touched(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)arg, (void)res, (void)err; /* a use that is not noted harms nobody */
}

static void flush_batch(struct mb_auth *auth)
{
    struct mb_pg_array customers, keys;
    struct mb_list *node;
    mb_pg_array_init(&customers, MB_PG_UUID);
    mb_pg_array_init(&keys, MB_PG_UUID);
    for (int n = 0; n < TOUCH_BATCH && (node = mb_list_shift(&auth->touched)); n++) {
        const struct entry *e = MB_LIST_ENTRY(node, struct entry, touched);
        mb_pg_array_add_uuid(&customers, e->caller.customer_id);
        mb_pg_array_add_uuid(&keys, e->caller.key_id);
    }
    struct mb_pg_param params[] = {mb_pg_array_param(&customers), mb_pg_array_param(&keys)};
    (void)!mb_pg_query(auth->opts.pg, &touch_stmt, params, on_touched, NULL, NULL, NULL);
    mb_pg_array_release(&customers);
    mb_pg_array_release(&keys);
}

void mb_auth_flush(struct mb_auth *auth)
{
    while (!mb_list_is_empty(&auth->touched))
        flush_batch(auth);
}

static void on_touch_due(struct mb_timer *timer)
{
    struct mb_auth *auth = MB_CONTAINER_OF(timer, struct mb_auth, touch_timer);
    mb_auth_flush(auth);
    mb_timer_arm(&auth->opts.loop->timers, timer, auth->opts.loop->now_us + TOUCH_US);
}

struct mb_auth *mb_auth_new(const struct mb_auth_opts *opts)
{
    struct mb_auth *auth = mb_zalloc(sizeof(*auth));
    auth->opts = *opts;
    auth->opts.entries = opts->entries ? opts->entries : ENTRIES;
    auth->opts.lookups = opts->lookups ? opts->lookups : LOOKUPS;
    mb_list_init(&auth->lru);
    mb_list_init(&auth->touched);
    auth->touch_timer.on_due = on_touch_due;
    mb_timer_arm(&opts->loop->timers, &auth->touch_timer, opts->loop->now_us + TOUCH_US);
    return auth;
}

static bool free_lookup(void *value, void *arg)
{
    struct mb_auth_lookup *lookup = value;
    (void)arg;
    struct mb_list *node;
    while ((node = mb_list_shift(&lookup->waiting)))
        MB_LIST_ENTRY(node, struct mb_auth_wait, node)->lookup = NULL;
    mb_pg_cancel(lookup->query);
    release(lookup);
    return true;
}

void mb_auth_free(struct mb_auth *auth)
{
    if (!auth)
        return;
    mb_auth_flush(auth);
    mb_timer_cancel(&auth->opts.loop->timers, &auth->touch_timer);
    mb_map_each(&auth->lookups, free_lookup, NULL);
    mb_auth_forget_all(auth);
    mb_map_release(&auth->lookups);
    mb_map_release(&auth->entries);
    free(auth);
}
