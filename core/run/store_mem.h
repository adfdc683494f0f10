/* The store in memory. Idempotency keys mean nothing here: there is nobody to repeat a request. */
#ifndef MB_RUN_STORE_MEM_H
#define MB_RUN_STORE_MEM_H

#include "run/store.h"

struct mb_engine;

struct mb_store *mb_store_mem_new(void);
/* on_row (may be NULL) sees each row as it is written. */
void mb_store_mem_bind(struct mb_store *store, struct mb_engine *engine,
                       void (*on_row)(void *arg, const struct mb_row *row), void *arg);
/* Forgets a run that has ended. */
void mb_store_mem_forget(struct mb_store *store, struct mb_id run_id);

#endif
