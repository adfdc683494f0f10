/* One try over HTTP: the request goes out, the answer or the stream is read. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "llm/llm_private.h"

enum { CONNECT_MS = 10000, STREAM_IDLE_MS = 60000, ANSWER_IDLE_MS = 30000 };
static const size_t MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/* Why an answer that is no answer failed. */
static void read_failure(struct mb_llm_call *call, const struct mb_fetch_response *res,
                         struct mb_err *err)
{
    const struct mb_llm_wire *wire = call->target.provider->wire;
    json_t *root = mb_json_parse(mb_buf_str(&res->body), err);
    mb_err_clear(err);
    wire->read_error(res->status, root, err);
    json_decref(root);
}

static int64_t told_ms(const struct mb_fetch_call *fetch_call)
{
    return mb_llm_retry_told_ms(mb_fetch_header_get(fetch_call, "retry-after"),
                                mb_fetch_header_get(fetch_call, "retry-after-ms"),
                                mb_clock_wall_us());
}

static void keep_request_id(struct mb_llm_call *call, const struct mb_fetch_call *fetch_call)
{
    struct mb_str id = mb_fetch_header_get(fetch_call, "x-request-id");
    if (!id.len)
        id = mb_fetch_header_get(fetch_call, "request-id");
    mb_llm_set_id(&call->request_id, id);
}

static int read_whole(struct mb_llm_call *call, struct mb_str body, struct mb_err *err)
{
    struct mb_llm_ask ask = mb_llm_call_ask(call);
    json_t *root = mb_json_parse(body, err);
    if (!root) {
        err->code = MB_E_UPSTREAM_GARBAGE;
        mb_err_prefix(err, "the provider's answer");
        return -MB_E_UPSTREAM_GARBAGE;
    }
    int rc = ask.target->provider->wire->read(&ask, root, &call->answer, err);
    json_decref(root);
    return rc;
}

/* A stream that ended. Some servers leave out the closing mark: a told reason is enough. */
static int read_end(struct mb_llm_call *call, struct mb_err *err)
{
    if (call->stream_err) {
        *err = *call->stream_err;
        return -err->code;
    }
    if (!call->is_stream_over && !call->answer.finish)
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the stream ended before the answer did");
    return 0;
}

static int read_response(struct mb_llm_call *call, struct mb_fetch_response *res,
                         struct mb_err *err)
{
    if (res->status == 200)
        return call->on_delta && call->kind == MB_LLM_CHAT
                   ? read_end(call, err)
                   : read_whole(call, mb_buf_str(&res->body), err);
    read_failure(call, res, err);
    return -err->code;
}

static void on_done(struct mb_fetch_call *fetch_call, struct mb_fetch_response *res,
                    const struct mb_err *failure)
{
    struct mb_llm_call *call = mb_fetch_owner(fetch_call);
    struct mb_err err;
    mb_err_clear(&err);
    call->fetch_call = NULL;
    keep_request_id(call, fetch_call);
    int64_t wait_ms = told_ms(fetch_call);
    int rc;
    if (failure && !(call->is_stream_over && !call->stream_err)) {
        err = *failure;
        mb_err_prefix(&err, "provider \"%s\"", call->target.provider->name);
        rc = -err.code;
    } else {
        rc = read_response(call, res, &err);
    }
    if (!call->request_id)
        mb_llm_set_id(&call->request_id, mb_str_c(call->answer.id));
    if (rc < 0)
        mb_llm_failed(call, &err, wait_ms);
    else
        mb_llm_answered(call);
}

static int on_event(void *arg, const char *name, struct mb_str data, struct mb_err *err)
{
    struct mb_llm_call *call = arg;
    struct mb_llm_ask ask = mb_llm_call_ask(call);
    int rc = ask.target->provider->wire->read_event(&ask, name, data, &call->answer, err);
    if (rc == MB_LLM_EVENT_END)
        call->is_stream_over = true;
    return rc;
}

static void on_data(struct mb_fetch_call *fetch_call, struct mb_str bytes)
{
    struct mb_llm_call *call = mb_fetch_owner(fetch_call);
    struct mb_err err;
    if (call->is_stream_over || call->stream_err) /* what follows the end is of no interest */
        return;
    mb_err_clear(&err);
    if (mb_sse_push(call->sse, bytes, on_event, call, &err) < 0) {
        call->stream_err = mb_alloc(sizeof(err));
        *call->stream_err = err;
    }
    mb_llm_deliver(call);
}

static const struct mb_fetch_events whole_events = {.on_done = on_done};
static const struct mb_fetch_events stream_events = {.on_data = on_data, .on_done = on_done};

static int build(struct mb_llm_call *call, struct mb_err *err)
{
    struct mb_llm_ask ask = mb_llm_call_ask(call);
    mb_buf_clear(&call->body);
    return ask.target->provider->wire->build(&ask, &call->body, err);
}

/* The same body under the same key; another body (a complaint was added) under another. */
static size_t add_key(const struct mb_llm_call *call, struct mb_buf *value,
                      struct mb_fetch_header *field)
{
    if (!call->idempotency_key)
        return 0;
    mb_buf_add_c(value, call->idempotency_key);
    if (mb_buf_len(&call->complaint))
        mb_buf_addf(value, "-%d", call->answers_left);
    *field = (struct mb_fetch_header){MB_STR("idempotency-key"), mb_buf_str(value)};
    return 1;
}

static void forget_last(struct mb_llm_call *call)
{
    if (call->sse)
        mb_sse_release(call->sse);
    free(call->stream_err);
    free(call->request_id);
    call->stream_err = NULL;
    call->request_id = NULL;
    call->is_stream_over = false;
}

int mb_llm_attempt(struct mb_llm_call *call, struct mb_err *err)
{
    int64_t left_ms = mb_llm_call_left_ms(call);
    if (left_ms <= 0)
        return mb_err_set(err, MB_E_TIMEOUT, "the deadline of the model call has passed");
    int rc = call->tries == 1 ? build(call, err) : 0;
    if (rc < 0)
        return rc;
    bool is_stream = call->on_delta && call->kind == MB_LLM_CHAT;
    forget_last(call);
    if (is_stream && !call->sse)
        call->sse = mb_zalloc(sizeof(*call->sse));
    struct mb_buf key = {0};
    struct mb_fetch_header field;
    struct mb_fetch_request req = {
        .method = "POST",
        .url = call->url,
        .shared = call->own_headers ? call->own_headers : call->target.provider->headers,
        .headers = &field,
        .n_headers = add_key(call, &key, &field),
        .body = mb_buf_str(&call->body),
        .is_exempt = call->is_exempt,
        .timeout_ms = left_ms,
        .connect_ms = CONNECT_MS,
        .idle_ms = is_stream ? STREAM_IDLE_MS : ANSWER_IDLE_MS,
        .max_body_bytes = MAX_ANSWER_BYTES,
        .events = is_stream ? &stream_events : &whole_events,
        .owner = call,
    };
    rc = mb_fetch_start(call->llm->fetch, &req, &call->fetch_call, err);
    mb_buf_release(&key);
    return rc;
}
