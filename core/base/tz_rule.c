#include "base/tz_rule.h"

#include <ctype.h>

#include "base/civil.h"

struct reader {
    const char *at, *end;
};

static bool is_at(const struct reader *r, char c)
{
    return r->at < r->end && *r->at == c;
}

static bool take(struct reader *r, char c)
{
    bool is_there = is_at(r, c);
    r->at += is_there;
    return is_there;
}

static bool number(struct reader *r, int least, int most, int *out)
{
    int value = 0, digits = 0;
    while (r->at < r->end && isdigit((unsigned char)*r->at) && digits < 4) {
        value = value * 10 + (*r->at++ - '0');
        digits++;
    }
    *out = value;
    return digits > 0 && value >= least && value <= most;
}

/* "CET" or "<+0330>" */
static bool name(struct reader *r)
{
    const char *from = r->at;
    if (take(r, '<')) {
        while (r->at < r->end && *r->at != '>')
            r->at++;
        return take(r, '>');
    }
    while (r->at < r->end && isalpha((unsigned char)*r->at))
        r->at++;
    return r->at - from >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool duration(struct reader *r, int most_hours, int32_t *out_s)
{
    int sign = take(r, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (sign == 1)
        (void)take(r, '+');
    if (!number(r, 0, most_hours, &hours) || (take(r, ':') && !number(r, 0, 59, &minutes)) ||
        (take(r, ':') && !number(r, 0, 59, &seconds)))
        return false;
    *out_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool day(struct reader *r, struct mb_tz_day *out)
{
    *out = (struct mb_tz_day){.kind = MB_TZ_ZERO_BASED, .at_s = 2 * 3600};
    bool good;
    if (take(r, 'M')) {
        out->kind = MB_TZ_WEEKDAY;
        good = number(r, 1, 12, &out->month) && take(r, '.') && number(r, 1, 5, &out->week) &&
               take(r, '.') && number(r, 0, 6, &out->day);
    } else if (take(r, 'J')) {
        out->kind = MB_TZ_JULIAN;
        good = number(r, 1, 365, &out->day);
    } else {
        good = number(r, 0, 365, &out->day);
    }
    return good && (!take(r, '/') || duration(r, 167, &out->at_s));
}

bool mb_tz_rule_parse(struct mb_tz_rule *rule, struct mb_str text)
{
    struct reader r = {text.ptr, text.ptr + text.len};
    int32_t west_s;
    *rule = (struct mb_tz_rule){0};
    if (!text.len || !name(&r) || !duration(&r, 24, &west_s))
        return false;
    rule->standard_s = -west_s;
    if (r.at == r.end)
        return true;
    rule->has_summer = true;
    rule->summer_s = rule->standard_s + 3600;
    if (!name(&r))
        return false;
    if (!is_at(&r, ',')) {
        if (!duration(&r, 24, &west_s))
            return false;
        rule->summer_s = -west_s;
    }
    return take(&r, ',') && day(&r, &rule->begin) && take(&r, ',') && day(&r, &rule->end) &&
           r.at == r.end;
}

/* Seconds since the epoch on the local clock. */
static int64_t local_of(const struct mb_tz_day *day, int64_t year)
{
    int64_t days = mb_civil_to_days(year, 1, 1);
    if (day->kind == MB_TZ_JULIAN) {
        days += day->day - 1 + (mb_civil_is_leap(year) && day->day > 59);
    } else if (day->kind == MB_TZ_ZERO_BASED) {
        days += day->day;
    } else {
        int64_t first = mb_civil_to_days(year, day->month, 1);
        int ahead = (day->day - mb_civil_weekday(first) + 7) % 7 + 7 * (day->week - 1);
        if (ahead >= mb_civil_month_days(year, day->month))
            ahead -= 7;
        days = first + ahead;
    }
    return days * MB_DAY_S + day->at_s;
}

int64_t mb_tz_rule_begin(const struct mb_tz_rule *rule, int64_t year)
{
    return local_of(&rule->begin, year) - rule->standard_s;
}

int64_t mb_tz_rule_end(const struct mb_tz_rule *rule, int64_t year)
{
    return local_of(&rule->end, year) - rule->summer_s;
}
