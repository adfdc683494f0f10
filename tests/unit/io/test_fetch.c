/* The HTTP client against a server in the same loop. Deadlines run on the fake clock. */
#include "unit/io/fetch_fixture.h"

/* -- answers ------------------------------------------------------------------------------- */

static void gives_status_headers_and_body(void **state)
{
    (void)state;
    SERVE(server,
          {"HTTP/1.1 404 Not Found\r\nX-Test: a\r\nx-test: b\r\nContent-Length: 4\r\n\r\nnope",
           HTTPD_KEEP});
    struct seen s = get((struct mb_fetch_request){.url = httpd_url(&server, "/a?b=c")});
    assert_false(s.failed);
    assert_int_equal(s.status, 404);
    assert_string_equal(s.body, "nope");
    assert_string_equal(s.header, "b");
    assert_true(s.was_sent);
    assert_memory_equal(server.requests[0], "GET /a?b=c HTTP/1.1\r\n", 21);
    assert_string_equal(httpd_header(&server, 0, "user-agent"), "moonbase");
}

static void sends_the_body_and_only_the_headers_that_were_given(void **state)
{
    (void)state;
    SERVE(server, {OK("0\r\n\r\n"), HTTPD_KEEP});
    const struct mb_fetch_header fields[] = {{MB_STR("x-a"), MB_STR("1")},
                                             {MB_STR("x-empty"), MB_STR("")}};
    const struct mb_fetch_header common[] = {{MB_STR("authorization"), MB_STR("Bearer k")}};
    struct mb_fetch_headers *shared = mb_fetch_headers_new(common, 1, NULL);
    get((struct mb_fetch_request){.method = "POST",
                                  .url = httpd_url(&server, "/"),
                                  .shared = shared,
                                  .headers = fields,
                                  .n_headers = 2,
                                  .body = MB_STR("hello")});
    get((struct mb_fetch_request){
        .method = "PATCH", .url = httpd_url(&server, "/"), .body = MB_STR("x")});
    mb_fetch_headers_free(shared);
    assert_string_equal(httpd_body(&server, 0), "hello");
    assert_string_equal(httpd_header(&server, 0, "content-length"), "5");
    assert_string_equal(httpd_header(&server, 0, "x-a"), "1");
    assert_non_null(strcasestr(server.requests[0], "\r\nx-empty:"));
    assert_string_equal(httpd_header(&server, 0, "authorization"), "Bearer k");
    assert_null(strcasestr(server.requests[0], "content-type"));
    assert_null(strcasestr(server.requests[0], "expect"));
    assert_memory_equal(server.requests[1], "PATCH / ", 8);
    assert_null(strcasestr(server.requests[1], "authorization"));
}

static void large_bodies_go_out_without_asking_first(void **state)
{
    (void)state;
    SERVE(server, {OK("0\r\n\r\n"), HTTPD_KEEP});
    size_t n = 3 * 1024 * 1024;
    char *body = mb_alloc(n + 1);
    memset(body, 'x', n);
    body[n] = '\0';
    get((struct mb_fetch_request){
        .method = "POST", .url = httpd_url(&server, "/"), .body = MB_STR_OF(body, n)});
    assert_string_equal(httpd_body(&server, 0), body);
    assert_null(strcasestr(server.requests[0], "\r\nexpect"));
    free(body);
}

static void methods_without_a_body(void **state)
{
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "OPTIONS", "GET"};
    (void)state;
    SERVE(server, {OK("0\r\n\r\n"), HTTPD_KEEP});
    for (size_t i = 0; i < MB_LEN(methods); i++) {
        struct seen s =
            get((struct mb_fetch_request){.method = methods[i], .url = httpd_url(&server, "/")});
        assert_false(s.failed);
        assert_memory_equal(server.requests[i], methods[i], strlen(methods[i]));
    }
}

static void keeps_connections_for_later_requests(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    for (int i = 0; i < 5; i++)
        get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    assert_int_equal(server.n_requests, 5);
    assert_int_equal(server.n_connections, 1);
}

static void goes_on_when_a_kept_connection_was_closed(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP}, {OK("2\r\n\r\nok"), HTTPD_CLOSE},
          {OK("2\r\n\r\nok"), HTTPD_KEEP});
    for (int i = 0; i < 4; i++)
        assert_false(get((struct mb_fetch_request){.url = httpd_url(&server, "/")}).failed);
    assert_int_equal(server.n_connections, 2);
}

static void a_request_that_may_go_out_once_takes_a_new_connection(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP}, {NULL, HTTPD_RESET});
    get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    struct seen s = get((struct mb_fetch_request){
        .method = "POST", .url = httpd_url(&server, "/"), .body = MB_STR("x"), .is_once = true});
    assert_true(s.failed);
    assert_true(s.was_sent);
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_int_equal(server.n_requests, 2); /* not a third time */
}

static void carries_a_thousand_requests_at_once(void **state)
{
    enum { N = 1000 };
    (void)state;
    static struct seen all[N];
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    memset(all, 0, sizeof(all));
    for (int i = 0; i < N; i++)
        begin(&all[i], (struct mb_fetch_request){.url = httpd_url(&server, "/")});
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, N);
    for (int i = 0; i < N; i++) {
        assert_true(httpd_run(&loop, &all[i].done));
        assert_int_equal(all[i].status, 200);
    }
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
}

/* -- what is refused at once --------------------------------------------------------------- */

static void refuses_headers_that_change_the_request(void **state)
{
    static const struct mb_fetch_header bad[] = {
        {MB_STR("x-a"), MB_STR("1\r\nx-b: 2")},
        {MB_STR("x-a"), MB_STR("1\n")},
        {MB_STR("x a"), MB_STR("1")},
        {MB_STR("x-a:"), MB_STR("1")},
        {MB_STR(""), MB_STR("1")},
        {MB_STR("x-a"), MB_STR("a\0b")},
        {MB_STR("Host"), MB_STR("x")},
        {MB_STR("content-length"), MB_STR("0")},
        {MB_STR("Transfer-Encoding"), MB_STR("chunked")},
        {MB_STR("connection"), MB_STR("close")},
    };
    (void)state;
    start_fetch(&(struct mb_fetch_config){0});
    for (size_t i = 0; i < MB_LEN(bad); i++)
        assert_int_equal(refusal((struct mb_fetch_request){
                             .url = "http://127.0.0.1:9/", .headers = &bad[i], .n_headers = 1}),
                         -MB_E_INVALID_REQUEST);
}

static void refuses_methods_that_are_none(void **state)
{
    static const char *const bad[] = {"", "get", "GET /", "CONNECT", "TRACE", "AAAAAAAAAAAAAAAAAA"};
    (void)state;
    start_fetch(&(struct mb_fetch_config){0});
    for (size_t i = 0; i < MB_LEN(bad); i++)
        assert_int_equal(
            refusal((struct mb_fetch_request){.method = bad[i], .url = "http://127.0.0.1:9/"}),
            -MB_E_INVALID_REQUEST);
}

static void refuses_what_the_policy_denies(void **state)
{
    (void)state;
    start_fetch(&(struct mb_fetch_config){0});
    assert_int_equal(refusal((struct mb_fetch_request){.url = "http://10.0.0.1/"}),
                     -MB_E_EGRESS_DENIED);
    assert_int_equal(refusal((struct mb_fetch_request){.url = "ftp://example.com/"}),
                     -MB_E_EGRESS_DENIED);
    assert_int_equal(mb_fetch_get_stats(fetch).refused, 2);
}

static void waits_for_a_place_and_refuses_beyond_the_queue(void **state)
{
    (void)state;
    start_fetch(&(struct mb_fetch_config){.max_in_flight = 1, .max_queued = 2});
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    struct seen s[3] = {0};
    const char *url = httpd_url(&server, "/");
    for (int i = 0; i < 3; i++)
        begin(&s[i], (struct mb_fetch_request){.url = url});
    assert_int_equal(mb_fetch_get_stats(fetch).queued, 2);
    assert_int_equal(refusal((struct mb_fetch_request){.url = url}), -MB_E_OVERLOADED);
    for (int i = 0; i < 3; i++)
        assert_true(httpd_run(&loop, &s[i].done));
}

/* -- names that resolve to what may not be reached ------------------------------------------ */

/* A server that answers under this name, at an address that the policy does not allow. */
static void serve_as(const char *name, char url[100])
{
    static const struct httpd_reply reply = {OK("2\r\n\r\nok"), HTTPD_KEEP};
    char pin[100];
    mb_egress_free(egress);
    egress = mb_egress_new(&(struct mb_egress_config){0}, NULL);
    httpd_start(&server, &loop, &reply, 1);
    snprintf(pin, sizeof(pin), "%s:%d:127.0.0.1", name, server.port);
    snprintf(url, 100, "http://%s:%d/", name, server.port);
    start_fetch(&(struct mb_fetch_config){.pins = (const char *const[]){pin, NULL}});
}

static void judges_the_address_when_the_socket_is_made(void **state)
{
    (void)state;
    char url[100];
    serve_as("public.example", url);
    struct seen s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_EGRESS_DENIED);
    assert_non_null(strstr(s.err.message, "127.0.0.1"));
    assert_false(s.was_sent);
    assert_int_equal(server.n_connections, 0);
}

static void a_kept_exempt_connection_is_not_for_checked_requests(void **state)
{
    (void)state;
    char url[100];
    serve_as("llm.internal", url);
    assert_false(get((struct mb_fetch_request){.url = url, .is_exempt = true}).failed);
    struct seen s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_EGRESS_DENIED);
    assert_int_equal(server.n_requests, 1);
}

/* -- redirects ------------------------------------------------------------------------------ */

#define TO(status, where)                                                                          \
    "HTTP/1.1 " status " Moved\r\nLocation: " where "\r\nContent-Length: 0\r\n\r\n"

static void follows_redirects_as_far_as_allowed(void **state)
{
    (void)state;
    SERVE(server, {TO("302", "/b"), HTTPD_KEEP}, {TO("301", "c?d#e"), HTTPD_KEEP},
          {OK("3\r\n\r\nend"), HTTPD_KEEP});
    struct seen s =
        get((struct mb_fetch_request){.url = httpd_url(&server, "/a"), .max_redirects = 2});
    assert_string_equal(s.body, "end");
    assert_int_equal(server.n_requests, 3);
    assert_memory_equal(server.requests[1], "GET /b ", 7);
    assert_memory_equal(server.requests[2], "GET /c?d ", 9);
}

static void stops_at_too_many_redirects(void **state)
{
    (void)state;
    SERVE(server, {TO("302", "/again"), HTTPD_KEEP});
    const char *url = httpd_url(&server, "/");
    struct seen s = get((struct mb_fetch_request){.url = url, .max_redirects = 3});
    assert_int_equal(s.err.code, MB_E_UPSTREAM_ERROR);
    assert_int_equal(server.n_requests, 4);
    s = get((struct mb_fetch_request){.url = url});
    assert_false(s.failed);
    assert_int_equal(s.status, 302);
}

static void a_redirected_post_becomes_a_get_where_it_should(void **state)
{
    (void)state;
    SERVE(server, {TO("303", "/x"), HTTPD_KEEP}, {OK("0\r\n\r\n"), HTTPD_KEEP},
          {TO("307", "/y"), HTTPD_KEEP}, {OK("0\r\n\r\n"), HTTPD_KEEP});
    struct mb_fetch_request req = {.method = "POST",
                                   .url = httpd_url(&server, "/"),
                                   .body = MB_STR("data"),
                                   .max_redirects = 1};
    assert_false(get(req).failed);
    assert_memory_equal(server.requests[1], "GET /x ", 7);
    assert_string_equal(httpd_body(&server, 1), "");
    assert_false(get(req).failed);
    assert_memory_equal(server.requests[3], "POST /y ", 8);
    assert_string_equal(httpd_body(&server, 3), "data");
}

static void secrets_do_not_follow_to_another_origin(void **state)
{
    (void)state;
    SERVE(other, {OK("5\r\n\r\nother"), HTTPD_KEEP});
    char text[200];
    snprintf(text, sizeof(text), TO("302", "%s"), httpd_url(&other, "/"));
    struct httpd_reply reply = {text, HTTPD_KEEP};
    serve(&server, &reply, 1);
    const struct mb_fetch_header fields[] = {{MB_STR("Authorization"), MB_STR("Bearer s")},
                                             {MB_STR("X-Api-Key"), MB_STR("s")},
                                             {MB_STR("Accept"), MB_STR("text/x")}};
    struct mb_fetch_headers *shared = mb_fetch_headers_new(fields, 3, NULL);
    struct seen s = get((struct mb_fetch_request){
        .url = httpd_url(&server, "/"), .shared = shared, .max_redirects = 1});
    mb_fetch_headers_free(shared);
    assert_string_equal(s.body, "other");
    assert_string_equal(httpd_header(&server, 0, "authorization"), "Bearer s");
    assert_string_equal(httpd_header(&other, 0, "accept"), "text/x");
    assert_null(strcasestr(other.requests[0], "authorization"));
    assert_null(strcasestr(other.requests[0], "x-api-key"));
    snprintf(text, sizeof(text), TO("307", "%s"), httpd_url(&other, "/"));
    s = get((struct mb_fetch_request){.method = "POST",
                                      .url = httpd_url(&server, "/"),
                                      .body = MB_STR("secret"),
                                      .max_redirects = 1});
    assert_int_equal(s.err.code, MB_E_EGRESS_DENIED);
    assert_int_equal(other.n_requests, 1);
}

static void every_redirect_is_judged_anew(void **state)
{
    static const char *const bad[] = {TO("302", "http://169.254.169.254/latest"),
                                      TO("302", "//10.0.0.1/"), TO("302", "file:///etc/passwd"),
                                      TO("302", "http://user@127.0.0.1/"),
                                      TO("302", "gopher://127.0.0.1/")};
    (void)state;
    struct httpd_reply reply = {bad[0], HTTPD_KEEP};
    serve(&server, &reply, 1);
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        reply.bytes = bad[i];
        struct seen s = get((struct mb_fetch_request){
            .url = httpd_url(&server, "/"), .is_exempt = i % 2, .max_redirects = 2});
        if (s.err.code != MB_E_EGRESS_DENIED && s.err.code != MB_E_INVALID_REQUEST)
            fail_msg("%s: %d %s", bad[i], s.status, s.failed ? s.err.message : "followed");
    }
}

static void the_caller_may_refuse_a_redirect(void **state)
{
    (void)state;
    SERVE(server, {TO("302", "/no"), HTTPD_KEEP});
    struct seen s = {.veto = "/no"};
    begin(&s, (struct mb_fetch_request){.url = httpd_url(&server, "/"), .max_redirects = 1});
    assert_true(httpd_run(&loop, &s.done));
    assert_int_equal(s.err.code, MB_E_FORBIDDEN);
}

/* -- broken and slow servers ------------------------------------------------------------------ */

static void broken_answers_have_clear_codes(void **state)
{
    static const struct {
        struct httpd_reply reply;
        int code;
    } cases[] = {
        {{NULL, HTTPD_RESET}, MB_E_CONNECT_FAILED},
        {{NULL, HTTPD_CLOSE}, MB_E_CONNECT_FAILED},
        {{OK("10\r\n\r\nabc"), HTTPD_CLOSE}, MB_E_CONNECT_FAILED},
        {{OK("10\r\n\r\nabc"), HTTPD_RESET}, MB_E_CONNECT_FAILED},
        {{"\x16\x03\x01 what is this?\r\n\r\n", HTTPD_CLOSE}, MB_E_UPSTREAM_GARBAGE},
        {{"HTTP/1.1 banana\r\n\r\n", HTTPD_CLOSE}, MB_E_UPSTREAM_GARBAGE},
    };
    (void)state;
    struct httpd_reply reply = {NULL, HTTPD_CLOSE};
    serve(&server, &reply, 1);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        reply = cases[i].reply;
        struct seen s = get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
        if (s.err.code != cases[i].code)
            fail_msg("case %zu: %s", i, s.failed ? s.err.message : "no error");
    }
    reply.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    struct seen s = get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    int code = is_direct ? MB_E_UPSTREAM_GARBAGE : MB_E_CONNECT_FAILED; /* curl does not tell */
    assert_int_equal(s.err.code, code);
    s = get((struct mb_fetch_request){.url = "http://127.0.0.1:1/"});
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_false(s.was_sent);
}

static void caps_body_and_head(void **state)
{
    (void)state;
    SERVE(server, {OK("100\r\n\r\n0123456789012345678901234567890123456789"), HTTPD_KEEP},
          {"HTTP/1.1 200 OK\r\nX-Long: 0123456789012345678901234567890123456789012345\r\n\r\n",
           HTTPD_KEEP});
    const char *url = httpd_url(&server, "/");
    struct seen s = get((struct mb_fetch_request){.url = url, .max_body_bytes = 10});
    assert_int_equal(s.err.code, MB_E_TOO_LARGE);
    s = get((struct mb_fetch_request){.url = url, .max_header_bytes = 50});
    assert_int_equal(s.err.code, MB_E_TOO_LARGE);
}

static void gives_up_at_the_deadline(void **state)
{
    (void)state;
    SERVE(server, {NULL, HTTPD_KEEP});
    mb_clock_fake(1000000, 0);
    struct seen s = {0};
    begin(&s, (struct mb_fetch_request){.url = httpd_url(&server, "/"), .timeout_ms = 5000});
    until_asked(1);
    mb_clock_advance(4999 * 1000);
    mb_loop_turn(&loop, 0);
    assert_false(s.done);
    mb_clock_advance(2000);
    mb_loop_turn(&loop, 0);
    assert_true(s.done);
    assert_int_equal(s.err.code, MB_E_TIMEOUT);
    assert_true(s.was_sent);
}

static void gives_up_on_an_answer_that_trickles_off(void **state)
{
    (void)state;
    SERVE(server, {OK("100\r\n\r\nabc"), HTTPD_KEEP});
    mb_clock_fake(1000000, 0);
    struct seen s = {.done = false};
    begin(&s, (struct mb_fetch_request){.url = httpd_url(&server, "/"),
                                        .events = &seen_streaming,
                                        .timeout_ms = 60000,
                                        .idle_ms = 1000});
    until_asked(1);
    mb_clock_advance(30000 * 1000); /* silence before the first byte does not count */
    for (int i = 0; i < 2000 && !s.pieces[0]; i++)
        mb_loop_turn(&loop, 5);
    mb_clock_advance(900 * 1000);
    httpd_send(&server, "d");
    for (int i = 0; i < 2000 && !strstr(s.pieces, "d"); i++)
        mb_loop_turn(&loop, 5);
    mb_clock_advance(900 * 1000);
    mb_loop_turn(&loop, 0);
    assert_false(s.done);
    mb_clock_advance(200 * 1000);
    mb_loop_turn(&loop, 0);
    assert_true(s.done);
    assert_int_equal(s.err.code, MB_E_TIMEOUT);
}

/* -- streaming and cancelling ------------------------------------------------------------------ */

static void streams_the_body_of_a_good_answer_only(void **state)
{
    (void)state;
    SERVE(server, {OK("6\r\n\r\nabc"), HTTPD_KEEP},
          {"HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad", HTTPD_KEEP});
    struct seen s = {0};
    const char *url = httpd_url(&server, "/");
    begin(&s, (struct mb_fetch_request){.url = url, .events = &seen_streaming});
    for (int i = 0; i < 2000 && !s.pieces[0]; i++)
        mb_loop_turn(&loop, 5);
    httpd_send(&server, "def");
    assert_true(httpd_run(&loop, &s.done));
    assert_string_equal(s.pieces, "[abc][def]");
    assert_string_equal(s.body, "");
    s = (struct seen){0};
    begin(&s, (struct mb_fetch_request){.url = url, .events = &seen_streaming});
    assert_true(httpd_run(&loop, &s.done));
    assert_string_equal(s.pieces, "");
    assert_string_equal(s.body, "bad");
}

static void after_cancel_nothing_is_heard(void **state)
{
    (void)state;
    SERVE(server, {NULL, HTTPD_KEEP}, {OK("6\r\n\r\nabc"), HTTPD_KEEP});
    struct seen s = {0}, t = {.cancel_in_data = true};
    const char *url = httpd_url(&server, "/");
    begin(&s, (struct mb_fetch_request){.url = url});
    until_asked(1);
    mb_fetch_cancel(s.call);
    begin(&t, (struct mb_fetch_request){.url = url, .events = &seen_streaming});
    for (int i = 0; i < 2000 && !t.pieces[0]; i++)
        mb_loop_turn(&loop, 5);
    for (int i = 0; i < 20; i++)
        mb_loop_turn(&loop, 1);
    assert_false(s.done);
    assert_false(t.done);
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
    assert_int_equal(mb_fetch_get_stats(fetch).cancelled, 2);
}

static struct seen chained[2];

static void start_another(struct mb_fetch_call *call, struct mb_fetch_response *res,
                          const struct mb_err *err)
{
    seen_done(call, res, err);
    begin(&chained[1], (struct mb_fetch_request){.url = httpd_url(&server, "/")});
}

static void a_callback_may_start_the_next_request(void **state)
{
    static const struct mb_fetch_events chain = {.on_done = start_another};
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    memset(chained, 0, sizeof(chained));
    begin(&chained[0], (struct mb_fetch_request){.url = httpd_url(&server, "/"), .events = &chain});
    assert_true(httpd_run(&loop, &chained[1].done));
    assert_int_equal(server.n_connections, 1);
}

static void freeing_the_client_cancels_what_is_in_flight(void **state)
{
    (void)state;
    start_fetch(&(struct mb_fetch_config){.max_in_flight = 2});
    SERVE(server, {NULL, HTTPD_KEEP});
    struct seen s[4] = {0};
    for (int i = 0; i < 4; i++)
        begin(&s[i], (struct mb_fetch_request){.url = httpd_url(&server, "/")});
    until_asked(2);
    mb_fetch_free(fetch);
    fetch = NULL;
    for (int i = 0; i < 4; i++)
        assert_false(s[i].done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(gives_status_headers_and_body),
        D(gives_status_headers_and_body),
        T(sends_the_body_and_only_the_headers_that_were_given),
        D(sends_the_body_and_only_the_headers_that_were_given),
        T(large_bodies_go_out_without_asking_first),
        D(large_bodies_go_out_without_asking_first),
        T(methods_without_a_body),
        D(methods_without_a_body),
        T(keeps_connections_for_later_requests),
        D(keeps_connections_for_later_requests),
        T(goes_on_when_a_kept_connection_was_closed),
        D(goes_on_when_a_kept_connection_was_closed),
        T(a_request_that_may_go_out_once_takes_a_new_connection),
        T(carries_a_thousand_requests_at_once),
        D(carries_a_thousand_requests_at_once),
        T(refuses_headers_that_change_the_request),
        T(refuses_methods_that_are_none),
        T(refuses_what_the_policy_denies),
        T(waits_for_a_place_and_refuses_beyond_the_queue),
        D(waits_for_a_place_and_refuses_beyond_the_queue),
        T(judges_the_address_when_the_socket_is_made),
        T(a_kept_exempt_connection_is_not_for_checked_requests),
        T(follows_redirects_as_far_as_allowed),
        T(stops_at_too_many_redirects),
        T(a_redirected_post_becomes_a_get_where_it_should),
        T(secrets_do_not_follow_to_another_origin),
        T(every_redirect_is_judged_anew),
        T(the_caller_may_refuse_a_redirect),
        T(broken_answers_have_clear_codes),
        D(broken_answers_have_clear_codes),
        T(caps_body_and_head),
        D(caps_body_and_head),
        T(gives_up_at_the_deadline),
        D(gives_up_at_the_deadline),
        T(gives_up_on_an_answer_that_trickles_off),
        D(gives_up_on_an_answer_that_trickles_off),
        T(streams_the_body_of_a_good_answer_only),
        D(streams_the_body_of_a_good_answer_only),
        T(after_cancel_nothing_is_heard),
        D(after_cancel_nothing_is_heard),
        T(a_callback_may_start_the_next_request),
        D(a_callback_may_start_the_next_request),
        T(freeing_the_client_cancels_what_is_in_flight),
        D(freeing_the_client_cancels_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
