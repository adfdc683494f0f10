/* The rule of a time zone, as POSIX.1 has it in TZ: "CET-1CEST,M3.5.0,M10.5.0/3". Private to tz.c.
 */
#ifndef MB_TZ_RULE_H
#define MB_TZ_RULE_H

#include "base/base.h"

struct mb_tz_day {
    enum { MB_TZ_JULIAN, MB_TZ_ZERO_BASED, MB_TZ_WEEKDAY } kind;
    int day;         /* 1..365 without the leap day; 0..365; or 0 (Sunday)..6 */
    int month, week; /* of MB_TZ_WEEKDAY: 1..12, and 1..5 where 5 is the last */
    int32_t at_s;    /* local time of that day */
};

struct mb_tz_rule {
    int32_t standard_s, summer_s; /* offsets from UTC, to the east */
    bool has_summer;
    struct mb_tz_day begin, end;
};

/* False when the text is no such rule, or is one that leaves the changes to the reader. */
bool mb_tz_rule_parse(struct mb_tz_rule *rule, struct mb_str text) MB_MUST_CHECK;
/* When summer time begins and ends in a year, Unix seconds. */
int64_t mb_tz_rule_begin(const struct mb_tz_rule *rule, int64_t year);
int64_t mb_tz_rule_end(const struct mb_tz_rule *rule, int64_t year);

#endif
