/* Money for tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "llm/price.h"

/* $2.50 in, $10 out, $0.25 cached, $3.125 written, $20 reasoning; twice that above 1000 tokens. */
static const struct mb_llm_price price = {
    .base = {2500000, 10000000, 250000, 3125000, 20000000},
    .large = {5000000, 20000000, 500000, 6250000, 40000000},
    .large_tokens = 1000,
};

static void rounds_the_sum_up_once(void **state)
{
    static const struct {
        struct mb_llm_usage usage;
        int64_t micros;
    } cases[] = {
        {{0}, 0},
        {{.input_tokens = 1}, 3}, /* 2.5 */
        {{.input_tokens = 2}, 5}, /* 5.0 */
        {{.output_tokens = 3}, 30},
        {{.input_tokens = 100, .cached_tokens = 100}, 25},
        {{.input_tokens = 100, .cached_tokens = 40, .cache_write_tokens = 20}, 173}, /* 172.5 */
        {{.output_tokens = 10, .reasoning_tokens = 4}, 140},
        {{.input_tokens = 1, .cached_tokens = 1, .output_tokens = 0}, 1}, /* 0.25 */
        {{.input_tokens = 1000, .output_tokens = 10}, 2600},
        {{.input_tokens = 1001, .output_tokens = 10}, 5205},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++)
        assert_int_equal(mb_llm_price_micros(&price, &cases[i].usage), cases[i].micros);
}

static void a_count_that_contradicts_is_never_charged_twice(void **state)
{
    (void)state;
    struct mb_llm_usage more_cached = {.input_tokens = 10, .cached_tokens = 1000};
    assert_int_equal(mb_llm_price_micros(&price, &more_cached), 3); /* 10 cached ones */
    struct mb_llm_usage both = {.input_tokens = 10, .cached_tokens = 10, .cache_write_tokens = 10};
    assert_int_equal(mb_llm_price_micros(&price, &both), 3);
    struct mb_llm_usage negative = {.input_tokens = -5, .output_tokens = -1, .cached_tokens = -9};
    assert_int_equal(mb_llm_price_micros(&price, &negative), 0);
    struct mb_llm_usage reasoning = {.output_tokens = 1, .reasoning_tokens = 50};
    assert_int_equal(mb_llm_price_micros(&price, &reasoning), 20);
}

static void absurd_counts_do_not_overflow(void **state)
{
    (void)state;
    struct mb_llm_usage huge = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    struct mb_llm_price dear = {.base = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}};
    assert_true(mb_llm_price_micros(&price, &huge) > 0);
    assert_int_equal(mb_llm_price_micros(&dear, &huge), INT64_MAX);
    struct mb_llm_usage sum = {0};
    for (int i = 0; i < 100; i++)
        mb_llm_usage_add(&sum, &huge);
    assert_true(sum.input_tokens > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_the_sum_up_once),
        cmocka_unit_test(a_count_that_contradicts_is_never_charged_twice),
        cmocka_unit_test(absurd_counts_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
