/* Parameters in PostgreSQL's binary formats: integers big-endian, text and JSON as they are, times
 * as microseconds since 2000-01-01 (src/backend/utils/adt/, the functions *recv). */
#include <string.h>

#include "io/pg.h"
#include "io/pg_wire.h"

static struct mb_pg_param own(const void *bytes, uint32_t len)
{
    struct mb_pg_param p = {.len = len};
    memcpy(p.own, bytes, len);
    return p;
}

struct mb_pg_param mb_pg_null(void)
{
    return (struct mb_pg_param){.is_null = true};
}

struct mb_pg_param mb_pg_bool(bool v)
{
    char byte = v;
    return own(&byte, 1);
}

struct mb_pg_param mb_pg_int4(int32_t v)
{
    uint32_t be = __builtin_bswap32((uint32_t)v);
    return own(&be, sizeof(be));
}

struct mb_pg_param mb_pg_int8(int64_t v)
{
    uint64_t be = __builtin_bswap64((uint64_t)v);
    return own(&be, sizeof(be));
}

struct mb_pg_param mb_pg_text(struct mb_str v)
{
    return mb_pg_bytea(v.ptr, v.len);
}

struct mb_pg_param mb_pg_text_c(const char *v)
{
    return v ? mb_pg_text(mb_str_c(v)) : mb_pg_null();
}

struct mb_pg_param mb_pg_bytea(const void *ptr, size_t len)
{
    mb_assert(len <= INT32_MAX);
    return (struct mb_pg_param){.ptr = len ? ptr : "", .len = (uint32_t)len};
}

struct mb_pg_param mb_pg_uuid(struct mb_id v)
{
    return own(v.bytes, sizeof(v.bytes));
}

struct mb_pg_param mb_pg_time(int64_t unix_us)
{
    return mb_pg_int8(unix_us - MB_PG_EPOCH_US);
}
