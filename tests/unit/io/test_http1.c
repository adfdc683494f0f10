/* The decoder of HTTP/1.1 answers: each case whole, and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/http1.h"

enum { HEAD_BYTES = 200 };

struct result {
    enum mb_http1_what what;
    int status;
    bool is_kept, ends_with_close;
    size_t rest; /* bytes after END */
    struct mb_buf body, fields;
    const char *why;
};

static void add_field(const char *name, const char *value, void *arg)
{
    mb_buf_addf(arg, "%s=%s;", name, value);
}

static struct result decode(const char *text, size_t len, bool is_head, size_t cut)
{
    struct mb_http1 h;
    struct result r = {0};
    mb_http1_init(&h, HEAD_BYTES, is_head);
    size_t at = 0;
    while (r.what == MB_HTTP1_MORE && at < len) {
        size_t n = MB_MIN(cut, len - at);
        char *piece = mb_alloc(n); /* of its own, so that reading beyond it is seen */
        memcpy(piece, text + at, n);
        struct mb_str in = {piece, n}, body;
        while ((r.what = mb_http1_read(&h, &in, &body)) == MB_HTTP1_BODY)
            mb_buf_add_str(&r.body, body);
        at += n - in.len;
        free(piece);
    }
    r.rest = len - at;
    r.status = h.status;
    r.why = h.why;
    r.is_kept = mb_http1_is_kept(&h);
    r.ends_with_close = mb_http1_ends_with_close(&h);
    mb_http1_each(&h, add_field, &r.fields);
    mb_http1_release(&h);
    return r;
}

static void free_result(struct result *r)
{
    mb_buf_release(&r->body);
    mb_buf_release(&r->fields);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct good {
    const char *text;
    int status;
    const char *body, *fields;
    bool is_kept, is_head;
} good[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", "Content-Length=3;", true, 0},
    {"HTTP/1.1 599\r\ncontent-length:\t0 \r\n\r\n", 599, "", "content-length=0;", true, 0},
    {"HTTP/1.1 200 \nA:b\ncontent-length: 2, 2\nContent-Length: 2\n\nok", 200, "ok",
     "A=b;content-length=2, 2;Content-Length=2;", true, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n!", 200, "!", "Content-Length=1;", false, 0},
    {"HTTP/1.1 200 OK\r\nConnection: a, CLOSE\r\nContent-Length: 0\r\n\r\n", 200, "",
     "Connection=a, CLOSE;Content-Length=0;", false, 0},
    {"HTTP/1.1 204 No\r\nX:\r\n\r\n", 204, "", "X=;", true, 0},
    {"HTTP/1.1 304 No\r\nContent-Length: 7\r\n\r\n", 304, "", "Content-Length=7;", true, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", 200, "", "Content-Length=7;", true, true},
    {"HTTP/1.1 100 Go\r\nX: 1\r\n\r\nHTTP/1.1 102 On\r\nContent-Length: 5\r\n\r\n"
     "HTTP/1.1 404 No\r\nY: 2\r\nContent-Length: 1\r\n\r\nx",
     404, "x", "Y=2;Content-Length=1;", true, 0},
    {CHUNKED "0\r\n\r\n", 200, "", "Transfer-Encoding=chunked;", true, 0},
    {CHUNKED "003 \r\nabc\r\nA;x=y;z=\";\"\r\n0123456789\r\n0;e\r\nT: 1\r\nU: 2\r\n\r\n", 200,
     "abc0123456789", "Transfer-Encoding=chunked;", true, 0},
};

static void reads_answers_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(good); i++)
        for (size_t cut = 1; cut < 100; cut++) {
            const struct good *g = &good[i];
            struct result r = decode(g->text, strlen(g->text), g->is_head, cut);
            if (r.what != MB_HTTP1_END)
                fail_msg("case %zu cut %zu: %d %s", i, cut, r.what, r.why ? r.why : "");
            assert_int_equal(r.status, g->status);
            assert_string_equal(mb_buf_cstr(&r.body), g->body);
            assert_string_equal(mb_buf_cstr(&r.fields), g->fields);
            assert_int_equal(r.is_kept, g->is_kept);
            assert_int_equal(r.rest, 0);
            free_result(&r);
        }
}

static const struct {
    const char *text;
    size_t len; /* 0 = strlen */
} bad[] = {
    {"HTTP/2 200 OK\r\n\r\n", 0},
    {"HTTP/1.2 200 OK\r\n\r\n", 0},
    {"http/1.1 200 OK\r\n\r\n", 0},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n", 0},
    {"<", 0}, /* seen at the first byte */
    {"HTTP/1.1 20 OK\r\n\r\n", 0},
    {"HTTP/1.1 099 OK\r\n\r\n", 0},
    {"HTTP/1.1 2000 OK\r\n\r\n", 0},
    {"HTTP/1.1  200 OK\r\n\r\n", 0},
    {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\n: b\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 27},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1,2\r\n\r\nab", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\na", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\na", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\na", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {CHUNKED "\r\n", 0},
    {CHUNKED ";x\r\n", 0},
    {CHUNKED "-1\r\n", 0},
    {CHUNKED "1\na\r\n", 0},
    {CHUNKED "1;x\na\r\n", 0},
    {CHUNKED "1\rxa\r\n", 0},
    {CHUNKED "1\r\nab\r\n", 0},
    {CHUNKED "1\r\na\n0\r\n\r\n", 0},
    {CHUNKED "fffffffffffffffff\r\n", 0},
};

static void refuses_what_could_be_read_in_two_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(bad); i++)
        for (size_t cut = 1; cut < 100; cut++) {
            size_t len = bad[i].len ? bad[i].len : strlen(bad[i].text);
            struct result r = decode(bad[i].text, len, false, cut);
            if (r.what != MB_HTTP1_GARBAGE)
                fail_msg("case %zu cut %zu: %d", i, cut, r.what);
            assert_non_null(r.why);
            assert_false(r.is_kept);
            free_result(&r);
        }
}

static void caps_heads_trailers_and_chunk_lines(void **state)
{
    static const char *const heads[] = {
        "HTTP/1.1 200 ",
        "HTTP/1.1 200 OK\r\nA: ",
        "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nA: ",
        CHUNKED "0\r\nT: ",
        CHUNKED "1;",
        CHUNKED "0",
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(heads); i++)
        for (size_t cut = 1; cut < 10000; cut *= 7) {
            struct mb_buf text = {0};
            mb_buf_add_c(&text, heads[i]);
            for (int k = 0; k < 600; k++)
                mb_buf_add_c(&text, "00000000");
            mb_buf_add_c(&text, "\r\n\r\n");
            struct result r = decode(text.data, mb_buf_len(&text), false, cut);
            assert_int_equal(r.what, MB_HTTP1_TOO_LARGE);
            free_result(&r);
            mb_buf_release(&text);
        }
}

static void the_end_of_the_connection_ends_only_a_body_without_length(void **state)
{
    static const struct {
        const char *text;
        bool is_end;
    } cases[] = {
        {"", false},
        {"HTTP/1.1 2", false},
        {"HTTP/1.1 200 OK\r\nA: b\r\n", false},
        {"HTTP/1.1 100 Go\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\n\r\nabc", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", false},
        {CHUNKED "3\r\nabc\r\n", false},
        {CHUNKED "3\r\nabc\r\n0\r\n", false},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct result r = decode(cases[i].text, strlen(cases[i].text), false, 1000);
        assert_int_equal(r.what, MB_HTTP1_MORE);
        assert_int_equal(r.ends_with_close, cases[i].is_end);
        assert_false(r.is_kept);
        free_result(&r);
    }
}

static void says_how_much_follows_the_answer(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabcd";
    (void)state;
    struct result r = decode(text, strlen(text), false, 1000);
    assert_int_equal(r.what, MB_HTTP1_END);
    assert_int_equal(r.rest, 3);
    free_result(&r);
}

static void finds_the_last_field_of_a_name(void **state)
{
    static const char text[] = "HTTP/1.1 204 No\r\nX-A: 1\r\nx-b: 2\r\nx-a:  3 4 \r\n\r\n";
    (void)state;
    struct mb_http1 h;
    struct mb_str in = MB_STR(text), body;
    mb_http1_init(&h, HEAD_BYTES, false);
    assert_int_equal(mb_http1_read(&h, &in, &body), MB_HTTP1_END);
    assert_string_equal(mb_http1_field(&h, "x-a").ptr, "3 4");
    assert_string_equal(mb_http1_field(&h, "X-B").ptr, "2");
    assert_int_equal(mb_http1_field(&h, "x").len, 0);
    mb_http1_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_answers_however_they_are_cut),
        cmocka_unit_test(refuses_what_could_be_read_in_two_ways),
        cmocka_unit_test(caps_heads_trailers_and_chunk_lines),
        cmocka_unit_test(the_end_of_the_connection_ends_only_a_body_without_length),
        cmocka_unit_test(says_how_much_follows_the_answer),
        cmocka_unit_test(finds_the_last_field_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
