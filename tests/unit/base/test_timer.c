#include "base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct alarm {
    struct mb_timer timer;
    int id, fired;
    int64_t again_us; /* re-arms for this time; 0 = does not */
    struct alarm *cancels;
};

static struct mb_timers timers;
static int order[64], n_fired;

static void on_due(struct mb_timer *t)
{
    struct alarm *a = MB_CONTAINER_OF(t, struct alarm, timer);
    assert_false(mb_timer_is_armed(t));
    a->fired++;
    order[n_fired++ % 64] = a->id;
    if (a->again_us)
        mb_timer_arm(&timers, t, a->again_us);
    if (a->cancels)
        mb_timer_cancel(&timers, &a->cancels->timer);
}

static void arm(struct alarm *a, int id, int64_t due_us)
{
    a->timer.on_due = on_due;
    a->id = id;
    mb_timer_arm(&timers, &a->timer, due_us);
}

static int set_up(void **state)
{
    (void)state;
    mb_timers_init(&timers);
    n_fired = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mb_timers_release(&timers);
    return 0;
}

static void fires_in_the_order_of_deadlines(void **state)
{
    (void)state;
    struct alarm a[50] = {0};
    for (int i = 0; i < 50; i++)
        arm(&a[i], i, (i * 37) % 50);
    mb_timers_fire(&timers, 100);
    assert_int_equal(n_fired, 50);
    for (int i = 1; i < 50; i++)
        assert_true((order[i - 1] * 37) % 50 < (order[i] * 37) % 50);
}

static void fires_nothing_before_its_time(void **state)
{
    (void)state;
    struct alarm a = {0};
    arm(&a, 1, 100);
    mb_timers_fire(&timers, 99);
    assert_int_equal(a.fired, 0);
    assert_true(mb_timer_is_armed(&a.timer));
    mb_timers_fire(&timers, 100);
    assert_int_equal(a.fired, 1);
}

static void says_how_long_until_the_next(void **state)
{
    (void)state;
    struct alarm a = {0}, b = {0};
    assert_int_equal(mb_timers_next_us(&timers, 5), -1);
    arm(&a, 1, 100);
    arm(&b, 2, 50);
    assert_int_equal(mb_timers_next_us(&timers, 20), 30);
    assert_int_equal(mb_timers_next_us(&timers, 70), 0);
}

static void arming_again_moves_it(void **state)
{
    (void)state;
    struct alarm a = {0}, b = {0};
    arm(&a, 1, 10);
    arm(&b, 2, 20);
    arm(&a, 1, 30);
    mb_timers_fire(&timers, 25);
    assert_int_equal(a.fired, 0);
    assert_int_equal(b.fired, 1);
    assert_int_equal(mb_timers_next_us(&timers, 0), 30);
}

static void a_cancelled_timer_does_not_fire(void **state)
{
    (void)state;
    struct alarm a[20] = {0};
    for (int i = 0; i < 20; i++)
        arm(&a[i], i, 20 - i);
    for (int i = 0; i < 20; i += 2)
        mb_timer_cancel(&timers, &a[i].timer);
    mb_timer_cancel(&timers, &a[0].timer);
    mb_timers_fire(&timers, 100);
    for (int i = 0; i < 20; i++)
        assert_int_equal(a[i].fired, i % 2);
}

static void what_a_callback_arms_for_now_waits_for_the_next_call(void **state)
{
    (void)state;
    struct alarm a = {.again_us = 10}, b = {0}, c = {0};
    arm(&a, 1, 10);
    arm(&b, 2, 10);
    arm(&c, 3, 1000);
    mb_timers_fire(&timers, 10);
    assert_int_equal(a.fired, 1);
    assert_int_equal(b.fired, 1);
    mb_timers_fire(&timers, 10);
    assert_int_equal(a.fired, 2);
    assert_int_equal(b.fired, 1);
}

static void a_callback_may_cancel_one_that_is_due_with_it(void **state)
{
    (void)state;
    struct alarm a = {0}, b = {0}, c = {0};
    arm(&a, 1, 10);
    arm(&b, 2, 20);
    arm(&c, 3, 30);
    a.cancels = &b;
    mb_timers_fire(&timers, 100);
    assert_int_equal(b.fired, 0);
    assert_int_equal(c.fired, 1);
    assert_false(mb_timer_is_armed(&b.timer));
}

static void free_timer(struct mb_timer *t)
{
    n_fired++;
    free(MB_CONTAINER_OF(t, struct alarm, timer));
}

static void a_callback_may_free_its_timer(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct alarm *a = calloc(1, sizeof(*a));
        a->timer.on_due = free_timer;
        mb_timer_arm(&timers, &a->timer, 10);
    }
    mb_timers_fire(&timers, 10);
    assert_int_equal(n_fired, 5);
}

static void releasing_drops_what_is_armed(void **state)
{
    (void)state;
    struct alarm a = {0};
    arm(&a, 1, 10);
    mb_timers_release(&timers);
    assert_false(mb_timer_is_armed(&a.timer));
    mb_timers_fire(&timers, 100);
    assert_int_equal(a.fired, 0);
}

#define TIMER_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(fires_in_the_order_of_deadlines),
        TIMER_TEST(fires_nothing_before_its_time),
        TIMER_TEST(says_how_long_until_the_next),
        TIMER_TEST(arming_again_moves_it),
        TIMER_TEST(a_cancelled_timer_does_not_fire),
        TIMER_TEST(what_a_callback_arms_for_now_waits_for_the_next_call),
        TIMER_TEST(a_callback_may_cancel_one_that_is_due_with_it),
        TIMER_TEST(a_callback_may_free_its_timer),
        TIMER_TEST(releasing_drops_what_is_armed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
