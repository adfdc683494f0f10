/* One-dimensional arrays in PostgreSQL's binary format (array_recv in arrayfuncs.c). The head goes
 * in first with its counts empty and is filled in when the parameter is taken. */
#include <string.h>

#include "io/pg.h"
#include "io/pg_wire.h"

static uint32_t element_bytes(uint32_t element)
{
    switch (element) {
    case MB_PG_BOOL:
        return 1;
    case MB_PG_INT2:
        return 2;
    case MB_PG_INT4:
        return 4;
    case MB_PG_INT8:
    case MB_PG_TIMESTAMPTZ:
        return 8;
    case MB_PG_UUID:
        return 16;
    default:
        return 0; /* any length */
    }
}

void mb_pg_array_init(struct mb_pg_array *a, enum mb_pg_oid element)
{
    *a = (struct mb_pg_array){.element = element};
    mb_pg_array_clear(a);
}

void mb_pg_array_release(struct mb_pg_array *a)
{
    mb_buf_release(&a->buf);
    a->count = a->nulls = 0;
}

void mb_pg_array_clear(struct mb_pg_array *a)
{
    mb_buf_clear(&a->buf);
    memset(mb_buf_reserve(&a->buf, MB_PG_ARRAY_HEAD_BYTES), 0, MB_PG_ARRAY_HEAD_BYTES);
    mb_buf_commit(&a->buf, MB_PG_ARRAY_HEAD_BYTES);
    a->count = a->nulls = 0;
}

static void add(struct mb_pg_array *a, const void *bytes, size_t len)
{
    uint32_t fixed = element_bytes(a->element);
    mb_assert(fixed == 0 || fixed == len);
    mb_assert(len <= INT32_MAX);
    char *at = mb_buf_reserve(&a->buf, len + 4);
    uint32_t be = __builtin_bswap32((uint32_t)len);
    memcpy(at, &be, sizeof(be));
    if (len)
        memcpy(at + 4, bytes, len);
    mb_buf_commit(&a->buf, len + 4);
    a->count++;
}

void mb_pg_array_add_null(struct mb_pg_array *a)
{
    mb_buf_add_be32(&a->buf, UINT32_MAX); /* length -1 */
    a->count++;
    a->nulls++;
}

void mb_pg_array_add_bool(struct mb_pg_array *a, bool v)
{
    char byte = v;
    mb_assert(a->element == MB_PG_BOOL);
    add(a, &byte, 1);
}

void mb_pg_array_add_int(struct mb_pg_array *a, int64_t v)
{
    uint32_t n = element_bytes(a->element);
    mb_assert(n == 2 || n == 4 || n == 8);
    mb_assert(n == 8 || (v >= -(INT64_C(1) << (8 * n - 1)) && v < INT64_C(1) << (8 * n - 1)));
    uint64_t be = __builtin_bswap64((uint64_t)v);
    add(a, (const char *)&be + 8 - n, n);
}

void mb_pg_array_add_time(struct mb_pg_array *a, int64_t unix_us)
{
    mb_assert(a->element == MB_PG_TIMESTAMPTZ);
    mb_pg_array_add_int(a, unix_us - MB_PG_EPOCH_US);
}

void mb_pg_array_add_uuid(struct mb_pg_array *a, struct mb_id v)
{
    mb_assert(a->element == MB_PG_UUID);
    add(a, v.bytes, sizeof(v.bytes));
}

void mb_pg_array_add_bytes(struct mb_pg_array *a, const void *ptr, size_t len)
{
    mb_assert(element_bytes(a->element) == 0);
    add(a, ptr, len);
}

void mb_pg_array_add_str(struct mb_pg_array *a, struct mb_str v)
{
    mb_pg_array_add_bytes(a, v.ptr, v.len);
}

static void put_be32(char *at, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(at, &v, sizeof(v));
}

static struct mb_pg_param param(struct mb_pg_array *a, bool empty)
{
    char *head = mb_buf_head(&a->buf);
    put_be32(head, empty ? 0 : 1);
    put_be32(head + 4, !empty && a->nulls > 0);
    put_be32(head + 8, a->element);
    put_be32(head + 12, a->count);
    put_be32(head + 16, 1);
    return mb_pg_bytea(head, empty ? (size_t)MB_PG_ARRAY_EMPTY_BYTES : mb_buf_len(&a->buf));
}

struct mb_pg_param mb_pg_array_param(struct mb_pg_array *a)
{
    return param(a, a->count == 0);
}

struct mb_pg_param mb_pg_array_sparse(struct mb_pg_array *a)
{
    return param(a, a->count == a->nulls);
}
