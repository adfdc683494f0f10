/* Schedules: what is accepted, what is refused and how it is said, and when they are due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/cron.h"

/* "2026-03-29T00:30" in UTC. */
static int64_t at(const char *text)
{
    int y, mo, d, h, mi;
    assert_int_equal(sscanf(text, "%d-%d-%dT%d:%d", &y, &mo, &d, &h, &mi), 5);
    return mb_civil_to_days(y, mo, d) * MB_DAY_S + h * 3600 + mi * 60;
}

static const char *show(int64_t unix_s, char out[32])
{
    time_t t = (time_t)unix_s;
    struct tm tm;
    if (unix_s < 0)
        return strcpy(out, "never");
    gmtime_r(&t, &tm);
    (void)strftime(out, 32, unix_s % 60 ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%dT%H:%M", &tm);
    return out;
}

static struct mb_cron parse(const char *text)
{
    struct mb_cron cron;
    struct mb_err err = {0};
    if (mb_cron_parse(&cron, mb_str_c(text), &err) < 0)
        fail_msg("\"%s\": %s", text, err.message);
    return cron;
}

/* ---------------------------------------------------------------- when */

static const struct {
    const char *schedule, *zone, *after;
    const char *then[6]; /* in UTC */
} due[] = {
    /* fields */
    {"* * * * *", "UTC", "2026-01-01T00:00", {"2026-01-01T00:01", "2026-01-01T00:02"}},
    {"*/15 * * * *", "UTC", "2026-01-01T00:01", {"2026-01-01T00:15", "2026-01-01T00:30"}},
    {"*/25 * * * *", "UTC", "2026-01-01T00:26", {"2026-01-01T00:50", "2026-01-01T01:00"}},
    {"5-10/2 * * * *",
     "UTC",
     "2026-01-01T00:05",
     {"2026-01-01T00:07", "2026-01-01T00:09", "2026-01-01T01:05"}},
    {"0,30 9,17 * * *", "UTC", "2026-01-01T09:00", {"2026-01-01T09:30", "2026-01-01T17:00"}},
    {"59 23 31 12 *", "UTC", "2026-01-01T00:00", {"2026-12-31T23:59", "2027-12-31T23:59"}},
    {"0 0 * * *", "UTC", "2026-12-31T23:59", {"2027-01-01T00:00"}},
    {"0 0 1 * *", "UTC", "2026-01-01T00:00", {"2026-02-01T00:00", "2026-03-01T00:00"}},
    {"0 0 31 * *", "UTC", "2026-01-31T00:00", {"2026-03-31T00:00", "2026-05-31T00:00"}},
    {"0 0 30 * *", "UTC", "2026-01-30T00:00", {"2026-03-30T00:00"}},
    {"0 12 * jan,jul *", "UTC", "2026-01-31T12:00", {"2026-07-01T12:00"}},
    {"0 12 * JAN-MAR *", "UTC", "2026-03-31T12:00", {"2027-01-01T12:00"}},
    {"0 9 * * 1-5", "UTC", "2026-01-02T09:00", {"2026-01-05T09:00"}}, /* Friday to Monday */
    {"0 9 * * mon-fri", "UTC", "2026-01-02T09:00", {"2026-01-05T09:00"}},
    {"0 9 * * 0", "UTC", "2026-01-01T00:00", {"2026-01-04T09:00"}},
    {"0 9 * * 7", "UTC", "2026-01-01T00:00", {"2026-01-04T09:00"}},
    {"0 9 * * sun", "UTC", "2026-01-01T00:00", {"2026-01-04T09:00"}},
    {"0 9 * * fri-sun",
     "UTC",
     "2026-01-02T09:00",
     {"2026-01-03T09:00", "2026-01-04T09:00", "2026-01-09T09:00"}},
    {"0 9 * * 5-7", "UTC", "2026-01-04T09:00", {"2026-01-09T09:00"}},
    {"  0\t9  * *   1 ", "UTC", "2026-01-01T00:00", {"2026-01-05T09:00"}},
    /* macros */
    {"@hourly", "UTC", "2026-01-01T00:00", {"2026-01-01T01:00"}},
    {"@daily", "UTC", "2026-01-01T00:00", {"2026-01-02T00:00"}},
    {"@midnight", "UTC", "2026-01-01T00:00", {"2026-01-02T00:00"}},
    {"@weekly", "UTC", "2026-01-01T00:00", {"2026-01-04T00:00"}},
    {"@monthly", "UTC", "2026-01-01T00:00", {"2026-02-01T00:00"}},
    {"@yearly", "UTC", "2026-01-01T00:00", {"2027-01-01T00:00"}},
    {"@Annually", "UTC", "2026-01-01T00:00", {"2027-01-01T00:00"}},
    /* day or weekday: either, when both are given */
    {"0 0 13 * 5",
     "UTC",
     "2026-01-08T23:00",
     {"2026-01-09T00:00", "2026-01-13T00:00", "2026-01-16T00:00"}},
    {"0 0 1,15 * mon",
     "UTC",
     "2026-01-01T00:00",
     {"2026-01-05T00:00", "2026-01-12T00:00", "2026-01-15T00:00"}},
    {"0 0 * * fri", "UTC", "2026-01-08T23:00", {"2026-01-09T00:00", "2026-01-16T00:00"}},
    {"0 0 13 * *", "UTC", "2026-01-08T23:00", {"2026-01-13T00:00", "2026-02-13T00:00"}},
    {"0 0 */2 * mon", "UTC", "2026-01-01T00:00", {"2026-01-05T00:00", "2026-01-19T00:00"}},
    {"0 0 31 2 mon", "UTC", "2026-01-01T00:00", {"2026-02-02T00:00"}}, /* by the weekday */
    /* leap days */
    {"0 0 29 2 *", "UTC", "2026-01-01T00:00", {"2028-02-29T00:00", "2032-02-29T00:00"}},
    {"0 0 29 2 *", "UTC", "2096-03-01T00:00", {"2104-02-29T00:00"}}, /* 2100 has none */
    {"0 0 29 feb *", "UTC", "2396-03-01T00:00", {"2400-02-29T00:00"}},
    {"0 0 28-31 2 *",
     "UTC",
     "2027-02-27T00:00",
     {"2027-02-28T00:00", "2028-02-28T00:00", "2028-02-29T00:00"}},
    /* zones */
    {"0 9 * * *", "Europe/Berlin", "2026-01-01T00:00", {"2026-01-01T08:00"}},
    {"0 9 * * *", "Europe/Berlin", "2026-07-01T00:00", {"2026-07-01T07:00"}},
    {"0 9 * * *", "America/New_York", "2026-07-01T00:00", {"2026-07-01T13:00"}},
    {"0 9 * * *", "Asia/Kolkata", "2026-07-01T00:00", {"2026-07-01T03:30"}},
    {"15 9 * * *", "Asia/Kathmandu", "2026-07-01T00:00", {"2026-07-01T03:30"}},
    {"0 0 1 1 *", "Pacific/Kiritimati", "2026-01-01T00:00", {"2026-12-31T10:00"}},
    {"0 0 * * mon", "Pacific/Auckland", "2026-01-01T00:00", {"2026-01-04T11:00"}},
    {"0 9 * * *", "Etc/GMT+5", "2026-01-01T00:00", {"2026-01-01T14:00"}},
    /* Berlin, clocks go forward: 02:00 is 03:00, at 01:00 UTC of 29 March 2026 */
    {"30 2 * * *",
     "Europe/Berlin",
     "2026-03-28T00:00",
     {"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}},
    {"0 2 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T01:00", "2026-03-30T00:00"}},
    {"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T01:00", "2026-03-30T01:00"}},
    {"0,30 2-3 * * *",
     "Europe/Berlin",
     "2026-03-28T12:00",
     {"2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:00"}},
    {"59 1 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T00:59", "2026-03-29T23:59"}},
    {"30 2 29 3 *", "Europe/Berlin", "2026-01-01T00:00", {"2026-03-29T01:00", "2027-03-29T00:30"}},
    {"30 * * * *", "Europe/Berlin", "2026-03-29T00:00", {"2026-03-29T00:30", "2026-03-29T01:30"}},
    {"*/20 * * * *",
     "Europe/Berlin",
     "2026-03-29T00:30",
     {"2026-03-29T00:40", "2026-03-29T01:00", "2026-03-29T01:20"}},
    /* Berlin, clocks go back: 03:00 is 02:00, at 01:00 UTC of 25 October 2026 */
    {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T00:30", "2026-10-26T01:30"}},
    {"0 2 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T00:00", "2026-10-26T01:00"}},
    {"0 3 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T02:00", "2026-10-26T02:00"}},
    {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", {"2026-10-26T01:30"}}, /* second time */
    {"*/30 1-3 * * *",
     "Europe/Berlin",
     "2026-10-24T22:59",
     {"2026-10-24T23:00", "2026-10-24T23:30", "2026-10-25T00:00", "2026-10-25T00:30",
      "2026-10-25T02:00"}},
    {"30 * * * *",
     "Europe/Berlin",
     "2026-10-25T00:00",
     {"2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"}},
    {"@hourly", "Europe/Berlin", "2026-10-25T00:00", {"2026-10-25T01:00", "2026-10-25T02:00"}},
    /* New York: forward on 8 March at 07:00 UTC, back on 1 November 2026 at 06:00 UTC */
    {"30 2 * * *",
     "America/New_York",
     "2026-03-07T12:00",
     {"2026-03-08T07:00", "2026-03-09T06:30"}},
    {"30 1 * * *",
     "America/New_York",
     "2026-10-31T12:00",
     {"2026-11-01T05:30", "2026-11-02T06:30"}},
    {"0 2 * * sun",
     "America/New_York",
     "2026-03-02T00:00",
     {"2026-03-08T07:00", "2026-03-15T06:00"}},
    {"0 1 1 11 *",
     "America/New_York",
     "2026-01-01T00:00",
     {"2026-11-01T05:00", "2027-11-01T05:00"}},
    /* half an hour at Lord Howe: back to 01:30 on 5 April 2026 at 15:00 UTC of the 4th */
    {"45 1 * * *",
     "Australia/Lord_Howe",
     "2026-04-04T00:00",
     {"2026-04-04T14:45", "2026-04-05T15:15"}},
    /* midnight does not come in Beirut on 29 March 2026: 00:00 is 01:00, at 22:00 UTC */
    {"0 0 * * *", "Asia/Beirut", "2026-03-28T00:00", {"2026-03-28T22:00", "2026-03-29T21:00"}},
    /* a day that did not come: Samoa went from 29 to 31 December 2011 */
    {"0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00", {"2011-12-30T10:00", "2012-12-29T22:00"}},
    /* beyond the last entry of the zone's table */
    {"30 2 * * *", "Europe/Berlin", "2060-03-27T12:00", {"2060-03-28T01:00", "2060-03-29T00:30"}},
    {"30 2 * * *", "America/New_York", "2060-03-13T12:00", {"2060-03-14T07:00"}},
};

static void every_schedule_is_due_when_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(due); i++) {
        struct mb_err err;
        struct mb_cron cron = parse(due[i].schedule);
        struct mb_tz *tz = mb_tz_load(mb_str_c(due[i].zone), &err);
        assert_non_null(tz);
        int64_t then = at(due[i].after);
        for (size_t j = 0; j < MB_LEN(due[i].then) && due[i].then[j]; j++) {
            char text[32];
            then = mb_cron_next(&cron, tz, then);
            if (strcmp(show(then, text), due[i].then[j]) != 0)
                fail_msg("\"%s\" in %s after %s, time %zu: %s and not %s", due[i].schedule,
                         due[i].zone, due[i].after, j, text, due[i].then[j]);
        }
        mb_tz_free(tz);
    }
}

static const char *const last_cases[][5] = {
    /* schedule, zone, after, until, the last */
    {"* * * * *", "UTC", "2020-01-01T00:00", "2026-01-01T00:00", "2026-01-01T00:00"},
    {"0 * * * *", "UTC", "2020-01-01T00:00", "2026-01-01T00:59", "2026-01-01T00:00"},
    {"0 3 1 1 *", "UTC", "2020-01-01T00:00", "2026-12-31T00:59", "2026-01-01T03:00"},
    {"0 3 29 2 *", "UTC", "2015-01-01T00:00", "2026-12-31T00:59", "2024-02-29T03:00"},
    {"0 3 * * *", "UTC", "2026-01-01T03:00", "2026-01-02T02:59", "never"},
    {"0 3 * * *", "UTC", "2026-01-01T03:00", "2026-01-02T03:00", "2026-01-02T03:00"},
    {"30 2 * * *", "Europe/Berlin", "2026-01-01T00:00", "2026-03-29T12:00", "2026-03-29T01:00"},
    {"30 2 * * *", "Europe/Berlin", "2026-01-01T00:00", "2026-10-25T12:00", "2026-10-25T00:30"},
};

static void the_last_time_before_a_moment_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(last_cases); i++) {
        const char *const *c = last_cases[i];
        struct mb_err err;
        char text[32];
        struct mb_cron cron = parse(c[0]);
        struct mb_tz *tz = mb_tz_load(mb_str_c(c[1]), &err);
        assert_string_equal(show(mb_cron_last(&cron, tz, at(c[2]), at(c[3])), text), c[4]);
        mb_tz_free(tz);
    }
}

/* ---------------------------------------------------------------- what is refused */

static const char *const refused[][2] = {
    {"61 * * * *", "minute 61: from 0 to 59"},
    {"60 * * * *", "minute 60: from 0 to 59"},
    {"0 24 * * *", "hour 24: from 0 to 23"},
    {"0 0 0 * *", "day 0: from 1 to 31"},
    {"0 0 32 * *", "day 32: from 1 to 31"},
    {"0 0 * 13 *", "month 13: from 1 to 12"},
    {"0 0 * 0 *", "month 0: from 1 to 12"},
    {"0 0 * * 8", "weekday 8: from 0 to 7"},
    {"0 0 * * 99999999", "weekday 999999: from 0 to 7"},
    {"", "a schedule has 5 fields (minute hour day month weekday), this has 0"},
    {"* * * *", "a schedule has 5 fields (minute hour day month weekday), this has 4"},
    {"0 * * * * *", "a schedule has 5 fields (minute hour day month weekday), this has 6"},
    {"5/15 * * * *", "minute 5: a step needs a range, as 5-59"},
    {"*/0 * * * *", "step of the minute: minute 0: from 1 to 59"},
    {"*/60 * * * *", "step of the minute: minute 60: from 1 to 59"},
    {"0 22-2 * * *", "hour 22-2 runs backwards: write 22-23,0-2"},
    {"-5 * * * *", "minute: a number, a name or * is to stand here"},
    {"5- * * * *", "minute: something is missing at its end"},
    {"1, * * * *", "minute: something is missing at its end"},
    {"*/ * * * *", "step of the minute: minute: something is missing at its end"},
    {"1;2 * * * *", "minute: what is \";\" to mean?"},
    {"** * * * *", "minute: what is \"*\" to mean?"},
    {"? * * * *", "minute: a number, a name or * is to stand here"},
    {"0 0 L * *", "day \"L\" is not known"},
    {"0 0 15W * *", "day: what is \"W\" to mean?"},
    {"0 0 * * 5#2", "weekday: what is \"#\" to mean?"},
    {"0 0 * * monday", "weekday \"monday\" is not known: names have three letters, as mon or jan"},
    {"0 0 * foo *", "month \"foo\" is not known: names have three letters, as mon or jan"},
    {"jan * * * *", "minute \"jan\" is not known"},
    {"@reboot", "there is @hourly, @daily, @weekly, @monthly and @yearly, no other @"},
    {"@every 5m", "there is @hourly, @daily, @weekly, @monthly and @yearly, no other @"},
    {"0 0 30 2 *", "day: none of these months has a day 30: it would never come"},
    {"0 0 31 4,6,9,11 *", "day: none of these months has a day 31: it would never come"},
};

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(refused); i++) {
        struct mb_cron cron;
        struct mb_err err = {0};
        if (mb_cron_parse(&cron, mb_str_c(refused[i][0]), &err) == 0)
            fail_msg("\"%s\" was accepted", refused[i][0]);
        assert_int_equal(err.code, MB_E_INVALID_REQUEST);
        assert_string_equal(err.message, refused[i][1]);
    }
}

static void a_schedule_has_a_longest_text(void **state)
{
    (void)state;
    char text[MB_CRON_CHARS + 2];
    struct mb_cron cron;
    memset(text, ' ', sizeof(text) - 1);
    memcpy(text, "0 0 * * *", 9);
    text[MB_CRON_CHARS] = '\0';
    assert_int_equal(mb_cron_parse(&cron, mb_str_c(text), NULL), 0);
    text[MB_CRON_CHARS] = ' ';
    text[MB_CRON_CHARS + 1] = '\0';
    assert_int_equal(mb_cron_parse(&cron, mb_str_c(text), NULL), -MB_E_INVALID_REQUEST);
}

/* Every time is after the one before, on a minute, and what is found from any moment between. */
static void times_go_forward_over_every_jump(void **state)
{
    (void)state;
    static const char *const zones[] = {"Europe/Berlin",       "America/New_York",
                                        "Australia/Lord_Howe", "Africa/Casablanca",
                                        "America/Sao_Paulo",   "Asia/Tehran"};
    static const char *const schedules[] = {"*/7 * * * *", "30 2 * * *", "*/10 0-3 * * *",
                                            "0 0 * * sun"};
    for (size_t z = 0; z < MB_LEN(zones); z++) {
        struct mb_err err;
        struct mb_tz *tz = mb_tz_load(mb_str_c(zones[z]), &err);
        for (size_t s = 0; s < MB_LEN(schedules); s++) {
            struct mb_cron cron = parse(schedules[s]);
            int64_t then = at("2015-01-01T00:00");
            for (int i = 0; i < 4000; i++) {
                int64_t next = mb_cron_next(&cron, tz, then);
                assert_true(next > then && next % 60 == 0);
                assert_int_equal(mb_cron_next(&cron, tz, then + (next - then) / 2), next);
                assert_int_equal(mb_cron_next(&cron, tz, next - 1), next);
                then = next;
            }
        }
        mb_tz_free(tz);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_is_due_when_it_says),
        cmocka_unit_test(the_last_time_before_a_moment_is_found),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_schedule_has_a_longest_text),
        cmocka_unit_test(times_go_forward_over_every_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
