/* The formats of JSON Schema 2020-12 that are asserted. Each row: name, check, an example for the
 * message. Sources: RFC 3339 (dates, times, durations), 5321 (e-mail), 1123 (hostname), 4291
 * (IPv6), 9562 (UUID), 6901 (JSON Pointer). */
#include <arpa/inet.h>
#include <string.h>

#include "base/ascii.h"
#include "base/schema_impl.h"

/* Takes n digits off the front. */
static bool take_digits(struct mb_str *s, size_t n, int *out)
{
    int value = 0;
    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!mb_is_digit(s->ptr[i]))
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = MB_STR_OF(s->ptr + n, s->len - n);
    *out = value;
    return true;
}

static bool take_char(struct mb_str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = MB_STR_OF(s->ptr + 1, s->len - 1);
    return true;
}

static bool take_date(struct mb_str *s)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, &day))
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (leap && month == 2);
}

/* "Z" or "+01:30", as minutes before UTC. */
static bool take_offset(struct mb_str *s, int *minutes)
{
    int hour, minute, sign = 0;
    *minutes = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    if (take_char(s, '+'))
        sign = 1;
    else if (take_char(s, '-'))
        sign = -1;
    if (!sign || !take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute))
        return false;
    *minutes = sign * (hour * 60 + minute);
    return hour <= 23 && minute <= 59;
}

static bool is_time(struct mb_str s)
{
    int hour, minute, second, offset, unused;
    if (!take_digits(&s, 2, &hour) || !take_char(&s, ':') || !take_digits(&s, 2, &minute) ||
        !take_char(&s, ':') || !take_digits(&s, 2, &second))
        return false;
    if (take_char(&s, '.')) {
        if (!take_digits(&s, 1, &unused))
            return false;
        while (take_digits(&s, 1, &unused))
            continue;
    }
    if (!take_offset(&s, &offset) || s.len || hour > 23 || minute > 59 || second > 60)
        return false;
    /* A leap second is the last one of a day in UTC. */
    int utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
    return second < 60 || utc == 1439;
}

static bool is_date(struct mb_str s)
{
    return take_date(&s) && !s.len;
}

static bool is_date_time(struct mb_str s)
{
    return take_date(&s) && (take_char(&s, 'T') || take_char(&s, 't')) && is_time(s);
}

/* Some of "1Y2M3D": units in this order, none left out between two (RFC 3339, appendix A). */
static bool take_units(struct mb_str *s, const char *units)
{
    const char *next = NULL;
    while (s->len && mb_is_digit(s->ptr[0])) {
        int unused;
        while (take_digits(s, 1, &unused))
            continue;
        const char *unit = s->len && s->ptr[0] ? strchr(units, s->ptr[0]) : NULL;
        if (!unit || (next && unit != next))
            return false;
        take_char(s, *unit);
        next = unit + 1;
    }
    return next != NULL;
}

static bool is_duration(struct mb_str s)
{
    if (!take_char(&s, 'P') || !s.len)
        return false;
    struct mb_str weeks = s;
    if (take_units(&weeks, "W") && !weeks.len)
        return true;
    if (s.ptr[0] != 'T' && !take_units(&s, "YMD"))
        return false;
    if (take_char(&s, 'T') && !take_units(&s, "HMS"))
        return false;
    return !s.len;
}

static bool is_hostname(struct mb_str s)
{
    size_t label = 0;
    if (!s.len || s.len > 253)
        return false;
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : '.';
        if (c == '.') {
            if (label == 0 || label > 63 || s.ptr[i - 1] == '-')
                return false;
            label = 0;
        } else if (!mb_is_letter(c) && !mb_is_digit(c) && (c != '-' || label == 0)) {
            return false;
        } else {
            label++;
        }
    }
    return true;
}

static bool is_ip(int family, struct mb_str s)
{
    char copy[INET6_ADDRSTRLEN + 1];
    unsigned char address[16];
    if (!s.len || s.len >= sizeof(copy) || memchr(s.ptr, '\0', s.len))
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return inet_pton(family, copy, address) == 1;
}

static bool is_ipv4(struct mb_str s)
{
    return is_ip(AF_INET, s);
}

static bool is_ipv6(struct mb_str s)
{
    return is_ip(AF_INET6, s);
}

/* RFC 5321, 4.1.2: Dot-string */
static bool is_dot_atom(struct mb_str s)
{
    char before = '.';
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool atext = mb_is_letter(c) || mb_is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
        if (!atext && (c != '.' || before == '.'))
            return false;
        before = c;
    }
    return before != '.';
}

/* RFC 5321, 4.1.2: Quoted-string, with its quotes */
static bool is_quoted(struct mb_str s)
{
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
        return false;
    for (size_t i = 1; i < s.len - 1; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return false;
        if (i >= s.len - 1 || s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    }
    return true;
}

static bool is_mail_domain(struct mb_str s)
{
    if (s.len < 2 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
        return is_hostname(s);
    s = MB_STR_OF(s.ptr + 1, s.len - 2);
    if (s.len > 5 && memcmp(s.ptr, "IPv6:", 5) == 0)
        return is_ipv6(MB_STR_OF(s.ptr + 5, s.len - 5));
    return is_ipv4(s);
}

static bool is_email(struct mb_str s)
{
    const char *at = s.len ? memrchr(s.ptr, '@', s.len) : NULL;
    if (!at)
        return false;
    struct mb_str local = MB_STR_OF(s.ptr, (size_t)(at - s.ptr));
    struct mb_str domain = MB_STR_OF(at + 1, s.len - local.len - 1);
    return local.len <= 64 && (is_dot_atom(local) || is_quoted(local)) && is_mail_domain(domain);
}

static bool is_uuid(struct mb_str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.ptr[i] != '-' : !mb_is_hex(s.ptr[i]))
            return false;
    }
    return true;
}

static bool is_json_pointer(struct mb_str s)
{
    if (s.len && s.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '~' && (i + 1 == s.len || (s.ptr[i + 1] != '0' && s.ptr[i + 1] != '1')))
            return false;
    return true;
}

static bool is_uri(struct mb_str s)
{
    return mb_schema_is_uri(s, false);
}

static bool is_uri_reference(struct mb_str s)
{
    return mb_schema_is_uri(s, true);
}

static const struct mb_format formats[] = {
    {"date-time", is_date_time, "\"2025-03-31T14:05:00Z\"", 5},
    {"date", is_date, "\"2025-03-31\"", 5},
    {"time", is_time, "\"14:05:00Z\"", 5},
    {"duration", is_duration, "\"P1DT12H\"", 5},
    {"email", is_email, "\"name@example.com\"", 5},
    {"hostname", is_hostname, "\"www.example.com\"", 5},
    {"ipv4", is_ipv4, "\"192.0.2.1\"", 5},
    {"ipv6", is_ipv6, "\"2001:db8::1\"", 5},
    {"uri", is_uri, "\"https://example.com/a\"", 5},
    {"uri-reference", is_uri_reference, "\"/a?b=c\"", 5},
    {"uuid", is_uuid, "\"0193b2c4-d5e6-7f80-90a1-b2c3d4e5f607\"", 5},
    {"json-pointer", is_json_pointer, "\"/a/0/b\"", 5},
    {"regex", mb_pattern_is_regex, "\"^[a-z]+$\"", 5000},
};

const struct mb_format *mb_schema_format(struct mb_str name)
{
    for (size_t i = 0; i < MB_LEN(formats); i++)
        if (mb_str_is(name, formats[i].name))
            return &formats[i];
    return NULL;
}
