/* gate/package: what an upload is refused for, with the place. The Lua files are inspected by a
 * real toolbox. */
#include "unit/platform.h"

#include <stdint.h>

#include "gate/package.h"

static struct mb_config config;
static struct mb_platform platform;

static int setup(void **state)
{
    (void)state;
    mb_test_platform_init(&platform, &config);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mb_platform_release(&platform);
    mb_config_release(&config);
    return 0;
}

struct outcome {
    bool is_over;
    json_t *manifest;
    struct mb_err err;
};

static void on_done(void *arg, json_t *manifest, const struct mb_err *err)
{
    struct outcome *o = arg;
    o->is_over = true;
    o->manifest = manifest;
    if (err)
        o->err = *err;
}

static void check(const char *const files[][2], size_t n, struct outcome *o)
{
    struct mb_files list = {0};
    struct mb_package_check *handle;
    *o = (struct outcome){0};
    for (size_t i = 0; i < n; i++)
        if (mb_files_add(&list, mb_str_c(files[i][0]), mb_str_c(files[i][1]), &o->err) < 0)
            fail_msg("%s", o->err.message);
    if (mb_package_check_start(&platform.gate, &list, on_done, o, &handle, &o->err) < 0)
        o->is_over = true;
    while (!o->is_over)
        mb_loop_turn(&platform.loop, 100);
    mb_files_release(&list);
}

#define MANIFEST(more)                                                                             \
    "{\"name\":\"a_b\",\"version\":\"1.0.0\",\"category\":\"support\","                            \
    "\"summary\":\"s\"" more "}"
#define MAIN                                                                                       \
    {                                                                                              \
        "main.lua", "return function() end"                                                        \
    }

static void a_sound_package_gives_its_manifest(void **state)
{
    (void)state;
    struct outcome o;
    const char *const files[][2] = {{"agent.json", MANIFEST(",\"tools\":[\"kv.get\"]")}, MAIN};
    check(files, 2, &o);
    if (o.err.code)
        fail_msg("%s: %s", o.err.pointer, o.err.message);
    assert_non_null(o.manifest);
    json_decref(o.manifest);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *files[3][2];
        size_t n;
        const char *place, *text;
    } cases[] = {
        {{MAIN}, 1, "agent.json", "no agent.json"},
        {{{"agent.json", MANIFEST("")}}, 1, "main.lua", "no main.lua"},
        {{{"agent.json", "{\"name\":"}, MAIN}, 2, "agent.json:", ""},
        {{{"agent.json", MANIFEST(",\"colour\":1")}, MAIN},
         2,
         "agent.json#/colour",
         "not a property"},
        {{{"agent.json", MANIFEST(",\"tools\":[\"kv.get\",\"rm.rf\"]")}, MAIN},
         2,
         "agent.json#/tools/1",
         "rm.rf"},
        {{{"agent.json", MANIFEST(",\"input\":{\"type\":\"objekt\"}")}, MAIN},
         2,
         "agent.json#/input/type",
         ""},
        {{{"agent.json", MANIFEST(",\"output\":{\"madeUp\":1}")}, MAIN},
         2,
         "agent.json#/output",
         "madeUp"},
        {{{"agent.json", MANIFEST(",\"hosts\":[\"exa mple.com\"]")}, MAIN},
         2,
         "agent.json#/hosts/0",
         ""},
        {{{"agent.json", MANIFEST("")}, {"main.lua", "return function()\n  if x then\n"}},
         2,
         "main.lua:",
         "end"},
        {{{"agent.json", MANIFEST("")}, MAIN, {"lib/x.lua", "local = 1"}}, 3, "lib/x.lua:1", ""},
        {{{"agent.json", MANIFEST("")}, {"main.lua", "\x1bLJ\x02 is bytecode"}}, 2, "main.lua", ""},
        {{{"agent.json", MANIFEST("")}, {"main.lua", "return '\xff'"}}, 2, "main.lua", "UTF-8"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct outcome o;
        check(cases[i].files, cases[i].n, &o);
        assert_null(o.manifest);
        if (o.err.code != MB_E_INVALID_PACKAGE || !strstr(o.err.pointer, cases[i].place) ||
            !strstr(o.err.message, cases[i].text))
            fail_msg("case %zu: %s at '%s': %s", i, mb_err_wire(&o.err), o.err.pointer,
                     o.err.message);
    }
}

static void every_tool_of_the_house_has_a_sound_manifest(void **state)
{
    (void)state;
    static const char *const names[] = {
        "llm.chat",      "llm.json",      "llm.embed", "sleep",         "approve",   "ask",
        "kv.get",        "kv.set",        "kv.delete", "memory.upsert", "file.read", "file.write",
        "memory.search", "memory.delete", "file.list", "http.request"};
    for (size_t i = 0; i < MB_LEN(names); i++)
        if (!mb_tools_get(&platform.gate.tools, mb_str_c(names[i])))
            fail_msg("no tool %s", names[i]);
}

static void a_tools_effect_may_depend_on_an_argument(void **state)
{
    (void)state;
    const struct mb_tool *http = mb_tools_get(&platform.gate.tools, MB_STR("http.request"));
    json_t *get = json_pack("{s:s, s:s}", "method", "GET", "url", "https://a.example/");
    json_t *post = json_pack("{s:s, s:s}", "method", "POST", "url", "https://a.example/");
    assert_false(mb_tool_is_write(http, get));
    assert_true(mb_tool_is_write(http, post));
    assert_false(mb_tool_is_idempotent(http, post));
    json_decref(get);
    json_decref(post);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_package_gives_its_manifest),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(every_tool_of_the_house_has_a_sound_manifest),
        cmocka_unit_test(a_tools_effect_may_depend_on_an_argument),
    };
    return cmocka_run_group_tests_name("package", tests, setup, teardown);
}
