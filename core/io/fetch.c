/* Calls: their states, deadlines and ends. */
#include "io/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "io/fetch_private.h"

static const struct mb_fetch_config defaults = {
    .max_in_flight = 20000,
    .max_queued = 2000,
    .max_idle = 2048,
    .read_buffer_bytes = 1024,
    .user_agent = "moonbase",
};

enum { CONNECT_MS = 10000, MAX_HEADERS = 64 };
enum { MOST_AT_ONCE = 1024 * 1024 }; /* of a body's announced size, before any of it has come */
static const size_t MAX_BODY_BYTES = 16 * 1024 * 1024, MAX_HEADER_BYTES = 64 * 1024;

/* The client. */

static void set_limits(struct mb_fetch *fetch, const struct mb_fetch_config *c)
{
    size_t buffer = c->read_buffer_bytes ? c->read_buffer_bytes : defaults.read_buffer_bytes;
    fetch->max_in_flight = c->max_in_flight ? c->max_in_flight : defaults.max_in_flight;
    fetch->max_queued = c->max_queued ? c->max_queued : defaults.max_queued;
    fetch->max_idle = c->max_idle ? c->max_idle : defaults.max_idle;
    fetch->read_buffer_bytes = (long)MB_MIN(MB_MAX(buffer, (size_t)1024), (size_t)65536);
    fetch->user_agent = mb_strdup(c->user_agent ? c->user_agent : defaults.user_agent);
    fetch->ca_file = c->ca_file ? mb_strdup(c->ca_file) : NULL;
    for (const char *const *pin = c->pins; pin && *pin; pin++)
        fetch->pins = curl_slist_append(fetch->pins, *pin);
}

struct mb_fetch *mb_fetch_new(struct mb_loop *loop, const struct mb_fetch_config *config,
                              struct mb_err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        mb_err_set(err, MB_E_INTERNAL, "libcurl could not be started");
        return NULL;
    }
    struct mb_fetch *fetch = mb_zalloc(sizeof(*fetch));
    fetch->loop = loop;
    fetch->egress = config->egress;
    set_limits(fetch, config);
    mb_list_init(&fetch->calls);
    mb_list_init(&fetch->queue);
    mb_list_init(&fetch->fresh);
    mb_fetch_shards_init(fetch);
    mb_fetch_direct_init(fetch);
    fetch->share = curl_share_init();
    mb_assert(fetch->share);
    curl_share_setopt(fetch->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(fetch->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return fetch;
}

void mb_fetch_free(struct mb_fetch *fetch)
{
    if (!fetch)
        return;
    fetch->max_in_flight = 0; /* nothing moves up */
    MB_LIST_EACH(it, next, &fetch->calls)
    mb_fetch_cancel(MB_LIST_ENTRY(it, struct mb_fetch_call, node));
    mb_fetch_easy_free_all(fetch);
    mb_fetch_shards_free(fetch);
    mb_fetch_direct_free(fetch);
    curl_share_cleanup(fetch->share);
    mb_fetch_tls_free(fetch);
    curl_slist_free_all(fetch->pins);
    free(fetch->user_agent);
    free(fetch->ca_file);
    free(fetch);
    curl_global_cleanup();
}

struct mb_fetch_stats mb_fetch_get_stats(const struct mb_fetch *fetch)
{
    return fetch->stats;
}

/* A call on its way. */

static void begin(struct mb_fetch_call *call)
{
    struct mb_fetch *fetch = call->fetch;
    call->state = FETCH_RUNNING;
    fetch->stats.in_flight++;
    if (mb_fetch_direct_begin(call))
        return;
    call->shard = mb_fetch_shard_pick(fetch, call->is_tls, call->is_exempt);
    call->easy = mb_fetch_easy_take(call);
    call->shard->in_flight++;
    CURLMcode rc = curl_multi_add_handle(call->shard->multi, call->easy->easy);
    mb_assert(rc == CURLM_OK);
}

static void leave_curl(struct mb_fetch_call *call)
{
    CURLMcode rc = curl_multi_remove_handle(call->shard->multi, call->easy->easy);
    mb_assert(rc == CURLM_OK);
    call->shard->in_flight--;
}

/* Out of curl, or off its connection; handle or exchange stay with the call, for its headers. */
static void detach(struct mb_fetch_call *call)
{
    if (call->state == FETCH_QUEUED) {
        call->fetch->stats.queued--;
    } else if (call->state == FETCH_RUNNING) {
        if (call->exchange)
            mb_fetch_direct_detach(call);
        else
            leave_curl(call);
        call->fetch->stats.in_flight--;
    }
    mb_list_remove(&call->link);
    call->state = FETCH_ENDING;
}

static void put_easy(struct mb_fetch_call *call)
{
    if (call->easy)
        mb_fetch_easy_put(call->fetch, call->easy);
    call->easy = NULL;
}

static void free_call(struct mb_fetch_call *call)
{
    put_easy(call);
    mb_fetch_direct_release(call);
    mb_timer_cancel(&call->fetch->loop->timers, &call->timer);
    mb_list_remove(&call->node);
    mb_list_remove(&call->link);
    mb_fetch_headers_drop(call->headers, call->last);
    mb_buf_release(&call->answer);
    free(call->denied);
    free(call->host);
    explicit_bzero(call->url, strlen(call->url));
    free(call->url);
    free(call);
}

/* Gives free places to those that wait. */
static void promote(struct mb_fetch *fetch)
{
    while (fetch->stats.in_flight < fetch->max_in_flight && !mb_list_is_empty(&fetch->queue)) {
        struct mb_list *node = mb_list_shift(&fetch->queue);
        fetch->stats.queued--;
        begin(MB_LIST_ENTRY(node, struct mb_fetch_call, link));
    }
}

static struct mb_fetch_response response_of(struct mb_fetch_call *call)
{
    struct mb_fetch_response res = {.call = call};
    long status = 0, request_bytes = 0;
    if (call->easy) {
        curl_easy_getinfo(call->easy->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(call->easy->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    }
    res.status = call->exchange ? call->exchange->http1.status : (int)status;
    res.was_sent = request_bytes > 0 || call->was_sent || call->n_redirects > 0;
    res.total_us = mb_clock_mono_us() - call->started_us;
    res.body = call->answer;
    call->answer = (struct mb_buf){0};
    return res;
}

void mb_fetch_call_finish(struct mb_fetch_call *call, const struct mb_err *err)
{
    struct mb_fetch *fetch = call->fetch;
    detach(call);
    if (err)
        fetch->stats.failed++;
    else
        fetch->stats.done++;
    struct mb_fetch_response res = response_of(call);
    call->events->on_done(call, &res, err);
    mb_buf_release(&res.body);
    free_call(call);
    promote(fetch);
}

/* Where curl went is where the direct path may go next time. */
static void learn_route(const struct mb_fetch_call *call, CURLcode code)
{
    char *ip = NULL;
    if (!call->is_exempt || call->is_tls)
        return;
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        mb_fetch_route_unlearn(call);
    else if (code == CURLE_OK &&
             curl_easy_getinfo(call->easy->easy, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK)
        mb_fetch_route_learn(call, ip);
}

void mb_fetch_call_by_curl(struct mb_fetch_call *call)
{
    detach(call);
    mb_fetch_direct_release(call);
    call->is_for_curl = true;
    begin(call);
}

void mb_fetch_call_answered(struct mb_fetch_call *call, CURLcode code)
{
    struct mb_err err;
    mb_err_clear(&err);
    learn_route(call, code);
    if (code != CURLE_OK) {
        mb_fetch_easy_error(call, code, &err);
        mb_fetch_call_finish(call, &err);
        return;
    }
    detach(call);
    long status = 0;
    curl_easy_getinfo(call->easy->easy, CURLINFO_RESPONSE_CODE, &status);
    int rc = mb_fetch_redirect(call, (int)status, &err);
    if (rc <= 0) {
        mb_fetch_call_finish(call, rc < 0 ? &err : NULL);
        return;
    }
    put_easy(call);
    mb_buf_clear(&call->answer);
    call->has_answer = false;
    call->body_bytes = call->header_bytes = 0;
    begin(call);
}

void mb_fetch_call_heard(struct mb_fetch_call *call)
{
    call->heard_us = call->fetch->loop->now_us;
    if (call->has_answer)
        return;
    call->has_answer = true;
    if (call->idle_ms)
        mb_timer_arm(&call->fetch->loop->timers, &call->timer,
                     MB_MIN(call->deadline_us, call->heard_us + call->idle_ms * 1000));
}

/* The buffer is made once, for the size that was announced. */
bool mb_fetch_call_keep(struct mb_fetch_call *call, struct mb_str bytes, uint64_t announced,
                        int status)
{
    call->body_bytes += bytes.len;
    call->is_too_large = call->body_bytes > call->max_body_bytes;
    if (call->is_too_large)
        return false;
    if (!call->answer.data) {
        bool is_fair = announced <= MB_MIN(call->max_body_bytes, (size_t)MOST_AT_ONCE);
        mb_buf_reserve(&call->answer, is_fair ? MB_MAX((size_t)announced, bytes.len) : bytes.len);
    }
    mb_buf_add_str(&call->answer, bytes);
    if (call->events->on_data && !mb_list_is_linked(&call->link) && status >= 200 && status < 300)
        mb_list_push(&call->fetch->fresh, &call->link);
    return true;
}

/* Bytes that came for on_data. A callback may cancel any call, so the list is read afresh. */
void mb_fetch_deliver(struct mb_fetch *fetch)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&fetch->fresh))) {
        struct mb_fetch_call *call = MB_LIST_ENTRY(node, struct mb_fetch_call, link);
        struct mb_buf bytes = call->answer;
        call->answer = (struct mb_buf){0};
        call->events->on_data(call, mb_buf_str(&bytes));
        mb_buf_release(&bytes);
    }
}

int mb_fetch_err_too_large(const struct mb_fetch_call *call, struct mb_err *err)
{
    bool in_head = call->header_bytes > call->max_header_bytes;
    return mb_err_set(err, MB_E_TOO_LARGE, "the answer's %s is larger than %zu bytes",
                      in_head ? "head" : "body",
                      in_head ? call->max_header_bytes : call->max_body_bytes);
}

int mb_fetch_err_lost(const struct mb_fetch_call *call, const char *why, struct mb_err *err)
{
    const char *when = call->has_answer ? "in the middle of the answer" : "before an answer came";
    return mb_err_set(err, MB_E_CONNECT_FAILED, "the connection was lost %s: %s", when, why);
}

static void say_late(struct mb_fetch_call *call, int64_t now_us, struct mb_err *err)
{
    if (now_us >= call->deadline_us) {
        mb_err_set(err, MB_E_TIMEOUT, "no %s within %lld ms",
                   call->has_answer ? "whole answer" : "answer", (long long)call->timeout_ms);
    } else if (call->has_answer) {
        mb_err_set(err, MB_E_TIMEOUT, "the answer stopped for more than %lld ms",
                   (long long)call->idle_ms);
    } else {
        mb_err_set(err, MB_E_TIMEOUT, "no connection within %lld ms", (long long)call->connect_ms);
        mb_fetch_direct_give_up(call);
    }
}

static void on_due(struct mb_timer *timer)
{
    struct mb_fetch_call *call = MB_CONTAINER_OF(timer, struct mb_fetch_call, timer);
    int64_t now_us = call->fetch->loop->now_us;
    bool may_idle = call->idle_ms && call->has_answer;
    int64_t due_us = MB_MIN(call->deadline_us, mb_fetch_direct_connect_due_us(call));
    if (may_idle)
        due_us = MB_MIN(due_us, call->heard_us + call->idle_ms * 1000);
    if (now_us < due_us) { /* bytes came since this was armed */
        mb_timer_arm(&call->fetch->loop->timers, timer, due_us);
        return;
    }
    struct mb_err err;
    say_late(call, now_us, &err);
    mb_fetch_call_finish(call, &err);
}

/* Starting and cancelling. */

static int copy_headers(struct mb_fetch_call *call, const struct mb_fetch_request *req,
                        struct mb_err *err)
{
    if (req->n_headers > MAX_HEADERS)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "more than %d headers", MAX_HEADERS);
    for (size_t i = 0; i < req->n_headers; i++) {
        int rc = mb_fetch_headers_add(&call->last, &call->headers, &req->headers[i], err);
        if (rc < 0)
            return rc;
    }
    call->shared = req->shared;
    struct curl_slist *shared = mb_fetch_headers_list(req->shared);
    if (call->last)
        call->last->next = shared;
    else
        call->headers = shared;
    return 0;
}

static int copy_method(struct mb_fetch_call *call, const char *method, struct mb_err *err)
{
    method = method ? method : "GET";
    size_t len = strlen(method);
    if (len == 0 || len >= METHOD_BYTES || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len ||
        strcmp(method, "CONNECT") == 0 || strcmp(method, "TRACE") == 0)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "the method is not valid");
    memcpy(call->method, method, len + 1);
    return 0;
}

/* An exempt URL is the operator's: it is not read again for every request. */
static int judge(struct mb_fetch_call *call, struct mb_err *err)
{
    if (call->is_exempt) {
        call->is_tls = strncasecmp(call->url, "https:", 6) == 0;
        return 0;
    }
    if (!call->fetch->egress)
        return mb_err_set(err, MB_E_EGRESS_DENIED, "nothing may be reached");
    struct mb_egress_target target;
    int rc = mb_egress_check_url(call->fetch->egress, call->url, &target, err);
    if (rc < 0)
        return rc;
    call->is_tls = target.is_tls;
    call->host = mb_strdup(target.host);
    return 0;
}

static struct mb_fetch_call *new_call(struct mb_fetch *fetch, const struct mb_fetch_request *req)
{
    struct mb_fetch_call *call = mb_zalloc(sizeof(*call));
    call->fetch = fetch;
    mb_list_init(&call->node);
    mb_list_init(&call->link);
    call->state = FETCH_ENDING;
    call->events = req->events;
    call->owner = req->owner;
    call->url = mb_strdup(req->url);
    call->body = req->body;
    call->is_exempt = req->is_exempt;
    call->is_once = req->is_once;
    call->redirects_left = req->max_redirects;
    call->timer.on_due = on_due;
    call->timeout_ms = req->timeout_ms;
    call->idle_ms = req->idle_ms;
    call->connect_ms = MB_MIN(req->connect_ms ? req->connect_ms : CONNECT_MS, (int64_t)600000);
    call->max_body_bytes = req->max_body_bytes ? req->max_body_bytes : MAX_BODY_BYTES;
    call->max_header_bytes = req->max_header_bytes ? req->max_header_bytes : MAX_HEADER_BYTES;
    return call;
}

/* Now, or when there is a place. */
static void launch(struct mb_fetch_call *call)
{
    struct mb_fetch *fetch = call->fetch;
    call->started_us = mb_clock_mono_us();
    call->deadline_us = call->started_us + call->timeout_ms * 1000;
    mb_timer_arm(&fetch->loop->timers, &call->timer, call->deadline_us);
    mb_list_push(&fetch->calls, &call->node);
    fetch->stats.started++;
    if (fetch->stats.in_flight < fetch->max_in_flight) {
        begin(call);
        return;
    }
    call->state = FETCH_QUEUED;
    mb_list_push(&fetch->queue, &call->link);
    fetch->stats.queued++;
}

int mb_fetch_start(struct mb_fetch *fetch, const struct mb_fetch_request *req,
                   struct mb_fetch_call **out, struct mb_err *err)
{
    mb_assert(req->timeout_ms > 0 && req->events && req->events->on_done);
    struct mb_fetch_call *call = new_call(fetch, req);
    int rc = copy_method(call, req->method, err);
    if (rc == 0)
        rc = judge(call, err);
    if (rc == 0)
        rc = copy_headers(call, req, err);
    if (rc == 0 && fetch->stats.in_flight >= fetch->max_in_flight &&
        fetch->stats.queued >= fetch->max_queued)
        rc = mb_err_set(err, MB_E_OVERLOADED, "too many outgoing requests");
    if (rc < 0) {
        fetch->stats.refused++;
        free_call(call);
        return rc;
    }
    launch(call);
    *out = call;
    return 0;
}

void mb_fetch_cancel(struct mb_fetch_call *call)
{
    struct mb_fetch *fetch = call->fetch;
    if (call->state == FETCH_ENDING) /* its on_done is running: it ends anyway */
        return;
    fetch->stats.cancelled++;
    detach(call);
    free_call(call);
    promote(fetch);
}

void *mb_fetch_owner(const struct mb_fetch_call *call)
{
    return call->owner;
}

/* What an answer says, on either path. */

struct mb_str mb_fetch_header_get(const struct mb_fetch_call *call, const char *name)
{
    if (call->exchange)
        return mb_http1_field(&call->exchange->http1, name);
    return call->easy ? mb_fetch_easy_header(call->easy, name) : MB_STR("");
}

void mb_fetch_header_each(const struct mb_fetch_call *call,
                          void (*each)(const char *name, const char *value, void *arg), void *arg)
{
    if (call->exchange)
        mb_http1_each(&call->exchange->http1, each, arg);
    else if (call->easy)
        mb_fetch_easy_each(call->easy, each, arg);
}
