/* From a request that was read to whoever serves it: route, size, key, rate limit, parameters,
 * body. Each stage may answer with a refusal, and then nothing comes after it; those that wait go
 * on in a callback. The order matters: a stranger without a key learns nothing of what is behind
 * it. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "http/http_int.h"
#include "http/params.h"
#include "http/sql.h"

static void on_dispose(void *arg)
{
    struct mb_request *r = *(struct mb_request **)arg;
    if (!r->answered)
        mb_conn_note_abandoned(r->conn);
    if (r->cancel)
        r->cancel(r);
    mb_list_remove(&r->node);
    json_decref(r->params);
    json_decref(r->body);
}

/* A client's own id is taken over when it is harmless wherever it may be shown. */
static void set_id(struct mb_request *r)
{
    struct mb_str given = mb_request_header(r, "x-request-id");
    bool sane = given.len > 0 && given.len < MB_REQUEST_ID;
    for (size_t i = 0; sane && i < given.len; i++)
        sane = isalnum((unsigned char)given.ptr[i]) || strchr("-_.", given.ptr[i]);
    if (sane)
        memcpy(r->id, given.ptr, given.len);
    else
        mb_id_format(mb_id_new(), "req", r->id);
}

static void refuse(struct mb_request *r, enum mb_err_code code, const char *place, const char *what)
{
    struct mb_err err;
    (void)mb_err_at(&err, code, place, "%s", what);
    mb_request_refuse(r, &err);
}

/* ---------------------------------------------------------------- body */

static bool is_type(struct mb_str type, const char *wanted)
{
    size_t len = strlen(wanted);
    return type.len >= len && strncasecmp(type.ptr, wanted, len) == 0 &&
           (type.len == len || strchr("; \t", type.ptr[len]));
}

/* Is it JSON (also application/...+json), or a gzip that this operation takes? */
static bool is_body_type_right(const struct mb_request *r, bool *is_gzip)
{
    struct mb_str type = mb_request_header(r, "content-type");
    *is_gzip = r->op->takes_gzip &&
               (is_type(type, "application/gzip") || is_type(type, "application/x-gzip"));
    if (*is_gzip || type.len == 0 || is_type(type, "application/json"))
        return true;
    const char *end = memchr(type.ptr, ';', type.len);
    size_t len = end ? (size_t)(end - type.ptr) : type.len;
    return len > 5 && strncasecmp(type.ptr + len - 5, "+json", 5) == 0;
}

static bool read_json(struct mb_request *r)
{
    struct mb_err err;
    r->body = mb_json_parse(MB_STR_OF(r->h2o->entity.base, r->h2o->entity.len), &err);
    if (!r->body) {
        mb_request_refuse(r, &err);
        return false;
    }
    if (mb_schema_check(r->op->body_check, r->body, &err) == 0)
        return true;
    err.code = MB_E_INVALID_REQUEST;
    if (!err.pointer[0])
        strcpy(err.pointer, "#");
    mb_request_refuse(r, &err);
    return false;
}

static bool read_body(struct mb_request *r)
{
    bool is_gzip;
    if (r->op->body == MB_BODY_NONE || (r->op->body_optional && r->h2o->entity.len == 0))
        return true;
    if (!is_body_type_right(r, &is_gzip)) {
        refuse(r, MB_E_UNSUPPORTED_MEDIA_TYPE, "?Content-Type",
               r->op->takes_gzip ? "the body is to be application/json or application/gzip"
                                 : "the body is to be application/json");
        return false;
    }
    if (r->h2o->entity.len == 0) {
        refuse(r, MB_E_INVALID_JSON, "1:1", "the body is empty");
        return false;
    }
    return is_gzip || r->op->body == MB_BODY_RAW || read_json(r);
}

/* ---------------------------------------------------------------- the stages */

static struct mb_str query_of(const h2o_req_t *h2o)
{
    if (h2o->query_at == SIZE_MAX || h2o->query_at + 1 >= h2o->path.len)
        return MB_STR("");
    return MB_STR_OF(h2o->path.base + h2o->query_at + 1, h2o->path.len - h2o->query_at - 1);
}

static bool read_params(struct mb_request *r)
{
    struct mb_err err;
    struct mb_match match = {.op = r->op};
    bool ids_only = !r->op->sql && r->op->n_params == r->op->n_path_params;
    for (int i = 0; i < r->op->n_path_params; i++)
        ids_only = ids_only && r->op->params[i].id_prefix;
    memcpy(match.values, r->values, sizeof(match.values));
    int rc = ids_only ? mb_params_read_ids(&match, query_of(r->h2o), r->ids, &err)
                      : mb_params_read(&match, query_of(r->h2o), &r->params, r->ids, &err);
    if (rc < 0)
        mb_request_refuse(r, &err);
    return rc == 0;
}

static bool is_acceptable(struct mb_request *r)
{
    const struct mb_op *op = r->op;
    if (!op->scope || (op->streams && mb_request_accepts(r, "text/event-stream", false)) ||
        (!op->streams_only && mb_request_accepts(r, "application/json", false)))
        return true;
    refuse(r, MB_E_NOT_ACCEPTABLE, "?Accept", "none of the types in Accept can be served");
    return false;
}

static void serve(struct mb_request *r)
{
    if (!is_acceptable(r) || !read_params(r) || !read_body(r))
        return;
    if (r->op->sql)
        mb_sql_serve(r);
    else
        mb_handlers[r->op->handler](r);
}

static void on_rate_known(struct mb_rate_wait *wait, const struct mb_rate_view *view,
                          const struct mb_err *err)
{
    struct mb_request *r = MB_CONTAINER_OF(wait, struct mb_request, wait.limit.rate);
    r->cancel = NULL;
    r->rate = *view;
    r->wait.limit.on_known(r, err);
}

int mb_http_limit(struct mb_request *r, struct mb_id bucket, int64_t per_minute,
                  mb_rate_known *on_known, struct mb_err *err)
{
    if (per_minute == 0)
        return 1;
    r->wait.limit = (struct mb_limit_wait){{.on_known = on_rate_known}, on_known};
    return mb_ratelimit_take(r->http->limiter, bucket, per_minute, &r->rate, &r->wait.limit.rate,
                             err);
}

void mb_http_limit_cancel(struct mb_request *r)
{
    mb_ratelimit_cancel(&r->wait.limit.rate);
}

static void on_limited(struct mb_request *r, const struct mb_err *err)
{
    if (err)
        mb_request_refuse(r, err);
    else
        serve(r);
}

static void limit(struct mb_request *r)
{
    struct mb_err err;
    int64_t own = r->caller.rate_per_minute;
    int64_t per_minute = own >= 0 ? own : r->http->config.rate_per_minute;
    int rc = mb_http_limit(r, r->caller.customer_id, per_minute, on_limited, &err);
    if (rc < 0)
        mb_request_refuse(r, &err);
    else if (rc == 1)
        serve(r);
    else
        r->cancel = mb_http_limit_cancel;
}

static void authorize(struct mb_request *r)
{
    struct mb_err err;
    if ((r->caller.scopes & r->op->scope) == r->op->scope) {
        limit(r);
        return;
    }
    (void)mb_err_set(&err, MB_E_FORBIDDEN, "the API key lacks the scope \"%s\"", r->op->scope_name);
    mb_request_refuse(r, &err);
}

static void on_caller_known(struct mb_auth_wait *wait, const struct mb_caller *caller,
                            const struct mb_err *err)
{
    struct mb_request *r = MB_CONTAINER_OF(wait, struct mb_request, wait.auth);
    r->cancel = NULL;
    if (!caller) {
        mb_request_refuse(r, err);
        return;
    }
    r->caller = *caller;
    authorize(r);
}

static void cancel_auth(struct mb_request *r)
{
    mb_auth_cancel(&r->wait.auth);
}

static void authenticate(struct mb_request *r)
{
    struct mb_err err;
    r->wait.auth = (struct mb_auth_wait){.on_known = on_caller_known};
    int rc = mb_auth_check(r->http->auth, mb_request_header(r, "authorization"), &r->caller,
                           &r->wait.auth, &err);
    if (rc < 0)
        mb_request_refuse(r, &err);
    else if (rc == 1)
        authorize(r);
    else
        r->cancel = cancel_auth;
}

static bool are_headers_small(const struct mb_request *r)
{
    const h2o_req_t *h2o = r->h2o;
    size_t bytes = h2o->path.len + h2o->authority.len;
    for (size_t i = 0; i < h2o->headers.size; i++)
        bytes += h2o->headers.entries[i].name->len + h2o->headers.entries[i].value.len;
    return bytes <= (size_t)r->http->config.header_max_bytes;
}

static void route(struct mb_request *r)
{
    struct mb_match match;
    struct mb_err err;
    const h2o_req_t *h2o = r->h2o;
    size_t path_len = h2o->query_at == SIZE_MAX ? h2o->path.len : h2o->query_at;
    int rc = mb_router_match(r->http->router, MB_STR_OF(h2o->method.base, h2o->method.len),
                             MB_STR_OF(h2o->path.base, path_len), &match, &err);
    if (rc == -MB_E_METHOD_NOT_ALLOWED)
        mb_request_set(r, "allow", match.allow);
    if (rc < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    r->op = match.op;
    memcpy(r->values, match.values, sizeof(r->values));
    if (h2o->entity.len > r->op->body_max_bytes)
        refuse(r, MB_E_TOO_LARGE, "", "the body is larger than this operation takes");
    else if (!r->op->scope)
        serve(r);
    else if (r->http->stopping)
        refuse(r, MB_E_UNAVAILABLE, "", "the server is shutting down");
    else
        authenticate(r);
}

int mb_http_on_request(struct mb_http *http, struct mb_conn *conn, h2o_req_t *h2o)
{
    /* The pool's first chunk has room for it; only the hook is an allocation of its own. */
    struct mb_request *r = h2o_mem_alloc_pool(&h2o->pool, sizeof(*r));
    struct mb_request **hook = h2o_mem_alloc_shared(&h2o->pool, sizeof(r), on_dispose);
    *hook = r;
    memset(r, 0, sizeof(*r));
    r->h2o = h2o;
    r->http = http;
    r->conn = conn;
    r->started_us = http->loop->now_us;
    mb_list_init(&r->node);
    mb_list_push(&http->requests, &r->node);
    set_id(r);
    if (are_headers_small(r))
        route(r);
    else
        refuse(r, MB_E_HEADERS_TOO_LARGE, "", "the path or the headers are too large");
    return 0;
}

void mb_http_note_answer(struct mb_request *r, int status)
{
    int64_t took_us = r->http->loop->now_us - r->started_us;
    mb_list_remove(&r->node);
    mb_metrics_request(r->http->metrics, r->op, status, took_us);
    mb_log(MB_LOG_DEBUG, "request", "request_id", "%s", r->id, "operation", "%s",
           r->op ? r->op->id : "", "status", "%d", status, "took_us", "%lld", (long long)took_us,
           NULL);
}

void mb_http_refuse_all(struct mb_http *http)
{
    while (!mb_list_is_empty(&http->requests)) {
        struct mb_request *r = MB_LIST_ENTRY(http->requests.next, struct mb_request, node);
        if (r->cancel)
            r->cancel(r);
        r->cancel = NULL;
        refuse(r, MB_E_UNAVAILABLE, "", "the server is shutting down");
    }
}
