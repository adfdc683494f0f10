#include "base/b64.h"

#include <string.h>

static const char *alphabet(enum mb_b64 kind)
{
    return kind == MB_B64_URL ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                              : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

void mb_b64_encode(struct mb_buf *out, enum mb_b64 kind, struct mb_str bytes)
{
    const char *digits = alphabet(kind);
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    char *start = mb_buf_reserve(out, bytes.len / 3 * 4 + 4), *at = start;
    size_t left = bytes.len;
    for (; left >= 3; left -= 3, p += 3) {
        uint32_t three = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *at++ = digits[three >> shift & 63];
    }
    if (left) {
        uint32_t rest = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
        for (size_t i = 0; i <= left; i++)
            *at++ = digits[rest >> (18 - 6 * i) & 63];
        for (size_t i = left; i < 3 && kind == MB_B64_STD; i++)
            *at++ = '=';
    }
    mb_buf_commit(out, (size_t)(at - start));
}

static int value_of(enum mb_b64 kind, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (kind == MB_B64_URL ? '-' : '+'))
        return 62;
    if (c == (kind == MB_B64_URL ? '_' : '/'))
        return 63;
    return -1;
}

/* 2 to 4 characters become 1 to 3 bytes. */
static bool decode_group(enum mb_b64 kind, const char *text, size_t n, char out[3])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        int value = value_of(kind, text[i]);
        if (value < 0)
            return false;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    uint32_t spare = (1U << (24 - 8 * (n - 1))) - 1;
    if (n < 4 && (bits & spare))
        return false;
    for (size_t i = 0; i < 3; i++)
        out[i] = (char)(bits >> (16 - 8 * i));
    return true;
}

bool mb_b64_decode(struct mb_buf *out, enum mb_b64 kind, struct mb_str text)
{
    size_t len = text.len;
    if (kind == MB_B64_STD) {
        if (len % 4)
            return false;
        for (int pads = 0; len && pads < 2 && text.ptr[len - 1] == '='; pads++)
            len--;
    }
    if (len % 4 == 1)
        return false;
    char *start = mb_buf_reserve(out, len / 4 * 3 + 3), *at = start;
    for (size_t i = 0; i < len; i += 4) {
        size_t n = MB_MIN(len - i, 4);
        if (!decode_group(kind, text.ptr + i, n, at))
            return false;
        at += n - 1;
    }
    mb_buf_commit(out, (size_t)(at - start));
    return true;
}
