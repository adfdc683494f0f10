/* When to try again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "llm/retry.h"

static const struct mb_llm_retry policy = {
    .max_tries = 4, .base_ms = 1000, .max_ms = 3000, .max_told_ms = 10000};

static void waits_longer_each_time_with_jitter(void **state)
{
    (void)state;
    static const int64_t full[] = {1000, 2000, 3000};
    for (int tries = 1; tries <= 3; tries++)
        for (uint32_t random = 0; random < 5000; random += 7) {
            int64_t ms = mb_llm_retry_ms(&policy, tries, -1, 1000000, random);
            assert_in_range(ms, full[tries - 1] / 2, full[tries - 1]);
        }
    assert_int_not_equal(mb_llm_retry_ms(&policy, 1, -1, 1000000, 1),
                         mb_llm_retry_ms(&policy, 1, -1, 1000000, 400));
}

static void gives_up_after_the_last_try_and_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(mb_llm_retry_ms(&policy, 4, -1, 1000000, 0), -1);
    assert_int_equal(mb_llm_retry_ms(&policy, 1, -1, 500, 0), -1);
    assert_int_equal(mb_llm_retry_ms(&policy, 1, -1, -5, 0), -1);
    assert_int_equal(mb_llm_retry_ms(&policy, 1, 2000, 1999, 0), -1);
}

static void waits_as_told_up_to_a_cap(void **state)
{
    (void)state;
    assert_in_range(mb_llm_retry_ms(&policy, 1, 5000, 1000000, 99), 5000, 5250);
    assert_in_range(mb_llm_retry_ms(&policy, 3, 0, 1000000, 99), 0, 250);
    assert_int_equal(mb_llm_retry_ms(&policy, 1, 10001, 1000000, 0), -1);
}

static void understands_what_providers_send(void **state)
{
    const int64_t now_us = 1700000000000000; /* Tue, 14 Nov 2023 22:13:20 GMT */
    static const struct {
        const char *after, *after_ms;
        int64_t ms;
    } cases[] = {
        {"", "", -1},
        {"3", "", 3000},
        {"0.5", "", 500},
        {"3", "250", 250},
        {"3", "garbage", 3000},
        {"-3", "", -1},
        {"soon", "", -1},
        {"1e9", "", -1},
        {"99999999999999999999", "", -1},
        {"Tue, 14 Nov 2023 22:13:25 GMT", "", 5000},
        {"Tue, 14 Nov 2023 22:13:10 GMT", "", 0},
        {"Tue, 14 Nov 2023", "", -1},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++)
        assert_int_equal(
            mb_llm_retry_told_ms(mb_str_c(cases[i].after), mb_str_c(cases[i].after_ms), now_us),
            cases[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_longer_each_time_with_jitter),
        cmocka_unit_test(gives_up_after_the_last_try_and_at_the_deadline),
        cmocka_unit_test(waits_as_told_up_to_a_cap),
        cmocka_unit_test(understands_what_providers_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
