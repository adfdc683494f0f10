#include "base/json_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/utf8.h"

/* Bytes that stand for themselves inside a string: ASCII but controls, quote and backslash. */
static bool is_plain(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

static bool hex4(struct mb_json_scan *s, uint32_t *out)
{
    uint32_t value = 0;
    if (s->end - s->at < 4)
        return mb_json_scan_wrong(s, "a \\u escape needs four hex digits");
    for (int i = 0; i < 4; i++) {
        int digit = mb_hex_value(s->at[i]);
        if (digit < 0)
            return mb_json_scan_wrong(s, "a \\u escape needs four hex digits");
        value = value << 4 | (uint32_t)digit;
    }
    s->at += 4;
    *out = value;
    return true;
}

/* After "\u": one character, which may be written as two surrogates. */
static bool unicode_escape(struct mb_json_scan *s, uint32_t *out)
{
    uint32_t high, low;
    if (!hex4(s, &high))
        return false;
    *out = high;
    if (high == 0)
        return mb_json_scan_wrong(s, "a string must not contain NUL");
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (high > 0xDBFF || s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
        return mb_json_scan_wrong(s, "a surrogate without its other half");
    s->at += 2;
    if (!hex4(s, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return mb_json_scan_wrong(s, "a surrogate without its other half");
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* After the backslash. */
static bool escape(struct mb_json_scan *s, uint32_t *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->at == s->end)
        return mb_json_scan_wrong(s, "the text ends inside a string");
    char c = *s->at;
    if (c == 'u') {
        s->at++;
        return unicode_escape(s, out);
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return mb_json_scan_wrong(s, "an escape that JSON does not have");
    s->at++;
    *out = (uint32_t)to[found - from];
    return true;
}

static void keep_char(struct mb_buf *out, uint32_t c)
{
    char bytes[4];
    size_t n = 0;
    if (c < 0x80) {
        bytes[n++] = (char)c;
    } else if (c < 0x800) {
        bytes[n++] = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[n++] = (char)(0xE0 | c >> 12);
    } else {
        bytes[n++] = (char)(0xF0 | c >> 18);
        bytes[n++] = (char)(0x80 | (c >> 12 & 0x3F));
    }
    if (c >= 0x800)
        bytes[n++] = (char)(0x80 | (c >> 6 & 0x3F));
    if (c >= 0x80)
        bytes[n++] = (char)(0x80 | (c & 0x3F));
    mb_buf_add(out, bytes, n);
}

/* Walks over what needs no decoding; stops at a quote, a backslash or something wrong. */
static bool skip_literal(struct mb_json_scan *s)
{
    for (;;) {
        while (s->at < s->end && is_plain(*s->at))
            s->at++;
        if (s->at == s->end)
            return mb_json_scan_wrong(s, "the text ends inside a string");
        if (*s->at == '"' || *s->at == '\\')
            return true;
        if ((unsigned char)*s->at < 0x20)
            return mb_json_scan_wrong(s, "a control character in a string must be escaped");
        size_t n = mb_utf8_char(s->at, (size_t)(s->end - s->at));
        if (!n)
            return mb_json_scan_wrong(s, "a string is not valid UTF-8");
        s->at += n;
    }
}

bool mb_json_scan_string(struct mb_json_scan *s, struct mb_str *out)
{
    const char *from = s->at;
    if (!skip_literal(s))
        return false;
    if (*s->at == '"') {
        *out = MB_STR_OF(from, (size_t)(s->at++ - from));
        return true;
    }
    mb_buf_clear(&s->scratch);
    while (*s->at == '\\') {
        uint32_t c;
        if (s->keep)
            mb_buf_add(&s->scratch, from, (size_t)(s->at - from));
        s->at++;
        if (!escape(s, &c))
            return false;
        if (s->keep)
            keep_char(&s->scratch, c);
        from = s->at;
        if (!skip_literal(s))
            return false;
    }
    if (s->keep)
        mb_buf_add(&s->scratch, from, (size_t)(s->at - from));
    s->at++;
    *out = mb_buf_str(&s->scratch);
    return true;
}

/* The parts of a number: mantissa * 10^exponent, where the mantissa may have lost digits. */
struct parts {
    uint64_t mantissa;
    int digits, exponent; /* digits: of the mantissa, from its first that is not 0 */
    bool negative, is_real;
};

static bool is_digit(const struct mb_json_scan *s)
{
    return s->at < s->end && mb_is_digit(*s->at);
}

/* Reads digits; more than 19 do not fit the mantissa, so that `digits` tells of them. */
static bool digits(struct mb_json_scan *s, struct parts *p)
{
    if (!is_digit(s))
        return mb_json_scan_wrong(s, "a digit is missing in a number");
    for (; is_digit(s); s->at++) {
        if (p->digits < 19)
            p->mantissa = p->mantissa * 10 + (uint64_t)(*s->at - '0');
        p->digits += p->mantissa != 0;
    }
    return true;
}

static bool exponent(struct mb_json_scan *s, struct parts *p)
{
    int value = 0;
    bool negative = *++s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        s->at++;
    if (!is_digit(s))
        return mb_json_scan_wrong(s, "a digit is missing in a number");
    for (; is_digit(s); s->at++)
        if (value < 100000)
            value = value * 10 + (*s->at - '0');
    p->exponent += negative ? -value : value;
    p->is_real = true;
    return true;
}

static bool number_parts(struct mb_json_scan *s, struct parts *p)
{
    if (s->at < s->end && *s->at == '-') {
        p->negative = true;
        s->at++;
    }
    if (is_digit(s) && *s->at == '0')
        s->at++;
    else if (!digits(s, p))
        return false;
    if (is_digit(s))
        return mb_json_scan_wrong(s, "a number must not begin with 0");
    if (s->at < s->end && *s->at == '.') {
        const char *from = ++s->at;
        if (!digits(s, p))
            return false;
        p->exponent -= (int)MB_MIN(s->at - from, 100000);
        p->is_real = true;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        if (s->end - s->at < 2) {
            s->at++;
            return mb_json_scan_wrong(s, "a digit is missing in a number");
        }
        return exponent(s, p);
    }
    return true;
}

/* Exact when mantissa and power both are (Clinger 1990); else the C library does it. */
static double real_of(const char *text, size_t len, const struct parts *p)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (p->digits < 19 && p->mantissa <= 1ULL << 53 && abs(p->exponent) < (int)MB_LEN(power)) {
        double m = (double)p->mantissa;
        m = p->exponent < 0 ? m / power[-p->exponent] : m * power[p->exponent];
        return p->negative ? -m : m;
    }
    char copy[MB_JSON_NUMBER_CHARS + 1];
    memcpy(copy, text, len);
    copy[len] = '\0';
    return strtod(copy, NULL);
}

static bool integer_of(struct mb_json_scan *s, const struct parts *p, int64_t *out)
{
    uint64_t limit = (uint64_t)INT64_MAX + p->negative;
    if (p->digits > 19 || p->mantissa > limit)
        return mb_json_scan_wrong(s, "an integer does not fit 64 bits");
    *out = p->negative ? (int64_t)(0 - p->mantissa) : (int64_t)p->mantissa;
    return true;
}

bool mb_json_scan_number(struct mb_json_scan *s, struct mb_json_number *out)
{
    const char *from = s->at;
    struct parts p = {0};
    if (!number_parts(s, &p))
        return false;
    size_t len = (size_t)(s->at - from);
    if (len > MB_JSON_NUMBER_CHARS)
        return mb_json_scan_wrong(s, "a number is too long");
    out->is_real = p.is_real;
    if (!p.is_real)
        return integer_of(s, &p, &out->integer);
    /* Far from the largest double (1.8e308) there is nothing to check. */
    if (!s->keep && p.digits + p.exponent < 300)
        return true;
    out->real = real_of(from, len, &p);
    return isfinite(out->real) || mb_json_scan_wrong(s, "a number is too large");
}
