#include "cmk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"
#include "http/http_int.h"
#include "http/params.h"
#include "http/router.h"

extern const struct mb_embed mb_http_documents[];

static struct mb_router *load(void)
{
    struct mb_err err = {0};
    const struct mb_embed *doc = &mb_http_documents[0];
    struct mb_router *router =
        mb_router_new(MB_STR_OF(doc->data, doc->len), mb_handler_names, &err);
    if (!router)
        fail_msg("%s", err.message);
    return router;
}

/* ---------------------------------------------------------------- the document */

static void the_document_builds_a_router(void **state)
{
    (void)state;
    struct mb_router *router = load();
    assert_true(router->n_ops > 30);
    mb_router_free(router);
}

static void every_handler_is_used_by_an_operation(void **state)
{
    (void)state;
    struct mb_router *router = load();
    for (int h = 0; mb_handler_names[h]; h++) {
        bool used = false;
        for (int i = 0; i < router->n_ops; i++)
            used = used || router->ops[i].handler == h;
        if (!used)
            fail_msg("the handler \"%s\" serves nothing", mb_handler_names[h]);
    }
    mb_router_free(router);
}

static void every_x_sql_has_the_file_of_its_function(void **state)
{
    (void)state;
    struct mb_router *router = load();
    for (int i = 0; i < router->n_ops; i++) {
        char path[256];
        if (!router->ops[i].sql)
            continue;
        snprintf(path, sizeof(path), "sql/functions/api/%s.sql", router->ops[i].sql);
        if (access(path, R_OK) != 0)
            fail_msg("%s is missing", path);
    }
    mb_router_free(router);
}

static void every_operation_under_v1_needs_a_scope_and_tells_of_refusals(void **state)
{
    (void)state;
    struct mb_router *router = load();
    json_t *paths = json_object_get(router->doc, "paths");
    for (int i = 0; i < router->n_ops; i++) {
        const struct mb_op *op = &router->ops[i];
        bool is_signed = strncmp(op->path, "/v1/hooks/", 10) == 0; /* by who delivers */
        assert_int_equal(strncmp(op->path, "/v1/", 4) == 0 && !is_signed, op->scope != 0);
        if (!op->scope)
            continue;
        char method[8];
        size_t n = 0;
        for (; op->method[n]; n++)
            method[n] = (char)(op->method[n] | 0x20);
        method[n] = '\0';
        json_t *responses =
            json_object_get(json_object_get(json_object_get(paths, op->path), method), "responses");
        static const char *const needed[] = {"401", "403", "429", "503"};
        for (size_t s = 0; s < MB_LEN(needed); s++)
            if (!json_object_get(responses, needed[s]))
                fail_msg("%s does not tell of %s", op->id, needed[s]);
        if (op->body && !json_object_get(responses, "413"))
            fail_msg("%s does not tell of 413", op->id);
    }
    mb_router_free(router);
}

static void a_document_with_a_mistake_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *operation, *message;
    } cases[] = {
        {"{\"operationId\":\"o\",\"x-handler\":\"nobody\"}", "nobody"},
        {"{\"operationId\":\"o\"}", "x-sql"},
        {"{\"operationId\":\"o\",\"x-sql\":\"f\",\"x-handler\":\"healthz\"}", "x-sql"},
        {"{\"operationId\":\"o\",\"x-sql\":\"f\",\"x-scope\":\"all\"}", "all"},
        {"{\"x-sql\":\"f\"}", "operationId"},
        {"{\"operationId\":\"o\",\"x-sql\":\"f\",\"parameters\":[{\"$ref\":\"#/components/x/y\"}]}",
         "leads nowhere"},
        {"{\"operationId\":\"o\",\"x-sql\":\"f\",\"requestBody\":{\"content\":{\"application/"
         "json\":"
         "{\"schema\":{\"type\":\"objekt\"}}}}}",
         "\"o\""},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        char text[1024];
        struct mb_err err = {0};
        int n = snprintf(text, sizeof(text),
                         "{\"paths\":{\"/a\":{\"get\":%s}},\"components\":{\"schemas\":{\"Scope\":"
                         "{\"enum\":[\"admin\",\"one\"]}}}}",
                         cases[i].operation);
        struct mb_router *router =
            mb_router_new(MB_STR_OF(text, (size_t)n), mb_handler_names, &err);
        assert_null(router);
        assert_int_equal(err.code, MB_E_CONFIG);
        if (!strstr(err.message, cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
    }
}

/* ---------------------------------------------------------------- matching */

static void finds_the_operation_of_a_method_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *op;
    } cases[] = {
        {"GET", "/healthz", "healthz"},
        {"HEAD", "/healthz", "healthz"},
        {"POST", "/v1/packages", "createPackage"},
        {"GET", "/v1/packages", "listPackages"},
        {"GET", "/v1/packages/pkg_1", "getPackage"},
        {"POST", "/v1/deployments/dep_1/execute", "execute"},
        {"POST", "/v1/runs/run_1/steps/7/settle", "settleStep"},
        {"DELETE", "/v1/knowledge/faq/documents/a%2Fb", "deleteDocument"},
        {"PUT", "/v1/secrets/TOKEN", "putSecret"},
    };
    struct mb_router *router = load();
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_match match;
        struct mb_err err;
        int rc = mb_router_match(router, mb_str_c(cases[i].method), mb_str_c(cases[i].path), &match,
                                 &err);
        assert_int_equal(rc, 0);
        assert_string_equal(match.op->id, cases[i].op);
    }
    mb_router_free(router);
}

static void paths_that_are_none_are_not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "/",
        "*",
        "healthz",
        "/healthz/",
        "/HEALTHZ",
        "//healthz",
        "/v1",
        "/v1/",
        "/v1/packages/",
        "/v1//packages",
        "/v1/packages/../keys",
        "/v1/./packages",
        "/v1/runs//steps",
        "/v1/runs/run_1/steps/7/settle/more",
        "/a/b/c/d/e/f/g/h/i/j/k/l",
        "/v1/%70ackages",
    };
    struct mb_router *router = load();
    for (size_t i = 0; i < MB_LEN(paths); i++) {
        struct mb_match match;
        struct mb_err err;
        int rc = mb_router_match(router, MB_STR("GET"), mb_str_c(paths[i]), &match, &err);
        if (rc != -MB_E_NOT_FOUND)
            fail_msg("\"%s\" was found", paths[i]);
    }
    mb_router_free(router);
}

static void another_method_is_told_which_are_allowed(void **state)
{
    (void)state;
    struct mb_router *router = load();
    struct mb_match match;
    struct mb_err err;
    assert_int_equal(mb_router_match(router, MB_STR("PATCH"), MB_STR("/v1/packages"), &match, &err),
                     -MB_E_METHOD_NOT_ALLOWED);
    assert_string_equal(match.allow, "GET, POST");
    assert_int_equal(mb_router_match(router, MB_STR("get"), MB_STR("/v1/packages"), &match, &err),
                     -MB_E_METHOD_NOT_ALLOWED);
    assert_int_equal(
        mb_router_match(router, MB_STR("HEAD"), MB_STR("/v1/runs/run_1/events"), &match, &err),
        -MB_E_METHOD_NOT_ALLOWED);
    mb_router_free(router);
}

static void admin_stands_for_all_scopes_and_others_for_one(void **state)
{
    (void)state;
    struct mb_router *router = load();
    uint32_t read = mb_router_scope(router, MB_STR("runs:read"));
    uint32_t write = mb_router_scope(router, MB_STR("runs:write"));
    assert_int_equal(mb_router_scope(router, MB_STR("admin")), UINT32_MAX);
    assert_true(read && write && !(read & write));
    assert_int_equal(mb_router_scope(router, MB_STR("runs")), 0);
    assert_int_equal(mb_router_scope(router, MB_STR("")), 0);
    mb_router_free(router);
}

/* ---------------------------------------------------------------- parameters */

static int read_params(const struct mb_router *router, const char *path, const char *query,
                       json_t **out, struct mb_err *err)
{
    struct mb_match match;
    struct mb_id ids[MB_ROUTE_VALUES];
    *out = NULL;
    assert_int_equal(mb_router_match(router, MB_STR("GET"), mb_str_c(path), &match, err), 0);
    return mb_params_read(&match, mb_str_c(query), out, ids, err);
}

static void parameters_come_out_typed_with_their_defaults(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query, *json;
    } cases[] = {
        {"/v1/runs", "", "{\"limit\":20}"},
        {"/v1/runs", "&&", "{\"limit\":20}"},
        {"/v1/runs", "limit=100&status=queued,failed",
         "{\"limit\":100,\"status\":[\"queued\",\"failed\"]}"},
        {"/v1/runs", "deployment=dep_019ab3c4d5e67f8090a1b2c3d4e5f608",
         "{\"deployment\":\"019ab3c4-d5e6-7f80-90a1-b2c3d4e5f608\",\"limit\":20}"},
        {"/v1/runs/run_019ab3c4d5e67f8090a1b2c3d4e5f609", "",
         "{\"run_id\":\"019ab3c4-d5e6-7f80-90a1-b2c3d4e5f609\"}"},
        {"/v1/packages/pkg_019ab3c4d5e67f8090a1b2c3d4e5f609", "files=true",
         "{\"files\":true,\"package_id\":\"019ab3c4-d5e6-7f80-90a1-b2c3d4e5f609\"}"},
        {"/v1/knowledge/faq/search", "q=a+b%20%C3%A9%26",
         "{\"collection\":\"faq\",\"limit\":10,"
         "\"q\":\"a b é&\"}"},
        {"/v1/knowledge/faq/documents/a%2Fb+c", "",
         "{\"collection\":\"faq\",\"document_id\":\"a/b+c\"}"},
        {"/v1/usage", "group_by=tool,hour&from=2026-11-22T10:00:00Z",
         "{\"from\":\"2026-11-22T10:00:00Z\",\"group_by\":[\"tool\",\"hour\"]}"},
    };
    struct mb_router *router = load();
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *params;
        struct mb_err err;
        struct mb_buf text = {0};
        if (read_params(router, cases[i].path, cases[i].query, &params, &err) < 0)
            fail_msg("%s?%s: %s", cases[i].path, cases[i].query, err.message);
        mb_json_canonical(&text, params);
        assert_string_equal(mb_buf_cstr(&text), cases[i].json);
        mb_buf_release(&text);
        json_decref(params);
    }
    mb_router_free(router);
}

static void parameters_that_do_not_fit_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query, *place;
    } cases[] = {
        {"/v1/runs", "limit=0", "?limit"},
        {"/v1/runs", "limit=101", "?limit"},
        {"/v1/runs", "limit=ten", "?limit"},
        {"/v1/runs", "limit=1e1", "?limit"},
        {"/v1/runs", "limit= 1", "?limit"},
        {"/v1/runs", "limit=0x10", "?limit"},
        {"/v1/runs", "limit=99999999999999999999", "?limit"},
        {"/v1/runs", "limit", "?limit"},
        {"/v1/runs", "limit=", "?limit"},
        {"/v1/runs", "limit=1&limit=2", "?limit"},
        {"/v1/runs", "Limit=1", "?Limit"},
        {"/v1/runs", "x", "?x"},
        {"/v1/runs", "=1", "?"},
        {"/v1/runs", "status=", "?status"},
        {"/v1/runs", "status=queued,", "?status"},
        {"/v1/runs", "status=Queued", "?status"},
        {"/v1/runs", "status=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
         "?status"},
        {"/v1/runs", "created_from=yesterday", "?created_from"},
        {"/v1/runs", "deployment=dep_1", "?deployment"},
        {"/v1/runs", "deployment=run_019ab3c4d5e67f8090a1b2c3d4e5f608", "?deployment"},
        {"/v1/runs", "deployment=dep_019AB3C4D5E67F8090A1B2C3D4E5F608", "?deployment"},
        {"/v1/runs", "cursor=%00", "?cursor"},
        {"/v1/runs", "cursor=a%0d%0ab", "?cursor"},
        {"/v1/runs", "cursor=a'b", "?cursor"},
        {"/v1/runs", "cursor=%FF", "?cursor"},
        {"/v1/runs", "cursor=%2", "?cursor"},
        {"/v1/runs", "cursor=%zz", "?cursor"},
        {"/v1/runs", "%FF=1", ""},
        {"/v1/runs/run_1", "", "?run_id"},
        {"/v1/runs/%00", "", "?run_id"},
        {"/v1/runs/run_019ab3c4d5e67f8090a1b2c3d4e5f60", "", "?run_id"},
        {"/v1/knowledge/faq/search", "", "?q"},
        {"/v1/knowledge/faq/search", "q=", "?q"},
        {"/v1/knowledge/..%2f..%2fetc/search", "q=a", "?collection"},
        {"/v1/knowledge/.hidden/search", "q=a", "?collection"},
        {"/v1/knowledge/faq/documents/%ED%A0%80", "", "?document_id"},
        {"/v1/knowledge/faq/documents/%C0%AF", "", "?document_id"},
        {"/v1/usage", "group_by=tool,tool", "?group_by"},
        {"/v1/usage", "group_by=customer", "?group_by"},
    };
    struct mb_router *router = load();
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *params;
        struct mb_err err;
        if (read_params(router, cases[i].path, cases[i].query, &params, &err) == 0)
            fail_msg("%s?%s was taken", cases[i].path, cases[i].query);
        assert_int_equal(err.code, MB_E_INVALID_REQUEST);
        assert_string_equal(err.pointer, cases[i].place);
        assert_null(params);
    }
    mb_router_free(router);
}

static void ids_alone_need_no_object_and_take_no_query(void **state)
{
    (void)state;
    struct mb_router *router = load();
    struct mb_match match;
    struct mb_id ids[MB_ROUTE_VALUES], wanted;
    struct mb_err err;
    struct mb_str path = MB_STR("/v1/deployments/dep_019ab3c4d5e67f8090a1b2c3d4e5f608/execute");
    assert_true(mb_id_parse_uuid(&wanted, MB_STR("019ab3c4d5e67f8090a1b2c3d4e5f608")));
    assert_int_equal(mb_router_match(router, MB_STR("POST"), path, &match, &err), 0);
    assert_int_equal(mb_params_read_ids(&match, MB_STR(""), ids, &err), 0);
    assert_true(mb_id_eq(ids[0], wanted));
    assert_int_equal(mb_params_read_ids(&match, MB_STR("a=1"), ids, &err), -MB_E_INVALID_REQUEST);
    assert_string_equal(err.pointer, "?a");
    mb_router_free(router);
}

static void an_unknown_name_is_shown_harmless(void **state)
{
    (void)state;
    struct mb_router *router = load();
    json_t *params;
    struct mb_err err;
    assert_true(read_params(router, "/v1/runs", "a%22b\\c%3f=1", &params, &err) < 0);
    assert_string_equal(err.pointer, "?a_b_c_");
    mb_router_free(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_builds_a_router),
        cmocka_unit_test(every_handler_is_used_by_an_operation),
        cmocka_unit_test(every_x_sql_has_the_file_of_its_function),
        cmocka_unit_test(every_operation_under_v1_needs_a_scope_and_tells_of_refusals),
        cmocka_unit_test(a_document_with_a_mistake_is_refused_with_its_place),
        cmocka_unit_test(finds_the_operation_of_a_method_and_path),
        cmocka_unit_test(paths_that_are_none_are_not_found),
        cmocka_unit_test(another_method_is_told_which_are_allowed),
        cmocka_unit_test(admin_stands_for_all_scopes_and_others_for_one),
        cmocka_unit_test(parameters_come_out_typed_with_their_defaults),
        cmocka_unit_test(parameters_that_do_not_fit_are_refused_by_name),
        cmocka_unit_test(ids_alone_need_no_object_and_take_no_query),
        cmocka_unit_test(an_unknown_name_is_shown_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
