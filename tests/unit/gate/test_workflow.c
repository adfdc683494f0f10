/* core/gate/workflow.c: what is judged without the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/gate.h"
#include "gate/workflow.h"
#include "unit/parse.h"

static void the_first_error_tells_node_and_field_and_how_many_follow(void **state)
{
    (void)state;
    static const struct {
        const char *result, *message;
    } cases[] = {
        {"{\"errors\":[{\"node\":\"a\",\"field\":\"params.prompt\",\"message\":\"is empty\"}]}",
         "node 'a', params.prompt: is empty"},
        {"{\"errors\":[{\"field\":\"nodes\",\"message\":\"m\"},{\"message\":\"n\"},{}]}",
         "nodes: m (and 2 more)"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        json_t *result = parse(cases[i].result);
        assert_int_equal(mb_workflow_error(result, &err), -MB_E_INVALID_WORKFLOW);
        assert_string_equal(err.message, cases[i].message);
        json_decref(result);
    }
}

static void files_are_held_to_the_rules_of_packages(void **state)
{
    (void)state;
    static const struct {
        const char *result;
        int rc;
    } cases[] = {
        {"{\"files\":{\"main.lua\":\"return 1\",\"prompts/a.md\":\"\"}}", 0},
        {"{}", 0},
        {"{\"files\":{\"../main.lua\":\"x\"}}", -MB_E_INVALID_PACKAGE},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        struct mb_files files = {0};
        json_t *result = parse(cases[i].result);
        assert_int_equal(mb_workflow_files(result, &files, &err), cases[i].rc);
        mb_files_release(&files);
        json_decref(result);
    }
}

static void on_done(void *arg, json_t *result, const struct mb_err *err)
{
    (void)arg;
    (void)result;
    (void)err;
    fail_msg("it is refused at once");
}

static void a_document_that_is_nested_too_deeply_is_refused_with_its_place(void **state)
{
    (void)state;
    struct mb_err err = {0};
    struct mb_gate gate = {0};
    struct mb_workflow_job *job = NULL;
    json_t *inner = json_object();
    for (int i = 0; i < MB_WORKFLOW_DEPTH; i++) {
        json_t *outer = i % 2 ? json_pack("{s:o}", "a", inner) : json_pack("[n, o]", inner);
        inner = outer;
    }
    const struct mb_workflow_compile request = {.document = inner, .version = "1.0.0"};
    assert_int_equal(mb_workflow_compile_start(&gate, &request, on_done, NULL, &job, &err),
                     -MB_E_INVALID_REQUEST);
    assert_memory_equal(err.pointer, "/document/a/1/a/1", 17);
    json_decref(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_tells_node_and_field_and_how_many_follow),
        cmocka_unit_test(files_are_held_to_the_rules_of_packages),
        cmocka_unit_test(a_document_that_is_nested_too_deeply_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
