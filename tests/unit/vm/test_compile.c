/* The job "compile" in a toolbox: what lua/compiler says there, with the Lua that there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver.h"

static const char job_head[] = "{\"input\":{\"job\":\"compile\",\"input\":{\"document\":";

/* Runs the job on a document (JSON) in a run of its own; its answer stays with the driver. */
static const char *compile(struct driver *d, uint32_t run, const char *document)
{
    size_t size = sizeof(job_head) + strlen(document) + 4;
    char *json = malloc(size);
    assert_non_null(json);
    snprintf(json, size, "%s%s}}}", job_head, document);
    driver_start(d, run, 0, 1, 5000000, json);
    free(json);
    assert_true(driver_turn(d));
    assert_non_null(d->runs[run].json);
    return d->runs[run].json;
}

#define DOCUMENT(prompt, value)                                                                    \
    "{\"version\":1,\"name\":\"flow\",\"title\":\"Flow\",\"input\":{\"type\":\"object\","          \
    "\"required\":[\"text\"],\"properties\":{\"text\":{\"type\":\"string\"}}},\"nodes\":["         \
    "{\"id\":\"start\",\"type\":\"input\",\"title\":\"Start\"},"                                   \
    "{\"id\":\"a\",\"type\":\"llm\",\"title\":\"Answer\",\"params\":{\"prompt\":\"" prompt "\"}}," \
    "{\"id\":\"k\",\"type\":\"code\",\"title\":\"Count\",\"params\":{\"code\":\"return 1\"}},"     \
    "{\"id\":\"end\",\"type\":\"output\",\"title\":\"End\",\"params\":{\"value\":" value "}}],"    \
    "\"edges\":[{\"id\":\"e1\",\"from\":\"start\",\"to\":\"a\"},{\"id\":\"e2\",\"from\":\"a\","    \
    "\"to\":\"k\"},{\"id\":\"e3\",\"from\":\"k\",\"to\":\"end\"}]}"

static void a_right_document_compiles(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_TOOLBOX, 64 << 20);
    const char *json = compile(d, 1, DOCUMENT("Say {{ input.text }}", "\"{{ nodes.a }}\""));
    assert_non_null(strstr(json, "\"ok\":true"));
    assert_non_null(strstr(json, "\"errors\":[]"));
    assert_non_null(strstr(json, "\"likely\":"));
    driver_free(d);
}

static void all_errors_are_told(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_TOOLBOX, 64 << 20);
    const char *json = compile(d, 1, DOCUMENT("{{ input.txt }}", "[\"{{ nodes.b }}\", null]"));
    assert_non_null(strstr(json, "\"ok\":false"));
    assert_non_null(strstr(json, "'input' has no field 'txt'; did you mean 'text'?"));
    assert_non_null(strstr(json, "there is no node 'b'"));
    json = compile(d, 2, "{}");
    assert_non_null(strstr(json, "'name' is missing"));
    json = compile(d, 3, "5");
    assert_non_null(strstr(json, "a document is needed"));
    driver_free(d);
}

static void one_job_leaves_nothing_for_the_next(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_TOOLBOX, 64 << 20);
    char *first = strdup(compile(d, 1, DOCUMENT("Say {{ input.text }}", "\"{{ nodes.a }}\"")));
    compile(d, 2, DOCUMENT("{{ foo( }}", "1"));
    assert_string_equal(compile(d, 3, DOCUMENT("Say {{ input.text }}", "\"{{ nodes.a }}\"")),
                        first);
    free(first);
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_document_compiles),
        cmocka_unit_test(all_errors_are_told),
        cmocka_unit_test(one_job_leaves_nothing_for_the_next),
    };
    return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
