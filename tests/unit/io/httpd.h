/* A small HTTP server inside the test's own loop. It answers the n-th request with the n-th reply
 * (and further ones with the last), byte for byte, and keeps what it was sent. */
#ifndef MB_TESTS_HTTPD_H
#define MB_TESTS_HTTPD_H

#include "base/buf.h"
#include "io/loop.h"

enum httpd_then {
    HTTPD_KEEP,  /* keep the connection, for more requests */
    HTTPD_CLOSE, /* close it after the bytes */
    HTTPD_RESET, /* reset it after the bytes */
};

struct httpd_reply {
    const char *bytes; /* NULL = none: the request stays unanswered */
    enum httpd_then then;
};

enum { HTTPD_REQUESTS = 64 };

struct httpd {
    struct mb_loop *loop;
    struct mb_watch watch;
    struct mb_list conns;
    const struct httpd_reply *replies;
    size_t n_replies;
    size_t n_requests, n_connections;
    char *requests[HTTPD_REQUESTS]; /* head and body, the first of them */
    int port;
    bool is_deaf; /* new connections are not read until httpd_hear */
    bool
        is_hasty; /* answers when a request's head is there, and reads no more of that connection */
};

void httpd_start(struct httpd *h, struct mb_loop *loop, const struct httpd_reply *replies,
                 size_t n_replies);
void httpd_stop(struct httpd *h);
void httpd_hear(struct httpd *h);
/* Closes all connections; the port stays open. */
void httpd_hang_up(struct httpd *h);
/* Sends more bytes on all open connections. */
void httpd_send(struct httpd *h, const char *bytes);
/* "http://127.0.0.1:PORT" and the path; the last few results stay valid. */
const char *httpd_url(const struct httpd *h, const char *path);
/* The value of a header in the n-th request, or "" when it has none; valid until the next call. */
const char *httpd_header(const struct httpd *h, size_t n, const char *name);
const char *httpd_body(const struct httpd *h, size_t n);
/* A whole 200 answer with this JSON body; malloc'd. */
char *httpd_ok(const char *body);

/* Runs the loop until *done (true) or a few seconds have passed (false). */
bool httpd_run(struct mb_loop *loop, const bool *done);

#endif
