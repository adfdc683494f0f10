#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void strings_are_compared_by_length_and_bytes(void **state)
{
    (void)state;
    assert_true(mb_str_eq(MB_STR("ab"), mb_str_c("ab")));
    assert_false(mb_str_eq(MB_STR("ab"), MB_STR("abc")));
    assert_false(mb_str_eq(MB_STR("a\0b"), MB_STR("a\0c")));
    assert_true(mb_str_eq((struct mb_str){NULL, 0}, MB_STR("")));
    assert_true(mb_str_is(MB_STR("x"), "x"));
    assert_int_equal(mb_str_c(NULL).len, 0);
}

static void copies_are_terminated(void **state)
{
    (void)state;
    char *copy = mb_strndup("abcdef", 3);
    assert_string_equal(copy, "abc");
    free(copy);
    copy = mb_strndup(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
}

static void zero_bytes_can_be_allocated(void **state)
{
    (void)state;
    void *p = mb_alloc(0);
    assert_non_null(p);
    p = mb_realloc(p, 0);
    assert_non_null(p);
    free(p);
}

static void a_descriptor_is_closed_once(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_RDONLY), copy = fd;
    mb_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
    mb_close(&fd);
    assert_int_equal(fd, -1);
}

static void finds_the_struct_around_a_member(void **state)
{
    (void)state;
    struct pair {
        int a, b;
    } pair;
    assert_ptr_equal(MB_CONTAINER_OF(&pair.b, struct pair, b), &pair);
}

static void a_failed_assertion_says_where_and_aborts(void **state)
{
    (void)state;
    int pipe_fds[2], status;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        mb_assert(1 + 1 == 3);
        _exit(0);
    }
    close(pipe_fds[1]);
    char text[300] = "";
    assert_true(read(pipe_fds[0], text, sizeof(text) - 1) > 0);
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "test_base.c"));
    assert_non_null(strstr(text, "1 + 1 == 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_compared_by_length_and_bytes),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(zero_bytes_can_be_allocated),
        cmocka_unit_test(a_descriptor_is_closed_once),
        cmocka_unit_test(finds_the_struct_around_a_member),
        cmocka_unit_test(a_failed_assertion_says_where_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
