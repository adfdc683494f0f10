/* The store in PostgreSQL. */
#ifndef MB_RUN_STORE_PG_H
#define MB_RUN_STORE_PG_H

#include "io/pg.h"
#include "run/store.h"

struct mb_engine;

/* Borrows the pool. */
struct mb_store *mb_store_pg_new(struct mb_pg *pg);
/* Whom to tell of flushes, and the fencing number of this core's life (0 = it has none now). */
void mb_store_pg_bind(struct mb_store *store, struct mb_engine *engine, int64_t fence);

#endif
