/* What store_pg.c and store_pg_flush.c share. */
#ifndef MB_RUN_STORE_PG_PRIVATE_H
#define MB_RUN_STORE_PG_PRIVATE_H

#include "io/pg_batch.h"
#include "run/store_pg.h"

struct mb_store_pg {
    struct mb_store base;
    struct mb_pg *pg;
    struct mb_engine *engine;
    int64_t fence;
    struct mb_pg_flush {
        struct mb_store_pg *store;
        struct mb_flush *flush; /* NULL = not under way */
        struct mb_pg_batch batch;
    } flushes[MB_FLUSHES];
};

void mb_store_pg_flush_init(struct mb_store_pg *store);
void mb_store_pg_flush_release(struct mb_store_pg *store);
void mb_store_pg_flush(struct mb_store *store, struct mb_flush *flush);

int mb_store_pg_plan_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                           struct mb_id deployment_id, struct mb_str name,
                           void (*on_planned)(void *arg, const struct mb_child_plan *plan,
                                              const struct mb_err *err),
                           void *arg, struct mb_err *err);
int mb_store_pg_read_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                           struct mb_id child_id,
                           void (*on_read)(void *arg, const struct mb_child_state *state,
                                           const struct mb_err *err),
                           void *arg, struct mb_err *err);

#endif
