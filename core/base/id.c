#include "base/id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

void mb_random(void *bytes, size_t n)
{
    uint8_t *at = bytes;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        mb_assert(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

/* Random bytes are drawn in blocks: one system call for many ids. */
static void pooled_random(uint8_t *out, size_t n)
{
    static uint8_t pool[1024];
    static size_t left;
    if (left < n) {
        mb_random(pool, sizeof(pool));
        left = sizeof(pool);
    }
    memcpy(out, pool + left - n, n);
    left -= n;
}

struct mb_id mb_id_new(void)
{
    /* rand_a counts the ids of one millisecond, seeded low (RFC 9562, 6.2, method 1). */
    static uint64_t last_ms;
    static uint32_t counter;
    uint64_t now = (uint64_t)mb_clock_wall_us() / 1000;
    struct mb_id id;
    pooled_random(id.bytes + 6, 10);
    if (now > last_ms) {
        last_ms = now;
        counter = ((uint32_t)id.bytes[6] << 8 | id.bytes[7]) & 0x3FF;
    } else if (++counter > 0xFFF) {
        last_ms++;
        counter = 0;
    }
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(last_ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | counter >> 8);
    id.bytes[7] = (uint8_t)counter;
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

struct mb_id mb_id_nil(void)
{
    return (struct mb_id){{0}};
}

bool mb_id_is_nil(struct mb_id id)
{
    return mb_id_eq(id, mb_id_nil());
}

bool mb_id_eq(struct mb_id a, struct mb_id b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

void mb_hex(const void *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool mb_unhex(struct mb_str text, void *bytes, size_t n)
{
    uint8_t *out = bytes;
    if (text.len != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = digit(text.ptr[2 * i]), lo = digit(text.ptr[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

char *mb_id_format(struct mb_id id, const char *prefix, char out[MB_ID_TEXT])
{
    size_t n = strlen(prefix);
    mb_assert(n + 34 <= MB_ID_TEXT);
    memcpy(out, prefix, n);
    out[n] = '_';
    mb_hex(id.bytes, sizeof(id.bytes), out + n + 1);
    return out;
}

char *mb_id_uuid(struct mb_id id, char out[MB_ID_TEXT])
{
    char hex[33];
    mb_hex(id.bytes, sizeof(id.bytes), hex);
    char *at = out;
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *at++ = '-';
        *at++ = hex[i];
    }
    *at = '\0';
    return out;
}

bool mb_id_parse(struct mb_id *id, const char *prefix, struct mb_str text)
{
    size_t n = strlen(prefix);
    if (text.len != n + 33 || memcmp(text.ptr, prefix, n) != 0 || text.ptr[n] != '_')
        return false;
    struct mb_id parsed;
    if (!mb_unhex(MB_STR_OF(text.ptr + n + 1, 32), parsed.bytes, sizeof(parsed.bytes)))
        return false;
    *id = parsed;
    return true;
}

bool mb_id_parse_uuid(struct mb_id *id, struct mb_str text)
{
    char hex[32];
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-')
            continue;
        if (n == sizeof(hex))
            return false;
        hex[n++] = text.ptr[i];
    }
    struct mb_id parsed;
    if (!mb_unhex(MB_STR_OF(hex, n), parsed.bytes, sizeof(parsed.bytes)))
        return false;
    *id = parsed;
    return true;
}
