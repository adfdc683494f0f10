/* A row on the wire (record_recv in rowtypes.c): the number of columns, then for each its type, its
 * length or -1, and its bytes. The columns are those of the types in sql/migrations (mb.batch_run
 * and so on), in their order. */
#include "io/pg_batch_row.h"

#include <string.h>

#include "io/pg_wire.h"

/* The array's buffer while a row is being added: where its length goes, and how many columns. */
struct row {
    struct mb_pg_array *to;
    size_t length_at; /* from the buffer's head */
};

static void be32(struct mb_buf *b, uint32_t v)
{
    mb_buf_add_be32(b, v);
}

static struct row begin(struct mb_pg_array *to, uint32_t columns)
{
    struct row row = {to, mb_buf_len(&to->buf)};
    be32(&to->buf, 0);
    be32(&to->buf, columns);
    return row;
}

static void end(const struct row *row)
{
    struct mb_buf *buf = &row->to->buf;
    size_t len = mb_buf_len(buf) - row->length_at - 4;
    mb_assert(len <= INT32_MAX);
    uint32_t be = __builtin_bswap32((uint32_t)len);
    memcpy(mb_buf_head(buf) + row->length_at, &be, sizeof(be));
    row->to->count++;
}

static void column(const struct row *row, uint32_t type, const void *bytes, size_t len)
{
    mb_assert(len <= INT32_MAX);
    char *at = mb_buf_reserve(&row->to->buf, 8 + len);
    uint32_t head[2] = {__builtin_bswap32(type), __builtin_bswap32((uint32_t)len)};
    memcpy(at, head, 8);
    if (len)
        memcpy(at + 8, bytes, len);
    mb_buf_commit(&row->to->buf, 8 + len);
}

static void null(const struct row *row, uint32_t type)
{
    be32(&row->to->buf, type);
    be32(&row->to->buf, UINT32_MAX);
}

static void id(const struct row *row, struct mb_id v)
{
    column(row, MB_PG_UUID, v.bytes, sizeof(v.bytes));
}

static void str(const struct row *row, uint32_t type, struct mb_str v)
{
    if (v.ptr)
        column(row, type, v.ptr, v.len);
    else
        null(row, type);
}

static void text(const struct row *row, struct mb_str v)
{
    str(row, MB_PG_TEXT, v);
}

static void int2(const struct row *row, int16_t v)
{
    uint16_t be = __builtin_bswap16((uint16_t)v);
    column(row, MB_PG_INT2, &be, sizeof(be));
}

static void int4(const struct row *row, int32_t v)
{
    uint32_t be = __builtin_bswap32((uint32_t)v);
    column(row, MB_PG_INT4, &be, sizeof(be));
}

static void int8_of(const struct row *row, uint32_t type, int64_t v)
{
    uint64_t be = __builtin_bswap64((uint64_t)v);
    column(row, type, &be, sizeof(be));
}

static void int8(const struct row *row, int64_t v)
{
    int8_of(row, MB_PG_INT8, v);
}

static void at_time(const struct row *row, int64_t unix_us)
{
    if (unix_us)
        int8_of(row, MB_PG_TIMESTAMPTZ, unix_us - MB_PG_EPOCH_US);
    else
        null(row, MB_PG_TIMESTAMPTZ);
}

static void flag(const struct row *row, bool v)
{
    char byte = v;
    column(row, MB_PG_BOOL, &byte, 1);
}

void mb_pg_row_run(struct mb_pg_array *to, const struct mb_pg_batch_run *run)
{
    struct row row = begin(to, 25);
    id(&row, run->customer_id);
    id(&row, run->run_id);
    id(&row, run->deployment_id);
    id(&row, run->package_owner);
    id(&row, run->package_id);
    if (mb_id_is_nil(run->parent_run_id))
        null(&row, MB_PG_UUID);
    else
        id(&row, run->parent_run_id);
    text(&row, run->status);
    text(&row, run->wait_reason);
    at_time(&row, run->wake_us);
    flag(&row, run->owned);
    text(&row, run->input);
    text(&row, run->output);
    text(&row, run->error);
    text(&row, run->limits);
    str(&row, MB_PG_BYTEA, run->seed);
    flag(&row, run->diverged);
    at_time(&row, run->created_us);
    at_time(&row, run->started_us);
    at_time(&row, run->finished_us);
    int4(&row, run->steps);
    int8(&row, run->cpu_us);
    int8(&row, run->tokens_in);
    int8(&row, run->tokens_out);
    int8(&row, run->cost_micros);
    if (run->config_revision)
        int4(&row, run->config_revision);
    else
        null(&row, MB_PG_INT4);
    end(&row);
}

void mb_pg_row_step(struct mb_pg_array *to, const struct mb_pg_batch_step *step)
{
    struct row row = begin(to, 23);
    id(&row, step->customer_id);
    id(&row, step->run_id);
    int4(&row, step->seq);
    int2(&row, step->kind);
    int2(&row, step->state);
    flag(&row, step->completes);
    str(&row, MB_PG_BYTEA, step->key);
    text(&row, step->tool);
    text(&row, step->args);
    text(&row, step->result);
    text(&row, step->error);
    at_time(&row, step->started_us);
    int8(&row, step->duration_us);
    int8(&row, step->cpu_us);
    int4(&row, step->tokens_in);
    int4(&row, step->tokens_out);
    int4(&row, step->tokens_cached);
    int4(&row, step->tokens_reasoning);
    int8(&row, step->bytes);
    int8(&row, step->cost_micros);
    int8(&row, step->price_micros);
    text(&row, step->model);
    text(&row, step->provider_request_id);
    end(&row);
}

void mb_pg_row_change(struct mb_pg_array *to, const struct mb_pg_batch_change *change)
{
    struct row row = begin(to, 16);
    id(&row, change->customer_id);
    id(&row, change->run_id);
    text(&row, change->status);
    text(&row, change->wait_reason);
    at_time(&row, change->wake_us);
    flag(&row, change->owned);
    text(&row, change->output);
    text(&row, change->error);
    flag(&row, change->diverged);
    at_time(&row, change->started_us);
    at_time(&row, change->finished_us);
    int4(&row, change->steps);
    int8(&row, change->cpu_us);
    int8(&row, change->tokens_in);
    int8(&row, change->tokens_out);
    int8(&row, change->cost_micros);
    end(&row);
}

void mb_pg_row_usage(struct mb_pg_array *to, const struct mb_pg_batch_usage *usage)
{
    struct row row = begin(to, 11);
    id(&row, usage->customer_id);
    at_time(&row, usage->hour_us);
    id(&row, usage->deployment_id);
    text(&row, MB_STR_OF(usage->tool, usage->tool_len));
    int8(&row, usage->calls);
    int8(&row, usage->tokens_in);
    int8(&row, usage->tokens_out);
    int8(&row, usage->cpu_us);
    int8(&row, usage->bytes);
    int8(&row, usage->cost_micros);
    int8(&row, usage->price_micros);
    end(&row);
}

void mb_pg_row_charge(struct mb_pg_array *to, struct mb_id customer_id, int64_t micros)
{
    struct row row = begin(to, 2);
    id(&row, customer_id);
    int8(&row, micros);
    end(&row);
}
