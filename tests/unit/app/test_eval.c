/* app/eval: places in an output, and JUnit's XML. What holds and what fails: tests/e2e/eval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/eval.h"
#include "unit/parse.h"

static void finds_places_by_pointer_and_gathers_by_star(void **state)
{
    (void)state;
    static const struct {
        const char *at, *want; /* NULL = nothing is there */
    } cases[] = {
        {"", "{\"a\":[{\"x\":1},{\"x\":2},{}],\"b/c\":{\"~\":3}}"},
        {"/a/1/x", "2"},
        {"/a/*/x", "[1,2]"},
        {"/*", "[[{\"x\":1},{\"x\":2},{}],{\"~\":3}]"},
        {"/b~1c/~0", "3"},
        {"/a/7", NULL},
        {"/a/x", NULL},
        {"/none/deeper", NULL},
        {"/a/0/x/y", NULL},
    };
    json_t *output = parse(cases[0].want);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *found = mb_eval_at(output, mb_str_c(cases[i].at));
        json_t *want = cases[i].want ? parse(cases[i].want) : NULL;
        if (want ? !mb_json_eq(found, want) : found != NULL)
            fail_msg("%s", cases[i].at);
        json_decref(found);
        json_decref(want);
    }
    json_decref(output);
}

static void holds_a_failed_run_against_what_is_expected(void **state)
{
    (void)state;
    static const struct {
        const char *expect;
        size_t failures;
    } cases[] = {
        {"{}", 1},
        {"{\"status\":\"failed\"}", 0},
        {"{\"error\":\"timeout\"}", 0},
        {"{\"error\":\"budget\"}", 1},
        {"{\"status\":\"waiting\"}", 1},
        {"{\"error\":\"timeout\",\"called\":[{\"tool\":\"a\",\"args\":{\"n\":{\"m\":1}}}]}", 0},
        {"{\"error\":\"timeout\",\"called\":[{\"tool\":\"a\",\"args\":{\"n\":{\"m\":2}}}]}", 1},
        {"{\"error\":\"timeout\",\"called\":[{\"tool\":\"b\",\"times\":0}]}", 0},
    };
    json_t *report =
        parse("{\"status\":\"failed\",\"output\":null,\"error\":{\"code\":\"timeout\"},"
              "\"trace\":[{\"tool\":\"a\",\"args\":{\"n\":{\"m\":1,\"k\":2}}}]}");
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *expect = parse(cases[i].expect), *failures = json_array();
        mb_eval_check(expect, NULL, report, failures);
        if (json_array_size(failures) != cases[i].failures)
            fail_msg("%s", cases[i].expect);
        json_decref(failures);
        json_decref(expect);
    }
    json_decref(report);
}

static void writes_xml_that_holds_any_text(void **state)
{
    (void)state;
    struct mb_buf out = {0};
    json_t *results = parse(
        "[{\"package\":\"p\",\"file\":\"f\",\"name\":\"a<b\",\"passed\":false,\"time_ms\":1500,"
        "\"failures\":[{\"at\":\"/checks/0\",\"message\":\"\\\"x\\\" & \\u0007\\n\",\"seed\":4}]},"
        "{\"package\":\"q\",\"file\":\"f\",\"name\":\"c\",\"passed\":true,\"time_ms\":1}]");
    mb_eval_add_junit(&out, results);
    assert_string_equal(
        mb_buf_cstr(&out),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites tests=\"2\" failures=\"1\">\n"
        "  <testsuite name=\"p\" tests=\"1\" failures=\"1\" errors=\"0\" time=\"1.500\">\n"
        "    <testcase name=\"a&lt;b\" classname=\"p\" file=\"f\" time=\"1.500\">\n"
        "      <failure type=\"check\" message=\"&quot;x&quot; &amp; &#10;\">/checks/0 (seed 4)"
        "</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"q\" tests=\"1\" failures=\"0\" errors=\"0\" time=\"0.001\">\n"
        "    <testcase name=\"c\" classname=\"q\" file=\"f\" time=\"0.001\">\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
    json_decref(results);
    mb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_places_by_pointer_and_gathers_by_star),
        cmocka_unit_test(holds_a_failed_run_against_what_is_expected),
        cmocka_unit_test(writes_xml_that_holds_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
