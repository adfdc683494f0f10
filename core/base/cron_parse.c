#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/civil.h"
#include "base/cron.h"

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct field {
    const char *name;
    int least, most;
    const char *names; /* three letters each, the first is `least` */
} fields[FIELDS] = {
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day", 1, 31, ""},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"weekday", 0, 7, "sunmontuewedthufrisatsun"},
};

static const struct {
    const char *name, *schedule;
} macros[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

struct reader {
    const char *at, *end;
    const struct field *field;
    struct mb_err *err;
};

static int bad(const struct reader *r, const char *what)
{
    return mb_err_set(r->err, MB_E_INVALID_REQUEST, "%s: %s", r->field->name, what);
}

static bool take(struct reader *r, char c)
{
    bool is_there = r->at < r->end && *r->at == c;
    r->at += is_there;
    return is_there;
}

static int read_name(struct reader *r, bool is_end, int *out)
{
    const struct field *f = r->field;
    size_t n = 0;
    while (r->at + n < r->end && isalpha((unsigned char)r->at[n]))
        n++;
    for (int i = 0; n == 3 && f->names[3 * i]; i++) {
        if (strncasecmp(r->at, f->names + 3 * i, 3) != 0 || (is_end && i == 0 && f->least == 0))
            continue; /* as the end of a range Sunday is 7 */
        r->at += n;
        *out = f->least + i;
        return 0;
    }
    return mb_err_set(r->err, MB_E_INVALID_REQUEST, "%s \"%.*s\" is not known%s", f->name,
                      (int)MB_MIN(n, 16), r->at,
                      f->names[0] ? ": names have three letters, as mon or jan" : "");
}

static int read_value(struct reader *r, bool is_end, int *out)
{
    const struct field *f = r->field;
    int value = 0, digits = 0;
    if (r->at < r->end && isalpha((unsigned char)*r->at))
        return read_name(r, is_end, out);
    for (; r->at < r->end && isdigit((unsigned char)*r->at) && digits < 6; digits++)
        value = value * 10 + (*r->at++ - '0');
    if (digits == 0)
        return bad(r, r->at < r->end ? "a number, a name or * is to stand here"
                                     : "something is missing at its end");
    if (value < f->least || value > f->most)
        return mb_err_set(r->err, MB_E_INVALID_REQUEST, "%s %d: from %d to %d", f->name, value,
                          f->least, f->most);
    *out = value;
    return 0;
}

/* "*", "a", "a-b", and the latter two with "/n" where there is a range. */
static int read_part(struct reader *r, uint64_t *bits)
{
    const struct field *f = r->field;
    int from = f->least, to = f->most, step = 1;
    bool is_range = take(r, '*');
    if (!is_range) {
        if (read_value(r, false, &from) < 0)
            return -MB_E_INVALID_REQUEST;
        to = from;
        if ((is_range = take(r, '-')) && read_value(r, true, &to) < 0)
            return -MB_E_INVALID_REQUEST;
    }
    if (from > to)
        return mb_err_set(r->err, MB_E_INVALID_REQUEST,
                          "%s %d-%d runs backwards: write %d-%d,%d-%d", f->name, from, to, from,
                          f->most, f->least, to);
    if (take(r, '/')) {
        const char *at = r->at;
        struct field steps = {f->name, 1, f->most, ""};
        struct reader inner = {at, r->end, &steps, r->err};
        if (!is_range)
            return mb_err_set(r->err, MB_E_INVALID_REQUEST, "%s %d: a step needs a range, as %d-%d",
                              f->name, from, from, f->most);
        if (read_value(&inner, false, &step) < 0) {
            mb_err_prefix(r->err, "step of the %s", f->name);
            return -MB_E_INVALID_REQUEST;
        }
        r->at = inner.at;
    }
    for (int i = from; i <= to; i += step)
        *bits |= (uint64_t)1 << i;
    return 0;
}

static int read_field(struct reader *r, uint64_t *bits)
{
    *bits = 0;
    do {
        if (read_part(r, bits) < 0)
            return -MB_E_INVALID_REQUEST;
    } while (take(r, ','));
    if (r->at < r->end)
        return mb_err_set(r->err, MB_E_INVALID_REQUEST, "%s: what is \"%c\" to mean?",
                          r->field->name, isprint((unsigned char)*r->at) ? *r->at : '?');
    return 0;
}

static int split(struct mb_str text, struct mb_str out[FIELDS], struct mb_err *err)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    int n = 0;
    while (at < end) {
        const char *from = at;
        while (at < end && *at != ' ' && *at != '\t')
            at++;
        if (at > from && n < FIELDS)
            out[n] = MB_STR_OF(from, (size_t)(at - from));
        n += at > from;
        at += at < end;
    }
    if (n == FIELDS)
        return 0;
    return mb_err_set(err, MB_E_INVALID_REQUEST,
                      "a schedule has 5 fields (minute hour day month weekday), this has %d", n);
}

static int expand(struct mb_str *text, struct mb_err *err)
{
    for (size_t i = 0; i < MB_LEN(macros); i++)
        if (text->len == strlen(macros[i].name) &&
            strncasecmp(text->ptr, macros[i].name, text->len) == 0) {
            *text = mb_str_c(macros[i].schedule);
            return 0;
        }
    return mb_err_set(err, MB_E_INVALID_REQUEST,
                      "there is @hourly, @daily, @weekly, @monthly and @yearly, no other @");
}

static bool comes_ever(const struct mb_cron *cron)
{
    if (cron->any_day || !cron->any_weekday)
        return true; /* any month has every weekday */
    for (int month = 1; month <= 12; month++)
        if (cron->months >> month & 1 &&
            __builtin_ctz(cron->days) <= mb_civil_month_days(2000, month))
            return true;
    return false;
}

int mb_cron_parse(struct mb_cron *cron, struct mb_str text, struct mb_err *err)
{
    struct mb_str parts[FIELDS] = {{0}};
    uint64_t bits[FIELDS] = {0};
    if (text.len > MB_CRON_CHARS)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "a schedule has at most %d characters",
                          MB_CRON_CHARS);
    if (text.len && text.ptr[0] == '@' && expand(&text, err) < 0)
        return -MB_E_INVALID_REQUEST;
    if (split(text, parts, err) < 0)
        return -MB_E_INVALID_REQUEST;
    for (int i = 0; i < FIELDS; i++) {
        struct reader r = {parts[i].ptr, parts[i].ptr + parts[i].len, &fields[i], err};
        if (read_field(&r, &bits[i]) < 0)
            return -MB_E_INVALID_REQUEST;
    }
    *cron = (struct mb_cron){.minutes = bits[MINUTE],
                             .hours = (uint32_t)bits[HOUR],
                             .days = (uint32_t)bits[DAY],
                             .months = (uint16_t)bits[MONTH],
                             .weekdays = (uint8_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7F),
                             .any_day = parts[DAY].ptr[0] == '*',
                             .any_weekday = parts[WEEKDAY].ptr[0] == '*'};
    if (!comes_ever(cron))
        return mb_err_set(err, MB_E_INVALID_REQUEST,
                          "day: none of these months has a day %d: it would never come",
                          __builtin_ctz(cron->days));
    return 0;
}
