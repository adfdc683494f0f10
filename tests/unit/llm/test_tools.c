/* The manifests of llm.chat, llm.json and llm.embed (run from the repository's root). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/schema.h"

static json_t *read_manifest(const char *tool)
{
    char path[64];
    struct mb_buf text = {0};
    struct mb_err err;
    snprintf(path, sizeof(path), "core/llm/tools/%s.json", tool);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n;
    while ((n = fread(mb_buf_reserve(&text, 4096), 1, 4096, f)))
        mb_buf_commit(&text, n);
    fclose(f);
    json_t *json = mb_json_parse(mb_buf_str(&text), &err);
    if (!json)
        fail_msg("%s: %s %s", path, err.pointer, err.message);
    mb_buf_release(&text);
    return json;
}

static struct mb_schema *schema_of(const char *tool, const char *part)
{
    json_t *manifest = read_manifest(tool);
    struct mb_err err;
    struct mb_schema *schema = mb_schema_new(mb_json_get(manifest, part), &err);
    if (!schema)
        fail_msg("%s: %s %s", tool, err.pointer, err.message);
    json_decref(manifest);
    return schema;
}

static const struct {
    const char *tool, *part, *json;
    bool fits;
} cases[] = {
    {"chat", "args", "{\"prompt\":\"hi\"}", true},
    {"chat", "args", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}",
     true},
    {"chat", "args", "{}", false},
    {"chat", "args", "{\"prompt\":\"hi\",\"modell\":\"m\"}", false},
    {"chat", "args", "{\"messages\":[]}", false},
    {"chat", "args", "{\"messages\":[{\"role\":\"user\"}]}", false},
    {"chat", "args", "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", false},
    {"chat", "args", "{\"messages\":[{\"role\":\"boss\",\"content\":\"x\"}]}", false},
    {"chat", "args",
     "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\","
     "\"name\":\"f\",\"arguments\":{}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":"
     "\"x\"}]}",
     true},
    {"chat", "args",
     "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
     "{\"type\":\"image\",\"url\":\"https://x/y.png\"}]}]}",
     true},
    {"chat", "args",
     "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"url\":\"file:///"
     "x\"}]}]}",
     false},
    {"chat", "args",
     "{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}],"
     "\"tool_choice\":{\"name\":\"f\"},\"temperature\":0.5,\"stop\":[\"a\"],\"effort\":\"low\"}",
     true},
    {"chat", "args", "{\"prompt\":\"x\",\"tools\":[{\"name\":\"no spaces\"}]}", false},
    {"chat", "args", "{\"prompt\":\"x\",\"temperature\":3}", false},
    {"json", "args", "{\"prompt\":\"x\",\"schema\":{\"type\":\"object\"},\"retries\":0}", true},
    {"json", "args", "{\"prompt\":\"x\"}", false},
    {"json", "args", "{\"prompt\":\"x\",\"schema\":{},\"retries\":9}", false},
    {"embed", "args", "{\"input\":[\"a\",\"b\"],\"dimensions\":3}", true},
    {"embed", "args", "{\"input\":[]}", false},
    {"embed", "args", "{\"input\":[1]}", false},
    {"chat", "args",
     "{\"prompt\":\"x\",\"tools\":[\"http.request\",{\"name\":\"f\"}],"
     "\"tool_choice\":{\"name\":\"http.request\"}}",
     true},
    {"chat", "args", "{\"prompt\":\"x\",\"tools\":[\"no spaces\"]}", false},
    {"chat", "args", "{\"prompt\":\"x\",\"schema\":{\"type\":\"object\"},\"name\":\"n\"}", true},
    {"chat", "args", "{\"prompt\":\"x\",\"schema\":{\"type\":\"array\"}}", false},
    {"chat", "result",
     "{\"message\":{\"role\":\"assistant\"},"
     "\"text\":\"a\",\"tool_calls\":[{\"id\":\"1\",\"name\":\"f\",\"arguments\":{}}],"
     "\"finish_reason\":\"tool_calls\",\"model\":\"m\",\"usage\":{\"input_tokens\":1,"
     "\"output_tokens\":2,\"cached_tokens\":0,\"reasoning_tokens\":0},\"cost_micros\":0}",
     true},
    {"chat", "result", "{\"text\":\"a\"}", false},
};

static void the_manifests_say_what_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err;
        struct mb_schema *schema = schema_of(cases[i].tool, cases[i].part);
        json_t *json = mb_json_parse(mb_str_c(cases[i].json), &err);
        assert_non_null(json);
        bool fits = mb_schema_check(schema, json, &err) == 0;
        if (fits != cases[i].fits)
            fail_msg("case %zu: %s", i, fits ? "fits" : err.message);
        json_decref(json);
        mb_schema_free(schema);
    }
}

static void model_calls_only_read(void **state)
{
    static const char *const tools[] = {"chat", "json", "embed"};
    (void)state;
    for (size_t i = 0; i < MB_LEN(tools); i++) {
        char name[16];
        json_t *manifest = read_manifest(tools[i]);
        snprintf(name, sizeof(name), "llm.%s", tools[i]);
        assert_true(mb_str_is(mb_json_str(manifest, "name"), name));
        assert_true(mb_str_is(mb_json_str(manifest, "kind"), "core"));
        assert_true(mb_str_is(mb_json_str(manifest, "effect"), "read"));
        assert_true(mb_json_int(manifest, "timeout_ms", 0) > 0);
        json_decref(manifest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manifests_say_what_fits),
        cmocka_unit_test(model_calls_only_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
