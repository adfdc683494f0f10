/* The batch: its parts, its sums, and the statement that takes it. The rows' own bytes are made in
 * pg_batch_row.c. */
#include "io/pg_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "io/pg_batch_row.h"
#include "io/pg_int.h"
#include "io/pg_wire.h"

static const uint32_t types[MB_PG_BATCH_PARAMS] = {
    MB_PG_INT8, MB_PG_INT8, 0, 0, 0, 0, 0, MB_PG_JSON, MB_PG_BOOL, MB_PG_BOOL,
    /* 0: as the function has it */
};

static const struct mb_pg_stmt write_batch = {
    .name = "write_batch",
    .sql = "select engine.write_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .n_params = MB_PG_BATCH_PARAMS,
    .types = types,
    .lane = MB_PG_JOURNAL,
    .retry = true,
    .borrow = true,
    .deadline_ms = -1,
};

/* A composite type has another OID in every database: asked for once a pool. Several batches that
 * are sent meanwhile all ask, and so stay in order. */
static const struct mb_pg_stmt find_types = {
    .name = "batch_types",
    .sql = "select 'mb.batch_run'::regtype::oid::int8, 'mb.batch_step'::regtype::oid::int8,"
           " 'mb.batch_change'::regtype::oid::int8, 'mb.batch_usage'::regtype::oid::int8,"
           " 'mb.batch_charge'::regtype::oid::int8",
    .lane = MB_PG_JOURNAL,
    .retry = true,
    .deadline_ms = -1,
};

static struct mb_pg_array *part(struct mb_pg_batch *b, int i)
{
    struct mb_pg_array *const parts[MB_PG_BATCH_TYPES] = {&b->runs, &b->steps, &b->changes,
                                                          &b->usage, &b->charges};
    return parts[i];
}

void mb_pg_batch_init(struct mb_pg_batch *b)
{
    *b = (struct mb_pg_batch){0};
    for (int i = 0; i < MB_PG_BATCH_TYPES; i++)
        mb_pg_array_init(part(b, i), MB_PG_TEXT); /* until the type is known */
}

static void drop_sums(struct mb_pg_batch *b)
{
    while (b->sum_list) {
        struct mb_pg_batch_usage *next = b->sum_list->next;
        free(b->sum_list);
        b->sum_list = next;
    }
    mb_map_release(&b->sums);
}

void mb_pg_batch_release(struct mb_pg_batch *b)
{
    mb_assert(!b->on_done);
    drop_sums(b);
    for (int i = 0; i < MB_PG_BATCH_TYPES; i++)
        mb_pg_array_release(part(b, i));
    mb_buf_release(&b->questions);
}

void mb_pg_batch_clear(struct mb_pg_batch *b)
{
    mb_assert(!b->on_done);
    drop_sums(b);
    for (int i = 0; i < MB_PG_BATCH_TYPES; i++)
        mb_pg_array_clear(part(b, i));
    mb_buf_clear(&b->questions);
    b->completes = b->wakes = false;
}

/* Is the run left to others, or does somebody wait for it? */
static bool is_open(struct mb_str status)
{
    return mb_str_is(status, "queued") || mb_str_is(status, "waiting");
}

void mb_pg_batch_add_run(struct mb_pg_batch *b, const struct mb_pg_batch_run *run)
{
    mb_pg_row_run(&b->runs, run);
    b->wakes |= is_open(run->status) || !mb_id_is_nil(run->parent_run_id);
}

void mb_pg_batch_add_change(struct mb_pg_batch *b, const struct mb_pg_batch_change *change)
{
    mb_pg_row_change(&b->changes, change);
    b->wakes |= change->ends_in_family;
}

void mb_pg_batch_add_question(struct mb_pg_batch *b, struct mb_str object)
{
    mb_buf_add_char(&b->questions, mb_buf_len(&b->questions) ? ',' : '[');
    mb_buf_add_str(&b->questions, object);
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Hours as date_bin('1 hour', t, '2000-01-01 00:00+00') has them; times before 2000 too. */
static int64_t hour_of(int64_t unix_us)
{
    const int64_t hour = INT64_C(3600) * 1000 * 1000;
    int64_t at = unix_us - MB_PG_EPOCH_US;
    int64_t rest = at % hour;
    return unix_us - (rest < 0 ? rest + hour : rest);
}

/* The row that the step adds to, made if it is not there. */
static struct mb_pg_batch_usage *sum_of(struct mb_pg_batch *b, const struct mb_pg_batch_step *step)
{
    char key[16 + 16 + 8 + sizeof(((struct mb_pg_batch_usage *)NULL)->tool)];
    size_t tool = MB_MIN(step->tool.len, sizeof(key) - 40);
    int64_t hour_us = hour_of(step->started_us);
    memcpy(key, step->customer_id.bytes, 16);
    memcpy(key + 16, step->deployment_id.bytes, 16);
    memcpy(key + 32, &hour_us, 8);
    memcpy(key + 40, step->tool.ptr, tool);
    struct mb_pg_batch_usage *sum = mb_map_get(&b->sums, key, 40 + tool);
    if (sum)
        return sum;
    sum = mb_zalloc(sizeof(*sum));
    sum->customer_id = step->customer_id;
    sum->deployment_id = step->deployment_id;
    sum->hour_us = hour_us;
    memcpy(sum->tool, step->tool.ptr, tool);
    sum->tool_len = tool;
    sum->next = b->sum_list;
    b->sum_list = sum;
    mb_map_set(&b->sums, key, 40 + tool, sum);
    return sum;
}

void mb_pg_batch_add_step(struct mb_pg_batch *b, const struct mb_pg_batch_step *step)
{
    mb_pg_row_step(&b->steps, step);
    b->completes |= step->completes;
    /* An intent has cost nothing yet; progress events and log lines are no usage. */
    bool counts = step->kind == 1 || step->kind == 4 || step->price_micros != 0;
    if (step->state != 2 || !counts)
        return;
    struct mb_pg_batch_usage *sum = sum_of(b, step);
    sum->calls++;
    sum->tokens_in += step->tokens_in;
    sum->tokens_out += step->tokens_out;
    sum->cpu_us += step->cpu_us;
    sum->bytes += step->bytes;
    sum->cost_micros += step->cost_micros;
    sum->price_micros += step->price_micros;
}

/* By customer first; one order in all cores, so that they do not wait for each other in a ring. */
static int by_key(const void *a, const void *b)
{
    const struct mb_pg_batch_usage *x = *(struct mb_pg_batch_usage *const *)a;
    const struct mb_pg_batch_usage *y = *(struct mb_pg_batch_usage *const *)b;
    int order = memcmp(x->customer_id.bytes, y->customer_id.bytes, 16);
    if (order == 0)
        order = (x->hour_us > y->hour_us) - (x->hour_us < y->hour_us);
    if (order == 0)
        order = memcmp(x->deployment_id.bytes, y->deployment_id.bytes, 16);
    return order ? order : strcmp(x->tool, y->tool);
}

/* The sums as rows: usage as it is, charges by customer. */
static void close_sums(struct mb_pg_batch *b)
{
    size_t n = b->sums.count, i = 0;
    mb_pg_array_clear(&b->usage);
    mb_pg_array_clear(&b->charges);
    struct mb_pg_batch_usage **sorted = mb_alloc((n + 1) * sizeof(sorted[0]));
    for (struct mb_pg_batch_usage *sum = b->sum_list; sum; sum = sum->next)
        sorted[i++] = sum;
    qsort(sorted, n, sizeof(sorted[0]), by_key);
    int64_t micros = 0;
    for (i = 0; i < n; i++) {
        mb_pg_row_usage(&b->usage, sorted[i]);
        micros += sorted[i]->price_micros;
        bool last = i + 1 == n || !mb_id_eq(sorted[i]->customer_id, sorted[i + 1]->customer_id);
        if (last && micros)
            mb_pg_row_charge(&b->charges, sorted[i]->customer_id, micros);
        micros = last ? 0 : micros;
    }
    free(sorted);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void finish(struct mb_pg_batch *b, const struct mb_pg_result *res, const struct mb_err *err)
{
    mb_pg_done *on_done = b->on_done;
    b->on_done = NULL;
    on_done(b->arg, res, err);
}

static void on_flushed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    finish(arg, res, err);
}

static int send_typed(struct mb_pg_batch *b, struct mb_err *err)
{
    for (int i = 0; i < MB_PG_BATCH_TYPES; i++) {
        part(b, i)->element = b->pg->batch_types[i];
        b->params[2 + i] = mb_pg_array_param(part(b, i));
    }
    return mb_pg_query(b->pg, &write_batch, b->params, on_flushed, b, NULL, err);
}

static void on_types(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_pg_batch *b = arg;
    struct mb_err local;
    if (!err) {
        for (int i = 0; i < MB_PG_BATCH_TYPES; i++)
            b->pg->batch_types[i] = (uint32_t)mb_pg_get_int(res, 0, i);
        if (send_typed(b, &local) == 0)
            return;
        err = &local;
    }
    finish(b, NULL, err);
}

int mb_pg_batch_send(struct mb_pg_batch *b, struct mb_pg *pg, int64_t fence, int64_t number,
                     mb_pg_done *on_done, void *arg, struct mb_err *err)
{
    mb_assert(!b->on_done);
    close_sums(b);
    b->pg = pg;
    b->params[0] = mb_pg_int8(fence);
    b->params[1] = mb_pg_int8(number);
    b->params[7] = mb_pg_null();
    if (mb_buf_len(&b->questions)) {
        mb_buf_add_char(&b->questions, ']');
        b->params[7] = mb_pg_text(mb_buf_str(&b->questions));
    }
    b->params[8] = mb_pg_bool(b->completes);
    b->params[9] = mb_pg_bool(b->wakes);
    int rc = pg->batch_types[0] ? send_typed(b, err)
                                : mb_pg_query(pg, &find_types, NULL, on_types, b, NULL, err);
    if (rc == 0) {
        b->on_done = on_done;
        b->arg = arg;
    }
    return rc;
}
