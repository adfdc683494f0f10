/* Batches for engine.flush as the hot path makes them: per task one new run, three steps, and the
 * end of the run in the next batch. */
#ifndef MB_BENCH_FLUSH_BATCH_H
#define MB_BENCH_FLUSH_BATCH_H

#include "io/pg.h"

enum { FLUSH_PARAMS = 67, FLUSH_FIRST_ARRAY = 2, FLUSH_ARRAYS = 64 };

extern const struct mb_pg_stmt flush_stmt;

struct flush_shape {
    int tasks;     /* a batch */
    int customers; /* dealt round robin; ids from flush_customer */
    int payload;   /* bytes of JSON in each argument, result, input and output */
    bool merged;   /* runs start and end in one batch: no updates */
};

struct flush_batch {
    struct mb_pg_array arrays[FLUSH_ARRAYS]; /* parameters 3 to 66 */
    struct mb_pg_param params[FLUSH_PARAMS];
    struct mb_id *runs; /* of this batch: to be ended by the next */
    int n_runs;
};

struct mb_id flush_customer(int i);
void flush_batch_init(struct flush_batch *b, const struct flush_shape *shape);
void flush_batch_release(struct flush_batch *b);
/* Fills the batch; `ends` are the runs of an earlier one that end now, or NULL. */
void flush_batch_fill(struct flush_batch *b, const struct flush_shape *shape, int64_t fence,
                      int64_t flush_no, const struct flush_batch *ends);

#endif
