/* The Gregorian calendar, carried on in both directions: days since 1970-01-01 and back. */
#ifndef MB_CIVIL_H
#define MB_CIVIL_H

#include "base/base.h"

enum { MB_DAY_S = 86400 };

struct mb_civil {
    int64_t year;
    int month, day; /* from 1 */
};

static inline bool mb_civil_is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static inline int mb_civil_month_days(int64_t year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && mb_civil_is_leap(year));
}

/* Rounds towards the past, as time does. */
static inline int64_t mb_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years begin in March here, so that the leap day is a year's last; 400 years are one cycle. */
static inline int64_t mb_civil_to_days(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = mb_floor_div(y, 400), year_of_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * 146097 + day_of_cycle - 719468;
}

static inline struct mb_civil mb_civil_of_days(int64_t days)
{
    int64_t cycle = mb_floor_div(days + 719468, 146097);
    int64_t day_of_cycle = days + 719468 - cycle * 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (struct mb_civil){.year = year_of_cycle + cycle * 400 + (month <= 2),
                             .month = month,
                             .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

/* 0 = Sunday. */
static inline int mb_civil_weekday(int64_t days)
{
    return (int)(days + 4 - mb_floor_div(days + 4, 7) * 7);
}

#endif
