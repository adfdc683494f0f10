/* Schedules as crontab(5) has them: "minute hour day month weekday", or @hourly, @daily, @weekly,
 * @monthly, @yearly. Pure: the time zone comes from base/tz.h.
 *
 *   minute 0-59   hour 0-23   day 1-31   month 1-12 or jan-dec   weekday 0-7 or sun-sat (0 and 7)
 *
 * A field is "*", a value, a range "a-b", a step "*" "/n" or "a-b/n", or several of them by comma.
 * When both day and weekday are given (neither begins with "*"), either will do, as in crontab(5).
 *
 * Where local time jumps: a schedule that names hours goes by the clock on the wall. A time that is
 * skipped happens at the first moment after the jump, a time that comes twice happens once, the
 * first time. A schedule of every hour goes by time that passes: nothing is added or left out. */
#ifndef MB_CRON_H
#define MB_CRON_H

#include "base/err.h"
#include "base/tz.h"

enum { MB_CRON_CHARS = 256 }; /* the longest text of a schedule */

struct mb_cron {
    uint64_t minutes; /* bit i = it happens in minute i, ... */
    uint32_t hours, days;
    uint16_t months;
    uint8_t weekdays;          /* 0 = Sunday */
    bool any_day, any_weekday; /* the field begins with "*" */
};

/* INVALID_REQUEST, with a message that names field and value: "minute 61: from 0 to 59". A schedule
 * that never comes (30 February) is refused too. */
int mb_cron_parse(struct mb_cron *cron, struct mb_str text, struct mb_err *err) MB_MUST_CHECK;

/* The first time after `after_s`, Unix seconds; -1 when there is none in 12 years. */
int64_t mb_cron_next(const struct mb_cron *cron, const struct mb_tz *tz, int64_t after_s);
/* The last time up to and with `until_s` that is after `after_s`; -1 when there is none. */
int64_t mb_cron_last(const struct mb_cron *cron, const struct mb_tz *tz, int64_t after_s,
                     int64_t until_s);

#endif
