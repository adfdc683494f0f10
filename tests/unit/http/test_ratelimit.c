/* Rate limits, in memory and with a Redis of the test's own. */
#include "cmk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/ratelimit.h"

static struct mb_loop loop;
static struct mb_ratelimit *limiter;
static int allowed, limited;

static void on_known(struct mb_rate_wait *wait, const struct mb_rate_view *view,
                     const struct mb_err *err)
{
    (void)wait;
    assert_true(view->remaining >= 0 && view->remaining <= view->limit);
    if (err) {
        limited++;
        assert_int_equal(err->code, MB_E_RATE_LIMITED);
        assert_true(err->retry_ms > 0);
    } else {
        allowed++;
    }
}

static struct mb_id customer(int i)
{
    struct mb_id id = {{1, (uint8_t)(i >> 8), (uint8_t)i}};
    return id;
}

static int setup(void **state)
{
    (void)state;
    mb_loop_init(&loop);
    limiter = mb_ratelimit_new(&loop, NULL, 3);
    allowed = limited = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mb_ratelimit_free(limiter);
    mb_loop_release(&loop);
    return 0;
}

static int take(int i, int64_t per_minute, struct mb_rate_view *view, struct mb_err *err)
{
    struct mb_rate_wait wait = {.on_known = on_known};
    return mb_ratelimit_take(limiter, customer(i), per_minute, view, &wait, err);
}

static void a_minutes_worth_is_there_and_then_it_is_refused(void **state)
{
    (void)state;
    struct mb_rate_view view;
    struct mb_err err;
    for (int i = 0; i < 60; i++) {
        assert_int_equal(take(1, 60, &view, &err), 1);
        assert_int_equal(view.remaining, 59 - i);
    }
    assert_int_equal(view.reset_s, 60);
    assert_int_equal(take(1, 60, &view, &err), -MB_E_RATE_LIMITED);
    assert_true(err.retry_ms >= 1000 && err.retry_ms <= 1001);
    assert_int_equal(view.limit, 60);
    assert_int_equal(view.remaining, 0);
}

static void the_bucket_fills_evenly_and_not_over(void **state)
{
    (void)state;
    struct mb_rate_view view;
    struct mb_err err;
    for (int i = 0; i < 60; i++)
        assert_int_equal(take(1, 60, &view, &err), 1);
    loop.now_us += 2 * 1000000;
    assert_int_equal(take(1, 60, &view, &err), 1);
    assert_int_equal(take(1, 60, &view, &err), 1);
    assert_int_equal(take(1, 60, &view, &err), -MB_E_RATE_LIMITED);
    loop.now_us += 3600 * (int64_t)1000000;
    assert_int_equal(take(1, 60, &view, &err), 1);
    assert_int_equal(view.remaining, 59);
}

static void customers_do_not_share_a_bucket(void **state)
{
    (void)state;
    struct mb_rate_view view;
    struct mb_err err;
    assert_int_equal(take(1, 1, &view, &err), 1);
    assert_int_equal(take(1, 1, &view, &err), -MB_E_RATE_LIMITED);
    assert_int_equal(take(2, 1, &view, &err), 1);
}

static void the_number_of_buckets_is_bounded(void **state)
{
    (void)state;
    struct mb_rate_view view;
    struct mb_err err;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(take(i, 10, &view, &err), 1);
    assert_int_equal(take(999, 10, &view, &err), 1);
    assert_int_equal(view.remaining, 8);
}

/* ---------------------------------------------------------------- with Redis */

static char dir[64], path[96], url[112];
static pid_t server;
static struct mb_redis *redis;
static int ups, downs;

static void on_state(void *arg, bool up, const struct mb_err *err)
{
    (void)arg, (void)err;
    *(up ? &ups : &downs) += 1;
}

static void server_start(void)
{
    server = fork();
    if (server == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "",
               "--dir", dir, (char *)NULL);
        _exit(127);
    }
}

static void server_stop(int sig)
{
    kill(server, sig);
    waitpid(server, NULL, 0);
}

static bool turn_until(bool (*is)(void))
{
    for (int i = 0; i < 2000 && !is(); i++)
        mb_loop_turn(&loop, 10);
    return is();
}

static bool is_up(void)
{
    return mb_redis_is_up(redis);
}

static bool is_down(void)
{
    return !mb_redis_is_up(redis);
}

static int setup_redis(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/mbredis.XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/sock", dir);
    snprintf(url, sizeof(url), "unix:%s?db=2", path);
    mb_loop_init(&loop);
    server_start();
    struct mb_err err;
    ups = downs = 0;
    redis = mb_redis_new(&loop, &(struct mb_redis_opts){.url = url, .on_state = on_state}, &err);
    assert_non_null(redis);
    limiter = mb_ratelimit_new(&loop, redis, 0);
    allowed = limited = 0;
    return turn_until(is_up) ? 0 : -1;
}

static int teardown_redis(void **state)
{
    (void)state;
    char command[128];
    mb_ratelimit_free(limiter);
    mb_redis_free(redis);
    mb_loop_release(&loop);
    server_stop(SIGKILL);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static int expected;

static bool all_answered(void)
{
    return allowed + limited == expected;
}

/* Takes n tokens at once, and waits for all answers. */
static void take_many(struct mb_ratelimit *from, int n, int64_t per_minute)
{
    static struct mb_rate_wait wait[512];
    struct mb_rate_view view;
    struct mb_err err;
    expected = allowed + limited + n;
    for (int i = 0; i < n; i++) {
        wait[i] = (struct mb_rate_wait){.on_known = on_known};
        int rc = mb_ratelimit_take(from, customer(1), per_minute, &view, &wait[i], &err);
        allowed += rc == 1;
        limited += rc < 0;
    }
    assert_true(turn_until(all_answered));
}

static void cores_share_a_bucket_in_redis(void **state)
{
    (void)state;
    struct mb_ratelimit *other = mb_ratelimit_new(&loop, redis, 0);
    take_many(limiter, 60, 100);
    take_many(other, 60, 100);
    assert_true(allowed >= 100 && allowed <= 101); /* a token more may have grown meanwhile */
    take_many(limiter, 10, 100);
    assert_true(limited >= 29);
    mb_ratelimit_free(other);
}

static void no_more_is_granted_than_the_limit_when_traffic_is_heavy(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        take_many(limiter, 100, 6000);
    assert_true(allowed >= 6000);
    assert_true(allowed <= 6000 + 600); /* and what grew in the seconds that this took */
}

static void those_who_leave_are_not_called(void **state)
{
    (void)state;
    struct mb_rate_wait wait = {.on_known = on_known};
    struct mb_rate_view view;
    struct mb_err err;
    assert_int_equal(mb_ratelimit_take(limiter, customer(1), 10, &view, &wait, &err), 0);
    mb_ratelimit_cancel(&wait);
    take_many(limiter, 1, 10);
    assert_int_equal(allowed, 1);
}

static void when_redis_goes_limits_are_kept_here_and_when_it_returns_there(void **state)
{
    (void)state;
    struct mb_rate_view view;
    struct mb_err err;
    struct mb_rate_wait wait = {.on_known = on_known};
    take_many(limiter, 10, 10);
    assert_int_equal(allowed, 10);
    server_stop(SIGKILL);
    assert_true(turn_until(is_down));
    mb_loop_turn(&loop, 0);
    assert_int_equal(downs, 1);
    assert_int_equal(mb_ratelimit_take(limiter, customer(1), 10, &view, &wait, &err), 1);
    server_start();
    assert_true(turn_until(is_up));
    mb_loop_turn(&loop, 0);
    assert_int_equal(ups, 2);
    take_many(limiter, 5, 10);
}

static void a_redis_that_hangs_holds_nobody_up_for_long(void **state)
{
    (void)state;
    kill(server, SIGSTOP);
    take_many(limiter, 5, 10);
    assert_int_equal(allowed, 5);
    assert_false(mb_redis_is_up(redis));
    kill(server, SIGCONT);
    assert_true(turn_until(is_up));
}

static void freed_with_requests_waiting_nobody_is_called(void **state)
{
    (void)state;
    struct mb_rate_wait wait = {.on_known = on_known};
    struct mb_rate_view view;
    struct mb_err err;
    struct mb_ratelimit *other = mb_ratelimit_new(&loop, redis, 0);
    assert_int_equal(mb_ratelimit_take(other, customer(1), 10, &view, &wait, &err), 0);
    mb_ratelimit_free(other);
    take_many(limiter, 1, 10);
    assert_int_equal(allowed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define REDIS(name) cmocka_unit_test_setup_teardown(name, setup_redis, teardown_redis)
        TEST(a_minutes_worth_is_there_and_then_it_is_refused),
        TEST(the_bucket_fills_evenly_and_not_over),
        TEST(customers_do_not_share_a_bucket),
        TEST(the_number_of_buckets_is_bounded),
        REDIS(cores_share_a_bucket_in_redis),
        REDIS(no_more_is_granted_than_the_limit_when_traffic_is_heavy),
        REDIS(those_who_leave_are_not_called),
        REDIS(when_redis_goes_limits_are_kept_here_and_when_it_returns_there),
        REDIS(a_redis_that_hangs_holds_nobody_up_for_long),
        REDIS(freed_with_requests_waiting_nobody_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
