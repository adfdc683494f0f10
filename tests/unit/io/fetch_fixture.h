/* What the tests of the HTTP client share: a client and its servers in one loop, and what came of a
 * request. Each test is run on one path: curl's, or (direct) the one for plain http without curl.
 */
#ifndef MB_TESTS_FETCH_FIXTURE_H
#define MB_TESTS_FETCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "io/fetch.h"
#include "unit/io/httpd.h"

#define OK(body) "HTTP/1.1 200 OK\r\nContent-Length: " body

extern struct mb_loop loop;
extern struct httpd server, other;
extern struct mb_fetch *fetch;
extern struct mb_egress *egress;
extern bool is_direct; /* requests are exempt, and may go the direct path */

/* What came of a request. */
struct seen {
    struct mb_fetch_call *call;
    bool done;
    int status;
    struct mb_err err;
    bool failed, was_sent;
    char body[4096];
    char header[256]; /* X-Test */
    char pieces[256];
    const char *veto; /* on_redirect refuses this URL's suffix */
    bool cancel_in_data;
};

extern const struct mb_fetch_events seen_events;
extern const struct mb_fetch_events seen_streaming;
void seen_done(struct mb_fetch_call *call, struct mb_fetch_response *res, const struct mb_err *err);

int set_up(void **state);
int set_up_direct(void **state);
int tear_down(void **state);
int tear_down_direct(void **state); /* checks that the direct path was gone */

void start_fetch(struct mb_fetch_config *config);
void serve(struct httpd *h, const struct httpd_reply *replies, size_t n);
#define SERVE(h, ...)                                                                              \
    static const struct httpd_reply replies_##h[] = {__VA_ARGS__};                                 \
    serve(&h, replies_##h, MB_LEN(replies_##h))

void begin(struct seen *s, struct mb_fetch_request req);
struct seen get(struct mb_fetch_request req);
int refusal(struct mb_fetch_request req);
void until_asked(size_t n);
void until_heard(const struct seen *s, const char *text); /* on_data has brought it */

/* A test on curl's path, and one on the direct path. */
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define D(f)                                                                                       \
    {                                                                                              \
        "direct: " #f, f, set_up_direct, tear_down_direct, NULL                                    \
    }

#endif
