/* What fits and what does not stands in schema_cases.json; here is what a table cannot hold. */
#include "base/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/parse.h"

static json_t *cases;

static const char *show(const json_t *value)
{
    static struct mb_buf text;
    mb_buf_clear(&text);
    mb_json_dump(&text, value);
    return mb_buf_cstr(&text);
}

static struct mb_schema *compile(const json_t *json)
{
    struct mb_err err;
    struct mb_schema *schema = mb_schema_new(json, &err);
    if (!schema)
        fail_msg("%s: %s: %s", show(json), err.pointer, err.message);
    return schema;
}

static struct mb_schema *compile_text(const char *text)
{
    json_t *json = parse(text);
    struct mb_schema *schema = compile(json);
    json_decref(json); /* nothing of it is needed any more */
    return schema;
}

/* The cases lie beside this file. */
static int read_cases(void **state)
{
    (void)state;
    char path[400];
    struct mb_buf text = {0};
    snprintf(path, sizeof(path), "%.*sschema_cases.json",
             (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    size_t n;
    while ((n = fread(mb_buf_reserve(&text, 65536), 1, 65536, f)) > 0)
        mb_buf_commit(&text, n);
    fclose(f);
    cases = parse(mb_buf_cstr(&text));
    mb_buf_release(&text);
    return 0;
}

static int drop_cases(void **state)
{
    (void)state;
    json_decref(cases);
    return 0;
}

static size_t check_each(const struct mb_schema *schema, const json_t *group, bool valid)
{
    size_t i;
    json_t *instance, *list = json_object_get(group, valid ? "valid" : "invalid");
    json_array_foreach(list, i, instance)
    {
        struct mb_err err = {0};
        int rc = mb_schema_check(schema, instance, &err);
        if ((rc == 0) != valid)
            fail_msg("%s: %s: %s", json_string_value(json_object_get(group, "rule")),
                     show(instance), valid ? err.message : "fits");
        assert_int_equal(rc, valid ? 0 : -MB_E_INVALID_ARGUMENTS);
        assert_int_equal(err.code, -rc);
        assert_int_equal(err.message[0] != '\0', !valid);
    }
    return json_array_size(list);
}

static void every_case_of_the_table_holds(void **state)
{
    (void)state;
    size_t i, n = 0;
    json_t *group;
    json_array_foreach(json_object_get(cases, "cases"), i, group)
    {
        struct mb_schema *schema = compile(json_object_get(group, "schema"));
        n += check_each(schema, group, true) + check_each(schema, group, false);
        mb_schema_free(schema);
    }
    assert_true(n > 400);
}

static void messages_say_what_is_wrong_and_what_would_be_right(void **state)
{
    (void)state;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(cases, "messages"), i, row)
    {
        struct mb_err err = {0};
        struct mb_schema *schema = compile(json_object_get(row, "schema"));
        int rc = mb_schema_check(schema, json_object_get(row, "instance"), &err);
        assert_int_equal(rc, -MB_E_INVALID_ARGUMENTS);
        assert_string_equal(err.pointer, json_string_value(json_object_get(row, "pointer")));
        assert_string_equal(err.message, json_string_value(json_object_get(row, "message")));
        mb_schema_free(schema);
    }
}

static void a_schema_that_is_none_is_refused_with_its_place(void **state)
{
    (void)state;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(cases, "refused"), i, row)
    {
        struct mb_err err = {0};
        json_t *json = json_object_get(row, "schema");
        if (mb_schema_new(json, &err))
            fail_msg("%s", show(json));
        assert_int_equal(err.code, MB_E_INVALID_SCHEMA);
        if (strcmp(err.pointer, json_string_value(json_object_get(row, "place"))) != 0)
            fail_msg("%s: %s: %s", show(json), err.pointer, err.message);
        assert_null(mb_schema_new(json, NULL));
    }
}

static void every_keyword_that_is_known_is_in_the_table(void **state)
{
    (void)state;
    static const char *const keywords[] = {
#define MB_KEYWORD(name, shape) name,
#include "base/schema_keywords.def"
#undef MB_KEYWORD
    };
    json_t *only = json_object_get(cases, "cases");
    const char *text = show(only);
    for (size_t i = 0; i < MB_LEN(keywords); i++) {
        char quoted[40];
        snprintf(quoted, sizeof(quoted), "\"%s\":", keywords[i]);
        if (!strstr(text, quoted))
            fail_msg("no case for %s", keywords[i]);
    }
}

/* `text` n times, between two others. */
static char *repeat(const char *before, const char *text, size_t n, const char *after)
{
    struct mb_buf b = {0};
    mb_buf_add_c(&b, before);
    for (size_t i = 0; i < n; i++)
        mb_buf_add_c(&b, text);
    mb_buf_add_c(&b, after);
    return mb_buf_take(&b, NULL);
}

static void assert_not_compiled(char *text)
{
    json_t *json = parse(text);
    struct mb_err err = {0};
    assert_null(mb_schema_new(json, &err));
    assert_int_equal(err.code, MB_E_INVALID_SCHEMA);
    json_decref(json);
    free(text);
}

static void a_schema_has_a_largest_size(void **state)
{
    (void)state;
    assert_not_compiled(repeat("{\"anyOf\":[", "{},", 5000, "true]}"));
    assert_not_compiled(repeat("{\"enum\":[", "1,", 30000, "2]}"));
    assert_not_compiled(repeat("{\"title\":\"", "0123456789", 110000, "\"}"));
    assert_not_compiled(repeat(
        "{\"allOf\":[", "{\"pattern\":\"(?:[\\\\p{L}\\\\d]{1,99}x){1,90}\"},", 600, "true]}"));
}

static void schemas_for_one_place_have_a_longest_chain(void **state)
{
    (void)state;
    for (int n = 60; n <= 70; n += 10) {
        struct mb_buf b = {0};
        mb_buf_add_c(&b, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
        for (int i = 0; i < n; i++)
            mb_buf_addf(&b, "\"d%d\":{\"$ref\":\"#/$defs/d%d\"},", i, i + 1);
        mb_buf_addf(&b, "\"d%d\":{\"type\":\"null\"}}}", n);
        json_t *json = parse(mb_buf_cstr(&b));
        struct mb_schema *schema = mb_schema_new(json, NULL);
        assert_int_equal(schema != NULL, n == 60);
        mb_schema_free(schema);
        json_decref(json);
        mb_buf_release(&b);
    }
    mb_schema_free(NULL);
}

static void assert_given_up(const struct mb_schema *schema, const json_t *instance, const char *why)
{
    struct mb_err err = {0};
    assert_int_equal(mb_schema_check(schema, instance, &err), -MB_E_INVALID_ARGUMENTS);
    if (!strstr(err.message, why))
        fail_msg("%s", err.message);
}

/* Each level of the instance doubles the work. */
static void alternatives_that_multiply_are_given_up(void **state)
{
    (void)state;
    struct mb_schema *schema = compile_text(
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":["
        "{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":9},"
        "{\"items\":{\"$ref\":\"#/$defs/a\"},\"maxItems\":0},"
        "{\"items\":{\"$ref\":\"#/$defs/a\"},\"contains\":{\"const\":7}},"
        "{\"items\":{\"$ref\":\"#/$defs/a\"},\"not\":{\"items\":{\"$ref\":\"#/$defs/a\"}}}]}}}");
    char *text = repeat("", "[", 50, "");
    char *close = repeat(text, "]", 50, "");
    json_t *instance = parse(close);
    assert_given_up(schema, instance, "too much work");
    json_decref(instance);
    free(close);
    free(text);
    mb_schema_free(schema);
}

static void giving_up_is_no_fit_under_not_either(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        "{\"not\":{\"pattern\":\"^(a+)+$\"}}",
        "{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
        "{\"if\":{\"pattern\":\"^(a+)+$\"},\"then\":true,\"else\":true}",
        "{\"oneOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
    };
    json_t *text = json_string("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
    for (size_t i = 0; i < MB_LEN(schemas); i++) {
        struct mb_schema *schema = compile_text(schemas[i]);
        assert_given_up(schema, text, "the pattern \"^(a+)+$\" needs too much work");
        mb_schema_free(schema);
    }
    json_decref(text);
}

static void a_hostile_pattern_on_names_is_given_up(void **state)
{
    (void)state;
    struct mb_schema *schema = compile_text("{\"patternProperties\":{\"^(a|aa)+$\":true}}");
    char *text = repeat("{\"", "a", 100, "!\":1}");
    json_t *instance = parse(text);
    assert_given_up(schema, instance, "needs too much work");
    json_decref(instance);
    free(text);
    mb_schema_free(schema);
}

static void many_items_are_checked_within_the_work_there_is(void **state)
{
    (void)state;
    struct mb_schema *schema =
        compile_text("{\"items\":{\"type\":\"integer\",\"minimum\":0},\"uniqueItems\":true}");
    json_t *list = json_array();
    for (int i = 0; i < 100000; i++)
        json_array_append_new(list, json_integer(i));
    assert_int_equal(mb_schema_check(schema, list, NULL), 0);
    json_array_append_new(list, json_integer(99));
    struct mb_err err;
    assert_int_equal(mb_schema_check(schema, list, &err), -MB_E_INVALID_ARGUMENTS);
    assert_non_null(strstr(err.message, "items 99 and 100000"));
    json_decref(list);
    mb_schema_free(schema);
}

/* Values that C code built may be nested deeper than any that were read. */
static void an_instance_nested_too_deeply_is_given_up(void **state)
{
    (void)state;
    struct mb_schema *schema = compile_text("{\"items\":{\"$ref\":\"#\"}}");
    json_t *value = json_array();
    for (int i = 0; i < 1500; i++)
        value = json_pack("[o]", value);
    assert_given_up(schema, value, "nested too deeply");
    json_decref(value);
    mb_schema_free(schema);
}

static void a_schema_outlives_its_text_and_is_checked_again_and_again(void **state)
{
    (void)state;
    struct mb_schema *schema =
        compile_text("{\"properties\":{\"a\":{\"enum\":[\"x\",{\"deep\":[1]}],\"pattern\":\"x\"}},"
                     "\"required\":[\"a\"],\"multipleOf\":0.5}");
    json_t *good = parse("{\"a\":\"x\"}"), *bad = parse("{\"a\":\"y\"}");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(mb_schema_check(schema, good, NULL), 0);
        assert_int_equal(mb_schema_check(schema, bad, NULL), -MB_E_INVALID_ARGUMENTS);
    }
    json_decref(good);
    json_decref(bad);
    mb_schema_free(schema);
}

static void long_messages_and_pointers_are_cut(void **state)
{
    (void)state;
    char *schema_text = repeat("{\"additionalProperties\":{\"enum\":[\"", "long ", 500, "\", 1]}}");
    char *instance_text = repeat("{\"", "key", 200, "\":2}");
    struct mb_schema *schema = compile_text(schema_text);
    json_t *instance = parse(instance_text);
    struct mb_err err;
    assert_int_equal(mb_schema_check(schema, instance, &err), -MB_E_INVALID_ARGUMENTS);
    assert_int_equal(strncmp(err.message, "must be one of \"long", 20), 0);
    assert_int_equal(strlen(err.pointer), sizeof(err.pointer) - 1);
    json_decref(instance);
    mb_schema_free(schema);
    free(schema_text);
    free(instance_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_table_holds),
        cmocka_unit_test(messages_say_what_is_wrong_and_what_would_be_right),
        cmocka_unit_test(a_schema_that_is_none_is_refused_with_its_place),
        cmocka_unit_test(every_keyword_that_is_known_is_in_the_table),
        cmocka_unit_test(a_schema_has_a_largest_size),
        cmocka_unit_test(schemas_for_one_place_have_a_longest_chain),
        cmocka_unit_test(alternatives_that_multiply_are_given_up),
        cmocka_unit_test(giving_up_is_no_fit_under_not_either),
        cmocka_unit_test(a_hostile_pattern_on_names_is_given_up),
        cmocka_unit_test(many_items_are_checked_within_the_work_there_is),
        cmocka_unit_test(an_instance_nested_too_deeply_is_given_up),
        cmocka_unit_test(a_schema_outlives_its_text_and_is_checked_again_and_again),
        cmocka_unit_test(long_messages_and_pointers_are_cut),
    };
    return cmocka_run_group_tests(tests, read_cases, drop_cases);
}
