/* When a schedule is due. Reading its text: cron_parse.c. */
#include "base/cron.h"

#include "base/civil.h"

enum {
    MINUTE_S = 60,
    HORIZON_DAYS = 12 * 366, /* 29 February may be 8 years away, in years like 1900 */
    ALL_HOURS = 0xFFFFFF,
};

/* Does it happen on this day at all? */
static bool is_on(const struct mb_cron *cron, int64_t days)
{
    struct mb_civil date = mb_civil_of_days(days);
    if (!(cron->months >> date.month & 1))
        return false;
    bool day = cron->days >> date.day & 1, weekday = cron->weekdays >> mb_civil_weekday(days) & 1;
    return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* The first minute of a day from `minute` on; -1 when there is none. */
static int minute_from(const struct mb_cron *cron, int minute)
{
    for (int hour = minute / 60; hour < 24; hour++) {
        if (!(cron->hours >> hour & 1))
            continue;
        int from = hour == minute / 60 ? minute % 60 : 0;
        uint64_t left = cron->minutes >> from;
        if (left)
            return hour * 60 + from + __builtin_ctzll(left);
    }
    return -1;
}

/* The first local time in [from, until), both in seconds on the local clock; -1 when there is none.
 * Local times before 1970 do not occur here. */
static int64_t local_from(const struct mb_cron *cron, int64_t from, int64_t until)
{
    int64_t minute = mb_floor_div(from + MINUTE_S - 1, MINUTE_S); /* rounded up */
    int64_t days = mb_floor_div(minute, 1440);
    int start = (int)(minute - days * 1440);
    for (; days * MB_DAY_S < until; days++, start = 0) {
        int found = is_on(cron, days) ? minute_from(cron, start) : -1;
        if (found >= 0)
            return days * MB_DAY_S + found * MINUTE_S < until ? days * MB_DAY_S + found * MINUTE_S
                                                              : -1;
    }
    return -1;
}

/* The first time in [from, until), which lies in one span. */
static int64_t next_in_span(const struct mb_cron *cron, const struct mb_tz_span *span, int64_t from,
                            int64_t until)
{
    bool by_the_wall = cron->hours != ALL_HOURS;
    int64_t jump = span->from == INT64_MIN ? 0 : (int64_t)span->offset_s - span->offset_before_s;
    int64_t begin = from + span->offset_s;
    if (by_the_wall && jump > 0 && from == span->from) {
        int64_t skipped = from + span->offset_before_s;
        if (local_from(cron, skipped, begin) >= 0)
            return from;
    }
    if (by_the_wall && jump < 0) /* what the clock has shown before the jump */
        begin = MB_MAX(begin, span->from + span->offset_before_s);
    int64_t local = local_from(cron, begin, until + span->offset_s);
    return local < 0 ? -1 : local - span->offset_s;
}

static int64_t next_until(const struct mb_cron *cron, const struct mb_tz *tz, int64_t after_s,
                          int64_t until_s)
{
    for (int64_t from = after_s + 1; from < until_s;) {
        struct mb_tz_span span = mb_tz_at(tz, from);
        int64_t until = MB_MIN(span.until, until_s);
        int64_t found = next_in_span(cron, &span, from, until);
        if (found >= 0)
            return found;
        from = until;
    }
    return -1;
}

int64_t mb_cron_next(const struct mb_cron *cron, const struct mb_tz *tz, int64_t after_s)
{
    return next_until(cron, tz, after_s, after_s + (int64_t)HORIZON_DAYS * MB_DAY_S);
}

/* Looks back further and further, so that few times lie between. */
int64_t mb_cron_last(const struct mb_cron *cron, const struct mb_tz *tz, int64_t after_s,
                     int64_t until_s)
{
    for (int64_t back = 3600; after_s < until_s; back *= 16) {
        int64_t from = MB_MAX(after_s, until_s - back);
        int64_t last = -1, next = from;
        while ((next = next_until(cron, tz, next, until_s + 1)) >= 0)
            last = next;
        if (last >= 0 || from == after_s)
            return last;
    }
    return -1;
}
