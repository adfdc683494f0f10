#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    size_t len; /* of the first character; 0 = not well-formed */
} cases[] = {
    {"a", 1},
    {"\x7f", 1},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"\x80", 0},             /* a continuation alone */
    {"\xc0\x80", 0},         /* overlong NUL */
    {"\xc1\xbf", 0},         /* overlong */
    {"\xe0\x9f\xbf", 0},     /* overlong */
    {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
    {"\xed\xa0\x80", 0},     /* a surrogate */
    {"\xed\xbf\xbf", 0},     /* a surrogate */
    {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", 0}, /* above U+10FFFF */
    {"\xff", 0},
    {"\xc2", 0},             /* cut off */
    {"\xe2\x82", 0},         /* cut off */
    {"\xf0\x9f\x98", 0},     /* cut off */
    {"\xc3\x28", 0},         /* no continuation */
    {"\xe2\x28\xa1", 0},     /* no continuation */
    {"\xf0\x28\x8c\xbc", 0}, /* no continuation */
};

static void knows_which_characters_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_str s = mb_str_c(cases[i].bytes);
        assert_int_equal(mb_utf8_char(s.ptr, s.len), cases[i].len);
        assert_int_equal(mb_utf8_is_valid(s), cases[i].len > 0);
    }
    assert_int_equal(mb_utf8_char("", 0), 0);
    assert_true(mb_utf8_is_valid(MB_STR("")));
}

static void counts_characters_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(mb_utf8_count(MB_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
    assert_int_equal(mb_utf8_count(MB_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_which_characters_are_well_formed),
        cmocka_unit_test(counts_characters_and_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
