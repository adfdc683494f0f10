/* The real program: zygote, forks, frames, ends. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness.h"

enum { MEMORY = 32 * 1024 * 1024 };

static const char LOOPS[] = "return function() while true do end end";
static const char CALLS[] = "local moon = require 'moon' return function(input) return "
                            "moon.tool('echo', {n = input.n}).ok end";

static int set_up(void **state)
{
    struct zygote *z = mb_zalloc(sizeof(*z));
    *z = harness_zygote();
    *state = z;
    return 0;
}

static int tear_down(void **state)
{
    harness_end(*state);
    free(*state);
    return 0;
}

static void forks_workers_that_serve_runs(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    bool ok;
    harness_package(&w, 1, CALLS);
    harness_start(&w, 1, 1, "{\"n\":1}");
    char *json = harness_end_of_run(&w, 1, &ok);
    assert_true(ok);
    assert_string_equal(json, "true");
    free(json);
    harness_worker_end(&w);
}

static void forks_toolboxes_too(void **state)
{
    struct worker w = harness_worker(*state, "toolbox", MEMORY);
    bool ok;
    /* A loop that the JIT compiler takes up: executable memory is allowed here. */
    harness_package(
        &w, 1, "return function() local s = 0 for i = 1, 3e6 do s = s + i % 7 end return s end");
    harness_start(&w, 1, 1, "{}");
    char *json = harness_end_of_run(&w, 1, &ok);
    assert_true(ok);
    assert_string_equal(json, "8999997");
    free(json);
    harness_worker_end(&w);
}

static void refuses_forks_that_make_no_sense(void **state)
{
    int pair[2], pidfd;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    static const char *const bad[] = {"", "{}", "{\"role\":\"core\"}",
                                      "{\"role\":\"agent\",\"memory_bytes\":-1}",
                                      "{\"role\":\"agent\",\"nice\":-5}"};
    for (size_t i = 0; i < MB_LEN(bad); i++)
        assert_int_equal(harness_fork(*state, bad[i], pair[1], &pidfd), -EINVAL);
    assert_int_equal(harness_fork(*state, "{\"role\":\"agent\"}", -1, &pidfd), -EINVAL);
    close(pair[0]);
    close(pair[1]);
}

static void a_worker_ends_with_its_socket(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    harness_worker_end(&w);
}

static void a_busy_worker_ends_with_its_socket(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    harness_package(&w, 1, LOOPS);
    harness_start(&w, 1, 1, "{}");
    harness_worker_end(&w);
}

static void workers_end_with_the_zygote(void **state)
{
    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct zygote z = harness_zygote();
        struct worker a = harness_worker(&z, "agent", MEMORY);
        struct worker b = harness_worker(&z, "agent", MEMORY);
        harness_package(&b, 1, LOOPS);
        harness_start(&b, 1, 1, "{}");
        if (killed)
            kill(z.pid, SIGKILL);
        harness_end(&z);
        assert_true(harness_is_gone(&a, HARNESS_DEADLINE_MS));
        assert_true(harness_is_gone(&b, HARNESS_DEADLINE_MS));
        harness_worker_end(&a);
        harness_worker_end(&b);
    }
}

static void the_zygote_leaves_no_zombies(void **state)
{
    struct zygote *z = *state;
    char path[64];
    for (int i = 0; i < 5; i++) {
        struct worker w = harness_worker(z, "agent", MEMORY);
        snprintf(path, sizeof(path), "/proc/%d", (int)w.pid);
        if (i % 2)
            kill(w.pid, SIGKILL);
        harness_worker_end(&w);
        for (int tries = 0; tries < 2000 && access(path, F_OK) == 0; tries++)
            poll(NULL, 0, 1);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static void a_worker_ends_when_the_protocol_is_broken(void **state)
{
    static const struct mb_msg_head heads[] = {
        {.type = 999},                             /* unknown */
        {.type = MB_MSG_RESULT},                   /* wrong direction */
        {.type = MB_MSG_PING, .len = 5},           /* over its cap */
        {.type = MB_MSG_PING, .zero = 1},          /* reserved */
        {.type = MB_MSG_START, .len = UINT32_MAX}, /* far over its cap */
        {.type = MB_MSG_FORK},                     /* the zygote's */
        {.len = 0x41414141, .type = 0x4141, .zero = 0x4141, .run = 0x41414141},
    };
    for (size_t i = 0; i < MB_LEN(heads); i++) {
        struct worker w = harness_worker(*state, "agent", MEMORY);
        assert_int_equal(send(w.fd, &heads[i], sizeof(heads[i]), MSG_NOSIGNAL), sizeof(heads[i]));
        assert_true(harness_is_gone(&w, HARNESS_DEADLINE_MS));
        harness_worker_end(&w);
    }
}

static void frames_may_come_in_any_pieces(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    struct mb_buf frame = {0};
    for (uint32_t i = 0; i < 3; i++)
        mb_frame_put(&frame, MB_MSG_PING, 0, i, NULL, 0, NULL, 0);
    for (size_t i = 0; i < mb_buf_len(&frame); i++)
        assert_int_equal(send(w.fd, mb_buf_head(&frame) + i, 1, MSG_NOSIGNAL), 1);
    for (uint32_t i = 0; i < 3; i++) {
        struct received r = harness_receive(&w);
        assert_int_equal(r.head.type, MB_MSG_PONG);
        assert_int_equal(r.head.step, i);
        harness_drop(&r);
    }
    mb_buf_release(&frame);
    harness_worker_end(&w);
}

static void expect_stopped(struct worker *w, uint32_t run)
{
    struct received r = harness_receive(w);
    while (r.head.type == MB_MSG_PONG) {
        harness_drop(&r);
        r = harness_receive(w);
    }
    assert_int_equal(r.head.type, MB_MSG_STOPPED);
    assert_int_equal(r.head.run, run);
    assert_int_equal(r.head.step, 0);
    harness_drop(&r);
}

static void stop_ends_loops_of_every_kind(void **state)
{
    static const char *const loops[] = {
        "return function() while true do end end",
        "return function() while true do pcall(function() while true do end end) end end",
        "return function() while true do coroutine.wrap(function() while true do end end)() end "
        "end",
        /* that cannot be left: the frame is read from within */
        "return function() table.sort({3, 2, 1}, function() while true do end end) end",
        "return function() while true do pcall(string.gsub, 'a', 'a', function() while true do "
        "pcall(function() while true do end end) end end) end end",
    };
    struct worker w = harness_worker(*state, "agent", MEMORY);
    for (uint32_t i = 0; i < MB_LEN(loops); i++) {
        struct mb_msg_start start = {.cpu_left_us = UINT64_MAX / 2};
        harness_package(&w, 1, loops[i]);
        harness_send(&w, MB_MSG_START, i, 1, &start, sizeof(start), "{\"input\":{}}");
        harness_send(&w, MB_MSG_PING, 0, i, NULL, 0, "");
        struct received r = harness_receive(&w);
        assert_int_equal(r.head.type, MB_MSG_PONG);
        harness_drop(&r);
        harness_send(&w, MB_MSG_STOP, i, 0, NULL, 0, "");
        expect_stopped(&w, i);
    }
    harness_worker_end(&w);
}

static void pings_are_answered_while_runs_loop(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    struct mb_msg_start start = {.cpu_left_us = UINT64_MAX / 2};
    harness_package(&w, 1, LOOPS);
    harness_package(
        &w, 2, "return function() table.sort({3, 2, 1}, function() while true do end end) end");
    harness_send(&w, MB_MSG_START, 1, 1, &start, sizeof(start), "{\"input\":{}}");
    harness_send(&w, MB_MSG_START, 2, 2, &start, sizeof(start), "{\"input\":{}}");
    for (uint32_t i = 0; i < 10; i++) {
        harness_send(&w, MB_MSG_PING, 0, i, NULL, 0, "");
        struct received r = harness_receive(&w);
        assert_int_equal(r.head.type, MB_MSG_PONG);
        assert_int_equal(r.head.step, i);
        assert_int_equal(r.head.run, 2);
        harness_drop(&r);
    }
    harness_worker_end(&w);
}

static void a_loop_and_a_normal_run_both_get_on(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    bool ok;
    harness_package(&w, 1, LOOPS);
    harness_package(&w, 2, CALLS);
    harness_start(&w, 1, 1, "{}");
    for (int i = 0; i < 20; i++) {
        harness_start(&w, 2, 2, "{\"n\":1}");
        char *json = harness_end_of_run(&w, 2, &ok);
        assert_true(ok);
        free(json);
    }
    char *json = harness_end_of_run(&w, 1, &ok);
    assert_non_null(strstr(json, "\"code\":\"cpu_limit\""));
    free(json);
    harness_worker_end(&w);
}

static void a_worker_whose_output_nobody_reads_still_reads(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    harness_package(
        &w, 1,
        "local moon = require 'moon' return function() local s = ('x'):rep(60000) while "
        "true do moon.emit('flood', s) end end");
    struct mb_msg_start start = {.cpu_left_us = UINT64_MAX / 2};
    harness_send(&w, MB_MSG_START, 1, 1, &start, sizeof(start), "{\"input\":{}}");
    harness_send(&w, MB_MSG_STOP, 1, 0, NULL, 0, "");
    size_t flood = 0;
    for (;;) {
        struct received r = harness_receive(&w);
        uint16_t type = r.head.type;
        flood += r.head.len;
        harness_drop(&r);
        if (type == MB_MSG_STOPPED)
            break;
        assert_int_equal(type, MB_MSG_EMIT);
    }
    assert_true(flood < 4 * 1024 * 1024);
    harness_worker_end(&w);
}

static void thousands_of_runs_in_one_worker(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    enum { RUNS = 4000, AT_ONCE = 64 };
    uint32_t started = 0, ended = 0;
    harness_package(&w, 1, CALLS);
    for (; started < AT_ONCE; started++)
        harness_start(&w, started, 1, "{\"n\":1}");
    while (ended < RUNS) {
        struct received r = harness_receive(&w);
        if (r.head.type == MB_MSG_CALL) {
            harness_answer(&w, &r, "{\"ok\":true}");
        } else {
            assert_int_equal(r.head.type, MB_MSG_RESULT);
            if (++ended + AT_ONCE <= RUNS)
                harness_start(&w, r.head.run, 1, "{\"n\":1}");
        }
        harness_drop(&r);
    }
    harness_worker_end(&w);
}

/* DESIGN: 200 KB. The bound here only says that something is badly wrong: pages are counted by the
 * kernel, and a build with checks has more of them. */
static void an_idle_worker_has_little_memory_of_its_own(void **state)
{
    struct worker w = harness_worker(*state, "agent", MEMORY);
    bool ok;
    harness_package(&w, 1, CALLS);
    harness_start(&w, 1, 1, "{\"n\":1}");
    free(harness_end_of_run(&w, 1, &ok));
    long long kb = harness_private_kb(w.pid);
    print_message("private memory of an idle sandbox after one run: %lld KB\n", kb);
    assert_in_range(kb, 1, 400);
    harness_worker_end(&w);
}

static void waiting_runs_are_small(void **state)
{
    enum { RUNS = 1000 };
    struct worker w = harness_worker(*state, "agent", MEMORY);
    harness_package(&w, 1, CALLS);
    long long before = harness_private_kb(w.pid);
    for (uint32_t i = 0; i < RUNS; i++) {
        harness_start(&w, i, 1, "{\"n\":1,\"subject\":\"Where is my order?\"}");
        struct received r = harness_receive(&w);
        assert_int_equal(r.head.type, MB_MSG_CALL);
        harness_drop(&r);
    }
    double kb = (double)(harness_private_kb(w.pid) - before) / RUNS;
    print_message("memory of a waiting run: %.2f KB\n", kb);
    assert_true(kb < 16);
    harness_worker_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forks_workers_that_serve_runs),
        cmocka_unit_test(forks_toolboxes_too),
        cmocka_unit_test(refuses_forks_that_make_no_sense),
        cmocka_unit_test(a_worker_ends_with_its_socket),
        cmocka_unit_test(a_busy_worker_ends_with_its_socket),
        cmocka_unit_test(workers_end_with_the_zygote),
        cmocka_unit_test(the_zygote_leaves_no_zombies),
        cmocka_unit_test(a_worker_ends_when_the_protocol_is_broken),
        cmocka_unit_test(frames_may_come_in_any_pieces),
        cmocka_unit_test(stop_ends_loops_of_every_kind),
        cmocka_unit_test(pings_are_answered_while_runs_loop),
        cmocka_unit_test(a_loop_and_a_normal_run_both_get_on),
        cmocka_unit_test(a_worker_whose_output_nobody_reads_still_reads),
        cmocka_unit_test(thousands_of_runs_in_one_worker),
        cmocka_unit_test(an_idle_worker_has_little_memory_of_its_own),
        cmocka_unit_test(waiting_runs_are_small),
    };
    return cmocka_run_group_tests_name("lifecycle", tests, set_up, tear_down);
}
