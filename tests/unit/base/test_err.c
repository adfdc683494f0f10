#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void setting_an_error_returns_its_negative_code(void **state)
{
    (void)state;
    struct mb_err err;
    assert_int_equal(mb_err_set(&err, MB_E_NOT_FOUND, "no \"%s\"", "x"), -MB_E_NOT_FOUND);
    assert_int_equal(err.code, MB_E_NOT_FOUND);
    assert_string_equal(err.message, "no \"x\"");
    assert_string_equal(err.pointer, "");
    assert_int_equal(mb_err_set(NULL, MB_E_IO, "nobody listens"), -MB_E_IO);
    assert_int_equal(mb_err_at(NULL, MB_E_IO, "/a", "nobody listens"), -MB_E_IO);
}

static void an_error_may_be_built_from_itself(void **state)
{
    (void)state;
    struct mb_err err;
    mb_err_at(&err, MB_E_IO, "/a", "cause");
    mb_err_at(&err, MB_E_DATABASE, err.pointer, "effect of %s", err.message);
    assert_string_equal(err.message, "effect of cause");
    assert_string_equal(err.pointer, "/a");
}

static void long_texts_are_cut_and_terminated(void **state)
{
    (void)state;
    struct mb_err err;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mb_err_at(&err, MB_E_IO, text, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_int_equal(strlen(err.pointer), sizeof(err.pointer) - 1);
    mb_err_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    mb_err_set(&err, MB_E_IO, "cause");
    mb_err_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void a_prefix_goes_before_the_message(void **state)
{
    (void)state;
    struct mb_err err;
    mb_err_set(&err, MB_E_IO, "no such file");
    mb_err_prefix(&err, "reading \"%s\"", "a");
    assert_string_equal(err.message, "reading \"a\": no such file");
    assert_int_equal(err.code, MB_E_IO);
    mb_err_prefix(NULL, "nothing");
}

static void a_tools_own_code_and_retry_win_over_the_table(void **state)
{
    (void)state;
    struct mb_err err;
    mb_err_set(&err, MB_E_TIMEOUT, "slow");
    assert_string_equal(mb_err_wire(&err), "timeout");
    assert_true(mb_err_retryable(&err));
    err.retryable = 0;
    strcpy(err.wire, "sold_out");
    assert_false(mb_err_retryable(&err));
    assert_string_equal(mb_err_wire(&err), "sold_out");
}

static void every_code_has_a_row_that_can_be_found_again(void **state)
{
    (void)state;
    for (int code = 1; code < MB_E_COUNT; code++) {
        assert_int_equal(mb_err_from_wire(mb_err_name(code)), code);
        assert_int_equal(mb_err_status(-code), mb_err_status(code));
        assert_in_range(mb_err_status(code), 400, 599);
        assert_true(strlen(mb_err_text(code)) > 0);
    }
    assert_int_equal(mb_err_from_wire("no_such_code"), 0);
}

static void an_unknown_code_is_an_internal_error(void **state)
{
    (void)state;
    assert_string_equal(mb_err_name(99999), "internal");
    assert_int_equal(mb_err_status(-99999), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_returns_its_negative_code),
        cmocka_unit_test(an_error_may_be_built_from_itself),
        cmocka_unit_test(long_texts_are_cut_and_terminated),
        cmocka_unit_test(a_prefix_goes_before_the_message),
        cmocka_unit_test(a_tools_own_code_and_retry_win_over_the_table),
        cmocka_unit_test(every_code_has_a_row_that_can_be_found_again),
        cmocka_unit_test(an_unknown_code_is_an_internal_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
