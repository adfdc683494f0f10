/* The supervisor: workers that end are started again, and all end with it. */
#include "app/supervise.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* Shared with the workers. */
struct shared {
    int starts[4];
    int ready_calls;
    pid_t supervisor;
};
static struct shared *shared;

static void say_ready(int ready_fd)
{
    if (write(ready_fd, "r", 1) != 1)
        _exit(9);
}

static void on_ready(void *arg)
{
    ((struct shared *)arg)->ready_calls++;
}

static int supervise(int n, void (*become)(void *arg, int worker, int ready_fd),
                     void (*ready)(void *arg), int64_t grace_ms, struct mb_err *err)
{
    *shared = (struct shared){.supervisor = getpid()};
    const struct mb_supervised what = {.n_workers = n,
                                       .become = become,
                                       .on_ready = ready,
                                       .arg = shared,
                                       .stop_grace_ms = grace_ms};
    return mb_supervise(&what, err);
}

/* Dies once after it was ready; in its second life it ends the test. */
static void dies_once(void *arg, int worker, int ready_fd)
{
    struct shared *s = arg;
    int life = ++s->starts[worker];
    say_ready(ready_fd);
    if (worker == 0 && life == 1)
        raise(SIGKILL);
    if (worker == 0)
        kill(s->supervisor, SIGTERM);
    for (;;)
        pause();
}

static void a_worker_that_dies_is_started_again(void **state)
{
    (void)state;
    struct mb_err err = {0};
    assert_int_equal(supervise(2, dies_once, on_ready, 10000, &err), 0);
    assert_int_equal(shared->starts[0], 2);
    assert_int_equal(shared->starts[1], 1);
}

static void never_ready(void *arg, int worker, int ready_fd)
{
    (void)ready_fd;
    ((struct shared *)arg)->starts[worker]++;
    if (worker == 1)
        _exit(3);
    for (;;)
        pause();
}

static void a_worker_that_cannot_start_ends_it_all(void **state)
{
    (void)state;
    struct mb_err err = {0};
    assert_int_equal(supervise(2, never_ready, on_ready, 10000, &err), -MB_E_UNAVAILABLE);
    assert_non_null(strstr(err.message, "worker 1"));
    assert_int_equal(shared->ready_calls, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
}

static void all_ready(void *arg, int worker, int ready_fd)
{
    (void)arg;
    (void)worker;
    say_ready(ready_fd);
    for (;;)
        pause();
}

static void stop(void *arg)
{
    ((struct shared *)arg)->ready_calls++;
    raise(SIGINT);
}

static void readiness_is_told_once_when_all_are_ready(void **state)
{
    (void)state;
    assert_int_equal(supervise(3, all_ready, stop, 10000, NULL), 0);
    assert_int_equal(shared->ready_calls, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Does not listen to SIGTERM. */
static void deaf(void *arg, int worker, int ready_fd)
{
    (void)arg;
    (void)worker;
    signal(SIGTERM, SIG_IGN);
    say_ready(ready_fd);
    for (;;)
        pause();
}

static void a_worker_that_does_not_stop_is_killed_after_the_grace(void **state)
{
    (void)state;
    assert_int_equal(supervise(1, deaf, stop, 1, NULL), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    mb_log_set_level(MB_LOG_ERROR);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_dies_is_started_again),
        cmocka_unit_test(a_worker_that_cannot_start_ends_it_all),
        cmocka_unit_test(readiness_is_told_once_when_all_are_ready),
        cmocka_unit_test(a_worker_that_does_not_stop_is_killed_after_the_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
