/* Values out of a result, all of them in PostgreSQL's binary formats. */
#include <string.h>

#include "io/pg_int.h"
#include "io/pg_wire.h"

/* A PGresult under another name, so that callers need not see libpq. */
static const PGresult *of(const struct mb_pg_result *res)
{
    return (const PGresult *)(const void *)res;
}

int mb_pg_rows(const struct mb_pg_result *res)
{
    return PQntuples(of(res));
}

static void check(const struct mb_pg_result *res, int row, int col)
{
    mb_assert(row >= 0 && row < PQntuples(of(res)) && col >= 0 && col < PQnfields(of(res)));
}

bool mb_pg_is_null(const struct mb_pg_result *res, int row, int col)
{
    check(res, row, col);
    return PQgetisnull(of(res), row, col);
}

/* The bytes of a value of exactly this type and length; NULL when it is null. */
static const char *fixed(const struct mb_pg_result *res, int row, int col, Oid type, int len)
{
    if (mb_pg_is_null(res, row, col))
        return NULL;
    mb_assert(PQftype(of(res), col) == type && PQgetlength(of(res), row, col) == len);
    return PQgetvalue(of(res), row, col);
}

static int64_t read_be64(const char *bytes)
{
    uint64_t be;
    memcpy(&be, bytes, sizeof(be));
    return (int64_t)__builtin_bswap64(be);
}

static int32_t read_be32(const char *bytes)
{
    uint32_t be;
    memcpy(&be, bytes, sizeof(be));
    return (int32_t)__builtin_bswap32(be);
}

int64_t mb_pg_get_int(const struct mb_pg_result *res, int row, int col)
{
    check(res, row, col);
    Oid type = PQftype(of(res), col);
    mb_assert(type == MB_PG_INT2 || type == MB_PG_INT4 || type == MB_PG_INT8);
    int len = type == MB_PG_INT2 ? 2 : type == MB_PG_INT4 ? 4 : 8;
    const char *bytes = fixed(res, row, col, type, len);
    if (!bytes)
        return 0;
    if (len == 8)
        return read_be64(bytes);
    if (len == 4)
        return read_be32(bytes);
    uint16_t be;
    memcpy(&be, bytes, sizeof(be));
    return (int16_t)__builtin_bswap16(be);
}

bool mb_pg_get_bool(const struct mb_pg_result *res, int row, int col)
{
    const char *bytes = fixed(res, row, col, MB_PG_BOOL, 1);
    return bytes && *bytes;
}

struct mb_str mb_pg_get_str(const struct mb_pg_result *res, int row, int col)
{
    check(res, row, col);
    if (PQgetisnull(of(res), row, col))
        return MB_STR_OF(NULL, 0);
    return MB_STR_OF(PQgetvalue(of(res), row, col), (size_t)PQgetlength(of(res), row, col));
}

struct mb_id mb_pg_get_id(const struct mb_pg_result *res, int row, int col)
{
    struct mb_id id = mb_id_nil();
    const char *bytes = fixed(res, row, col, MB_PG_UUID, sizeof(id.bytes));
    if (bytes)
        memcpy(id.bytes, bytes, sizeof(id.bytes));
    return id;
}

int64_t mb_pg_get_time_us(const struct mb_pg_result *res, int row, int col)
{
    const char *bytes = fixed(res, row, col, MB_PG_TIMESTAMPTZ, 8);
    return bytes ? read_be64(bytes) + MB_PG_EPOCH_US : 0;
}

int mb_pg_get_texts(const struct mb_pg_result *res, int row, int col, struct mb_str *out, int max)
{
    check(res, row, col);
    mb_assert(PQftype(of(res), col) == MB_PG_TEXT_ARRAY);
    struct mb_str raw = mb_pg_get_str(res, row, col);
    if (raw.len < MB_PG_ARRAY_HEAD_BYTES)
        return 0;
    const char *at = raw.ptr + MB_PG_ARRAY_HEAD_BYTES, *end = raw.ptr + raw.len;
    int count = read_be32(raw.ptr + 12);
    for (int i = 0; i < count; i++) {
        mb_assert(end - at >= 4);
        int32_t len = read_be32(at);
        at += 4;
        mb_assert(len <= end - at);
        if (i < max)
            out[i] = len < 0 ? MB_STR_OF("", 0) : MB_STR_OF(at, (size_t)len);
        at += len > 0 ? len : 0;
    }
    return count;
}
