#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_fake_clock_moves_only_when_it_is_told_to(void **state)
{
    (void)state;
    mb_clock_fake(1000, 5000);
    assert_int_equal(mb_clock_mono_us(), 1000);
    assert_int_equal(mb_clock_wall_us(), 5000);
    mb_clock_advance(250);
    assert_int_equal(mb_clock_mono_us(), 1250);
    assert_int_equal(mb_clock_wall_us(), 5250);
    mb_clock_real();
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    mb_clock_real();
    int64_t last = mb_clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = mb_clock_mono_us();
        assert_true(now >= last);
        last = now;
    }
}

static void the_wall_clock_is_unix_time_in_microseconds(void **state)
{
    (void)state;
    mb_clock_real();
    assert_true(mb_clock_wall_us() > 1700000000LL * 1000000);
    assert_true(mb_clock_wall_us() < 4100000000LL * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fake_clock_moves_only_when_it_is_told_to),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
        cmocka_unit_test(the_wall_clock_is_unix_time_in_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
