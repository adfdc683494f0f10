/* gate/tool_names: what a model is told of tools that it is given by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gate/gate.h"
#include "gate/ops.h"
#include "unit/parse.h"

static struct mb_gate gate;
static struct mb_grant grant;

static const char TOOL[] =
    "{\"name\":\"a.find\",\"kind\":\"io\",\"summary\":\"Finds.\",\"args\":{\"type\":\"object\","
    "\"properties\":{\"q\":{\"anyOf\":[{\"type\":\"string\"}]}},\"required\":[\"q\"],"
    "\"allOf\":[{\"required\":[\"q\"]}],\"$defs\":{\"x\":true}}}";

static int setup(void **state)
{
    (void)state;
    struct mb_err err;
    json_t *manifest = parse(TOOL);
    mb_tools_init(&gate.tools);
    if (mb_tools_add_core(&gate.tools, &err) < 0 ||
        mb_tools_add(&gate.tools, manifest, NULL, &err) < 0)
        fail_msg("%s", err.message);
    json_decref(manifest);
    grant.tools = parse("[\"llm.chat\",\"a.find\",\"kv.get\"]");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mb_tools_release(&gate.tools);
    json_decref(grant.tools);
    return 0;
}

static void expand(const char *args_text, const char *want_text, const char *want_names)
{
    json_t *args = parse(args_text), *before = json_deep_copy(args), *names;
    json_t *expanded = mb_gate_expand_named_tools(&gate, args, &names);
    json_t *want = parse(want_text), *own = parse(want_names);
    struct mb_buf text = {0};
    mb_json_dump(&text, expanded);
    if (!mb_json_eq(expanded, want))
        fail_msg("%s", mb_buf_cstr(&text));
    assert_true(mb_json_eq(names, own));
    assert_true(mb_json_eq(args, before)); /* the journal has them as they were */
    mb_buf_release(&text);
    json_decref(expanded);
    json_decref(names);
    json_decref(want);
    json_decref(own);
    json_decref(before);
    json_decref(args);
}

static void a_name_becomes_what_the_manifest_says(void **state)
{
    (void)state;
    /* Without what providers refuse at the top of a schema. */
    expand("{\"prompt\":\"x\",\"tools\":[{\"name\":\"own\"},\"a.find\"]}",
           "{\"prompt\":\"x\",\"tools\":[{\"name\":\"own\"},{\"name\":\"a_find\",\"description\":"
           "\"Finds."
           "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"q\":{\"anyOf\":[{\"type\":"
           "\"string\"}]}},\"required\":[\"q\"],\"$defs\":{\"x\":true}}}]}",
           "{\"a_find\":\"a.find\"}");
    expand("{\"prompt\":\"x\"}", "{\"prompt\":\"x\"}", "{}");
}

static void names_in_the_conversation_have_no_dots(void **state)
{
    (void)state;
    expand(
        "{\"tools\":[{\"name\":\"f\"}],\"tool_choice\":{\"name\":\"a.find\"},\"messages\":["
        "{\"role\":\"user\",\"content\":\"a.find\"},"
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"name\":\"a.find\",\"arguments\":"
        "{\"name\":\"x.y\"}},{\"id\":\"2\",\"name\":\"f\"}]}]}",
        "{\"tools\":[{\"name\":\"f\"}],\"tool_choice\":{\"name\":\"a_find\"},\"messages\":["
        "{\"role\":\"user\",\"content\":\"a.find\"},"
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"name\":\"a_find\",\"arguments\":"
        "{\"name\":\"x.y\"}},{\"id\":\"2\",\"name\":\"f\"}]}]}",
        "{}");
}

static void refuses_what_the_deployment_has_not_and_names_that_meet(void **state)
{
    (void)state;
    static const struct {
        const char *args, *place;
        int code;
    } cases[] = {
        {"{\"tools\":[\"a.find\",\"kv.get\",{\"name\":\"f\"}]}", "", 0},
        {"{\"prompt\":\"x\"}", "", 0},
        {"{\"tools\":[\"a.find\",\"kv.set\"]}", "/tools/1", MB_E_TOOL_DENIED},
        {"{\"tools\":[\"a.lose\"]}", "/tools/0", MB_E_TOOL_DENIED},
        {"{\"tools\":[\"kv.get\",\"kv.get\"]}", "/tools/1", MB_E_INVALID_ARGUMENTS},
        {"{\"tools\":[{\"name\":\"kv_get\"},\"kv.get\"]}", "/tools/1", MB_E_INVALID_ARGUMENTS},
        {"{\"tools\":[{\"name\":\"f\"},{\"name\":\"f\"}]}", "/tools/1", MB_E_INVALID_ARGUMENTS},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        json_t *args = parse(cases[i].args);
        int rc = mb_gate_check_named_tools(&gate, &grant, args, &err);
        if (rc != -cases[i].code || strcmp(err.pointer, cases[i].place) != 0)
            fail_msg("case %zu: %d at \"%s\": %s", i, rc, err.pointer, err.message);
        json_decref(args);
    }
}

static void what_a_name_stands_for_counts_for_the_worst_case(void **state)
{
    (void)state;
    json_t *args = parse("{\"tools\":[\"a.find\",{\"name\":\"f\"}]}");
    const struct mb_tool *tool = mb_tools_get(&gate.tools, MB_STR("a.find"));
    assert_true(tool->definition_bytes > 100);
    assert_int_equal(mb_gate_named_tools_bytes(&gate, args), tool->definition_bytes);
    json_decref(args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_becomes_what_the_manifest_says),
        cmocka_unit_test(names_in_the_conversation_have_no_dots),
        cmocka_unit_test(refuses_what_the_deployment_has_not_and_names_that_meet),
        cmocka_unit_test(what_a_name_stands_for_counts_for_the_worst_case),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
