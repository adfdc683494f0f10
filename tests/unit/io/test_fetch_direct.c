/* The plain-text path of the HTTP client: what it takes from curl and what it leaves to it, and the
 * life of its connections. What both paths must do alike is in test_fetch.c. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/fetch_private.h"
#include "unit/io/fetch_fixture.h"

static uint64_t n_direct(void)
{
    return mb_fetch_get_stats(fetch).direct;
}

static void turns(int n)
{
    for (int i = 0; i < n; i++)
        mb_loop_turn(&loop, 1);
}

static struct mb_str big_body(size_t n)
{
    char *bytes = mb_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + i % 23);
    bytes[n] = '\0';
    return MB_STR_OF(bytes, n);
}

/* A server by the name of llm.internal, and requests that may go there directly. */
static const char *serve_by_name(const struct httpd_reply *replies, size_t n)
{
    static char url[100];
    char pin[100];
    httpd_start(&server, &loop, replies, n);
    snprintf(pin, sizeof(pin), "llm.internal:%d:127.0.0.1", server.port);
    snprintf(url, sizeof(url), "http://llm.internal:%d/v1/chat?a=b", server.port);
    start_fetch(&(struct mb_fetch_config){.pins = (const char *const[]){pin, NULL}});
    return url;
}
static const struct httpd_reply ok[] = {{OK("2\r\n\r\nok"), HTTPD_KEEP}};

/* -- which URLs, and where to --------------------------------------------------------------- */

static void reads_urls_that_need_no_rewriting(void **state)
{
    static const struct {
        const char *url, *authority, *host, *target;
        int port;
    } good[] = {
        {"http://a", "a", "a", "", 80},
        {"HTTP://a-b.c:80/", "a-b.c", "a-b.c", "/", 80},
        {"http://127.0.0.1:8000/v1?x=%20&y", "127.0.0.1:8000", "127.0.0.1", "/v1?x=%20&y", 8000},
        {"http://[::1]:81?q", "[::1]:81", "::1", "?q", 81},
        {"http://[::1]:80", "[::1]", "::1", "", 80},
    };
    static const char *const bad[] = {"https://a/",     "http://",          "http:///x",
                                      "http://a:0/",    "http://a:080/",    "http://a:/",
                                      "http://a:65536", "http://a:123456/", "http://[::1/",
                                      "http://[::1]x/", "http://a/#f",      "http://a#f",
                                      "http://a/b c",   "http://a/\x80",    "http://a/b\\c",
                                      "http://a/../b",  "http://a/b/.",     "http://a/\r\nX:1",
                                      "ftp://a/",       "http://u:p@a/",    "http://a:80:80/b%20"};
    (void)state;
    struct fetch_place place;
    for (size_t i = 0; i < MB_LEN(good); i++) {
        assert_true(mb_fetch_place_read(good[i].url, &place));
        assert_true(mb_str_is(place.authority, good[i].authority));
        assert_true(mb_str_is(place.host, good[i].host));
        assert_true(mb_str_is(place.target, good[i].target));
        assert_int_equal(place.port, good[i].port);
    }
    for (size_t i = 0; i < MB_LEN(bad); i++)
        if (mb_fetch_place_read(bad[i], &place))
            fail_msg("takes %s", bad[i]);
}

static void curl_carries_all_that_is_not_plain(void **state)
{
    (void)state;
    is_direct = false;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    char odd[4][100];
    snprintf(odd[0], sizeof(odd[0]), "http://127.1:%d/", server.port);
    snprintf(odd[1], sizeof(odd[1]), "http://u:p@127.0.0.1:%d/", server.port);
    snprintf(odd[2], sizeof(odd[2]), "http://127.0.0.1:%d/a/../b", server.port);
    snprintf(odd[3], sizeof(odd[3]), "http://127.0.0.1:%d/a#b", server.port);
    for (size_t i = 0; i < MB_LEN(odd); i++)
        for (int k = 0; k < 2; k++)
            assert_int_equal(
                get((struct mb_fetch_request){.url = odd[i], .is_exempt = true}).status, 200);
    const char *url = httpd_url(&server, "/");
    get((struct mb_fetch_request){.url = url});
    get((struct mb_fetch_request){.url = url, .is_exempt = true, .is_once = true});
    get((struct mb_fetch_request){.url = url, .is_exempt = true, .max_redirects = 1});
    assert_int_equal(n_direct(), 0);
    get((struct mb_fetch_request){.url = url, .is_exempt = true});
    assert_int_equal(n_direct(), 1);
}

static void a_name_goes_by_curl_once_a_minute(void **state)
{
    (void)state;
    const char *url = serve_by_name(ok, 1);
    mb_clock_fake(1000000, 0);
    for (uint64_t i = 0; i < 3; i++) {
        get((struct mb_fetch_request){.url = url});
        assert_int_equal(n_direct(), i);
    }
    mb_clock_advance(61 * 1000000LL);
    mb_loop_turn(&loop, 0);
    get((struct mb_fetch_request){.url = url});
    assert_int_equal(n_direct(), 2);
    get((struct mb_fetch_request){.url = url});
    assert_int_equal(n_direct(), 3);
}

static void sends_byte_for_byte_what_curl_sends(void **state)
{
    static const struct mb_fetch_header many[] = {{MB_STR("x-a"), MB_STR("1")},
                                                  {MB_STR("X-Empty"), MB_STR("")},
                                                  {MB_STR("content-type"), MB_STR("a/b;c")}};
    static const struct mb_fetch_header own[] = {{MB_STR("User-agent"), MB_STR("me")},
                                                 {MB_STR("ACCEPT"), MB_STR("x/y")}};
    (void)state;
    const char *url = serve_by_name(ok, 1);
    struct mb_fetch_headers *shared = mb_fetch_headers_new(own, 2, NULL);
    const struct mb_fetch_request cases[] = {
        {.url = url},
        {.url = url, .method = "DELETE", .shared = shared},
        {.url = url, .method = "POST", .headers = many, .n_headers = 3, .body = MB_STR("hello")},
        {.url = url,
         .method = "PUT",
         .shared = shared,
         .headers = many,
         .n_headers = 2,
         .body = MB_STR("")},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_fetch_request by_curl = cases[i];
        by_curl.max_redirects = 1;
        if (i == 0)
            get(by_curl); /* and the route is known */
        size_t at = server.n_requests;
        get(by_curl);
        assert_int_equal(n_direct(), i);
        get(cases[i]);
        assert_int_equal(n_direct(), i + 1);
        assert_string_equal(server.requests[at + 1], server.requests[at]);
    }
    mb_fetch_headers_free(shared);
}

static void where_no_connection_can_be_made_curl_tries_and_says_so(void **state)
{
    (void)state;
    const char *url = serve_by_name(ok, 1);
    get((struct mb_fetch_request){.url = url});
    get((struct mb_fetch_request){.url = url});
    assert_int_equal(n_direct(), 1);
    httpd_stop(&server);
    server.port = 0;
    turns(3);
    for (int i = 0; i < 2; i++) { /* the route is forgotten by the first */
        struct seen s = get((struct mb_fetch_request){.url = url});
        assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
        assert_false(s.was_sent);
        assert_int_equal(n_direct(), 2);
    }
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
}

static void a_server_that_went_away_is_no_endless_loop(void **state)
{
    (void)state;
    const char *url = serve_by_name(ok, 1);
    get((struct mb_fetch_request){.url = url});
    get((struct mb_fetch_request){.url = url});
    httpd_stop(&server); /* not seen yet: the kept connection is used, then a new one, then curl */
    server.port = 0;
    struct seen s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_int_equal(mb_fetch_get_stats(fetch).failed, 1);
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
}

static void a_route_is_dropped_for_another_when_there_are_many(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    for (int i = 2; i < MAX_ROUTES + 8; i++) {
        char url[60];
        snprintf(url, sizeof(url), "http://127.0.0.%d:%d/", i, server.port);
        assert_int_equal(get((struct mb_fetch_request){.url = url}).err.code, MB_E_CONNECT_FAILED);
    }
    get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    assert_int_equal(server.n_connections, 2);
    assert_int_equal(n_direct(), MAX_ROUTES + 8);
}

/* -- kept connections ------------------------------------------------------------------------ */

static void repeats_once_when_a_kept_connection_proves_dead(void **state)
{
    static const enum httpd_then ways[] = {HTTPD_CLOSE, HTTPD_RESET};
    (void)state;
    static struct httpd_reply replies[] = {
        {OK("2\r\n\r\nok"), HTTPD_KEEP}, {NULL, HTTPD_CLOSE}, {OK("3\r\n\r\nyes"), HTTPD_KEEP}};
    for (size_t i = 0; i < MB_LEN(ways); i++) {
        replies[1].then = ways[i];
        serve(&server, replies, MB_LEN(replies));
        struct mb_fetch_request req = {
            .method = "POST", .url = httpd_url(&server, "/"), .body = MB_STR("body")};
        get(req);
        struct seen s = get(req);
        assert_string_equal(s.body, "yes");
        assert_string_equal(httpd_body(&server, 2), "body");
        assert_int_equal(server.n_requests, 3);
        assert_int_equal(server.n_connections, 2);
        httpd_stop(&server);
        server.port = 0;
        turns(2);
    }
}

static void does_not_repeat_twice_nor_on_a_new_connection(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP}, {NULL, HTTPD_RESET});
    const char *url = httpd_url(&server, "/");
    get((struct mb_fetch_request){.url = url});
    struct seen s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_true(s.was_sent);
    assert_int_equal(server.n_requests, 3);
    s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_int_equal(server.n_requests, 4);
}

static void an_answer_that_has_begun_is_not_asked_for_again(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP}, {"HTTP/1.1 200 OK\r\n", HTTPD_CLOSE});
    const char *url = httpd_url(&server, "/");
    get((struct mb_fetch_request){.url = url});
    struct seen s = get((struct mb_fetch_request){.url = url});
    assert_int_equal(s.err.code, MB_E_CONNECT_FAILED);
    assert_non_null(strstr(s.err.message, "in the middle of the answer"));
    assert_int_equal(server.n_requests, 2);
}

static void an_idle_connection_must_be_silent(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    const char *url = httpd_url(&server, "/");
    get((struct mb_fetch_request){.url = url});
    httpd_send(&server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    turns(3);
    assert_string_equal(get((struct mb_fetch_request){.url = url}).body, "ok");
    assert_int_equal(server.n_connections, 2);
    httpd_hang_up(&server);
    turns(3);
    assert_string_equal(get((struct mb_fetch_request){.url = url}).body, "ok");
    assert_int_equal(server.n_connections, 3);
    assert_int_equal(server.n_requests, 3);
}

static void what_was_not_a_clean_end_is_not_kept(void **state)
{
    static const char *const answers[] = {
        OK("2\r\n\r\nok and more"),
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    (void)state;
    static struct httpd_reply reply;
    reply.then = HTTPD_KEEP;
    serve(&server, &reply, 1);
    for (size_t i = 0; i < MB_LEN(answers); i++) {
        reply.bytes = answers[i];
        struct seen s = get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
        assert_int_equal(s.failed, i == 3);
        assert_int_equal(server.n_connections, i + 1);
    }
}

static void keeps_no_more_than_it_may_and_not_for_long(void **state)
{
    (void)state;
    start_fetch(&(struct mb_fetch_config){.max_idle = 2});
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    mb_clock_fake(1000000, 0);
    for (size_t round = 0; round < 2; round++) {
        struct seen s[5] = {0};
        for (size_t i = 0; i < MB_LEN(s); i++)
            begin(&s[i], (struct mb_fetch_request){.url = httpd_url(&server, "/")});
        for (size_t i = 0; i < MB_LEN(s); i++)
            assert_true(httpd_run(&loop, &s[i].done));
        assert_int_equal(server.n_connections, 5 + 3 * round);
    }
    mb_clock_advance(61 * 1000000LL);
    turns(2);
    get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    assert_int_equal(server.n_connections, 9);
}

/* -- answers ------------------------------------------------------------------------------------
 */

static void understands_every_way_to_end_a_body(void **state)
{
    static const struct {
        struct httpd_reply reply;
        const char *method, *body;
    } cases[] = {
        {{"HTTP/1.0 200 OK\r\nX-Test: a\r\n\r\nto the end", HTTPD_CLOSE}, "GET", "to the end"},
        {{"HTTP/1.1 200 OK\r\nX-Test: a\r\n\r\nto the end", HTTPD_CLOSE}, "GET", "to the end"},
        {{"HTTP/1.1 200 OK\r\nX-Test: a\r\ntransfer-encoding: Chunked\r\n\r\n"
          "3\r\nabc\r\n00a;x=\"y\"\r\n0123456789\r\n0\r\nX-Test: no\r\n\r\n",
          HTTPD_KEEP},
         "GET",
         "abc0123456789"},
        {{"HTTP/1.1 103 Early Hints\r\nX-Test: no\r\n\r\nHTTP/1.1 100\r\n\r\n"
          "HTTP/1.1 201 Created\r\nX-Test: a\r\nContent-Length: 1\r\n\r\n!",
          HTTPD_KEEP},
         "POST",
         "!"},
        {{"HTTP/1.1 204 No\r\nX-Test: a\r\n\r\n", HTTPD_KEEP}, "GET", ""},
        {{"HTTP/1.1 200 OK\r\nX-Test: a\r\nContent-Length: 9\r\n\r\n", HTTPD_KEEP}, "HEAD", ""},
    };
    (void)state;
    static struct httpd_reply reply;
    serve(&server, &reply, 1);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        reply = cases[i].reply;
        struct seen s = get(
            (struct mb_fetch_request){.method = cases[i].method, .url = httpd_url(&server, "/")});
        assert_false(s.failed);
        assert_string_equal(s.body, cases[i].body);
        assert_string_equal(s.header, "a");
    }
    assert_int_equal(server.n_connections, 3);
}

static void streams_chunks_as_they_come(void **state)
{
    (void)state;
    SERVE(server,
          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde", HTTPD_KEEP});
    struct seen s = {0};
    begin(&s, (struct mb_fetch_request){.url = httpd_url(&server, "/"), .events = &seen_streaming});
    until_heard(&s, "[abcde]");
    httpd_send(&server, "fgh\r\n");
    until_heard(&s, "[fgh]");
    assert_false(s.done);
    httpd_send(&server, "1\r\n!\r\n0\r\n\r\n");
    assert_true(httpd_run(&loop, &s.done));
    assert_false(s.failed);
    assert_string_equal(s.pieces, "[abcde][fgh][!]");
}

static struct seen pair[2];

static void cancel_the_other(struct mb_fetch_call *call, struct mb_str bytes)
{
    struct seen *s = mb_fetch_owner(call);
    struct seen *o = s == &pair[0] ? &pair[1] : &pair[0];
    assert_true(bytes.len > 0);
    if (!s->pieces[0] && !o->pieces[0])
        mb_fetch_cancel(o->call);
    strcpy(s->pieces, "x");
}

static void a_callback_may_cancel_a_call_that_is_over_too(void **state)
{
    static const struct mb_fetch_events cancelling = {.on_done = seen_done,
                                                      .on_data = cancel_the_other};
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    memset(pair, 0, sizeof(pair));
    for (int i = 0; i < 2; i++)
        begin(&pair[i],
              (struct mb_fetch_request){.url = httpd_url(&server, "/"), .events = &cancelling});
    for (int i = 0; i < 2000 && !pair[0].done && !pair[1].done; i++)
        mb_loop_turn(&loop, 5);
    turns(3);
    assert_int_equal(pair[0].done + pair[1].done, 1);
    assert_int_equal(mb_fetch_get_stats(fetch).cancelled, 1);
    assert_int_equal(mb_fetch_get_stats(fetch).in_flight, 0);
}

/* -- slow servers -------------------------------------------------------------------------------
 */

static void a_large_body_waits_for_its_reader(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    struct mb_str body = big_body(12 * 1024 * 1024);
    server.is_deaf = true;
    struct seen s = {0};
    begin(&s, (struct mb_fetch_request){
                  .method = "POST", .url = httpd_url(&server, "/"), .body = body});
    turns(10);
    assert_int_equal(server.n_requests, 0);
    httpd_hear(&server);
    assert_true(httpd_run(&loop, &s.done));
    assert_string_equal(s.body, "ok");
    assert_string_equal(httpd_body(&server, 0), body.ptr);
    get((struct mb_fetch_request){.url = httpd_url(&server, "/")});
    assert_int_equal(server.n_connections, 1);
    free((void *)(uintptr_t)body.ptr);
}

static void a_half_sent_request_can_be_cancelled_or_run_late(void **state)
{
    (void)state;
    SERVE(server, {OK("2\r\n\r\nok"), HTTPD_KEEP});
    struct mb_str body = big_body(12 * 1024 * 1024);
    server.is_deaf = true;
    mb_clock_fake(1000000, 0);
    struct seen s[2] = {0};
    for (int i = 0; i < 2; i++)
        begin(&s[i], (struct mb_fetch_request){
                         .method = "POST", .url = httpd_url(&server, "/"), .body = body});
    turns(5);
    mb_fetch_cancel(s[0].call);
    mb_clock_advance(16 * 1000000LL);
    turns(2);
    free((void *)(uintptr_t)body.ptr); /* nobody reads it any more */
    assert_false(s[0].done);
    assert_int_equal(s[1].err.code, MB_E_TIMEOUT);
    assert_true(s[1].was_sent);
    httpd_hear(&server);
    turns(10);
    assert_int_equal(server.n_requests, 0);
}

static void an_answer_before_the_request_was_read_counts(void **state)
{
    static const enum httpd_then ways[] = {HTTPD_KEEP, HTTPD_CLOSE};
    (void)state;
    static struct httpd_reply reply = {"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nless",
                                       HTTPD_KEEP};
    struct mb_str body = big_body(12 * 1024 * 1024);
    serve(&server, &reply, 1);
    server.is_hasty = true;
    for (size_t i = 0; i < MB_LEN(ways); i++) {
        reply.then = ways[i];
        struct seen s = get((struct mb_fetch_request){
            .method = "POST", .url = httpd_url(&server, "/"), .body = body});
        assert_false(s.failed);
        assert_int_equal(s.status, 413);
        assert_string_equal(s.body, "less");
        assert_int_equal(server.n_connections, i + 1); /* a half-sent request is not gone on with */
    }
    free((void *)(uintptr_t)body.ptr);
}

/* A port whose queue of connections is full: one more attempt stays without an answer. */
static int full_port(int fillers[4], int *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    *port = ntohs(addr.sin_port);
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&addr, len);
    }
    return fd;
}

static void a_connection_that_does_not_come_is_given_up(void **state)
{
    (void)state;
    int fillers[4], port;
    int fd = full_port(fillers, &port);
    char url[100];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
    start_fetch(&(struct mb_fetch_config){0});
    mb_clock_fake(1000000, 0);
    struct seen s[2] = {0};
    for (int i = 0; i < 2; i++)
        begin(&s[i], (struct mb_fetch_request){
                         .method = "POST", .url = url, .body = MB_STR("x"), .connect_ms = 500});
    turns(3);
    mb_fetch_cancel(s[0].call);
    mb_clock_advance(499 * 1000);
    turns(2);
    assert_false(s[1].done);
    mb_clock_advance(2000);
    turns(2);
    assert_true(s[1].done);
    assert_int_equal(s[1].err.code, MB_E_TIMEOUT);
    assert_string_equal(s[1].err.message, "no connection within 500 ms");
    assert_false(s[1].was_sent);
    assert_false(s[0].done);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    close(fd);
}

/* Takes what came to the port and answers whoever asks; true when somebody did. */
static bool answer_on(int fd, struct mb_buf *asked)
{
    static int taken[8];
    static size_t n;
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (got >= 0 && n < MB_LEN(taken))
        taken[n++] = got;
    for (size_t i = 0; i < n; i++) {
        char bytes[1000];
        ssize_t len = recv(taken[i], bytes, sizeof(bytes), 0);
        if (len <= 0)
            continue;
        mb_buf_add(asked, bytes, (size_t)len);
        assert_true(send(taken[i], ok[0].bytes, strlen(ok[0].bytes), MSG_NOSIGNAL) > 0);
        while (n)
            close(taken[--n]);
        return true;
    }
    return false;
}

static void a_connection_that_comes_late_carries_the_request(void **state)
{
    (void)state;
    int fillers[4], port;
    int fd = full_port(fillers, &port);
    char url[100];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/late", port);
    start_fetch(&(struct mb_fetch_config){0});
    struct seen s = {0};
    begin(&s, (struct mb_fetch_request){.method = "POST", .url = url, .body = MB_STR("hello")});
    turns(3);
    assert_int_equal(mb_fetch_get_stats(fetch).connections, 1);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    struct mb_buf asked = {0};
    for (int i = 0; i < 4000 && !answer_on(fd, &asked); i++) /* until the kernel tries again */
        mb_loop_turn(&loop, 5);
    assert_true(httpd_run(&loop, &s.done));
    assert_string_equal(s.body, "ok");
    char *text = mb_buf_cstr(&asked);
    assert_memory_equal(text, "POST /late HTTP/1.1\r\n", 21);
    assert_non_null(strstr(text, "\r\n\r\nhello"));
    assert_int_equal(mb_fetch_get_stats(fetch).connections, 1);
    mb_buf_release(&asked);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        D(curl_carries_all_that_is_not_plain),
        D(a_name_goes_by_curl_once_a_minute),
        D(sends_byte_for_byte_what_curl_sends),
        D(where_no_connection_can_be_made_curl_tries_and_says_so),
        D(a_server_that_went_away_is_no_endless_loop),
        D(a_route_is_dropped_for_another_when_there_are_many),
        D(repeats_once_when_a_kept_connection_proves_dead),
        D(does_not_repeat_twice_nor_on_a_new_connection),
        D(an_answer_that_has_begun_is_not_asked_for_again),
        D(an_idle_connection_must_be_silent),
        D(what_was_not_a_clean_end_is_not_kept),
        D(keeps_no_more_than_it_may_and_not_for_long),
        D(understands_every_way_to_end_a_body),
        D(streams_chunks_as_they_come),
        D(a_callback_may_cancel_a_call_that_is_over_too),
        D(a_large_body_waits_for_its_reader),
        D(a_half_sent_request_can_be_cancelled_or_run_late),
        D(an_answer_before_the_request_was_read_counts),
        D(a_connection_that_does_not_come_is_given_up),
        D(a_connection_that_comes_late_carries_the_request),
        cmocka_unit_test(reads_urls_that_need_no_rewriting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
