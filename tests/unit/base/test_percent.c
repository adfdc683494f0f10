#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* Decodes all of it; false = refused. */
static bool decode(struct mb_buf *out, const char *text, bool plus_is_space)
{
    size_t len = strlen(text);
    char *exact = mb_alloc(len + !len); /* no NUL behind it: reading on is seen by ASan */
    memcpy(exact, text, len);
    struct mb_str rest = MB_STR_OF(exact, len);
    int byte = 0;
    mb_buf_clear(out);
    while (rest.len && byte >= 0) {
        byte = mb_percent_take(&rest, plus_is_space);
        mb_buf_add_char(out, (char)byte);
    }
    free(exact);
    return byte >= 0;
}

static void decodes_two_digits_of_either_case_and_the_forms_space(void **state)
{
    (void)state;
    static const struct {
        const char *text, *decoded;
        bool is_form;
    } cases[] = {
        {"", "", false},           {"a%2Fb%2fc", "a/b/c", false}, {"%C3%A9", "\xC3\xA9", false},
        {"a+b%2B", "a+b+", false}, {"a+b%2B", "a b+", true},      {"%25%32", "%2", true},
    };
    struct mb_buf out = {0};
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        assert_true(decode(&out, cases[i].text, cases[i].is_form));
        assert_string_equal(mb_buf_cstr(&out), cases[i].decoded);
    }
    mb_buf_release(&out);
}

static void refuses_a_percent_sign_without_two_hex_digits(void **state)
{
    (void)state;
    static const char *const cases[] = {"%", "a%", "%2", "%2g", "%g2", "%%20", "%+2", "% 2"};
    struct mb_buf out = {0};
    for (size_t i = 0; i < MB_LEN(cases); i++)
        if (decode(&out, cases[i], true))
            fail_msg("%s", cases[i]);
    mb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_two_digits_of_either_case_and_the_forms_space),
        cmocka_unit_test(refuses_a_percent_sign_without_two_hex_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
