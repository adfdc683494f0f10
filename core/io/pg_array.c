/* One-dimensional arrays in PostgreSQL's binary format (array_recv in arrayfuncs.c). The head goes
 * in first with its counts empty and is filled in when the parameter is taken. */
#include <string.h>

#include "io/pg.h"
#include "io/pg_wire.h"

void mb_pg_array_init(struct mb_pg_array *a, enum mb_pg_oid element)
{
    *a = (struct mb_pg_array){.element = element};
    mb_pg_array_clear(a);
}

void mb_pg_array_release(struct mb_pg_array *a)
{
    mb_buf_release(&a->buf);
    a->count = 0;
}

void mb_pg_array_clear(struct mb_pg_array *a)
{
    mb_buf_clear(&a->buf);
    memset(mb_buf_reserve(&a->buf, MB_PG_ARRAY_HEAD_BYTES), 0, MB_PG_ARRAY_HEAD_BYTES);
    mb_buf_commit(&a->buf, MB_PG_ARRAY_HEAD_BYTES);
    a->count = 0;
}

void mb_pg_array_add_uuid(struct mb_pg_array *a, struct mb_id v)
{
    mb_assert(a->element == MB_PG_UUID);
    mb_buf_add_be32(&a->buf, sizeof(v.bytes));
    mb_buf_add(&a->buf, v.bytes, sizeof(v.bytes));
    a->count++;
}

static void put_be32(char *at, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(at, &v, sizeof(v));
}

struct mb_pg_param mb_pg_array_param(struct mb_pg_array *a)
{
    char *head = mb_buf_head(&a->buf);
    bool empty = a->count == 0;
    put_be32(head, empty ? 0 : 1);
    put_be32(head + 4, 0); /* no nulls */
    put_be32(head + 8, a->element);
    put_be32(head + 12, a->count);
    put_be32(head + 16, 1);
    return mb_pg_bytea(head, empty ? (size_t)MB_PG_ARRAY_EMPTY_BYTES : mb_buf_len(&a->buf));
}
