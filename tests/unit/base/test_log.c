#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"

static char text[8192];
static int saved, pipe_fds[2];

static void listen(void)
{
    assert_int_equal(pipe(pipe_fds), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    mb_clock_fake(0, 1700000000123456);
}

/* The one line that was logged, as an object; NULL when there was none. */
static json_t *heard(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    close(pipe_fds[0]);
    mb_clock_real();
    if (n <= 0)
        return NULL;
    text[n] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    return mb_json_parse(MB_STR_OF(text, (size_t)n), NULL);
}

static void assert_field(const json_t *line, const char *key, const char *value)
{
    assert_string_equal(json_string_value(json_object_get(line, key)), value);
}

static void one_line_holds_one_object_with_time_level_and_event(void **state)
{
    (void)state;
    listen();
    mb_log(MB_LOG_WARN, "redis_lost", "url", "%s", "redis://x", "in_ms", "%d", -12, NULL);
    json_t *line = heard();
    assert_non_null(line);
    assert_field(line, "time", "2023-11-14T22:13:20.123Z");
    assert_field(line, "level", "warn");
    assert_field(line, "event", "redis_lost");
    assert_field(line, "url", "redis://x");
    assert_field(line, "in_ms", "-12");
    json_decref(line);
}

static void knows_the_formats_that_we_use(void **state)
{
    (void)state;
    listen();
    mb_log(MB_LOG_ERROR, "all", "a", "%lld|%llu|%ld|%lu|%zu|%zd|%u|%x|%c|%%", -1LL, 1ULL, -2L, 2UL,
           (size_t)3, (ssize_t)-3, 4U, 255U, 'c', "b", "<%.*s>", 2, "xyz", "c", "%.2f %g", 1.005,
           0.5, "d", "%jd|%hu", (intmax_t)5, 6, "e", "plain", "f", "%s", NULL, "g", "%.3s",
           "abcdef", NULL);
    json_t *line = heard();
    assert_field(line, "a", "-1|1|-2|2|3|-3|4|ff|c|%");
    assert_field(line, "b", "<xy>");
    assert_field(line, "c", "1.00 0.5");
    assert_field(line, "d", "5|6");
    assert_field(line, "e", "plain");
    assert_field(line, "f", "(none)");
    assert_field(line, "g", "abc");
    json_decref(line);
}

static void no_value_can_break_the_line(void **state)
{
    (void)state;
    listen();
    mb_log(MB_LOG_ERROR, "odd\"event", "k\n", "%s", "a\"b\n\x01\xff", NULL);
    json_t *line = heard();
    assert_field(line, "event", "odd\"event");
    assert_field(line, "k\n", "a\"b\n\x01\xEF\xBF\xBD");
    json_decref(line);
}

static void a_format_that_is_not_ours_ends_the_line_in_order(void **state)
{
    (void)state;
    listen();
    mb_log(MB_LOG_ERROR, "bad", "a", "%s", "fine", "b", "%5d", 1, "c", "%s", "lost", NULL);
    json_t *line = heard();
    assert_field(line, "a", "fine");
    assert_field(line, "b", "(bad format)");
    assert_null(json_object_get(line, "c"));
    json_decref(line);
}

static void says_nothing_below_its_level(void **state)
{
    (void)state;
    listen();
    mb_log(MB_LOG_DEBUG, "detail", NULL);
    mb_log_set_level(MB_LOG_ERROR);
    mb_log(MB_LOG_WARN, "warning", NULL);
    mb_log_set_level(MB_LOG_INFO);
    assert_null(heard());
}

static void an_error_is_logged_with_code_message_and_place(void **state)
{
    (void)state;
    struct mb_err err;
    mb_err_at(&err, MB_E_IO, "main.lua:3", "no \"luck\"");
    listen();
    mb_log_err(MB_LOG_ERROR, "failed", &err);
    json_t *line = heard();
    assert_field(line, "code", "io");
    assert_field(line, "message", "no \"luck\"");
    assert_field(line, "place", "main.lua:3");
    json_decref(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_holds_one_object_with_time_level_and_event),
        cmocka_unit_test(knows_the_formats_that_we_use),
        cmocka_unit_test(no_value_can_break_the_line),
        cmocka_unit_test(a_format_that_is_not_ours_ends_the_line_in_order),
        cmocka_unit_test(says_nothing_below_its_level),
        cmocka_unit_test(an_error_is_logged_with_code_message_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
