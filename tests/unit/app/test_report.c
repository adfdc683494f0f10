/* Runs as a person reads them. */
#include "app/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* What a run and its steps are printed as. Owned by the caller. */
static char *printed(const char *run, const char *steps)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    json_t *run_json = mb_json_parse(mb_str_c(run), NULL);
    json_t *steps_json = mb_json_parse(mb_str_c(steps), NULL);
    assert_non_null(run_json);
    assert_non_null(steps_json);
    mb_report_run(out, run_json);
    mb_report_steps(out, steps_json);
    fclose(out);
    json_decref(run_json);
    json_decref(steps_json);
    return text;
}

static void tells_output_usage_and_steps(void **state)
{
    (void)state;
    char *text =
        printed("{\"status\": \"succeeded\", \"output\": {\"reply\": \"a\\n\\nb\", \"n\": 1},"
                " \"usage\": {\"steps\": 1, \"cpu_us\": 1500, \"tokens_in\": 10,"
                " \"tokens_out\": 2, \"cost_micros\": 20000}}",
                "[{\"seq\": 2, \"tool\": \"llm.json\", \"duration_ms\": 1.25,"
                " \"cost_micros\": 10, \"usage\": {\"tokens_in\": 10, \"tokens_out\": 2}}]");
    assert_string_equal(text,
                        "succeeded\n"
                        "  reply        a\n"
                        "\n"
                        "               b\n"
                        "  n            1\n"
                        "  1 steps, 1.5 ms of CPU, 10 + 2 tokens, $0.02\n"
                        "    2  llm.json                1.2 ms  10 + 2 tokens        $0.00001\n");
    free(text);
}

static void tells_where_a_run_failed(void **state)
{
    (void)state;
    char *text = printed("{\"status\": \"failed\", \"output\": null, \"error\": {\"code\":"
                         " \"agent_error\", \"message\": \"no luck\", \"file\": \"main.lua\","
                         " \"line\": 2, \"step\": 3}}",
                         "[]");
    assert_string_equal(text, "failed\n  agent_error at main.lua:2 in step 3 no luck\n");
    free(text);
}

static void what_a_run_says_cannot_steer_the_terminal(void **state)
{
    (void)state;
    char *text = printed("{\"status\": \"succeeded\","
                         " \"output\": {\"x\": \"a\\u001b[2Jb\\u009b2Jc\\u007fd\\re\"}}",
                         "[]");
    assert_string_equal(text, "succeeded\n  x            a[2Jb2Jcde\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_output_usage_and_steps),
        cmocka_unit_test(tells_where_a_run_failed),
        cmocka_unit_test(what_a_run_says_cannot_steer_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
