/* Rows of the composite types mb.batch_* in PostgreSQL's binary format. Private to pg_batch. */
#ifndef MB_IO_PG_BATCH_ROW_H
#define MB_IO_PG_BATCH_ROW_H

#include "io/pg_batch.h"

/* What the steps of one customer, hour, deployment and tool come to. */
struct mb_pg_batch_usage {
    struct mb_pg_batch_usage *next;
    struct mb_id customer_id, deployment_id;
    int64_t hour_us;
    char tool[129]; /* and a NUL */
    size_t tool_len;
    int64_t calls, tokens_in, tokens_out, cpu_us, bytes, cost_micros, price_micros;
};

void mb_pg_row_run(struct mb_pg_array *to, const struct mb_pg_batch_run *run);
void mb_pg_row_step(struct mb_pg_array *to, const struct mb_pg_batch_step *step);
void mb_pg_row_change(struct mb_pg_array *to, const struct mb_pg_batch_change *change);
void mb_pg_row_usage(struct mb_pg_array *to, const struct mb_pg_batch_usage *usage);
void mb_pg_row_charge(struct mb_pg_array *to, struct mb_id customer_id, int64_t micros);

#endif
