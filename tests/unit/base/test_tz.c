/* Time zones: spans, rules, names, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/tz.h"
#include "base/tz_rule.h"

/* Against the C library's own reading of the same files, across 90 years, hour by some hours. */
static void offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    static const char *const zones[] = {
        "Europe/Berlin",     "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Europe/Dublin",    "Pacific/Apia", "Africa/Casablanca",
        "America/St_Johns",  "Pacific/Chatham",  "Asia/Tehran",  "Asia/Gaza",
        "America/Nuuk",      "Antarctica/Troll", "Etc/GMT-14",   "Asia/Pyongyang"};
    for (size_t i = 0; i < MB_LEN(zones); i++) {
        struct mb_err err;
        struct mb_tz *tz = mb_tz_load(mb_str_c(zones[i]), &err);
        assert_non_null(tz);
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t t = 0; t < 2850000000; t += 13337) {
            struct tm tm;
            time_t at = (time_t)t;
            localtime_r(&at, &tm);
            struct mb_tz_span span = mb_tz_at(tz, t);
            if (span.offset_s != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d and not %ld", zones[i], (long long)t, span.offset_s,
                         tm.tm_gmtoff);
            assert_true(span.from <= t && t < span.until);
        }
        mb_tz_free(tz);
    }
}

/* Each span ends where the next begins, and says the same of the jump between. */
static void spans_follow_each_other(void **state)
{
    (void)state;
    struct mb_err err;
    struct mb_tz *tz = mb_tz_load(MB_STR("Europe/Berlin"), &err);
    struct mb_tz_span span = mb_tz_at(tz, 0);
    for (int i = 0; i < 300; i++) {
        struct mb_tz_span next = mb_tz_at(tz, span.until);
        assert_int_equal(next.from, span.until);
        assert_int_equal(next.offset_before_s, span.offset_s);
        assert_int_not_equal(next.offset_s, span.offset_s);
        span = next;
    }
    mb_tz_free(tz);
}

static void utc_needs_no_file(void **state)
{
    (void)state;
    struct mb_tz *tz = mb_tz_load(MB_STR("UTC"), NULL);
    struct mb_tz_span span = mb_tz_at(tz, 12345);
    assert_true(span.offset_s == 0 && span.from == INT64_MIN && span.until == INT64_MAX);
    mb_tz_free(tz);
}

static void a_name_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",         "Mars/Olympus",   "/etc/passwd", "../UTC",    "Europe",
        "Europe/",  "Europe//Berlin", "posix/UTC",   "right/UTC", "tzdata.zi",
        "zone.tab", "Europe/Ber lin", "leapseconds"};
    for (size_t i = 0; i < MB_LEN(names); i++) {
        struct mb_err err = {0};
        assert_null(mb_tz_load(mb_str_c(names[i]), &err));
        assert_int_equal(err.code, MB_E_INVALID_REQUEST);
    }
}

static void a_rule_is_read_as_posix_has_it(void **state)
{
    (void)state;
    struct mb_tz_rule rule;
    assert_true(mb_tz_rule_parse(&rule, MB_STR("CET-1CEST,M3.5.0,M10.5.0/3")));
    assert_int_equal(rule.standard_s, 3600);
    assert_int_equal(rule.summer_s, 7200);
    assert_int_equal(mb_tz_rule_begin(&rule, 2026), 1774746000); /* 2026-03-29T01:00Z */
    assert_int_equal(mb_tz_rule_end(&rule, 2026), 1792890000);   /* 2026-10-25T01:00Z */
    assert_true(mb_tz_rule_parse(&rule, MB_STR("<+0330>-3:30")) && !rule.has_summer);
    assert_int_equal(rule.standard_s, 12600);
    assert_true(mb_tz_rule_parse(&rule, MB_STR("IST-2IDT,M3.4.4/26,M10.5.0")));
    assert_true(mb_tz_rule_parse(&rule, MB_STR("AAA3BBB2,J60/0,365/-1:30:15")));
    static const char *const bad[] = {"",
                                      "CET",
                                      "CE-1",
                                      "CET-1CEST",
                                      "CET-25",
                                      "CET-1CEST,M13.1.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,M3.5.0",
                                      "<+03-3",
                                      "CET-1CEST,J0,J365",
                                      "CET-1CEST,M3.5.0,M10.5.0x",
                                      "CET-1CEST,M3.5.0/168,M10.5.0"};
    for (size_t i = 0; i < MB_LEN(bad); i++)
        if (mb_tz_rule_parse(&rule, mb_str_c(bad[i])))
            fail_msg("\"%s\" was accepted", bad[i]);
}

static void every_truncation_of_a_file_is_refused(void **state)
{
    (void)state;
    char bytes[8192];
    struct mb_err err;
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "r");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t len = 0; len < n; len++)
        assert_null(mb_tz_read(MB_STR_OF(bytes, len), &err));
    struct mb_tz *tz = mb_tz_read(MB_STR_OF(bytes, n), &err);
    assert_non_null(tz);
    mb_tz_free(tz);
}

static void days_and_dates_are_the_same(void **state)
{
    (void)state;
    for (int64_t days = -800000; days < 800000; days++) {
        struct mb_civil date = mb_civil_of_days(days);
        assert_int_equal(mb_civil_to_days(date.year, date.month, date.day), days);
        assert_in_range(date.day, 1, mb_civil_month_days(date.year, date.month));
    }
    assert_int_equal(mb_civil_weekday(0), 4); /* a Thursday */
    assert_int_equal(mb_civil_weekday(-1), 3);
    assert_int_equal(mb_civil_to_days(2000, 3, 1), 11017);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(spans_follow_each_other),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(a_rule_is_read_as_posix_has_it),
        cmocka_unit_test(every_truncation_of_a_file_is_refused),
        cmocka_unit_test(days_and_dates_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
