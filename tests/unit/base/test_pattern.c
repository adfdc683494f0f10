#include "base/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORK = 1000000 };

static enum mb_match match(const char *source, struct mb_str text, int64_t *left)
{
    struct mb_err err;
    int64_t work = WORK;
    struct mb_pattern *p = mb_pattern_new(mb_str_c(source), &err);
    if (!p)
        fail_msg("%s: %s", source, err.message);
    assert_true(mb_pattern_bytes(p) > 0);
    enum mb_match found = mb_pattern_match(p, text, left ? left : &work);
    mb_pattern_free(p);
    return found;
}

static void matches_as_ecmascript_does(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        struct mb_str text;
        bool matches;
    } cases[] = {
        {"", {"", 0}, true},
        {"b", {"abc", 3}, true},
        {"^b", {"abc", 3}, false},
        {"c$", {"abc", 3}, true},
        {"c$", {"abc\n", 4}, false},
        {"^.$", {"\n", 1}, false},
        {"^.$", {"\xe2\x80\xa8", 3}, false},
        {"^.$", {"\xf0\x9f\x98\x80", 4}, true},
        {"^[^]$", {"\n", 1}, true},
        {"[]", {"a", 1}, false},
        {"^\\d$", {"\xd9\xa1", 2}, false},
        {"^\\w$", {"\xc3\xa9", 2}, false},
        {"^\\u0061\\x62\\u{1F600}$", {"ab\xf0\x9f\x98\x80", 6}, true},
        {"^\\cJ$", {"\n", 1}, true},
        {"^\\0$", {"\0", 1}, true},
        {"^(?:a|b){2,3}?$", {"aba", 3}, true},
        {"^(?=a).(?!c)b$", {"ab", 2}, true},
        {"(?<=a)b", {"ab", 2}, true},
        {"(?<!a)b", {"ab", 2}, false},
        {"^(?<year>\\d{4})$", {"1999", 4}, true},
        {"^\\p{Lu}\\P{Lu}$", {"Aa", 2}, true},
        {"^[\\-\\]\\\\]+$", {"-]\\", 3}, true},
        {"a",
         {"\xff"
          "a",
          2},
         false},
        {"\\/", {"/", 1}, true},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++)
        if (match(cases[i].source, cases[i].text, NULL) != (enum mb_match)cases[i].matches)
            fail_msg("case %zu: %s", i, cases[i].source);
}

static void refuses_what_ecmascript_does_not_have(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "(",
        ")",
        "[a",
        "a**",
        "a++",
        "a?+",
        "a{2}+",
        "*a",
        "(*UTF)a",
        "(*LIMIT_MATCH=9)a",
        "(?i)a",
        "(?>a)",
        "(?P<a>b)",
        "(?#note)",
        "(?R)",
        "(?1)",
        "(?|a|b)",
        "(?C1)a",
        "\\A",
        "\\Z",
        "\\z",
        "\\G",
        "\\K",
        "\\R",
        "\\X",
        "\\C",
        "\\Qa\\E",
        "\\h",
        "\\a",
        "\\e",
        "\\N",
        "\\g{1}",
        "\\o{7}",
        "[[:alpha:]]",
        "[a[:alpha:]]",
        "[[.a.]]",
        "\\u12",
        "\\u{}",
        "\\u{1234567}",
        "\\x1",
        "\\c1",
        "\\01",
        "\\p",
        "\\pL",
        "\\p{Nope}",
        "a{,3}",
        "a{x}",
        "}",
        "]",
        "\\",
        "[b-a]",
        "\\_",
        "[\\B]",
        "{1}",
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        if (mb_pattern_new(mb_str_c(cases[i]), &err))
            fail_msg("%s", cases[i]);
        assert_int_equal(err.code, MB_E_INVALID_REQUEST);
        assert_true(err.message[0]);
        assert_false(mb_pattern_is_regex(mb_str_c(cases[i])));
    }
}

static void back_references_are_syntax_but_not_run(void **state)
{
    (void)state;
    static const char *const cases[] = {"(a)\\1", "(?<n>a)\\k<n>"};
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        assert_true(mb_pattern_is_regex(mb_str_c(cases[i])));
        assert_null(mb_pattern_new(mb_str_c(cases[i]), NULL));
    }
}

static void a_pattern_has_a_longest_and_a_largest(void **state)
{
    (void)state;
    char source[MB_PATTERN_CHARS + 1];
    memset(source, 'a', sizeof(source));
    struct mb_pattern *p = mb_pattern_new(MB_STR_OF(source, MB_PATTERN_CHARS), NULL);
    assert_non_null(p);
    mb_pattern_free(p);
    assert_null(mb_pattern_new(MB_STR_OF(source, MB_PATTERN_CHARS + 1), NULL));
    memset(source, '(', 100);
    memset(source + 100, ')', 100);
    assert_null(mb_pattern_new(MB_STR_OF(source, 200), NULL));
    assert_null(mb_pattern_new(MB_STR("(((a{1,100}){1,100}){1,100}){1,100}"), NULL));
    mb_pattern_free(NULL);
}

/* Each would run for minutes or longer; the work is what bounds it, not a clock. */
static void hostile_patterns_give_up(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "^(a+)+$",
        "^(a|aa)+$",
        "^(?:a?){30}a{30}$",
        "(.*)*x$",
        "^(([a-z])+.)+[A-Z]$",
        "[a-z]*[0-9]",
        "[a-z]*[a-z]*[a-z]*[0-9]",
        "(?=(?:a*)*b)",
        "(?:a*?)*?b",
        "(?:(?:a*)*)*b",
    };
    size_t len = 200000;
    char *text = malloc(len);
    memset(text, 'a', len);
    text[len - 1] = '!';
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        int64_t left = WORK;
        enum mb_match found = match(cases[i], MB_STR_OF(text, len), &left);
        assert_int_not_equal(found, MB_MATCH_YES);
        assert_true(left < WORK);
        left = WORK;
        found = match(cases[i], MB_STR_OF(text + len - 5000, 5000), &left);
        assert_int_not_equal(found, MB_MATCH_YES);
    }
    int64_t left = WORK;
    assert_int_equal(match("^(a+)+$", MB_STR_OF(text + len - 100, 100), &left), MB_MATCH_TOO_MUCH);
    assert_true(left < 0);
    free(text);
}

static void no_work_left_means_no_match_is_tried(void **state)
{
    (void)state;
    int64_t left = 0;
    assert_int_equal(match("a", MB_STR("a"), &left), MB_MATCH_TOO_MUCH);
}

static void a_match_takes_the_same_work_every_time(void **state)
{
    (void)state;
    int64_t first = WORK, second = WORK;
    match("^([a-z]+-?)+$", MB_STR("some-words-with-dashes-"), &first);
    match("^([a-z]+-?)+$", MB_STR("some-words-with-dashes-"), &second);
    assert_int_equal(first, second);
    assert_true(first < WORK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_ecmascript_does),
        cmocka_unit_test(refuses_what_ecmascript_does_not_have),
        cmocka_unit_test(back_references_are_syntax_but_not_run),
        cmocka_unit_test(a_pattern_has_a_longest_and_a_largest),
        cmocka_unit_test(hostile_patterns_give_up),
        cmocka_unit_test(no_work_left_means_no_match_is_tried),
        cmocka_unit_test(a_match_takes_the_same_work_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
