/* One batch of the journal, in the form that engine.write_batch takes
 * (sql/functions/engine/write_batch.sql): rows of composite types, and the sums that they add to
 * money and usage. Reused from batch to batch. */
#ifndef MB_IO_PG_BATCH_H
#define MB_IO_PG_BATCH_H

#include "base/map.h"
#include "io/pg.h"

/* In these, a string with ptr NULL and a time of 0 are null; times are Unix microseconds. */

struct mb_pg_batch_run {
    struct mb_id customer_id, run_id, deployment_id, package_owner, package_id;
    struct mb_id parent_run_id; /* nil = none */
    struct mb_str status, wait_reason;
    int64_t wake_us;
    bool owned;                         /* this core executes it; else nobody does */
    struct mb_str input, output, error; /* JSON */
    struct mb_str limits;               /* JSON */
    struct mb_str seed;                 /* bytes */
    bool diverged;
    int64_t created_us, started_us, finished_us;
    int32_t steps;
    int64_t cpu_us, tokens_in, tokens_out, cost_micros;
    int32_t config_revision; /* 0 = null */
};

struct mb_pg_batch_step {
    struct mb_id customer_id, run_id;
    struct mb_id deployment_id; /* of the run, for usage */
    int32_t seq;
    int16_t kind;      /* 1 call, 2 emit, 3 log, 4 the price of the run itself */
    int16_t state;     /* 1 intent, 2 done */
    bool completes;    /* the row is there as an intent and becomes this */
    struct mb_str key; /* bytes */
    struct mb_str tool, args, result, error;
    int64_t started_us, duration_us, cpu_us;
    int32_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
    int64_t bytes, cost_micros, price_micros;
    struct mb_str model, provider_request_id;
};

/* A run that this core owns: what it is from now on. */
struct mb_pg_batch_change {
    struct mb_id customer_id, run_id;
    struct mb_str status, wait_reason;
    int64_t wake_us;
    bool owned;          /* stays with this core; else it is given up */
    bool ends_in_family; /* it ends, and has, or may have, a parent or children */
    struct mb_str output, error;
    bool diverged;
    int64_t started_us, finished_us; /* started 0 = as it was */
    int32_t steps;
    int64_t cpu_us, tokens_in, tokens_out, cost_micros;
};

enum { MB_PG_BATCH_PARAMS = 10, MB_PG_BATCH_TYPES = 5 };

struct mb_pg_batch_usage;

struct mb_pg_batch {
    struct mb_pg_array runs, steps, changes, usage, charges;
    struct mb_buf questions; /* "[{...},{...}" */
    struct mb_map sums;      /* of mb_pg_batch_usage, by all that they are grouped by */
    struct mb_pg_batch_usage *sum_list;
    bool completes, wakes; /* parameters of the function */
    /* While it is sent: */
    struct mb_pg *pg;
    struct mb_pg_param params[MB_PG_BATCH_PARAMS];
    mb_pg_done *on_done;
    void *arg;
};

void mb_pg_batch_init(struct mb_pg_batch *batch);
void mb_pg_batch_release(struct mb_pg_batch *batch); /* not while it is sent */
void mb_pg_batch_clear(struct mb_pg_batch *batch);   /* keeps the memory; not while it is sent */

/* Everything is copied. A run has at most one change in a batch; a step is in it once. */
void mb_pg_batch_add_run(struct mb_pg_batch *batch, const struct mb_pg_batch_run *run);
void mb_pg_batch_add_step(struct mb_pg_batch *batch, const struct mb_pg_batch_step *step);
void mb_pg_batch_add_change(struct mb_pg_batch *batch, const struct mb_pg_batch_change *change);
/* A JSON object: {"customer_id", "run_id", "seq", "title", "details", "roles", "form",
 * "deadline_us"}, the ids as UUIDs. */
void mb_pg_batch_add_question(struct mb_pg_batch *batch, struct mb_str object);

/* Sends it as batch `number` of this core's life: 1, 2, 3, ... A server that is away is waited for,
 * and a batch whose outcome is not known is sent again, which is safe. `on_done` is called once,
 * not from inside: with err NULL when it is committed; FENCED: the core was declared dead;
 * CONFLICT: a batch before it is missing; anything else: the batch was refused, nothing of it was
 * written, and its number is free. Refuses like mb_pg_query. */
int mb_pg_batch_send(struct mb_pg_batch *batch, struct mb_pg *pg, int64_t fence, int64_t number,
                     mb_pg_done *on_done, void *arg, struct mb_err *err) MB_MUST_CHECK;

#endif
