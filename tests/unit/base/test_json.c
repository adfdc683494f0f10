#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/parse.h"

static void assert_canonical(const json_t *value, const char *expected)
{
    struct mb_buf b = {0};
    mb_json_canonical(&b, value);
    assert_string_equal(mb_buf_cstr(&b), expected);
    mb_buf_release(&b);
}

static void reads_every_kind_of_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"null", "null"},
        {" true ", "true"},
        {"false\n", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"-12", "-12"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.0", "1"},
        {"-0.0", "0"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"15e-1", "1.5"},
        {"\"\"", "\"\""},
        {"\"a\\u00e9\\ud83d\\ude00\\n\\/\"", "\"a\xc3\xa9\xf0\x9f\x98\x80\\n/\""},
        {"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
         "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\""},
        {"[]", "[]"},
        {"[ 1 , [ ] , {} ]", "[1,[],{}]"},
        {"{}", "{}"},
        {"{\"b\":1,\"a\":{\"d\":null,\"c\":[true]}}", "{\"a\":{\"c\":[true],\"d\":null},\"b\":1}"},
        {"{\"k\\u0065y\":\"v\\t\"}", "{\"key\":\"v\\t\"}"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *value = parse(cases[i].text);
        assert_true(mb_json_is_valid(mb_str_c(cases[i].text)));
        assert_canonical(value, cases[i].canonical);
        json_decref(value);
    }
}

static void refuses_what_is_not_json_and_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"", "1:1"},
        {"  ", "1:3"},
        {"nul", "1:1"},
        {"truex", "1:5"},
        {"[1,]", "1:4"},
        {"[1 2]", "1:4"},
        {"[1", "1:3"},
        {"{\"a\"}", "1:5"},
        {"{\"a\":}", "1:6"},
        {"{\"a\":1,}", "1:8"},
        {"{a:1}", "1:2"},
        {"{\"a\":1\n \"b\":2}", "2:2"},
        {"01", "1:2"},
        {"-", "1:2"},
        {"+1", "1:1"},
        {"1.", "1:3"},
        {".5", "1:1"},
        {"1e", "1:3"},
        {"1e+", "1:4"},
        {"-01", "1:3"},
        {"NaN", "1:1"},
        {"Infinity", "1:1"},
        {"9223372036854775808", "1:20"},
        {"-9223372036854775809", "1:21"},
        {"1e309", "1:6"},
        {"\"a", "1:3"},
        {"\"\\x\"", "1:3"},
        {"\"\\u12g4\"", "1:4"},
        {"\"\\ud800\"", "1:8"},
        {"\"\\udc00\"", "1:8"},
        {"\"\\ud800\\u0041\"", "1:14"},
        {"\"\\u0000\"", "1:8"},
        {"\"\t\"", "1:2"},
        {"\"\xff\"", "1:2"},
        {"\"\xed\xa0\x80\"", "1:2"},
        {"// no\n1", "1:1"},
        {"'a'", "1:1"},
        {"1 1", "1:3"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        assert_null(mb_json_parse(mb_str_c(cases[i].text), &err));
        assert_int_equal(err.code, MB_E_INVALID_JSON);
        assert_string_equal(err.pointer, cases[i].place);
        assert_false(mb_json_is_valid(mb_str_c(cases[i].text)));
        assert_null(mb_json_parse(mb_str_c(cases[i].text), NULL));
    }
}

static void refuses_a_raw_nul(void **state)
{
    (void)state;
    assert_null(mb_json_parse(MB_STR("\"a\0b\""), NULL));
    assert_null(mb_json_parse(MB_STR("1\0"), NULL));
    assert_false(mb_json_is_valid(MB_STR("\"a\0b\"")));
    assert_false(mb_json_is_valid(MB_STR("1\0")));
}

static void refuses_a_key_that_is_there_twice(void **state)
{
    (void)state;
    struct mb_err err;
    assert_null(mb_json_parse(MB_STR("{\"a\":1,\"b\":2,\"\\u0061\":3}"), &err));
    assert_string_equal(err.pointer, "1:14");
    assert_non_null(strstr(err.message, "twice"));
}

static void takes_nesting_up_to_its_cap(void **state)
{
    (void)state;
    char text[2 * MB_JSON_DEPTH + 4];
    for (int depth = MB_JSON_DEPTH; depth <= MB_JSON_DEPTH + 1; depth++) {
        bool fits = depth == MB_JSON_DEPTH;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct mb_str s = MB_STR_OF(text, 2 * (size_t)depth);
        json_t *value = mb_json_parse(s, NULL);
        assert_int_equal(value != NULL, fits);
        assert_int_equal(mb_json_is_valid(s), fits);
        json_decref(value);
    }
}

static void takes_numbers_up_to_their_cap(void **state)
{
    (void)state;
    char text[MB_JSON_NUMBER_CHARS + 2];
    memset(text, '1', sizeof(text));
    text[1] = '.';
    struct mb_str fits = MB_STR_OF(text, MB_JSON_NUMBER_CHARS),
                  longer = MB_STR_OF(text, sizeof(text));
    json_t *value = mb_json_parse(fits, NULL);
    assert_true(mb_json_is_valid(fits));
    assert_true(json_real_value(value) == 1.1111111111111111);
    assert_null(mb_json_parse(longer, NULL));
    assert_false(mb_json_is_valid(longer));
    json_decref(value);
}

static void reads_reals_to_the_nearest_double(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0.1",
        "0.3",
        "1e22",
        "1e23",
        "9007199254740993.0",
        "123456789012345678.5",
        "4.9e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1e-400",
        "0.000000000000000000000000000000000000000000000000000000000000000000001",
        "12345678901234567890123456789012345678901234567890e-30",
        "-0.5e-3",
        "8.5",
        "0e999999",
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *value = parse(cases[i]);
        assert_true(json_real_value(value) == strtod(cases[i], NULL));
        assert_true(mb_json_is_valid(mb_str_c(cases[i])));
        json_decref(value);
    }
}

static void writes_reals_with_the_fewest_digits_that_read_back(void **state)
{
    (void)state;
    static const struct {
        double real;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {-2.5, "-2.5"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15 + 0.5, "1000000000000000.5"},
        {0.00012, "0.00012"},
        {1e-7, "1e-07"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0x1p63, "9.223372036854776e+18"},
        {-0x1p63, "-9223372036854775808"},
        {1e18, "1000000000000000000"},
        {123456.789, "123456.789"},
        {99.999999999999, "99.999999999999"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        char text[MB_JSON_NUMBER_TEXT];
        assert_int_equal(mb_json_real_text(cases[i].real, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_true(strtod(text, NULL) == cases[i].real);
    }
}

static void any_real_reads_back_as_itself(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    for (int i = 0; i < 20000; i++) {
        char text[MB_JSON_NUMBER_TEXT];
        double real;
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        memcpy(&real, &seed, sizeof(real));
        if (i % 2)
            real = (double)(int64_t)(seed >> 34) / 1e4;
        if (!isfinite(real))
            continue;
        assert_true(mb_json_real_text(real, text) < MB_JSON_NUMBER_TEXT);
        assert_true(strtod(text, NULL) == real);
        assert_true(mb_json_is_valid(mb_str_c(text)));
    }
}

static void keys_are_sorted_by_bytes(void **state)
{
    (void)state;
    json_t *value = parse("{\"b\":1,\"\xc3\xa9\":2,\"a\":3,\"aa\":4,\"B\":5,\"\":6}");
    assert_canonical(value, "{\"\":6,\"B\":5,\"a\":3,\"aa\":4,\"b\":1,\"\xc3\xa9\":2}");
    json_decref(value);
}

static void many_keys_are_sorted_too(void **state)
{
    (void)state;
    json_t *value = json_object();
    for (int i = 199; i >= 0; i--) {
        char key[8];
        snprintf(key, sizeof(key), "%03d", (i * 77) % 200);
        json_object_set_new(value, key, json_integer(i));
    }
    struct mb_buf b = {0};
    mb_json_canonical(&b, value);
    const char *last = NULL;
    for (char *p = strchr(mb_buf_cstr(&b), '"'); p; p = strchr(p + 5, '"')) {
        assert_true(!last || strncmp(last, p, 4) < 0);
        last = p;
    }
    mb_buf_release(&b);
    json_decref(value);
}

static void the_plain_form_keeps_the_order_of_keys(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    json_t *value = parse("{ \"b\" : [1, 2.50], \"a\" : {} }");
    mb_json_dump(&b, value);
    assert_string_equal(mb_buf_cstr(&b), "{\"b\":[1,2.5],\"a\":{}}");
    mb_buf_release(&b);
    json_decref(value);
}

static void equal_values_are_equal_and_have_one_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool eq;
    } cases[] = {
        {"1", "1.0", true},
        {"{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1e0}", true},
        {"0", "-0.0", true},
        {"1000000000000000000", "1e18", true},
        {"9007199254740993", "9007199254740992.0", false},
        {"9223372036854775807", "9223372036854775808.0", false},
        {"1", "\"1\"", false},
        {"1", "true", false},
        {"null", "false", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,2]", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"1.5", "1.25", false},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *a = parse(cases[i].a), *b = parse(cases[i].b);
        struct mb_buf x = {0}, y = {0};
        mb_json_canonical(&x, a);
        mb_json_canonical(&y, b);
        assert_int_equal(mb_json_eq(a, b), cases[i].eq);
        assert_int_equal(mb_json_eq(b, a), cases[i].eq);
        assert_int_equal(mb_str_eq(mb_buf_str(&x), mb_buf_str(&y)), cases[i].eq);
        mb_buf_release(&x);
        mb_buf_release(&y);
        json_decref(a);
        json_decref(b);
    }
}

static void getters_fall_back_on_another_type(void **state)
{
    (void)state;
    json_t *o = parse("{\"s\":\"x\",\"i\":7,\"b\":true,\"n\":null}");
    assert_true(mb_str_is(mb_json_str(o, "s"), "x"));
    assert_true(mb_str_is(mb_json_str(o, "i"), ""));
    assert_int_equal(mb_json_int(o, "i", 1), 7);
    assert_int_equal(mb_json_int(o, "s", 1), 1);
    assert_true(mb_json_bool(o, "b", false));
    assert_true(mb_json_bool(o, "i", true));
    assert_null(mb_json_get(o, "n"));
    assert_null(mb_json_get(o, "absent"));
    assert_null(mb_json_get(NULL, "absent"));
    assert_non_null(mb_json_get(o, "s"));
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_value),
        cmocka_unit_test(refuses_what_is_not_json_and_says_where),
        cmocka_unit_test(refuses_a_raw_nul),
        cmocka_unit_test(refuses_a_key_that_is_there_twice),
        cmocka_unit_test(takes_nesting_up_to_its_cap),
        cmocka_unit_test(takes_numbers_up_to_their_cap),
        cmocka_unit_test(reads_reals_to_the_nearest_double),
        cmocka_unit_test(writes_reals_with_the_fewest_digits_that_read_back),
        cmocka_unit_test(any_real_reads_back_as_itself),
        cmocka_unit_test(keys_are_sorted_by_bytes),
        cmocka_unit_test(many_keys_are_sorted_too),
        cmocka_unit_test(the_plain_form_keeps_the_order_of_keys),
        cmocka_unit_test(equal_values_are_equal_and_have_one_canonical_form),
        cmocka_unit_test(getters_fall_back_on_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
