/* The server over real connections: what every request goes through, whoever serves it. */
#include "cmk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "client.h"
#include "fakes.h"
#include "http/http_int.h"

static struct rig rig;

static int setup(void **state)
{
    rig_start(&rig, *state ? *(void (**)(struct mb_http_config *)) * state : NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static struct answer get(const char *path, const char *headers)
{
    return client_do(&rig, "GET", path, headers, NULL);
}

#define JSON "Content-Type: application/json\r\n"

static struct answer post(const char *path, const char *body)
{
    return client_do(&rig, "POST", path, AUTH JSON, body);
}

static void refused(struct answer answer, int status, const char *code)
{
    assert_problem(&answer, status, code);
    answer_release(&answer);
}

/* Refused, and the problem names this place. */
static void refused_at(struct answer answer, int status, const char *code, const char *place)
{
    char wanted[128];
    snprintf(wanted, sizeof(wanted), "\"%s\":\"%s\"", place[0] == '?' ? "parameter" : "pointer",
             place + (place[0] == '?'));
    assert_problem(&answer, status, code);
    if (!strstr(mb_buf_cstr(&answer.body), wanted))
        fail_msg("%s does not say %s", mb_buf_cstr(&answer.body), wanted);
    answer_release(&answer);
}

static void served(struct answer answer, int status)
{
    if (answer.status != status)
        fail_msg("status %d: %s", answer.status, mb_buf_cstr(&answer.body));
    answer_release(&answer);
}

/* ---------------------------------------------------------------- service */

static void health_needs_no_key_and_no_database(void **state)
{
    (void)state;
    fake_pg_up = false;
    served(get("/healthz", ""), 200);
    served(client_do(&rig, "HEAD", "/healthz", "", NULL), 200);
    fake_pg_up = true;
}

static void readiness_follows_database_and_engine(void **state)
{
    (void)state;
    served(get("/readyz", ""), 200);
    fake_pg_up = false;
    struct answer answer = get("/readyz", "");
    assert_string_equal(answer_header(&answer, "retry-after"), "1");
    refused(answer, 503, "unavailable");
    fake_pg_up = true;
    fake_can_accept = false;
    refused(get("/readyz", ""), 503, "overloaded");
}

static void the_description_is_served_whole(void **state)
{
    (void)state;
    struct mb_err err;
    struct answer answer = get("/openapi.json", "");
    json_t *doc = mb_json_parse(mb_buf_str(&answer.body), &err);
    assert_string_equal(mb_json_str(doc, "openapi").ptr, "3.1.0");
    json_decref(doc);
    answer_release(&answer);
}

static void metrics_pass_the_linter_of_prometheus(void **state)
{
    (void)state;
    served(get("/v1/runs", AUTH), 200);
    struct answer answer = get("/metrics", "");
    assert_int_equal(answer.status, 200);
    assert_non_null(
        strstr(mb_buf_cstr(&answer.body),
               "moonbase_http_requests_total{operation=\"listRuns\",status=\"200\"} 1"));
    static const char *const lines[] = {
        "\nmoonbase_runs_started_total 3\n",
        "\nmoonbase_triggers_fired_total{kind=\"cron\"} 7\n",
        "\nmoonbase_triggers_fired_total{kind=\"webhook\"} 5\n",
        "\nmoonbase_triggers_failed_total{kind=\"manual\"} 1\n",
        "\nmoonbase_triggers_late_total 2\n",
        "\nmoonbase_side_jobs_under_way{kind=\"replay\"} 3\n",
        "\nmoonbase_side_jobs_under_way{kind=\"simulation\"} 1\n",
        "\nmoonbase_side_jobs_waiting 6\n",
        "\nmoonbase_side_jobs_refused_total 3\n",
        "\nmoonbase_canaries_under_way 2\n",
    };
    for (size_t i = 0; i < MB_LEN(lines); i++)
        if (!strstr(mb_buf_cstr(&answer.body), lines[i]))
            fail_msg("%s is not in:\n%s", lines[i], mb_buf_cstr(&answer.body));
    FILE *lint = popen("promtool check metrics >/dev/null 2>&1", "w");
    fwrite(mb_buf_head(&answer.body), 1, mb_buf_len(&answer.body), lint);
    assert_int_equal(pclose(lint), 0);
    answer_release(&answer);
}

/* ---------------------------------------------------------------- routes and ids */

static void unknown_paths_and_methods_are_problems(void **state)
{
    (void)state;
    refused(get("/nothing", ""), 404, "not_found");
    refused(get("/v1/packages/../keys", AUTH), 404, "not_found");
    struct answer answer = client_do(&rig, "PATCH", "/v1/packages", AUTH, "x");
    assert_string_equal(answer_header(&answer, "allow"), "GET, POST");
    refused(answer, 405, "method_not_allowed");
    refused(client_do(&rig, "OPTIONS", "*", "", NULL), 404, "not_found");
}

static void a_sane_request_id_is_taken_over_and_another_is_not(void **state)
{
    (void)state;
    struct answer answer = get("/healthz", "X-Request-Id: abc-DEF_1.2\r\n");
    assert_string_equal(answer_header(&answer, "x-request-id"), "abc-DEF_1.2");
    answer_release(&answer);
    static const char *const insane[] = {
        "X-Request-Id: a b\r\n",
        "X-Request-Id: a\"b\r\n",
        "X-Request-Id: <script>\r\n",
        "X-Request-Id: a%0d%0aSet-Cookie:x\r\n",
        "X-Request-Id: \r\n",
        "X-Request-Id: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggggg\r\n",
    };
    for (size_t i = 0; i < MB_LEN(insane); i++) {
        answer = get("/healthz", insane[i]);
        assert_memory_equal(answer_header(&answer, "x-request-id"), "req_", 4);
        answer_release(&answer);
    }
}

static void what_a_client_sends_is_never_a_header_of_the_answer(void **state)
{
    (void)state;
    struct answer answer = get("/v1/runs?a%0d%0aSet-Cookie:%20x=1", AUTH);
    assert_null(answer_header(&answer, "set-cookie"));
    assert_int_equal(answer.status, 400);
    answer_release(&answer);
}

/* ---------------------------------------------------------------- keys, scopes, rates */

static void without_a_good_key_nothing_is_served(void **state)
{
    (void)state;
    struct answer answer = get("/v1/runs", "");
    assert_string_equal(answer_header(&answer, "www-authenticate"), "Bearer realm=\"moonbase\"");
    refused(answer, 401, "unauthenticated");
    refused(get("/v1/runs", "Authorization: Basic abc\r\n"), 401, "unauthenticated");
    refused(get("/v1/runs?limit=zero", ""), 401, "unauthenticated");
    assert_int_equal(fake_query.count, 0);
}

static void only_read_runs(struct fake_answer *answer)
{
    answer->scopes[0] = "runs:read";
    answer->scopes[1] = "scope:of:the:future";
}

static void a_key_serves_its_scopes_only(void **state)
{
    (void)state;
    fake_pg_answer = only_read_runs;
    served(get("/v1/runs", AUTH), 200);
    struct answer answer = get("/v1/packages", AUTH);
    assert_non_null(strstr(mb_buf_cstr(&answer.body), "packages:read"));
    refused(answer, 403, "forbidden");
    refused(client_do(&rig, "POST", "/v1/deployments/" DEP "/execute", AUTH JSON, "{}"), 403,
            "forbidden");
    assert_int_equal(fake_runs(), 0);
}

static void a_revoked_key_stops_working_when_the_database_tells(void **state)
{
    (void)state;
    served(get("/v1/runs", AUTH), 200);
    char text[80], id[MB_ID_TEXT];
    struct mb_id key = {{0x42}};
    snprintf(text, sizeof(text), "key %s", mb_id_uuid(key, id));
    int before = fake_query.count;
    fake_pg_notify(rig.pg, "mb_changed", text);
    served(get("/v1/runs", AUTH), 200);
    assert_int_equal(fake_query.count, before + 2); /* the key is looked up again */
}

static void two_a_minute(struct mb_http_config *config)
{
    config->rate_per_minute = 2;
}

static void the_rate_limit_is_told_and_kept(void **state)
{
    (void)state;
    struct answer answer = get("/v1/runs", AUTH);
    assert_string_equal(answer_header(&answer, "ratelimit-policy"), "\"default\";q=2;w=60");
    assert_string_equal(answer_header(&answer, "ratelimit"), "\"default\";r=1;t=30");
    answer_release(&answer);
    served(get("/v1/runs", AUTH), 200);
    answer = get("/v1/runs", AUTH);
    assert_int_equal(atoi(answer_header(&answer, "retry-after")), 30);
    assert_string_equal(answer_header(&answer, "ratelimit"), "\"default\";r=0;t=60");
    refused(answer, 429, "rate_limited");
    served(get("/healthz", ""), 200);
}

static void own_limit(struct fake_answer *answer)
{
    answer->limits = "{\"rate_per_minute\": 1}";
}

static void a_customers_own_rate_limit_counts(void **state)
{
    (void)state;
    fake_pg_answer = own_limit;
    served(get("/v1/runs", AUTH), 200);
    refused(get("/v1/runs", AUTH), 429, "rate_limited");
}

/* ---------------------------------------------------------------- bodies */

static void bodies_that_are_no_json_are_refused_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *body, *place;
    } cases[] = {
        {"", "1:1"},
        {"{", "1:2"},
        {"{\"files\":\n{\"a\":}}", "2:6"},
        {"{\"a\":1,\"a\":2}", NULL},
        {"{\"a\":\"\\u0000\"}", NULL},
        {"{\"a\":\"\xFF\"}", NULL},
        {"{\"a\":\"\xED\xA0\x80\"}", NULL},
        {"{} {}", NULL},
        {"nul", NULL},
        {"{'a':1}", NULL},
        {"[1e999]", NULL},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct answer answer = post("/v1/packages", cases[i].body);
        if (cases[i].place)
            refused_at(answer, 400, "invalid_json", cases[i].place);
        else
            refused(answer, 400, "invalid_json");
    }
}

static void json_that_is_nested_without_end_is_refused(void **state)
{
    (void)state;
    size_t depth = 100000;
    char *body = malloc(depth + 1);
    memset(body, '[', depth);
    body[depth] = '\0';
    refused(post("/v1/packages", body), 400, "invalid_json");
    free(body);
}

static void bodies_that_do_not_fit_are_refused_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *place;
    } cases[] = {
        {"/v1/packages", "[]", "#"},
        {"/v1/packages", "null", "#"},
        {"/v1/packages", "{}", "#"},
        {"/v1/packages", "{\"files\":[]}", "#/files"},
        {"/v1/packages", "{\"files\":{\"a\":1}}", "#/files/a"},
        {"/v1/packages", "{\"files\":{\"main.lua\":\"\"},\"extra\":1}", "#/extra"},
        {"/v1/deployments", "{\"package\":7}", "#/package"},
        {"/v1/deployments", "{\"package\":\"p\",\"tools\":[\"a\",\"a\"]}", "#/tools"},
        {"/v1/deployments", "{\"package\":\"p\",\"limits\":{\"cpu_ms\":0}}", "#/limits/cpu_ms"},
        {"/v1/deployments", "{\"package\":\"p\",\"limits\":{\"cpu_ms\":1.5}}", "#/limits/cpu_ms"},
        {"/v1/deployments", "{\"package\":\"p\",\"budget_micros\":-1}", "#/budget_micros"},
        {"/v1/runs/" RUN "/approve", "{\"approved\":\"yes\"}", "#/approved"},
        {"/v1/keys", "{\"name\":\"k\",\"scopes\":[\"root\"]}", "#/scopes/0"},
        {"/v1/secrets", "{\"name\":\"a-b\",\"value\":\"x\"}", "#/name"},
        {"/v1/knowledge/faq/documents", "{\"documents\":[{\"id\":\"a\"}]}", "#/documents/0"},
    };
    int before = fake_query.count;
    for (size_t i = 0; i < MB_LEN(cases); i++)
        refused_at(post(cases[i].path, cases[i].body), 400, "invalid_request", cases[i].place);
    assert_int_equal(fake_query.count, before + 1); /* the key */
}

static void a_body_of_another_type_is_refused(void **state)
{
    (void)state;
    refused_at(client_do(&rig, "POST", "/v1/keys", AUTH "Content-Type: text/plain\r\n", "{}"), 415,
               "unsupported_media_type", "?Content-Type");
    refused(client_do(&rig, "POST", "/v1/keys", AUTH "Content-Type: application/gzip\r\n", "x"),
            415, "unsupported_media_type");
    refused(client_do(&rig, "POST", "/v1/keys", AUTH "Content-Type: application/jsonx\r\n", "{}"),
            415, "unsupported_media_type");
    refused(client_do(&rig, "POST", "/v1/keys",
                      AUTH "Content-Type: application/problem+json; charset=utf-8\r\n", "{}"),
            400, "invalid_request");
    refused(client_do(&rig, "POST", "/v1/keys", AUTH "content-type: APPLICATION/JSON ;x\r\n", "{}"),
            400, "invalid_request");
}

static void a_body_over_its_operations_cap_is_refused(void **state)
{
    (void)state;
    size_t len = 300000;
    char *body = malloc(len + 1);
    memset(body, ' ', len);
    body[len] = '\0';
    refused(post("/v1/keys", body), 413, "too_large");
    free(body);
}

static void a_body_over_every_cap_is_refused_and_the_client_hears_it(void **state)
{
    (void)state;
    static char half[1024 * 1024];
    int fd = client_connect(&rig);
    char head[256];
    int n = snprintf(head, sizeof(head),
                     "POST /v1/keys HTTP/1.1\r\nHost: t\r\nContent-Length: 90000000\r\n\r\n");
    client_send(&rig, fd, head, (size_t)n);
    memset(half, ' ', sizeof(half));
    for (int i = 0; i < 4; i++)
        client_send(&rig, fd, half, sizeof(half));
    struct answer answer = client_read(&rig, fd);
    assert_string_equal(answer_header(&answer, "connection"), "close");
    refused(answer, 413, "too_large");
    close(fd);
}

static void a_chunked_body_is_read_and_a_broken_one_refused(void **state)
{
    (void)state;
    static const char good[] = "POST /v1/keys HTTP/1.1\r\nHost: t\r\n" AUTH JSON
                               "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    static const char bad[] = "POST /v1/keys HTTP/1.1\r\nHost: t\r\n" AUTH JSON
                              "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\r\n";
    int fd = client_connect(&rig);
    client_send(&rig, fd, good, sizeof(good) - 1);
    refused(client_read(&rig, fd), 400, "invalid_request");
    close(fd);
    fd = client_connect(&rig);
    client_send(&rig, fd, bad, sizeof(bad) - 1);
    refused(client_read(&rig, fd), 400, "invalid_request");
    close(fd);
}

/* ---------------------------------------------------------------- connections */

static void headers_over_their_cap_are_refused(void **state)
{
    (void)state;
    char *headers = malloc(20000);
    int n = snprintf(headers, 20000, "X-Big: ");
    memset(headers + n, 'a', 17000);
    strcpy(headers + n + 17000, "\r\n");
    refused(get("/healthz", headers), 431, "headers_too_large");
    free(headers);
}

static void what_is_no_http_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nBad Header: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nA: b\x01\r\n\r\n",
    };
    for (size_t i = 0; i < MB_LEN(texts); i++) {
        int fd = client_connect(&rig);
        client_send(&rig, fd, texts[i], strlen(texts[i]));
        struct answer answer = client_read(&rig, fd);
        assert_int_equal(answer.status, 400);
        answer_release(&answer);
        close(fd);
    }
}

static void requests_that_follow_in_one_write_are_answered_in_order(void **state)
{
    (void)state;
    struct mb_buf text = {0};
    int fd = client_connect(&rig);
    for (int i = 0; i < 20; i++)
        mb_buf_addf(&text,
                    "POST /v1/keys HTTP/1.1\r\nHost: t\r\nX-Request-Id: r%02d\r\n" AUTH JSON
                    "Content-Length: %d\r\n\r\n%.*s",
                    i, i + 2, i + 2, "{}                                ");
    mb_buf_add_c(&text, "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Request-Id: last\r\n\r\n");
    client_send(&rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    struct mb_buf in = client_read_until(&rig, fd, "\"status\":\"ok\"");
    const char *at = mb_buf_cstr(&in);
    for (int i = 0; i < 20; i++) {
        char id[40];
        snprintf(id, sizeof(id), "x-request-id: r%02d", i);
        at = strstr(at, id);
        assert_non_null(at);
    }
    assert_non_null(strstr(at, "x-request-id: last"));
    mb_buf_release(&in);
    mb_buf_release(&text);
    close(fd);
}

static void short_times(struct mb_http_config *config)
{
    config->request_timeout_ms = 300;
    config->send_timeout_ms = 300;
    config->idle_timeout_ms = 1500;
}

static void a_client_that_never_ends_its_request_is_cut(void **state)
{
    (void)state;
    int slow = client_connect(&rig), slow_body = client_connect(&rig);
    client_send(&rig, slow, "GET /healthz HT", 15);
    client_send(&rig, slow_body, "POST /v1/keys HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", 46);
    assert_true(client_is_closed(&rig, slow));
    assert_true(client_is_closed(&rig, slow_body));
    close(slow);
    close(slow_body);
}

static void an_idle_connection_is_closed_in_the_end(void **state)
{
    (void)state;
    int fd = client_connect(&rig);
    assert_true(client_is_closed(&rig, fd));
    close(fd);
}

static void a_client_that_never_takes_its_answer_is_cut(void **state)
{
    (void)state;
    static const char request[] = "GET /openapi.json HTTP/1.1\r\nHost: t\r\n\r\n";
    struct mb_buf text = {0};
    int fd = client_connect(&rig), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (int i = 0; i < 200; i++)
        mb_buf_add(&text, request, sizeof(request) - 1);
    client_send(&rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    for (int i = 0; i < 1000 && rig.http->server.n_conns; i++)
        rig_turn(&rig);
    assert_int_equal(rig.http->server.n_conns, 0);
    mb_buf_release(&text);
    close(fd);
}

static void three_connections(struct mb_http_config *config)
{
    config->connections_max = 3;
}

static void connections_over_the_cap_are_told_at_once(void **state)
{
    (void)state;
    int fd[4];
    for (int i = 0; i < 4; i++)
        fd[i] = client_connect(&rig);
    struct answer answer = client_read(&rig, fd[3]);
    assert_string_equal(answer_header(&answer, "retry-after"), "1");
    refused(answer, 503, "overloaded");
    client_send(&rig, fd[0], "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n", 35);
    served(client_read(&rig, fd[0]), 200);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    for (int i = 0; i < 100 && rig.http->server.n_conns; i++)
        rig_turn(&rig);
    served(get("/healthz", ""), 200);
}

static void small_budget(struct mb_http_config *config)
{
    config->input_budget_bytes = 3 * 1024 * 1024;
}

static void half_read_bodies_over_the_budget_are_cut_the_largest_first(void **state)
{
    (void)state;
    static char part[2 * 1024 * 1024];
    static const char head[] = "POST /v1/packages HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n";
    int large = client_connect(&rig), small = client_connect(&rig);
    client_send(&rig, small, head, sizeof(head) - 1);
    client_send(&rig, small, part, 100000);
    client_send(&rig, large, head, sizeof(head) - 1);
    client_send(&rig, large, part, sizeof(part));
    client_send(&rig, large, part, sizeof(part));
    assert_true(client_is_closed(&rig, large));
    for (int i = 0; i < 200 && rig.http->server.n_conns > 1; i++)
        rig_turn(&rig);
    assert_int_equal(rig.http->server.n_conns, 1);
    close(large);
    close(small);
}

static void http2_is_spoken_to_who_knows_it(void **state)
{
    (void)state;
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    int fd = client_connect(&rig);
    char in[64] = {0};
    ssize_t n = -1;
    client_send(&rig, fd, preface, sizeof(preface) - 1);
    for (int i = 0; i < 200 && n < 9; i++) {
        rig_turn(&rig);
        n = recv(fd, in, sizeof(in), MSG_PEEK | MSG_DONTWAIT);
    }
    assert_true(n >= 9);
    assert_int_equal(in[3], 4); /* a SETTINGS frame */
    close(fd);
}

/* ---------------------------------------------------------------- stopping */

static bool stopped;

static void on_stopped(void *arg)
{
    (void)arg;
    stopped = true;
}

static void a_stop_closes_idle_connections_and_waits_for_busy_ones(void **state)
{
    (void)state;
    static const char execute[] =
        "POST /v1/deployments/" DEP "/execute HTTP/1.1\r\nHost: t\r\n" AUTH JSON
        "Content-Length: 2\r\n\r\n{}";
    int idle = client_connect(&rig), busy = client_connect(&rig);
    client_send(&rig, busy, execute, sizeof(execute) - 1);
    while (!fake_run())
        rig_turn(&rig);
    stopped = false;
    mb_http_stop(rig.http, 60000, on_stopped, NULL);
    assert_true(client_is_closed(&rig, idle));
    assert_false(stopped);
    fake_run_done(fake_run(), "{\"status\":\"succeeded\"}");
    struct answer answer = client_read(&rig, busy);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    assert_true(client_is_closed(&rig, busy));
    for (int i = 0; i < 200 && !stopped; i++)
        rig_turn(&rig);
    assert_true(stopped);
    close(idle);
    close(busy);
}

static void a_stop_refuses_what_is_not_answered_when_the_grace_is_over(void **state)
{
    (void)state;
    static const char execute[] =
        "POST /v1/deployments/" DEP "/execute HTTP/1.1\r\nHost: t\r\n" AUTH JSON
        "Content-Length: 2\r\n\r\n{}";
    int busy = client_connect(&rig);
    client_send(&rig, busy, execute, sizeof(execute) - 1);
    while (!fake_run())
        rig_turn(&rig);
    stopped = false;
    mb_http_stop(rig.http, 50, on_stopped, NULL);
    refused(client_read(&rig, busy), 503, "unavailable");
    assert_true(mb_list_is_empty(&fake_run()->followers));
    for (int i = 0; i < 500 && !stopped; i++)
        rig_turn(&rig);
    assert_true(stopped);
    close(busy);
}

static void a_server_may_be_freed_with_everything_under_way(void **state)
{
    (void)state;
    static const char execute[] =
        "POST /v1/deployments/" DEP "/execute HTTP/1.1\r\nHost: t\r\n" AUTH JSON
        "Content-Length: 2\r\n\r\n{}";
    static const char events[] = "GET /v1/runs/" RUN "/events HTTP/1.1\r\nHost: t\r\n" AUTH "\r\n";
    int a = client_connect(&rig), b = client_connect(&rig), c = client_connect(&rig);
    client_send(&rig, a, execute, sizeof(execute) - 1);
    client_send(&rig, b, events, sizeof(events) - 1);
    client_send(&rig, c, "GET /heal", 9);
    close(a); /* the rest is teardown's */
}

int main(void)
{
    static void (*two)(struct mb_http_config *) = two_a_minute;
    static void (*times)(struct mb_http_config *) = short_times;
    static void (*three)(struct mb_http_config *) = three_connections;
    static void (*budget)(struct mb_http_config *) = small_budget;
    const struct CMUnitTest tests[] = {
#define TEST(name)         cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WITH(name, config) {#name, name, setup, teardown, &(config)}
        TEST(health_needs_no_key_and_no_database),
        TEST(readiness_follows_database_and_engine),
        TEST(the_description_is_served_whole),
        TEST(metrics_pass_the_linter_of_prometheus),
        TEST(unknown_paths_and_methods_are_problems),
        TEST(a_sane_request_id_is_taken_over_and_another_is_not),
        TEST(what_a_client_sends_is_never_a_header_of_the_answer),
        TEST(without_a_good_key_nothing_is_served),
        TEST(a_key_serves_its_scopes_only),
        TEST(a_revoked_key_stops_working_when_the_database_tells),
        WITH(the_rate_limit_is_told_and_kept, two),
        TEST(a_customers_own_rate_limit_counts),
        TEST(bodies_that_are_no_json_are_refused_with_line_and_column),
        TEST(json_that_is_nested_without_end_is_refused),
        TEST(bodies_that_do_not_fit_are_refused_at_their_place),
        TEST(a_body_of_another_type_is_refused),
        TEST(a_body_over_its_operations_cap_is_refused),
        TEST(a_body_over_every_cap_is_refused_and_the_client_hears_it),
        TEST(a_chunked_body_is_read_and_a_broken_one_refused),
        TEST(headers_over_their_cap_are_refused),
        TEST(what_is_no_http_is_refused),
        TEST(requests_that_follow_in_one_write_are_answered_in_order),
        WITH(a_client_that_never_ends_its_request_is_cut, times),
        WITH(an_idle_connection_is_closed_in_the_end, times),
        WITH(a_client_that_never_takes_its_answer_is_cut, times),
        WITH(connections_over_the_cap_are_told_at_once, three),
        WITH(half_read_bodies_over_the_budget_are_cut_the_largest_first, budget),
        TEST(http2_is_spoken_to_who_knows_it),
        TEST(a_stop_closes_idle_connections_and_waits_for_busy_ones),
        TEST(a_stop_refuses_what_is_not_answered_when_the_grace_is_over),
        TEST(a_server_may_be_freed_with_everything_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
