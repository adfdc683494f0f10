/* Who is calling: API keys, looked up by their hash in the database and kept for a short time.
 *
 * Looking up by hash tells a stranger nothing by how long it takes. The cache is bounded (the least
 * recently used goes), an entry lives 30 s (an unknown key's 5 s), and what the database tells of a
 * change takes it out at once. When keys were last used is written in batches. */
#ifndef MB_HTTP_AUTH_H
#define MB_HTTP_AUTH_H

#include "base/hash.h"
#include "base/id.h"
#include "base/list.h"
#include "http/router.h"
#include "io/loop.h"
#include "io/pg.h"

struct mb_auth;

struct mb_caller {
    struct mb_id customer_id, key_id;
    uint32_t scopes;
    int64_t rate_per_minute; /* of the customer; -1 = the service's default, 0 = no limit */
};

struct mb_auth_opts {
    struct mb_loop *loop;
    struct mb_pg *pg;
    const struct mb_router *router; /* names the scopes */
    size_t entries;                 /* of the cache; 0 = 10,000 */
    size_t lookups;                 /* under way at once; 0 = 256 */
};

struct mb_auth *mb_auth_new(const struct mb_auth_opts *opts);
void mb_auth_free(struct mb_auth *auth); /* takes NULL; those who wait are not called */

struct mb_auth_lookup;
struct mb_auth_wait {
    struct mb_list node;
    struct mb_auth_lookup *lookup; /* NULL = not waiting */
    /* caller is NULL when there is none, and err says why. */
    void (*on_known)(struct mb_auth_wait *wait, const struct mb_caller *caller,
                     const struct mb_err *err);
};

/* Takes the value of the header Authorization. 1: *caller is filled. 0: `wait` waits, and on_known
 * is called once, later. Negative: UNAUTHENTICATED, or OVERLOADED when too many look-ups are under
 * way. */
int mb_auth_check(struct mb_auth *auth, struct mb_str authorization, struct mb_caller *caller,
                  struct mb_auth_wait *wait, struct mb_err *err) MB_MUST_CHECK;
/* on_known will not run. Of one that has waited; harmless when it was called already. */
void mb_auth_cancel(struct mb_auth_wait *wait);

/* Forgets what is cached of a key or of a customer's keys. */
void mb_auth_forget(struct mb_auth *auth, struct mb_id key_or_customer);
void mb_auth_forget_all(struct mb_auth *auth);

/* Writes the last uses now; by itself it does so every 10 s. */
void mb_auth_flush(struct mb_auth *auth);

#endif
