#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_holds(const struct mb_buf *b, const char *text)
{
    assert_int_equal(mb_buf_len(b), strlen(text));
    assert_memory_equal(mb_buf_str(b).ptr, text, strlen(text));
}

static void an_empty_buffer_is_valid(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    assert_int_equal(mb_buf_len(&b), 0);
    assert_int_equal(mb_buf_str(&b).len, 0);
    assert_non_null(mb_buf_str(&b).ptr);
    assert_string_equal(mb_buf_cstr(&b), "");
    mb_buf_release(&b);
    mb_buf_release(&b);
}

static void keeps_what_is_added_in_order(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add(&b, "ab", 2);
    mb_buf_add_str(&b, MB_STR("cd"));
    mb_buf_add_c(&b, "ef");
    mb_buf_add_char(&b, 'g');
    mb_buf_addf(&b, "-%d-%s", 42, "x");
    mb_buf_add(&b, NULL, 0);
    assert_holds(&b, "abcdefg-42-x");
    mb_buf_release(&b);
}

static void formats_texts_longer_than_its_first_guess(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    char wide[1000];
    memset(wide, 'w', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    mb_buf_addf(&b, "%s!", wide);
    assert_int_equal(mb_buf_len(&b), sizeof(wide));
    assert_int_equal(mb_buf_head(&b)[sizeof(wide) - 1], '!');
    mb_buf_release(&b);
}

static void consuming_makes_room_at_the_front_that_is_used_again(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add(&b, "0123456789012345678901234567890123456789012345678901234567890123", 64);
    size_t cap = b.cap;
    mb_buf_consume(&b, 60);
    mb_buf_add(&b, "abcdef", 6);
    assert_holds(&b, "0123abcdef");
    assert_int_equal(b.cap, cap);
    mb_buf_release(&b);
}

static void consuming_everything_starts_anew(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add_c(&b, "abc");
    mb_buf_consume(&b, 3);
    assert_int_equal(b.start, 0);
    assert_int_equal(b.end, 0);
    mb_buf_release(&b);
}

static void clearing_keeps_the_memory(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add_c(&b, "abc");
    const char *data = b.data;
    mb_buf_clear(&b);
    assert_int_equal(mb_buf_len(&b), 0);
    assert_ptr_equal(b.data, data);
    mb_buf_release(&b);
}

static void taking_moves_the_contents_to_the_caller(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    size_t len;
    mb_buf_add_c(&b, "skip this");
    mb_buf_consume(&b, 5);
    char *taken = mb_buf_take(&b, &len);
    assert_string_equal(taken, "this");
    assert_int_equal(len, 4);
    assert_null(b.data);
    assert_int_equal(mb_buf_len(&b), 0);
    free(taken);
}

static void writes_json_strings(void **state)
{
    (void)state;
    static const struct {
        struct mb_str in;
        const char *out;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"plain", 5}, "\"plain\""},
        {{"a\"b\\c/", 6}, "\"a\\\"b\\\\c/\""},
        {{"\b\t\n\f\r", 5}, "\"\\b\\t\\n\\f\\r\""},
        {{"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\""},
        {{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9}, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_buf b = {0};
        mb_buf_add_json_str(&b, cases[i].in);
        assert_holds(&b, cases[i].out);
        mb_buf_release(&b);
    }
}

static void replaces_each_byte_that_is_not_utf8(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add_json_str(&b, MB_STR("a\xff\xc3z\xed\xa0\x80"));
    assert_holds(&b, "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    mb_buf_release(&b);
}

static void writes_an_integer_with_the_high_byte_first(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    mb_buf_add_be32(&b, 0x01020304);
    for (int i = 0; i < 4; i++)
        assert_int_equal(mb_buf_head(&b)[i], i + 1);
    mb_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_valid),
        cmocka_unit_test(keeps_what_is_added_in_order),
        cmocka_unit_test(formats_texts_longer_than_its_first_guess),
        cmocka_unit_test(consuming_makes_room_at_the_front_that_is_used_again),
        cmocka_unit_test(consuming_everything_starts_anew),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(taking_moves_the_contents_to_the_caller),
        cmocka_unit_test(writes_json_strings),
        cmocka_unit_test(replaces_each_byte_that_is_not_utf8),
        cmocka_unit_test(writes_an_integer_with_the_high_byte_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
