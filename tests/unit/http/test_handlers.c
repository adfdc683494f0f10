/* The operations on packages, deployments, secrets and keys, and those that SQL serves: what they
 * ask of the database, and what they never tell it. */
#include "cmk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/secret.h"
#include "client.h"
#include "fakes.h"
#include "http/key.h"

#define JSON "Content-Type: application/json\r\n"

static struct rig rig;
static char asked[64], request[4096]; /* the last call of an api function */
static int calls;
static const char *answers[4]; /* of the calls, in their order; the last counts for the rest */
static const char *scopes[3];
static int n_params;

static void answer_sql(struct fake_answer *answer)
{
    if (scopes[0])
        memcpy(answer->scopes, scopes, sizeof(scopes));
    if (strncmp(fake_query.stmt->name, "api_", 4) != 0)
        return;
    n_params = fake_query.stmt->n_params;
    snprintf(asked, sizeof(asked), "%s", fake_query.stmt->name + 4);
    snprintf(request, sizeof(request), "%.*s", MB_STR_ARG(fake_query.param[n_params - 1]));
    if (answers[MB_MIN(calls, 3)])
        answer->json = answers[MB_MIN(calls, 3)];
    calls++;
}

static int setup(void **state)
{
    (void)state;
    rig_start(&rig, NULL);
    fake_pg_answer = answer_sql;
    memset(answers, 0, sizeof(answers));
    memset(scopes, 0, sizeof(scopes));
    calls = 0;
    fake_manifest = "{\"name\":\"p\",\"version\":\"1.0.0\",\"summary\":\"s\"}";
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static struct answer post(const char *path, const char *body)
{
    return client_do(&rig, "POST", path, AUTH JSON, body);
}

static void served(struct answer answer, int status)
{
    if (answer.status != status)
        fail_msg("status %d: %s", answer.status, mb_buf_cstr(&answer.body));
    answer_release(&answer);
}

static void refused_at(struct answer answer, int status, const char *code, const char *place)
{
    assert_problem(&answer, status, code);
    if (place && !strstr(mb_buf_cstr(&answer.body), place))
        fail_msg("%s does not say %s", mb_buf_cstr(&answer.body), place);
    answer_release(&answer);
}

/* ---------------------------------------------------------------- SQL */

static void a_function_gets_parameters_body_and_caller(void **state)
{
    (void)state;
    served(client_do(&rig, "GET", "/v1/runs?status=failed&limit=5", AUTH, NULL), 200);
    assert_string_equal(asked, "runs_list");
    char wanted[160], id[MB_ID_TEXT];
    snprintf(wanted, sizeof(wanted),
             "{\"params\":{\"status\":[\"failed\"],\"limit\":5},\"caller\":{\"key_id\":\"%s\"}}",
             mb_id_uuid((struct mb_id){{0x42}}, id));
    assert_string_equal(request, wanted);
    assert_int_equal(fake_query.param[0].len, 16);
    assert_memory_equal(fake_query.param[0].ptr, fake_customer().bytes, 16);
    served(
        post("/v1/knowledge/faq/documents", "{ \"documents\": [{\"id\":\"a\",\"body\":\"b\"}] }"),
        200);
    assert_non_null(strstr(request, "\"params\":{\"collection\":\"faq\"},"
                                    "\"body\":{ \"documents\": [{\"id\":\"a\",\"body\":\"b\"}] }"));
}

static void a_functions_answer_is_mapped_to_http(void **state)
{
    (void)state;
    answers[0] = "{\"status\":200,\"body\":{\"data\":[],\"next_cursor\":null},"
                 "\"headers\":{\"x-more\":\"1\"}}";
    struct answer answer = client_do(&rig, "GET", "/v1/keys", AUTH, NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(mb_buf_cstr(&answer.body), "{\"data\":[],\"next_cursor\":null}");
    assert_string_equal(answer_header(&answer, "x-more"), "1");
    assert_string_equal(answer_header(&answer, "content-type"), "application/json");
    assert_string_equal(answer_header(&answer, "cache-control"), "no-store");
    answer_release(&answer);
    answers[1] = "{\"status\":204}";
    answer = client_do(&rig, "DELETE", "/v1/secrets/A", AUTH, NULL);
    assert_int_equal(answer.status, 204);
    assert_int_equal(mb_buf_len(&answer.body), 0);
    answer_release(&answer);
    answers[2] = "{\"status\":409,\"error\":{\"code\":\"exists\",\"message\":\"there\","
                 "\"pointer\":\"/name\"}}";
    refused_at(post("/v1/secrets", "{\"name\":\"A\",\"value\":\"b\"}"), 409, "exists", "#/name");
}

static void answers_that_are_none_are_internal_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {"null", "{}", "{\"status\":99}", "{\"status\":\"200\"}"};
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        answers[0] = answers[1] = answers[2] = answers[3] = bad[i];
        refused_at(client_do(&rig, "GET", "/v1/keys", AUTH, NULL), 500, "internal", NULL);
    }
}

static void without_the_database_it_is_503_and_nothing_is_told_of_it(void **state)
{
    (void)state;
    served(client_do(&rig, "GET", "/v1/keys", AUTH, NULL), 200);
    fake_pg_up = false;
    struct answer answer = client_do(&rig, "GET", "/v1/keys", AUTH, NULL);
    assert_string_equal(answer_header(&answer, "retry-after"), "1");
    assert_null(strstr(mb_buf_cstr(&answer.body), "secret detail"));
    refused_at(answer, 503, "database", NULL);
}

static void an_idempotency_key_makes_it_happen_once(void **state)
{
    (void)state;
    static const char path[] = "/v1/knowledge/faq/documents";
    static const char body[] = "{\"documents\":[{\"id\":\"a\",\"body\":\"b\"}]}";
    char first[32];
    served(client_do(&rig, "POST", path, AUTH JSON "Idempotency-Key: abc\r\n", body), 200);
    assert_string_equal(asked, "once");
    assert_memory_equal(fake_query.param[1].ptr, "documents_write", 15);
    assert_memory_equal(fake_query.param[2].ptr, "abc", 3);
    memcpy(first, fake_query.param[3].ptr, 32);
    served(client_do(&rig, "POST", path, AUTH JSON "Idempotency-Key: \"abc\"\r\n", body), 200);
    assert_memory_equal(first, fake_query.param[3].ptr, 32);
    served(client_do(&rig, "POST", "/v1/knowledge/faqs/documents",
                     AUTH JSON "Idempotency-Key: abc\r\n", body),
           200);
    assert_memory_not_equal(first, fake_query.param[3].ptr, 32);
    refused_at(client_do(&rig, "POST", path, AUTH JSON "Idempotency-Key: a b\r\n", body), 400,
               "invalid_request", "Idempotency-Key");
}

static void a_client_that_leaves_cancels_its_query(void **state)
{
    (void)state;
    served(client_do(&rig, "GET", "/v1/keys", AUTH, NULL), 200);
    fake_pg_holds = true;
    static const char text[] = "GET /v1/keys HTTP/1.1\r\nHost: t\r\n" AUTH "\r\n";
    int fd = client_connect(&rig);
    int before = fake_query.count;
    client_send(&rig, fd, text, sizeof(text) - 1);
    for (int i = 0; i < 100 && fake_query.count == before; i++)
        rig_turn(&rig);
    close(fd);
    mb_http_free(rig.http); /* whoever has not answered yet is cut: no callback may follow */
    rig.http = NULL;
    assert_int_equal(fake_query.cancelled, 1);
    fake_pg_holds = false;
}

/* ---------------------------------------------------------------- packages */

static void a_package_is_checked_hashed_and_stored(void **state)
{
    (void)state;
    answers[0] = "{\"status\":201,\"body\":{\"id\":\"pkg_1\"},\"headers\":{\"location\":\"/x\"}}";
    struct answer answer =
        post("/v1/packages", "{\"files\":{\"main.lua\":\"return \\\"\\u00e9\\\"\","
                             "\"agent.json\":\"{}\"}}");
    assert_string_equal(answer_header(&answer, "location"), "/x");
    served(answer, 201);
    assert_string_equal(asked, "package_create");
    assert_non_null(strstr(request, "\"manifest\":{\"name\":\"p\""));
    assert_non_null(strstr(request, "\"files\":{\"agent.json\":\"{}\",\"main.lua\":\"return \\\""));
    assert_non_null(strstr(request, "\"sha256\":\""));
}

static void what_the_check_refuses_is_told_with_file_and_line(void **state)
{
    (void)state;
    fake_manifest = NULL;
    (void)mb_err_at(&fake_check_err, MB_E_INVALID_PACKAGE, "main.lua:12", "'=' expected near 'x'");
    refused_at(post("/v1/packages", "{\"files\":{\"main.lua\":\"y x\"}}"), 422, "invalid_package",
               "main.lua:12");
    assert_int_equal(calls, 0);
}

static void paths_that_leave_their_folder_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"../main.lua", "/etc/passwd", "a/../../b", "a//b",
                                        "./a",         "a\\\\b",      "a\\nb",     "C:/x"};
    for (size_t i = 0; i < MB_LEN(paths); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"files\":{\"main.lua\":\"\",\"%s\":\"\"}}", paths[i]);
        refused_at(post("/v1/packages", body), 422, "invalid_package", NULL);
    }
    assert_int_equal(calls, 0);
}

/* A gzipped tar of small text files. */
static struct mb_buf archive(const char *const *paths, const char *text)
{
    struct mb_buf tar = {0}, out = {0};
    for (int i = 0; paths[i]; i++) {
        char head[512] = {0}, block[512] = {0};
        unsigned sum = 0;
        snprintf(head, 100, "%s", paths[i]);
        snprintf(head + 100, 8, "%07o", 0644);
        snprintf(head + 124, 12, "%011o", (unsigned)strlen(text));
        snprintf(head + 136, 12, "%011o", 0);
        head[156] = '0';
        memcpy(head + 257, "ustar\00000", 8);
        memset(head + 148, ' ', 8);
        for (int j = 0; j < 512; j++)
            sum += (unsigned char)head[j];
        snprintf(head + 148, 8, "%06o", sum);
        memcpy(block, text, strlen(text));
        mb_buf_add(&tar, head, 512);
        mb_buf_add(&tar, block, 512);
    }
    char end[1024] = {0};
    mb_buf_add(&tar, end, sizeof(end));
    z_stream z = {0};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)mb_buf_head(&tar);
    z.avail_in = (uInt)mb_buf_len(&tar);
    z.next_out = (Bytef *)mb_buf_reserve(&out, 65536);
    z.avail_out = 65536;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    mb_buf_commit(&out, 65536 - z.avail_out);
    deflateEnd(&z);
    mb_buf_release(&tar);
    return out;
}

static struct answer upload(const char *const *paths)
{
    struct mb_buf gz = archive(paths, "return 1"), text = {0};
    mb_buf_addf(&text,
                "POST /v1/packages HTTP/1.1\r\nHost: t\r\n" AUTH
                "Content-Type: application/gzip\r\nContent-Length: %zu\r\n\r\n",
                mb_buf_len(&gz));
    mb_buf_add(&text, mb_buf_head(&gz), mb_buf_len(&gz));
    int fd = client_connect(&rig);
    client_send(&rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    struct answer answer = client_read(&rig, fd);
    mb_buf_release(&gz);
    mb_buf_release(&text);
    close(fd);
    return answer;
}

static void an_archive_holds_the_same_files_also_in_one_folder(void **state)
{
    (void)state;
    static const char *const flat[] = {"agent.json", "main.lua", NULL};
    static const char *const folder[] = {"p/agent.json", "p/main.lua", "p/lib/x.lua", NULL};
    static const char *const two[] = {"p/agent.json", "q/main.lua", NULL};
    answers[0] = answers[1] = "{\"status\":201,\"body\":{}}";
    served(upload(flat), 201);
    assert_non_null(strstr(request, "\"main.lua\":\"return 1\""));
    served(upload(folder), 201);
    assert_non_null(strstr(request, "\"lib/x.lua\":\"return 1\",\"main.lua\":"));
    refused_at(upload(two), 422, "invalid_package", "main.lua");
    struct answer answer = client_do(&rig, "POST", "/v1/packages",
                                     AUTH "Content-Type: application/gzip\r\n", "no archive");
    refused_at(answer, 422, "invalid_package", NULL);
}

/* ---------------------------------------------------------------- deployments */

#define PACKAGE                                                                                    \
    "{\"status\":200,\"body\":{\"package_owner\":\"00000000-0000-0000-0000-000000000000\","        \
    "\"package_id\":\"019ab3c4-d5e6-7f80-90a1-b2c3d4e5f607\",\"manifest\":{\"name\":\"p\","        \
    "\"tools\":[\"kv.get\",\"approve\"],\"secrets\":[\"A\",{\"name\":\"B\"}],"                     \
    "\"limits\":{\"steps\":10},\"config\":{\"type\":\"object\",\"additionalProperties\":false,"    \
    "\"properties\":{\"tone\":{\"enum\":[\"kind\",\"dry\"]}}}}}}"

static void a_deployment_has_all_tools_of_its_package_unless_it_says_less(void **state)
{
    (void)state;
    answers[0] = answers[2] = PACKAGE;
    answers[1] = answers[3] = "{\"status\":201,\"body\":{\"id\":\"dep_1\"}}";
    served(post("/v1/deployments", "{\"package\":\"p\"}"), 201);
    assert_string_equal(asked, "deployment_create");
    assert_non_null(strstr(request, "\"tools\":[\"kv.get\",\"approve\"]"));
    assert_non_null(strstr(request, "\"config\":{}"));
    assert_non_null(strstr(request, "\"budget_micros\":null"));
    served(post("/v1/deployments", "{\"package\":\"p\",\"tools\":[],\"config\":{\"tone\":\"dry\"},"
                                   "\"limits\":{\"steps\":9},\"budget_micros\":5}"),
           201);
    assert_non_null(strstr(request, "\"tools\":[]"));
    assert_non_null(strstr(request, "\"limits\":{\"steps\":9},\"budget_micros\":5"));
}

static void what_the_package_does_not_name_cannot_be_deployed(void **state)
{
    (void)state;
    static const struct {
        const char *body, *place, *code;
        int status;
    } cases[] = {
        {"{\"package\":\"p\",\"tools\":[\"approve\",\"http.request\"]}", "#/tools/1",
         "invalid_request", 400},
        {"{\"package\":\"p\",\"config\":{\"tone\":\"rude\"}}", "#/config/tone", "invalid_config",
         422},
        {"{\"package\":\"p\",\"config\":{\"volume\":1}}", "#/config/volume", "invalid_config", 422},
        {"{\"package\":\"p\",\"limits\":{\"steps\":11}}", "#/limits/steps", "invalid_request", 400},
        {"{\"package\":\"p\",\"secrets\":{\"C\":\"x\"}}", "#/secrets/C", "invalid_request", 400},
    };
    answers[0] = answers[1] = answers[2] = answers[3] = PACKAGE;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        refused_at(post("/v1/deployments", cases[i].body), cases[i].status, cases[i].code,
                   cases[i].place);
        assert_string_equal(asked, "deployable_get");
    }
}

/* The sealed text of the last request opens to this. */
static void assert_opens(const char *name, const char *plain)
{
    char context[128], id[MB_ID_TEXT];
    struct mb_secret out = {0};
    struct mb_err err;
    const char *sealed = strstr(request, "v1.");
    assert_non_null(sealed);
    assert_null(strstr(request, plain));
    snprintf(context, sizeof(context), "%s/%s", mb_id_uuid(fake_customer(), id), name);
    assert_int_equal(mb_open(rig.keyring, mb_str_c(context),
                             MB_STR_OF(sealed, strcspn(sealed, "\"")), &out, NULL, &err),
                     0);
    assert_string_equal(mb_secret_str(&out).ptr, plain);
    mb_secret_release(&out);
}

static void secrets_reach_the_database_sealed_only(void **state)
{
    (void)state;
    answers[0] = PACKAGE;
    answers[1] = answers[2] = "{\"status\":201,\"body\":{}}";
    answers[3] = "{\"status\":200,\"body\":{}}";
    served(post("/v1/deployments", "{\"package\":\"p\",\"secrets\":{\"A\":\"hunter2-deploy\"}}"),
           201);
    assert_opens("A", "hunter2-deploy");
    served(post("/v1/secrets", "{\"name\":\"TOKEN\",\"value\":\"hunter2-create\"}"), 201);
    assert_string_equal(asked, "secret_create");
    assert_opens("TOKEN", "hunter2-create");
    served(client_do(&rig, "PUT", "/v1/secrets/TOKEN", AUTH JSON, "{\"value\":\"hunter2-put\"}"),
           200);
    assert_string_equal(asked, "secret_put");
    assert_opens("TOKEN", "hunter2-put");
}

/* ---------------------------------------------------------------- keys */

static void a_new_key_is_shown_once_and_only_its_hash_is_stored(void **state)
{
    (void)state;
    answers[0] = "{\"status\":201,\"body\":{\"id\":\"key_1\",\"prefix\":\"mb_\"}}";
    struct answer answer = post("/v1/keys", "{\"name\":\"n\",\"scopes\":[\"runs:read\"]}");
    json_t *body = mb_json_parse(mb_buf_str(&answer.body), NULL);
    struct mb_str key = mb_json_str(body, "key");
    uint8_t sha256[MB_SHA256_BYTES];
    char hex[MB_SHA256_HEX];
    assert_true(mb_key_is_wellformed(key));
    mb_sha256(key, sha256);
    mb_hex(sha256, sizeof(sha256), hex);
    assert_non_null(strstr(request, hex));
    assert_null(strstr(request, key.ptr));
    json_decref(body);
    served(answer, 201);
}

static void a_key_cannot_give_what_it_does_not_have(void **state)
{
    (void)state;
    scopes[0] = "keys:write";
    scopes[1] = "runs:read";
    refused_at(post("/v1/keys", "{\"name\":\"n\",\"scopes\":[\"runs:read\",\"runs:write\"]}"), 403,
               "forbidden", "#/scopes/1");
    refused_at(post("/v1/keys", "{\"name\":\"n\",\"scopes\":[\"admin\"]}"), 403, "forbidden", NULL);
    assert_int_equal(calls, 0);
    served(post("/v1/keys", "{\"name\":\"n\",\"scopes\":[\"runs:read\"]}"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_function_gets_parameters_body_and_caller),
        TEST(a_functions_answer_is_mapped_to_http),
        TEST(answers_that_are_none_are_internal_errors),
        TEST(without_the_database_it_is_503_and_nothing_is_told_of_it),
        TEST(an_idempotency_key_makes_it_happen_once),
        TEST(a_client_that_leaves_cancels_its_query),
        TEST(a_package_is_checked_hashed_and_stored),
        TEST(what_the_check_refuses_is_told_with_file_and_line),
        TEST(paths_that_leave_their_folder_are_refused),
        TEST(an_archive_holds_the_same_files_also_in_one_folder),
        TEST(a_deployment_has_all_tools_of_its_package_unless_it_says_less),
        TEST(what_the_package_does_not_name_cannot_be_deployed),
        TEST(secrets_reach_the_database_sealed_only),
        TEST(a_new_key_is_shown_once_and_only_its_hash_is_stored),
        TEST(a_key_cannot_give_what_it_does_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
