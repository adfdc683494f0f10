#include "base/utf8.h"

static bool tail(const unsigned char *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if ((s[i] & 0xC0) != 0x80)
            return false;
    return true;
}

size_t mb_utf8_char(const char *str, size_t len)
{
    const unsigned char *s = (const unsigned char *)str;
    if (len == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return len >= 2 && tail(s, 1, 2) ? 2 : 0;
    if ((s[0] & 0xF0) == 0xE0) {
        if (len < 3 || !tail(s, 1, 3))
            return 0;
        bool overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool surrogate = s[0] == 0xED && s[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        if (len < 4 || !tail(s, 1, 4))
            return 0;
        bool overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool beyond = s[0] == 0xF4 && s[1] > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool mb_utf8_is_valid(struct mb_str s)
{
    size_t at = 0;
    while (at < s.len) {
        size_t n = mb_utf8_char(s.ptr + at, s.len - at);
        if (!n)
            return false;
        at += n;
    }
    return true;
}

size_t mb_utf8_count(struct mb_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}
