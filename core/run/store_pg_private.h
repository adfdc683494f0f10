/* What store_pg.c and store_pg_flush.c share. */
#ifndef MB_RUN_STORE_PG_PRIVATE_H
#define MB_RUN_STORE_PG_PRIVATE_H

#include "run/store_pg.h"

enum { MB_FLUSH_PARAMS = 67 };

struct mb_store_pg {
    struct mb_store base;
    struct mb_pg *pg;
    struct mb_engine *engine;
    int64_t fence;
    struct mb_flush *flush;                         /* under way */
    struct mb_pg_array arrays[MB_FLUSH_PARAMS + 1]; /* by parameter number; 3 to 66 are used */
    struct mb_buf approvals;
};

void mb_store_pg_flush_init(struct mb_store_pg *store);
void mb_store_pg_flush_release(struct mb_store_pg *store);
void mb_store_pg_flush(struct mb_store *store, struct mb_flush *flush);

#endif
