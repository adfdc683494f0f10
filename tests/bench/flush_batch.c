#include "flush_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* clang-format off */
static const uint32_t types[FLUSH_PARAMS] = {
    MB_PG_INT8, MB_PG_INT8,
    MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY,
    MB_PG_UUID_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY,
    MB_PG_BOOL_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY,
    MB_PG_BYTEA_ARRAY, MB_PG_BOOL_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY,
    MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_INT4_ARRAY, MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY,
    MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY,
    MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_INT4_ARRAY, MB_PG_INT2_ARRAY,
    MB_PG_INT2_ARRAY, MB_PG_BOOL_ARRAY, MB_PG_BYTEA_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY,
    MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_INT8_ARRAY,
    MB_PG_INT8_ARRAY, MB_PG_INT4_ARRAY, MB_PG_INT4_ARRAY, MB_PG_INT4_ARRAY, MB_PG_INT4_ARRAY,
    MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY,
    MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY,
    MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_BOOL_ARRAY, MB_PG_TEXT_ARRAY, MB_PG_TEXT_ARRAY,
    MB_PG_BOOL_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_TIMESTAMPTZ_ARRAY, MB_PG_INT4_ARRAY,
    MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY, MB_PG_INT8_ARRAY,
    MB_PG_JSON,
};
/* clang-format on */

const struct mb_pg_stmt flush_stmt = {
    .name = "flush",
    .sql = "select engine.flush($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,"
           "$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,"
           "$41,$42,$43,$44,$45,$46,$47,$48,$49,$50,$51,$52,$53,$54,$55,$56,$57,$58,$59,$60,$61,"
           "$62,$63,$64,$65,$66,$67)",
    .n_params = FLUSH_PARAMS,
    .types = types,
    .lane = MB_PG_JOURNAL,
    .retry = true,
    .borrow = true,
    .deadline_ms = -1,
};

static enum mb_pg_oid element_of(uint32_t array)
{
    switch (array) {
    case MB_PG_BOOL_ARRAY:
        return MB_PG_BOOL;
    case MB_PG_BYTEA_ARRAY:
        return MB_PG_BYTEA;
    case MB_PG_INT2_ARRAY:
        return MB_PG_INT2;
    case MB_PG_INT4_ARRAY:
        return MB_PG_INT4;
    case MB_PG_INT8_ARRAY:
        return MB_PG_INT8;
    case MB_PG_TIMESTAMPTZ_ARRAY:
        return MB_PG_TIMESTAMPTZ;
    case MB_PG_UUID_ARRAY:
        return MB_PG_UUID;
    default:
        return MB_PG_TEXT;
    }
}

struct mb_id flush_customer(int i)
{
    struct mb_id id = {{0x01, 0x90}};
    id.bytes[14] = (uint8_t)(i >> 8);
    id.bytes[15] = (uint8_t)i;
    return id;
}

void flush_batch_init(struct flush_batch *b, const struct flush_shape *shape)
{
    memset(b, 0, sizeof(*b));
    for (int i = 0; i < FLUSH_ARRAYS; i++)
        mb_pg_array_init(&b->arrays[i], element_of(types[i + FLUSH_FIRST_ARRAY]));
    b->runs = mb_alloc((size_t)shape->tasks * sizeof(*b->runs));
}

void flush_batch_release(struct flush_batch *b)
{
    for (int i = 0; i < FLUSH_ARRAYS; i++)
        mb_pg_array_release(&b->arrays[i]);
    free(b->runs);
}

/* The array that is parameter `n` of engine.flush. */
static struct mb_pg_array *p(struct flush_batch *b, int n)
{
    return &b->arrays[n - 1 - FLUSH_FIRST_ARRAY];
}

static struct mb_str json(int payload)
{
    static char text[65536];
    static int made;
    if (made != payload) {
        memset(text, 'x', (size_t)payload);
        memcpy(text, "{\"text\":\"", 9);
        for (int i = 15; i < payload - 2; i += 7) /* words, and something to escape */
            text[i] = ' ';
        memcpy(text + payload - 2, "\"}", 2);
        made = payload;
    }
    return MB_STR_OF(text, (size_t)payload);
}

static void nulls(struct flush_batch *b, int from, int to)
{
    for (int i = from; i <= to; i++)
        mb_pg_array_add_null(p(b, i));
}

static void add_run(struct flush_batch *b, const struct flush_shape *shape, struct mb_id customer,
                    struct mb_id run, int64_t now_us)
{
    mb_pg_array_add_uuid(p(b, 3), customer);
    mb_pg_array_add_uuid(p(b, 4), run);
    mb_pg_array_add_uuid(p(b, 5), customer); /* one deployment a customer */
    mb_pg_array_add_uuid(p(b, 6), mb_id_nil());
    mb_pg_array_add_uuid(p(b, 7), customer);
    nulls(b, 8, 8);
    mb_pg_array_add_str(p(b, 9), shape->merged ? MB_STR("succeeded") : MB_STR("running"));
    nulls(b, 10, 11);
    mb_pg_array_add_bool(p(b, 12), !shape->merged);
    mb_pg_array_add_str(p(b, 13), json(shape->payload));
    if (shape->merged)
        mb_pg_array_add_str(p(b, 14), json(shape->payload));
    else
        nulls(b, 14, 14);
    nulls(b, 15, 15);
    mb_pg_array_add_str(p(b, 16), MB_STR("{\"cpu_ms\":2000,\"wall_ms\":600000,\"steps\":1000}"));
    mb_pg_array_add_bytes(p(b, 17), run.bytes, sizeof(run.bytes));
    nulls(b, 18, 18);
    mb_pg_array_add_time(p(b, 19), now_us);
    mb_pg_array_add_time(p(b, 20), now_us);
    if (!shape->merged) {
        nulls(b, 21, 26);
        return;
    }
    mb_pg_array_add_time(p(b, 21), now_us);
    mb_pg_array_add_int(p(b, 22), 3);
    for (int i = 23; i <= 26; i++)
        mb_pg_array_add_int(p(b, i), 400);
}

static void add_step(struct flush_batch *b, const struct flush_shape *shape, struct mb_id customer,
                     struct mb_id run, int seq, int64_t now_us)
{
    bool model = seq != 1;
    mb_pg_array_add_uuid(p(b, 27), customer);
    mb_pg_array_add_uuid(p(b, 28), run);
    mb_pg_array_add_uuid(p(b, 29), customer);
    mb_pg_array_add_int(p(b, 30), seq);
    mb_pg_array_add_int(p(b, 31), 1);
    mb_pg_array_add_int(p(b, 32), 2);
    nulls(b, 33, 33);
    mb_pg_array_add_bytes(p(b, 34), run.bytes, sizeof(run.bytes));
    mb_pg_array_add_str(p(b, 35), model ? MB_STR("llm.chat") : MB_STR("kv.get"));
    mb_pg_array_add_str(p(b, 36), json(shape->payload));
    mb_pg_array_add_str(p(b, 37), json(shape->payload));
    nulls(b, 38, 38);
    mb_pg_array_add_time(p(b, 39), now_us);
    for (int i = 40; i <= 43; i++)
        mb_pg_array_add_int(p(b, i), 100 + i);
    nulls(b, 44, 45);
    mb_pg_array_add_int(p(b, 46), 2 * shape->payload);
    mb_pg_array_add_int(p(b, 47), model ? 100 : 0);
    mb_pg_array_add_int(p(b, 48), model ? 150 : 1);
    if (model) {
        mb_pg_array_add_str(p(b, 49), MB_STR("gpt-4o-mini"));
        mb_pg_array_add_str(p(b, 50), MB_STR("req_0123456789abcdef"));
    } else {
        nulls(b, 49, 50);
    }
}

static void end_run(struct flush_batch *b, const struct flush_shape *shape, struct mb_id customer,
                    struct mb_id run, int64_t now_us)
{
    mb_pg_array_add_uuid(p(b, 51), customer);
    mb_pg_array_add_uuid(p(b, 52), run);
    mb_pg_array_add_str(p(b, 53), MB_STR("succeeded"));
    nulls(b, 54, 55);
    mb_pg_array_add_bool(p(b, 56), false);
    mb_pg_array_add_str(p(b, 57), json(shape->payload));
    nulls(b, 58, 60);
    mb_pg_array_add_time(p(b, 61), now_us);
    mb_pg_array_add_int(p(b, 62), 3);
    for (int i = 63; i <= 66; i++)
        mb_pg_array_add_int(p(b, i), 400);
}

void flush_batch_fill(struct flush_batch *b, const struct flush_shape *shape, int64_t fence,
                      int64_t flush_no, const struct flush_batch *ends)
{
    int64_t now_us = mb_clock_wall_us();
    for (int i = 0; i < FLUSH_ARRAYS; i++)
        mb_pg_array_clear(&b->arrays[i]);
    b->n_runs = shape->tasks;
    for (int i = 0; i < shape->tasks; i++) {
        struct mb_id customer = flush_customer(i % shape->customers);
        b->runs[i] = mb_id_new();
        add_run(b, shape, customer, b->runs[i], now_us);
        for (int seq = 0; seq < 3; seq++)
            add_step(b, shape, customer, b->runs[i], seq, now_us);
    }
    for (int i = 0; ends && !shape->merged && i < ends->n_runs; i++)
        end_run(b, shape, flush_customer(i % shape->customers), ends->runs[i], now_us);
    b->params[0] = mb_pg_int8(fence);
    b->params[1] = mb_pg_int8(flush_no);
    for (int i = 0; i < FLUSH_ARRAYS; i++)
        b->params[i + FLUSH_FIRST_ARRAY] = mb_pg_array_sparse(&b->arrays[i]);
    b->params[FLUSH_PARAMS - 1] = mb_pg_null();
}
