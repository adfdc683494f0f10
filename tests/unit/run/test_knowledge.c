/* Markdown files as documents. */
#include "run/knowledge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void a_file_becomes_a_document(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *document;
    } cases[] = {
        {"a.md", "---\ntopic: refund\nlanguage: en\n---\n# Refunds: when\n\nYou can.\n",
         "{\"id\":\"a\",\"title\":\"Refunds: when\",\"body\":\"You can.\\n\","
         "\"metadata\":{\"topic\":\"refund\",\"language\":\"en\"}}"},
        {"b.md", "---\r\nk : v \r\n---\r\n# T\r\n\r\nx\r\n",
         "{\"id\":\"b\",\"title\":\"T\",\"body\":\"x\\r\\n\",\"metadata\":{\"k\":\"v\"}}"},
        {"plain.md", "no heading\n# later\n",
         "{\"id\":\"plain\",\"title\":\"\",\"body\":\"no heading\\n# later\\n\",\"metadata\":{}}"},
        {"open.md", "---\na: b\nno end",
         "{\"id\":\"open\",\"title\":\"\",\"body\":\"---\\na: b\\nno end\",\"metadata\":{}}"},
        {"x", "", "{\"id\":\"x\",\"title\":\"\",\"body\":\"\",\"metadata\":{}}"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_buf out = {0};
        json_t *document = mb_knowledge_document(cases[i].name, mb_str_c(cases[i].text));
        mb_json_dump(&out, document);
        assert_string_equal(mb_buf_cstr(&out), cases[i].document);
        json_decref(document);
        mb_buf_release(&out);
    }
}

static void only_files_of_the_named_folder_are_taken(void **state)
{
    (void)state;
    struct mb_files files = {0};
    assert_int_equal(mb_files_add(&files, MB_STR("knowledge/a.md"), MB_STR("# A\n"), NULL), 0);
    assert_int_equal(mb_files_add(&files, MB_STR("knowledge/deep/b.md"), MB_STR("# B\n"), NULL), 0);
    assert_int_equal(mb_files_add(&files, MB_STR("c.md"), MB_STR("# C\n"), NULL), 0);
    json_t *manifest = mb_json_parse(
        MB_STR("{\"knowledge\": [{\"collection\": \"help\", \"folder\": \"knowledge\"}]}"), NULL);
    json_t *all = mb_knowledge_read(&files, manifest);
    assert_int_equal(json_array_size(all), 1);
    json_t *documents = mb_json_get(json_array_get(all, 0), "documents");
    assert_int_equal(json_array_size(documents), 1);
    assert_true(mb_str_is(mb_json_str(json_array_get(documents, 0), "id"), "a"));
    json_decref(all);
    json_decref(manifest);
    mb_files_release(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_a_document),
        cmocka_unit_test(only_files_of_the_named_folder_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
