#include "unit/io/fetch_fixture.h"

struct mb_loop loop;
struct httpd server, other;
struct mb_fetch *fetch;
struct mb_egress *egress;
bool is_direct;

void seen_done(struct mb_fetch_call *call, struct mb_fetch_response *res, const struct mb_err *err)
{
    struct seen *s = mb_fetch_owner(call);
    assert_false(s->done);
    s->done = true;
    s->status = res->status;
    s->was_sent = res->was_sent;
    s->failed = err != NULL;
    if (err)
        s->err = *err;
    struct mb_str header = mb_fetch_header_get(call, "x-test");
    snprintf(s->header, sizeof(s->header), "%.*s", MB_STR_ARG(header));
    snprintf(s->body, sizeof(s->body), "%.*s", MB_STR_ARG(mb_buf_str(&res->body)));
}

static void on_data(struct mb_fetch_call *call, struct mb_str bytes)
{
    struct seen *s = mb_fetch_owner(call);
    size_t at = strlen(s->pieces);
    snprintf(s->pieces + at, sizeof(s->pieces) - at, "[%.*s]", MB_STR_ARG(bytes));
    if (s->cancel_in_data)
        mb_fetch_cancel(call);
}

static int on_redirect(struct mb_fetch_call *call, const char *url, struct mb_err *err)
{
    struct seen *s = mb_fetch_owner(call);
    if (s->veto && strstr(url, s->veto))
        return mb_err_set(err, MB_E_FORBIDDEN, "not there");
    return 0;
}

const struct mb_fetch_events seen_events = {.on_done = seen_done, .on_redirect = on_redirect};
const struct mb_fetch_events seen_streaming = {.on_done = seen_done, .on_data = on_data};

void start_fetch(struct mb_fetch_config *config)
{
    struct mb_err err;
    config->egress = egress;
    fetch = mb_fetch_new(&loop, config, &err);
    assert_non_null(fetch);
}

int set_up(void **state)
{
    (void)state;
    struct mb_egress_config config = {.allow = "127.0.0.1"};
    struct mb_err err;
    mb_loop_init(&loop);
    egress = mb_egress_new(&config, &err);
    fetch = NULL;
    is_direct = false;
    server = other = (struct httpd){0};
    return egress ? 0 : -1;
}

int set_up_direct(void **state)
{
    int rc = set_up(state);
    is_direct = true;
    return rc;
}

int tear_down_direct(void **state)
{
    bool was_gone = !fetch || mb_fetch_get_stats(fetch).direct > 0;
    int rc = tear_down(state);
    return was_gone ? rc : -1;
}

int tear_down(void **state)
{
    (void)state;
    mb_clock_real();
    mb_fetch_free(fetch);
    if (server.port)
        httpd_stop(&server);
    if (other.port)
        httpd_stop(&other);
    mb_egress_free(egress);
    mb_loop_release(&loop);
    return 0;
}

void serve(struct httpd *h, const struct httpd_reply *replies, size_t n)
{
    httpd_start(h, &loop, replies, n);
    if (!fetch)
        start_fetch(&(struct mb_fetch_config){0});
}

void begin(struct seen *s, struct mb_fetch_request req)
{
    struct mb_err err;
    req.owner = s;
    req.is_exempt = req.is_exempt || is_direct;
    req.events = req.events ? req.events : &seen_events;
    req.timeout_ms = req.timeout_ms ? req.timeout_ms : 15000;
    if (mb_fetch_start(fetch, &req, &s->call, &err) < 0)
        fail_msg("refused: %s", err.message);
    assert_false(s->done);
}

struct seen get(struct mb_fetch_request req)
{
    static struct seen s;
    s = (struct seen){0};
    begin(&s, req);
    assert_true(httpd_run(&loop, &s.done));
    return s;
}

int refusal(struct mb_fetch_request req)
{
    struct mb_fetch_call *call;
    struct mb_err err;
    req.events = &seen_events;
    req.timeout_ms = 1000;
    int rc = mb_fetch_start(fetch, &req, &call, &err);
    return rc;
}

void until_asked(size_t n)
{
    for (int i = 0; i < 2000 && server.n_requests < n; i++)
        mb_loop_turn(&loop, 5);
    assert_int_equal(server.n_requests, n);
}

void until_heard(const struct seen *s, const char *text)
{
    for (int i = 0; i < 2000 && !strstr(s->pieces, text); i++)
        mb_loop_turn(&loop, 5);
    assert_non_null(strstr(s->pieces, text));
}
