/* Whole model calls against a server in the same loop: tries, streams, money, keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "llm/llm.h"
#include "unit/io/httpd.h"

static struct mb_loop loop;
static struct httpd server;
static struct mb_fetch *fetch;
static struct mb_egress *egress;
static struct mb_llm *llm;

struct seen {
    struct mb_llm_call *call;
    bool done, failed, unpriced, cancel_on_delta;
    struct mb_err err;
    char json[2048], deltas[256], request_id[128];
    struct mb_llm_usage usage;
    int64_t cost_micros;
    int tries;
};

static void on_done(struct mb_llm_call *call, struct mb_llm_result *r, const struct mb_err *err)
{
    struct seen *s = mb_llm_owner(call);
    assert_false(s->done);
    s->done = true;
    s->failed = err != NULL;
    if (err)
        s->err = *err;
    snprintf(s->json, sizeof(s->json), "%.*s", MB_STR_ARG(mb_buf_str(&r->json)));
    snprintf(s->request_id, sizeof(s->request_id), "%s", r->provider_request_id);
    s->usage = r->usage;
    s->cost_micros = r->cost_micros;
    s->unpriced = r->is_unpriced;
    s->tries = r->tries;
}

static void on_delta(struct mb_llm_call *call, struct mb_str text)
{
    struct seen *s = mb_llm_owner(call);
    size_t at = strlen(s->deltas);
    snprintf(s->deltas + at, sizeof(s->deltas) - at, "[%.*s]", MB_STR_ARG(text));
    if (s->cancel_on_delta)
        mb_llm_cancel(call);
}

/* A models file whose providers live at the test's server. */
static char *models_file(void)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/mb-test-llm-%d.json", (int)getpid());
    FILE *f = fopen(path, "w");
    fprintf(f,
            "{\"providers\": {"
            "\"o\": {\"kind\": \"openai\", \"base_url\": \"http://127.0.0.1:%d/v1\","
            " \"api_key_env\": \"MB_TEST_KEY\", \"headers\": {\"x-org\": \"us\"}},"
            "\"strict\": {\"kind\": \"openai\", \"base_url\": \"http://127.0.0.1:%d/v1\","
            " \"needs_key\": true, \"api_key_env\": \"MB_TEST_NO_KEY\"},"
            "\"a\": {\"kind\": \"anthropic\", \"base_url\": \"http://127.0.0.1:%d\","
            " \"api_key_env\": \"MB_TEST_KEY\", \"version\": \"2023-06-01\"},"
            "\"local\": {\"kind\": \"local\"}},"
            "\"default\": \"m\", \"models\": {"
            "\"m\": {\"provider\": \"o\", \"price\": {\"in\": 1500000, \"out\": 2000000}},"
            "\"c\": {\"provider\": \"a\", \"price\": {\"in\": 1000000, \"out\": 1000000}}}}",
            server.port, server.port, server.port);
    fclose(f);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    struct mb_err err;
    mb_loop_init(&loop);
    egress = mb_egress_new(&(struct mb_egress_config){.allow = "127.0.0.1"}, &err);
    fetch = mb_fetch_new(&loop, &(struct mb_fetch_config){.egress = egress}, &err);
    llm = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mb_clock_real();
    mb_llm_free(llm);
    mb_fetch_free(fetch);
    mb_egress_free(egress);
    httpd_stop(&server);
    mb_loop_release(&loop);
    return 0;
}

static void serve_list(const struct httpd_reply *replies, size_t n, struct mb_llm_local local)
{
    struct mb_err err;
    httpd_start(&server, &loop, replies, n);
    setenv("MB_TEST_KEY", "operators-key", 1);
    struct mb_llm_config config = {.loop = &loop,
                                   .fetch = fetch,
                                   .models_file = models_file(),
                                   .retry = {3, 4, 8, 60000},
                                   .local = local};
    llm = mb_llm_new(&config, &err);
    unlink(config.models_file);
    if (!llm)
        fail_msg("%s", err.message);
}
#define SERVE(...)                                                                                 \
    static const struct httpd_reply replies[] = {__VA_ARGS__};                                     \
    serve_list(replies, MB_LEN(replies), (struct mb_llm_local){0})

static int start(struct seen *s, struct mb_llm_request req, const char *args, struct mb_err *err)
{
    req.args = mb_json_parse(mb_str_c(args), err);
    assert_non_null(req.args);
    req.owner = s;
    req.on_done = on_done;
    int rc = mb_llm_start(llm, &req, &s->call, err);
    json_decref(req.args);
    assert_false(s->done);
    return rc;
}

static struct seen call(struct mb_llm_request req, const char *args)
{
    static struct seen s;
    struct mb_err err;
    s = (struct seen){0};
    if (start(&s, req, args, &err) < 0) {
        s.failed = true;
        s.err = err;
        return s;
    }
    assert_true(httpd_run(&loop, &s.done));
    return s;
}

#define HEAD(status, more)                                                                         \
    "HTTP/1.1 " status "\r\nX-Request-Id: req-1\r\nContent-Type: application/json\r\n" more
#define ANSWER(text)                                                                               \
    HEAD("200 OK", "Connection: close\r\n\r\n")                                                    \
    "{\"model\":\"m-1\",\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"" text \
    "\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"
#define EMPTY(status, more) HEAD(status, "Content-Length: 0\r\n" more "\r\n")
#define STREAM              HEAD("200 OK", "Connection: close\r\n\r\n")
#define DELTA(text)         "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define END                                                                                        \
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"                          \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"           \
    "data: [DONE]\n\n"

static const struct mb_llm_request chat = {.kind = MB_LLM_CHAT};
static const struct mb_llm_request stream = {.kind = MB_LLM_CHAT, .on_delta = on_delta};
static const struct mb_llm_request json = {.kind = MB_LLM_JSON};

static void a_call_brings_result_usage_cost_and_id(void **state)
{
    (void)state;
    SERVE({ANSWER("hello"), HTTPD_CLOSE});
    struct mb_llm_request req = chat;
    req.idempotency_key = "key-1";
    struct seen s = call(req, "{\"prompt\":\"hi\"}");
    assert_string_equal(
        s.json, "{\"message\":{\"content\":\"hello\",\"role\":\"assistant\"},"
                "\"text\":\"hello\",\"tool_calls\":[],\"finish_reason\":\"stop\",\"model\":\"m-1\","
                "\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"cached_tokens\":0,"
                "\"reasoning_tokens\":0},\"cost_micros\":9}");
    assert_int_equal(s.cost_micros, 9); /* 4.5 + 4, rounded up once */
    assert_int_equal(s.usage.input_tokens, 3);
    assert_int_equal(s.tries, 1);
    assert_false(s.unpriced);
    assert_string_equal(s.request_id, "req-1");
    assert_memory_equal(server.requests[0], "POST /v1/chat/completions ", 26);
    assert_string_equal(httpd_header(&server, 0, "authorization"), "Bearer operators-key");
    assert_string_equal(httpd_header(&server, 0, "content-type"), "application/json");
    assert_string_equal(httpd_header(&server, 0, "x-org"), "us");
    assert_string_equal(httpd_header(&server, 0, "idempotency-key"), "key-1");
}

static void a_called_tool_has_its_own_name_again(void **state)
{
    (void)state;
    SERVE({HEAD("200 OK", "Connection: close\r\n\r\n") "{\"choices\":[{\"finish_reason\":\"tool_"
                                                       "calls\",\"message\":{\"tool_calls\":["
                                                       "{\"id\":\"1\",\"function\":{\"name\":\"a_"
                                                       "b\",\"arguments\":\"{\\\"z\\\":null,"
                                                       "\\\"y\\\":[],\\\"x\\\":2.0}\"}},"
                                                       "{\"id\":\"2\",\"function\":{\"name\":\"c_"
                                                       "d\",\"arguments\":\"{oops\"}}]}}]}",
           HTTPD_CLOSE});
    struct mb_err err;
    struct mb_llm_request req = chat;
    req.tool_names = mb_json_parse(MB_STR("{\"a_b\":\"a.b\"}"), &err);
    struct seen s =
        call(req, "{\"prompt\":\"hi\",\"tools\":[{\"name\":\"a_b\"},{\"name\":\"c_d\"}]}");
    json_decref(req.tool_names);
    static const char message[] =
        "{\"message\":{\"role\":\"assistant\",\"tool_calls\":["
        "{\"arguments\":{\"x\":2,\"y\":[]},\"id\":\"1\",\"name\":\"a.b\"},"
        "{\"arguments_text\":\"{oops\",\"id\":\"2\",\"name\":\"c_d\"}]},\"text\":\"\",";
    s.json[sizeof(message) - 1] = '\0';
    assert_string_equal(s.json, message);
}

static void tries_again_what_may_pass(void **state)
{
    (void)state;
    SERVE({EMPTY("503 Busy", "Connection: close\r\n"), HTTPD_CLOSE}, {NULL, HTTPD_RESET},
          {ANSWER("ok"), HTTPD_CLOSE});
    struct mb_llm_request req = chat;
    req.idempotency_key = "k";
    struct seen s = call(req, "{\"prompt\":\"hi\"}");
    assert_false(s.failed);
    assert_int_equal(s.tries, 3);
    assert_string_equal(httpd_body(&server, 0), httpd_body(&server, 2));
    assert_string_equal(httpd_header(&server, 2, "idempotency-key"), "k");
}

static void gives_up_after_its_tries(void **state)
{
    (void)state;
    SERVE({EMPTY("529 Overloaded", ""), HTTPD_KEEP});
    struct seen s = call(chat, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_OVERLOADED);
    assert_int_equal(server.n_requests, 3);
    assert_int_equal(s.cost_micros, 0);
}

static void does_not_try_again_what_cannot_pass(void **state)
{
    (void)state;
    SERVE({HEAD("400 Bad", "Connection: close\r\n\r\n") "{\"error\":{\"message\":\"no such\"}}",
           HTTPD_CLOSE},
          {EMPTY("401 Who", ""), HTTPD_KEEP});
    struct seen s = call(chat, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_INVALID_REQUEST);
    assert_non_null(strstr(s.err.message, "no such"));
    s = call(chat, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_AUTH);
    assert_int_equal(server.n_requests, 2);
}

static void garbage_is_tried_again_and_has_its_code(void **state)
{
    (void)state;
    SERVE({HEAD("200 OK", "Connection: close\r\n\r\n") "<html>oops", HTTPD_CLOSE},
          {HEAD("200 OK", "Connection: close\r\n\r\n") "{\"choices\":{}}", HTTPD_CLOSE},
          {"\x01\x02\x03\r\n\r\n", HTTPD_CLOSE});
    struct seen s = call(chat, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_UPSTREAM_GARBAGE);
    assert_int_equal(s.tries, 3);
}

static void waits_as_long_as_the_provider_says(void **state)
{
    (void)state;
    SERVE({EMPTY("429 Slow", "Retry-After: 7\r\n"), HTTPD_KEEP}, {ANSWER("ok"), HTTPD_CLOSE});
    mb_clock_fake(1000000, 0);
    struct seen s = {0};
    struct mb_err err;
    assert_int_equal(start(&s, chat, "{\"prompt\":\"hi\"}", &err), 0);
    for (int i = 0; i < 2000 && server.n_requests < 1; i++)
        mb_loop_turn(&loop, 5);
    for (int i = 0; i < 20; i++)
        mb_loop_turn(&loop, 5);
    mb_clock_advance(6999 * 1000);
    for (int i = 0; i < 5; i++)
        mb_loop_turn(&loop, 1);
    assert_int_equal(server.n_requests, 1);
    mb_clock_advance(10 * 1000);
    assert_true(httpd_run(&loop, &s.done));
    assert_false(s.failed);
    assert_int_equal(server.n_requests, 2);
}

static void passes_on_a_wait_that_is_too_long(void **state)
{
    (void)state;
    SERVE({EMPTY("429 Slow", "Retry-After: 3600\r\n"), HTTPD_KEEP},
          {EMPTY("429 Slow", "retry-after-ms: 30000\r\n"), HTTPD_KEEP});
    struct seen s = call(chat, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_RATE_LIMITED);
    assert_int_equal(s.err.retry_ms, 3600 * 1000);
    assert_int_equal(s.tries, 1);
    struct mb_llm_request req = chat;
    req.deadline_ms = 20000; /* it would be too late */
    s = call(req, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.retry_ms, 30000);
    assert_int_equal(s.tries, 1);
}

static void ends_at_its_deadline(void **state)
{
    (void)state;
    SERVE({NULL, HTTPD_KEEP});
    mb_clock_fake(1000000, 0);
    struct seen s = {0};
    struct mb_err err;
    struct mb_llm_request req = chat;
    req.deadline_ms = 9000;
    assert_int_equal(start(&s, req, "{\"prompt\":\"hi\"}", &err), 0);
    for (int i = 0; i < 2000 && server.n_requests < 1; i++)
        mb_loop_turn(&loop, 5);
    mb_clock_advance(9001 * 1000);
    assert_true(httpd_run(&loop, &s.done));
    assert_int_equal(s.err.code, MB_E_TIMEOUT);
    assert_int_equal(server.n_requests, 1);
}

/* -- streams --------------------------------------------------------------------------------- */

static void text_comes_as_it_is_written(void **state)
{
    (void)state;
    SERVE({STREAM DELTA("Hel") DELTA("lo") END, HTTPD_CLOSE});
    struct seen s = call(stream, "{\"prompt\":\"hi\"}");
    assert_false(s.failed);
    assert_non_null(strstr(s.json, "\"text\":\"Hello\""));
    assert_int_equal(s.cost_micros, 9);
    assert_string_equal(s.deltas, "[Hello]");
    assert_non_null(strstr(httpd_body(&server, 0), "\"include_usage\":true"));
}

static void a_stream_that_breaks_early_is_tried_again(void **state)
{
    (void)state;
    SERVE(
        {STREAM "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n", HTTPD_RESET},
        {STREAM "data: {\"error\":{\"type\":\"server_error\",\"message\":\"x\"}}\n\n", HTTPD_CLOSE},
        {STREAM DELTA("ok") END, HTTPD_CLOSE});
    struct seen s = call(stream, "{\"prompt\":\"hi\"}");
    assert_false(s.failed);
    assert_int_equal(s.tries, 3);
    assert_string_equal(s.deltas, "[ok]");
}

static void a_stream_that_breaks_after_text_is_not(void **state)
{
    (void)state;
    SERVE({STREAM DELTA("half"), HTTPD_RESET}, {STREAM DELTA("half"), HTTPD_CLOSE},
          {STREAM DELTA("half") "data: {oops\n\n", HTTPD_CLOSE});
    static const int codes[] = {MB_E_CONNECT_FAILED, MB_E_UPSTREAM_GARBAGE, MB_E_UPSTREAM_GARBAGE};
    for (size_t i = 0; i < MB_LEN(codes); i++) {
        struct seen s = call(stream, "{\"prompt\":\"hi\"}");
        assert_string_equal(s.deltas, "[half]");
        assert_int_equal(s.err.code, codes[i]);
        assert_int_equal(s.tries, 1);
    }
}

static void an_error_status_is_an_error_for_streams_too(void **state)
{
    (void)state;
    SERVE({HEAD("400 Bad", "Connection: close\r\n\r\n") "{\"error\":{\"message\":\"no\"}}",
           HTTPD_CLOSE});
    struct seen s = call(stream, "{\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_INVALID_REQUEST);
}

static void a_call_may_be_cancelled_by_its_listener(void **state)
{
    (void)state;
    SERVE({STREAM DELTA("a") DELTA("b") END, HTTPD_CLOSE}, {NULL, HTTPD_KEEP});
    struct seen s = {.cancel_on_delta = true}, t = {0};
    struct mb_err err;
    assert_int_equal(start(&s, stream, "{\"prompt\":\"hi\"}", &err), 0);
    for (int i = 0; i < 2000 && !s.deltas[0]; i++)
        mb_loop_turn(&loop, 5);
    assert_int_equal(start(&t, chat, "{\"prompt\":\"hi\"}", &err), 0);
    for (int i = 0; i < 2000 && server.n_requests < 2; i++)
        mb_loop_turn(&loop, 5);
    mb_llm_cancel(t.call);
    for (int i = 0; i < 10; i++)
        mb_loop_turn(&loop, 1);
    assert_false(s.done);
    assert_false(t.done);
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
}

/* -- JSON ------------------------------------------------------------------------------------ */

#define SCHEMA                                                                                     \
    "\"schema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[" \
    "\"n\"]}"

static void an_answer_that_does_not_fit_is_told_to_the_model(void **state)
{
    (void)state;
    SERVE({ANSWER("not json"), HTTPD_CLOSE}, {ANSWER("{\\\"n\\\":\\\"x\\\"}"), HTTPD_CLOSE},
          {ANSWER("```json\\n{\\\"n\\\":4}\\n```"), HTTPD_CLOSE});
    struct mb_llm_request req = json;
    req.idempotency_key = "k";
    struct seen s = call(req, "{\"prompt\":\"hi\"," SCHEMA "}");
    assert_false(s.failed);
    assert_non_null(strstr(s.json, "{\"value\":{\"n\":4},"));
    assert_int_equal(s.usage.input_tokens, 9); /* the sum */
    assert_int_equal(s.cost_micros, 27);
    assert_int_equal(s.tries, 3);
    assert_non_null(strstr(httpd_body(&server, 1), "not json"));
    assert_non_null(strstr(httpd_body(&server, 2), "/n"));
    char first[64];
    snprintf(first, sizeof(first), "%s", httpd_header(&server, 1, "idempotency-key"));
    assert_string_not_equal(first, "k");
    assert_string_not_equal(first, httpd_header(&server, 2, "idempotency-key"));
}

static void a_model_that_never_fits_fails_and_is_paid(void **state)
{
    (void)state;
    SERVE({ANSWER("{\\\"n\\\":null}"), HTTPD_CLOSE});
    struct seen s = call(json, "{\"prompt\":\"hi\",\"retries\":1," SCHEMA "}");
    assert_int_equal(s.err.code, MB_E_MODEL_INVALID_OUTPUT);
    assert_string_equal(s.err.pointer, "/n");
    assert_int_equal(server.n_requests, 2);
    assert_int_equal(s.cost_micros, 18);
}

static void a_schema_that_is_no_object_travels_inside_one(void **state)
{
    (void)state;
    SERVE({ANSWER("{\\\"value\\\":[1,2]}"), HTTPD_CLOSE},
          {ANSWER("{\\\"value\\\":null}"), HTTPD_CLOSE});
    struct seen s = call(json, "{\"prompt\":\"hi\",\"schema\":{\"type\":\"array\"}}");
    assert_non_null(strstr(s.json, "{\"value\":[1,2],"));
    assert_non_null(strstr(httpd_body(&server, 0),
                           "{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"array\"}}"));
    s = call(json, "{\"prompt\":\"hi\",\"schema\":{\"type\":[\"null\",\"string\"]}}");
    assert_non_null(strstr(s.json, "{\"value\":null,"));
}

static void anthropics_forced_tool_brings_the_value(void **state)
{
    (void)state;
    SERVE(
        {HEAD("200 OK", "Connection: close\r\n\r\n") "{\"id\":\"m\",\"content\":[{\"type\":\"tool_"
                                                     "use\",\"id\":\"t\",\"name\":\"answer\","
                                                     "\"input\":{\"n\":5}}],\"stop_reason\":\"tool_"
                                                     "use\",\"usage\":{\"input_tokens\":2,"
                                                     "\"output_tokens\":3}}",
         HTTPD_CLOSE});
    struct seen s = call(json, "{\"model\":\"c\",\"prompt\":\"hi\"," SCHEMA "}");
    assert_non_null(strstr(s.json, "{\"value\":{\"n\":5},"));
    assert_int_equal(s.cost_micros, 5);
    assert_string_equal(httpd_header(&server, 0, "x-api-key"), "operators-key");
    assert_string_equal(httpd_header(&server, 0, "anthropic-version"), "2023-06-01");
}

static void a_refusal_is_an_error_that_was_paid(void **state)
{
    (void)state;
    SERVE(
        {HEAD("200 OK", "Connection: close\r\n\r\n") "{\"content\":[],\"stop_reason\":\"refusal\","
                                                     "\"stop_details\":{\"explanation\":"
                                                     "\"harm\"},\"usage\":{\"input_tokens\":2,"
                                                     "\"output_tokens\":1}}",
         HTTPD_CLOSE});
    struct seen s = call(chat, "{\"model\":\"c\",\"prompt\":\"hi\"}");
    assert_int_equal(s.err.code, MB_E_MODEL_REFUSED);
    assert_non_null(strstr(s.err.message, "harm"));
    assert_int_equal(s.cost_micros, 3);
}

/* -- keys and addresses ---------------------------------------------------------------------- */

static void a_customers_key_takes_the_place_of_the_operators(void **state)
{
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    struct mb_secret key = {0};
    mb_secret_set(&key, MB_STR("customers-key"));
    struct mb_llm_request req = chat;
    req.api_key = &key;
    assert_false(call(req, "{\"prompt\":\"hi\"}").failed);
    assert_string_equal(httpd_header(&server, 0, "authorization"), "Bearer customers-key");
    assert_false(call(req, "{\"model\":\"strict/x\",\"prompt\":\"hi\"}").failed);
    mb_secret_release(&key);
}

static void the_operators_key_never_goes_to_a_customers_endpoint(void **state)
{
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    struct mb_llm_request req = chat;
    req.base_url = httpd_url(&server, "/own/");
    assert_false(call(req, "{\"prompt\":\"hi\"}").failed);
    assert_memory_equal(server.requests[0], "POST /own/chat/completions ", 27);
    assert_null(strstr(server.requests[0], "operators-key"));
    req.base_url = "http://169.254.169.254/";
    assert_int_equal(call(req, "{\"prompt\":\"hi\"}").err.code, MB_E_EGRESS_DENIED);
}

static void refuses_at_once_what_cannot_be_asked(void **state)
{
    static const struct {
        enum mb_llm_kind kind;
        const char *args;
        int code;
    } cases[] = {
        {MB_LLM_CHAT, "{\"model\":\"mm\",\"prompt\":\"hi\"}", MB_E_UNKNOWN_MODEL},
        {MB_LLM_CHAT, "{\"model\":\"strict/x\",\"prompt\":\"hi\"}", MB_E_MODEL_AUTH},
        {MB_LLM_EMBED, "{\"model\":\"c\",\"input\":\"hi\"}", MB_E_MODEL_INVALID_REQUEST},
        {MB_LLM_JSON, "{\"prompt\":\"hi\",\"schema\":{\"type\":\"thing\"}}", MB_E_INVALID_SCHEMA},
        {MB_LLM_CHAT, "{\"model\":\"local/x\",\"prompt\":\"hi\"}", MB_E_UNKNOWN_MODEL},
    };
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_llm_request req = {.kind = cases[i].kind};
        struct seen s = call(req, cases[i].args);
        if (s.done || s.err.code != cases[i].code)
            fail_msg("case %zu: %s", i, s.failed ? s.err.message : "taken");
    }
    assert_int_equal(server.n_requests, 0);
}

static void a_model_without_a_price_is_told_so(void **state)
{
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    struct seen s = call(chat, "{\"model\":\"o/unlisted\",\"prompt\":\"hi\"}");
    assert_false(s.failed);
    assert_true(s.unpriced);
    assert_int_equal(s.cost_micros, 0);
}

static void the_worst_case_covers_what_a_call_can_cost(void **state)
{
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    json_t *args = mb_json_parse(MB_STR("{\"prompt\":\"hi\",\"max_tokens\":100}"), NULL);
    /* 32 bytes at 1.5, 100 tokens at 2 */
    assert_int_equal(mb_llm_worst_micros(llm, MB_LLM_CHAT, args, 0), 248);
    json_object_set_new(args, "retries", json_integer(1));
    assert_true(mb_llm_worst_micros(llm, MB_LLM_JSON, args, 0) > 2 * 248);
    json_object_set_new(args, "model", json_string("o/unlisted"));
    assert_int_equal(mb_llm_worst_micros(llm, MB_LLM_CHAT, args, 0), 0);
    json_decref(args);
}

static void a_model_is_known_by_name_with_its_provider(void **state)
{
    (void)state;
    SERVE({ANSWER("ok"), HTTPD_CLOSE});
    struct mb_err err;
    assert_int_equal(mb_llm_check_model(llm, MB_STR("m"), &err), 0);
    assert_int_equal(mb_llm_check_model(llm, MB_STR("n"), &err), -MB_E_UNKNOWN_MODEL);
    assert_string_equal(mb_llm_provider_of(llm, MB_STR("")), "o");
    assert_string_equal(mb_llm_provider_of(llm, MB_STR("n")), "");
}

/* -- the local model --------------------------------------------------------------------------- */

static struct {
    char input[512];
    struct mb_llm_call *call;
    bool cancelled;
} job;

static int start_job(void *arg, struct mb_str input, struct mb_llm_call *c, void **out,
                     struct mb_err *err)
{
    (void)arg;
    (void)err;
    snprintf(job.input, sizeof(job.input), "%.*s", MB_STR_ARG(input));
    job.call = c;
    *out = &job;
    return 0;
}

static void cancel_job(void *arg, void *which)
{
    (void)arg;
    assert_ptr_equal(which, &job);
    job.cancelled = true;
}

static void the_local_model_is_asked_through_its_hook(void **state)
{
    static const struct httpd_reply none = {NULL, HTTPD_KEEP};
    struct mb_err err;
    struct seen s = {0};
    (void)state;
    memset(&job, 0, sizeof(job));
    serve_list(&none, 1, (struct mb_llm_local){start_job, cancel_job, NULL});
    assert_int_equal(start(&s, json, "{\"model\":\"local/x\",\"prompt\":\"hi\"," SCHEMA "}", &err),
                     0);
    assert_non_null(strstr(job.input, "{\"kind\":\"json\",\"args\":{"));
    mb_llm_local_done(job.call, MB_STR("{\"value\":{\"n\":\"no\"}}"), NULL);
    for (int i = 0; i < 5; i++) /* it is asked again, as any model */
        mb_loop_turn(&loop, 1);
    mb_llm_local_done(job.call, MB_STR("{\"value\":{\"n\":1},\"usage\":{\"input_tokens\":4}}"),
                      NULL);
    assert_true(httpd_run(&loop, &s.done));
    assert_non_null(strstr(s.json, "{\"value\":{\"n\":1},\"model\":\"x\""));
    s = (struct seen){0};
    assert_int_equal(start(&s, chat, "{\"model\":\"local/x\",\"prompt\":\"hi\"}", &err), 0);
    mb_llm_cancel(s.call);
    assert_true(job.cancelled);
    assert_int_equal(start(&s, chat, "{\"model\":\"local/x\",\"prompt\":\"hi\"}", &err), 0);
    mb_err_set(&err, MB_E_CPU_LIMIT, "too slow");
    mb_llm_local_done(job.call, MB_STR(""), &err);
    assert_true(s.done);
    assert_int_equal(s.err.code, MB_E_CPU_LIMIT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_call_brings_result_usage_cost_and_id),
        T(a_called_tool_has_its_own_name_again),
        T(tries_again_what_may_pass),
        T(gives_up_after_its_tries),
        T(does_not_try_again_what_cannot_pass),
        T(garbage_is_tried_again_and_has_its_code),
        T(waits_as_long_as_the_provider_says),
        T(passes_on_a_wait_that_is_too_long),
        T(ends_at_its_deadline),
        T(text_comes_as_it_is_written),
        T(a_stream_that_breaks_early_is_tried_again),
        T(a_stream_that_breaks_after_text_is_not),
        T(an_error_status_is_an_error_for_streams_too),
        T(a_call_may_be_cancelled_by_its_listener),
        T(an_answer_that_does_not_fit_is_told_to_the_model),
        T(a_model_that_never_fits_fails_and_is_paid),
        T(a_schema_that_is_no_object_travels_inside_one),
        T(anthropics_forced_tool_brings_the_value),
        T(a_refusal_is_an_error_that_was_paid),
        T(a_customers_key_takes_the_place_of_the_operators),
        T(the_operators_key_never_goes_to_a_customers_endpoint),
        T(refuses_at_once_what_cannot_be_asked),
        T(a_model_without_a_price_is_told_so),
        T(the_worst_case_covers_what_a_call_can_cost),
        T(a_model_is_known_by_name_with_its_provider),
        T(the_local_model_is_asked_through_its_hook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
