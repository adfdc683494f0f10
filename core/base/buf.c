#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { SMALLEST_BYTES = 64 };

void mb_buf_release(struct mb_buf *b)
{
    free(b->data);
    *b = (struct mb_buf){0};
}

void mb_buf_clear(struct mb_buf *b)
{
    b->start = b->end = 0;
}

char *mb_buf_reserve(struct mb_buf *b, size_t n)
{
    if (b->cap - b->end >= n && b->data)
        return b->data + b->end;
    size_t len = mb_buf_len(b);
    if (b->data && b->start) { /* room at the front counts too */
        memmove(b->data, b->data + b->start, len);
        b->start = 0;
        b->end = len;
    }
    if (b->cap - b->end < n || !b->data) {
        mb_assert(n <= SIZE_MAX / 2 - len);
        size_t cap = MB_MAX(b->cap, (size_t)SMALLEST_BYTES);
        while (cap < len + n)
            cap *= 2;
        b->data = mb_realloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->end;
}

void mb_buf_commit(struct mb_buf *b, size_t n)
{
    mb_assert(n <= b->cap - b->end);
    b->end += n;
}

void mb_buf_consume(struct mb_buf *b, size_t n)
{
    mb_assert(n <= mb_buf_len(b));
    b->start += n;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void mb_buf_add(struct mb_buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    memcpy(mb_buf_reserve(b, n), bytes, n);
    b->end += n;
}

void mb_buf_add_str(struct mb_buf *b, struct mb_str s)
{
    mb_buf_add(b, s.ptr, s.len);
}

void mb_buf_add_c(struct mb_buf *b, const char *s)
{
    mb_buf_add(b, s, strlen(s));
}

void mb_buf_add_char(struct mb_buf *b, char c)
{
    *mb_buf_reserve(b, 1) = c;
    b->end++;
}

void mb_buf_addf(struct mb_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *at = mb_buf_reserve(b, 128);
    int n = vsnprintf(at, b->cap - b->end, fmt, ap);
    va_end(ap);
    mb_assert(n >= 0);
    if ((size_t)n >= b->cap - b->end) {
        at = mb_buf_reserve(b, (size_t)n + 1);
        va_start(ap, fmt);
        vsnprintf(at, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    b->end += (size_t)n;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_escaped(struct mb_buf *b, unsigned char c)
{
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                  ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    static const char digits[] = "0123456789abcdef";
    char *at = mb_buf_reserve(b, 6);
    at[0] = '\\';
    if (c < sizeof(shorts) && shorts[c]) {
        at[1] = shorts[c];
        mb_buf_commit(b, 2);
        return;
    }
    memcpy(at + 1, "u00", 3);
    at[4] = digits[c >> 4];
    at[5] = digits[c & 15];
    mb_buf_commit(b, 6);
}

void mb_buf_add_json_str(struct mb_buf *b, struct mb_str s)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    mb_buf_add_char(b, '"');
    while (p < end) {
        const char *from = p;
        while (p < end && is_plain((unsigned char)*p))
            p++;
        mb_buf_add(b, from, (size_t)(p - from));
        if (p == end)
            break;
        if ((unsigned char)*p < 0x80) {
            add_escaped(b, (unsigned char)*p++);
            continue;
        }
        size_t n = mb_utf8_char(p, (size_t)(end - p));
        if (n) {
            mb_buf_add(b, p, n);
            p += n;
        } else {
            mb_buf_add(b, "\xEF\xBF\xBD", 3);
            p++;
        }
    }
    mb_buf_add_char(b, '"');
}

void mb_buf_add_be32(struct mb_buf *b, uint32_t v)
{
    v = __builtin_bswap32(v);
    mb_buf_add(b, &v, sizeof(v));
}

char *mb_buf_cstr(struct mb_buf *b)
{
    *mb_buf_reserve(b, 1) = '\0';
    return b->data + b->start;
}

char *mb_buf_take(struct mb_buf *b, size_t *len)
{
    mb_buf_cstr(b);
    if (len)
        *len = mb_buf_len(b);
    if (b->start)
        memmove(b->data, b->data + b->start, mb_buf_len(b) + 1);
    char *bytes = b->data;
    *b = (struct mb_buf){0};
    return bytes;
}
