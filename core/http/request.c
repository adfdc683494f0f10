#include "http/request.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "http/http_int.h"
#include "http/problem.h"

void *mb_request_alloc(struct mb_request *r, size_t size)
{
    void *p = h2o_mem_alloc_pool(&r->h2o->pool, size);
    memset(p, 0, size);
    return p;
}

char *mb_request_copy(struct mb_request *r, struct mb_str s)
{
    char *copy = h2o_mem_alloc_pool(&r->h2o->pool, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct mb_str mb_request_header(const struct mb_request *r, const char *name)
{
    ssize_t i = h2o_find_header_by_str(&r->h2o->headers, name, strlen(name), -1);
    if (i < 0)
        return MB_STR_OF(NULL, 0);
    const h2o_iovec_t *value = &r->h2o->headers.entries[i].value;
    return MB_STR_OF(value->base, value->len);
}

/* ---------------------------------------------------------------- Accept (RFC 9110, 12.5.1) */

static struct mb_str trimmed(struct mb_str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s.ptr++, s.len--;
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes the part of *rest before `sep` off it. */
static struct mb_str next_part(struct mb_str *rest, char sep)
{
    const char *at = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
    struct mb_str part = MB_STR_OF(rest->ptr, n);
    size_t skip = at ? n + 1 : n;
    *rest = MB_STR_OF(rest->ptr + skip, rest->len - skip);
    return trimmed(part);
}

static bool same_type(struct mb_str range, const char *type, bool explicitly)
{
    size_t len = strlen(type);
    if (range.len == len && strncasecmp(range.ptr, type, len) == 0)
        return true;
    if (explicitly)
        return false;
    if (mb_str_is(range, "*/*"))
        return true;
    size_t major = (size_t)(strchr(type, '/') - type) + 1;
    return range.len == major + 1 && range.ptr[major] == '*' &&
           strncasecmp(range.ptr, type, major) == 0;
}

static bool is_zero_weight(struct mb_str params)
{
    while (params.len) {
        struct mb_str p = next_part(&params, ';');
        if (p.len >= 3 && (p.ptr[0] | 0x20) == 'q' && p.ptr[1] == '=')
            return strspn(p.ptr + 2, "0.") >= p.len - 2;
    }
    return false;
}

bool mb_request_accepts(const struct mb_request *r, const char *type, bool explicitly)
{
    struct mb_str rest = mb_request_header(r, "accept");
    if (rest.len == 0)
        return !explicitly;
    while (rest.len) {
        struct mb_str params = next_part(&rest, ',');
        struct mb_str range = next_part(&params, ';');
        if (same_type(range, type, explicitly) && !is_zero_weight(params))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------- answering */

static void add_header(struct mb_request *r, const char *name, const char *value, size_t len)
{
    h2o_add_header_by_str(&r->h2o->pool, &r->h2o->res.headers, name, strlen(name), 0, NULL, value,
                          len);
}

void mb_request_set(struct mb_request *r, const char *name, const char *value)
{
    size_t len = strlen(value);
    add_header(r, name, mb_request_copy(r, MB_STR_OF(value, len)), len);
}

/* Every answer has these two headers, so they are put together without printf. */
static char *put(char *at, const char *text)
{
    size_t n = strlen(text);
    memcpy(at, text, n);
    return at + n;
}

static char *put_number(char *at, int64_t value)
{
    char digits[24], *from = digits + sizeof(digits);
    do
        *--from = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    size_t n = (size_t)(digits + sizeof(digits) - from);
    memcpy(at, from, n);
    return at + n;
}

static void add_rate_headers(struct mb_request *r)
{
    const struct mb_rate_view *rate = &r->rate;
    if (rate->limit == 0)
        return;
    char *policy = h2o_mem_alloc_pool(&r->h2o->pool, 96), *state = policy + 48;
    char *end = put(put_number(put(policy, "\"default\";q="), rate->limit), ";w=");
    end = put_number(end, MB_RATE_WINDOW_S);
    add_header(r, "ratelimit-policy", policy, (size_t)(end - policy));
    end = put(put_number(put(state, "\"default\";r="), rate->remaining), ";t=");
    end = put_number(end, rate->reset_s);
    add_header(r, "ratelimit", state, (size_t)(end - state));
}

void mb_request_set_location(struct mb_request *r, const char *folder, struct mb_id id,
                             const char *prefix)
{
    size_t n = strlen(folder);
    char *path = h2o_mem_alloc_pool(&r->h2o->pool, n + MB_ID_TEXT);
    mb_id_format(id, prefix, put(path, folder));
    add_header(r, "location", path, strlen(path));
}

void mb_request_begin_answer(struct mb_request *r, int status, const char *type)
{
    mb_assert(!r->answered);
    r->answered = true;
    r->cancel = NULL;
    r->h2o->res.status = status;
    r->h2o->res.reason = mb_problem_reason(status);
    if (r->http->stopping)
        r->h2o->http1_is_persistent = 0;
    if (type)
        add_header(r, "content-type", type, strlen(type));
    add_header(r, "x-request-id", r->id, strlen(r->id));
    if (type && strcmp(type, "text/event-stream") == 0)
        add_header(r, "cache-control", "no-cache", 8);
    else if (r->op && r->op->scope)
        add_header(r, "cache-control", "no-store", 8);
    add_rate_headers(r);
    mb_http_note_answer(r, status);
}

void mb_request_answer_as(struct mb_request *r, int status, const char *type, struct mb_str body)
{
    mb_request_begin_answer(r, status, status == 204 ? NULL : type);
    r->h2o->res.content_length = status == 204 ? SIZE_MAX : body.len;
    h2o_send_inline(r->h2o, body.len ? body.ptr : "", status == 204 ? 0 : body.len);
}

void mb_request_answer(struct mb_request *r, int status, struct mb_str json)
{
    mb_request_answer_as(r, status, "application/json", json);
}

void mb_request_answer_json(struct mb_request *r, int status, const json_t *json)
{
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_json_dump(out, json);
    mb_request_answer(r, status, mb_buf_str(out));
}

static void log_internal(const struct mb_request *r, int status, const struct mb_err *err)
{
    mb_log(status == 503 ? MB_LOG_WARN : MB_LOG_ERROR, "request_failed", "request_id", "%s", r->id,
           "operation", "%s", r->op ? r->op->id : "", "status", "%d", status, "code", "%s",
           mb_err_wire(err), "message", "%s", err->message, NULL);
}

void mb_request_refuse_as(struct mb_request *r, int status, const struct mb_err *err,
                          int64_t retry_after_s)
{
    char text[24];
    struct mb_buf *out = &r->http->scratch;
    if (mb_problem_is_internal(err))
        log_internal(r, status, err);
    if (retry_after_s > 0) {
        snprintf(text, sizeof(text), "%lld", (long long)retry_after_s);
        mb_request_set(r, "retry-after", text);
    }
    if (status == 401)
        mb_request_set(r, "www-authenticate", "Bearer realm=\"moonbase\"");
    mb_buf_clear(out);
    mb_problem_write(out, err, status, mb_str_c(r->id));
    mb_request_answer_as(r, status, "application/problem+json", mb_buf_str(out));
}

void mb_request_refuse(struct mb_request *r, const struct mb_err *err)
{
    int status = mb_problem_status(err);
    int64_t retry_s = (err->retry_ms + 999) / 1000;
    if (retry_s == 0 && (status == 503 || status == 429))
        retry_s = 1;
    mb_request_refuse_as(r, status, err, retry_s);
}

/* h2o keeps the bytes of a request of HTTP/1 in the socket's input buffer until the answer is out,
 * and then takes them off by count, without looking at them. The path and the headers of a request
 * with a body are copies in the pool; so when the body is used up, a small buffer that only claims
 * to hold as many bytes does as well. It is freed as any other (by its capacity). */
void mb_request_drop_body(struct mb_request *r)
{
    if (r->h2o->version >= 0x200 || !r->h2o->entity.base)
        return;
    h2o_socket_t *sock = r->h2o->conn->callbacks->get_socket(r->h2o->conn);
    h2o_buffer_t *full = sock->input;
    if (!full->bytes || h2o_socket_is_reading(sock) ||
        r->h2o->entity.base + r->h2o->entity.len != full->bytes + full->size)
        return; /* another request follows in it */
    h2o_buffer_t *empty = h2o_mem_alloc(sizeof(*empty));
    *empty = (h2o_buffer_t){.size = full->size, ._prototype = full->_prototype, ._fd = -1};
    empty->bytes = empty->_buf;
    r->h2o->entity = h2o_iovec_init(NULL, 0);
    sock->input = empty;
    h2o_buffer_dispose(&full);
}
