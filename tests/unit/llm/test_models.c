/* The models file, and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "llm/models_private.h"
#include "llm/wire.h"

#define PROVIDERS                                                                                  \
    "\"providers\": {\"p\": {\"kind\": \"openai\", \"base_url\": \"http://127.0.0.1:1/v1/\","      \
    " \"price\": {\"in\": 7, \"out\": 8}}, \"q\": {\"kind\": \"anthropic\","                       \
    " \"base_url\": \"https://q.example\"}}"

static void the_built_in_file_is_sound(void **state)
{
    (void)state;
    const struct mb_embed *file = mb_llm_file("models.json");
    struct mb_llm_models models;
    struct mb_llm_target target;
    struct mb_err err;
    if (mb_llm_models_load(&models, MB_STR_OF(file->data, file->len), &err) < 0)
        fail_msg("%s %s", err.pointer, err.message);
    assert_true(models.n > 20);
    for (size_t i = 0; i < models.n; i++) {
        assert_int_equal(mb_llm_models_find(&models, mb_str_c(models.list[i]->name), &target, &err),
                         0);
        assert_non_null(mb_llm_target_price(&target));
        assert_true(i == 0 || strcmp(models.list[i - 1]->name, models.list[i]->name) < 0);
    }
    assert_int_equal(mb_llm_models_find(&models, MB_STR(""), &target, &err), 0);
    assert_string_equal(target.provider->wire->kind, "local");
    mb_llm_models_release(&models);
}

static void refuses_files_that_are_wrong(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"providers\": {}, \"models\": {\"m\": {\"provider\": \"x\"}}}",
        "{\"providers\": {\"p\": {\"kind\": \"magic\"}}, \"models\": {}}",
        "{\"providers\": {\"p\": {\"kind\": \"openai\"}}, \"models\": {}}",
        "{\"providers\": {\"p\": {\"kind\": \"openai\", \"base_url\": \"ftp://x\"}}, \"models\": "
        "{}}",
        "{\"providers\": {\"p\": {\"kind\": \"openai\", \"base_url\": \"http://\"}}, \"models\": "
        "{}}",
        "{" PROVIDERS
        ", \"models\": {\"m\": {\"provider\": \"p\", \"price\": {\"in\": -1, \"out\": 0}}}}",
        "{" PROVIDERS ", \"models\": {\"m\": {\"provider\": \"p\", \"prize\": {}}}}",
        "{\"providers\": {\"p\": {\"kind\": \"openai\", \"base_url\": \"http://x\", \"headers\": "
        "{\"Host\": \"y\"}}}, \"models\": {}}",
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        struct mb_llm_models models;
        struct mb_err err;
        if (mb_llm_models_load(&models, mb_str_c(bad[i]), &err) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.code, MB_E_CONFIG);
        assert_true(err.message[0]);
    }
}

static struct mb_llm_models load(const char *text)
{
    struct mb_llm_models models;
    struct mb_err err;
    if (mb_llm_models_load(&models, mb_str_c(text), &err) < 0)
        fail_msg("%s %s", err.pointer, err.message);
    return models;
}

static void finds_by_name_by_provider_and_by_default(void **state)
{
    (void)state;
    struct mb_llm_models models =
        load("{" PROVIDERS ", \"default\": \"small\", \"models\": {\"small\": {\"provider\": \"p\","
             " \"upstream\": \"s-1\", \"max_output\": 100, \"price\": {\"in\": 1, \"out\": 2}},"
             " \"bare\": {\"provider\": \"q\"}}}");
    static const struct {
        const char *name, *provider, *upstream;
        int64_t in; /* -1 = unpriced */
    } cases[] = {
        {"small", "p", "s-1", 1},      {"", "p", "s-1", 1},          {"p/s-1", "p", "s-1", 1},
        {"p/new", "p", "new", 7},      {"p/a/b:c", "p", "a/b:c", 7}, {"bare", "q", "bare", -1},
        {"q/other", "q", "other", -1},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_llm_target target;
        struct mb_err err;
        assert_int_equal(mb_llm_models_find(&models, mb_str_c(cases[i].name), &target, &err), 0);
        assert_string_equal(target.provider->name, cases[i].provider);
        assert_true(mb_str_is(target.upstream, cases[i].upstream));
        const struct mb_llm_price *price = mb_llm_target_price(&target);
        assert_int_equal(price ? price->base.in : -1, cases[i].in);
    }
    struct mb_llm_target target;
    assert_int_equal(mb_llm_models_find(&models, MB_STR("small"), &target, NULL), 0);
    assert_string_equal(target.provider->chat_url, "http://127.0.0.1:1/v1/chat/completions");
    json_t *args = json_pack("{s:i}", "max_tokens", 500);
    assert_int_equal(mb_llm_target_max_tokens(&target, args), 100);
    json_decref(args);
    mb_llm_models_release(&models);
}

static void names_models_that_are_spelled_alike(void **state)
{
    (void)state;
    struct mb_llm_models models =
        load("{" PROVIDERS ", \"models\": {\"gpt-5.4-mini\": {\"provider\": \"p\"}, \"gpt-5.4\":"
             " {\"provider\": \"p\"}, \"claude\": {\"provider\": \"q\"}}}");
    struct mb_llm_target target;
    struct mb_err err;
    assert_int_equal(mb_llm_models_find(&models, MB_STR("gpt5.4-mini"), &target, &err),
                     -MB_E_UNKNOWN_MODEL);
    assert_non_null(strstr(err.message, "near are \"gpt-5.4-mini\""));
    assert_null(strstr(err.message, "claude"));
    char longest[1000];
    memset(longest, 'x', sizeof(longest));
    static const char *const none[] = {"zzzzzz", "nobody/model", "p/", "/x", "p/a b"};
    for (size_t i = 0; i < MB_LEN(none); i++)
        assert_int_equal(mb_llm_models_find(&models, mb_str_c(none[i]), &target, &err),
                         -MB_E_UNKNOWN_MODEL);
    assert_int_equal(mb_llm_models_find(&models, MB_STR_OF(longest, 1000), &target, &err),
                     -MB_E_UNKNOWN_MODEL);
    mb_llm_models_release(&models);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_file_is_sound),
        cmocka_unit_test(refuses_files_that_are_wrong),
        cmocka_unit_test(finds_by_name_by_provider_and_by_default),
        cmocka_unit_test(names_models_that_are_spelled_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
