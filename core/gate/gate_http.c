/* host.http: one outgoing request for an I/O tool. The secret is put in here, on its way out, and
 * goes only to hosts that the package names.
 *
 *   args   {"method", "url", "headers"?: {name: text}, "body"?: text, "timeout_ms"?, "max_bytes"?,
 *           "follow"?: n, "auth"?: {"secret": name, "as": "bearer" | "basic" | "header:NAME"}}
 *   result {"status", "headers": {name: text}, "body": text, "base64"?: true, "url"} */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/hostmatch.h"
#include "base/json.h"
#include "base/utf8.h"
#include "gate/ops.h"
#include "io/fetch.h"
#include "io/toolbox.h"

enum {
    DEFAULT_TIMEOUT_MS = 30 * 1000,
    MOST_TIMEOUT_MS = 10 * 60 * 1000,
    MOST_BYTES = 2 * 1024 * 1024, /* base64 and JSON still fit an ANSWER frame */
    MOST_REDIRECTS = 10,
    MOST_HEADERS = 64,
};

struct mb_gate_http {
    struct mb_list node;
    struct mb_gate_call *call;
    struct mb_job *job;
    uint32_t no;
    struct mb_fetch_call *fetch;
    char *body;
    char *url;
    int64_t *bytes;
};

static void free_http(struct mb_gate_http *h)
{
    mb_list_remove(&h->node);
    free(h->body);
    free(h->url);
    free(h);
}

void mb_gate_http_cancel_all(struct mb_list *list)
{
    struct mb_list *node;
    while ((node = mb_list_shift(list))) {
        struct mb_gate_http *h = MB_LIST_ENTRY(node, struct mb_gate_http, node);
        mb_fetch_cancel(h->fetch);
        free_http(h);
    }
}

int mb_gate_check_host(const struct mb_grant *grant, const char *url, struct mb_err *err)
{
    struct mb_egress_target target;
    int rc = mb_egress_parse(url, &target, err);
    if (rc < 0)
        return rc;
    size_t i;
    json_t *entry;
    json_array_foreach(grant->hosts, i, entry)
    {
        if (mb_hostmatch(mb_str_c(json_string_value(entry)), mb_str_c(target.host),
                         (uint16_t)target.port))
            return 0;
    }
    return mb_err_set(err, MB_E_EGRESS_DENIED, "the package does not name the host \"%s\"",
                      target.host);
}

static int on_redirect(struct mb_fetch_call *fetch, const char *url, struct mb_err *err)
{
    struct mb_gate_http *h = mb_fetch_owner(fetch);
    int rc = mb_gate_check_host(h->call->grant, url, err);
    if (rc == 0) {
        free(h->url);
        h->url = mb_strdup(url);
    }
    return rc;
}

static void add_header(const char *name, const char *value, void *arg)
{
    char lower[128];
    size_t n = 0;
    for (; n < sizeof(lower) - 1 && name[n]; n++)
        lower[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] + 32 : name[n]);
    lower[n] = '\0';
    json_t *text = json_string(value);
    if (text) /* else it is not UTF-8: an agent has no use for it */
        json_object_set_new(arg, lower, text);
}

static json_t *body_json(const struct mb_buf *body, bool *is_base64)
{
    struct mb_str bytes = mb_buf_str(body);
    *is_base64 = !mb_utf8_is_valid(bytes) || memchr(bytes.ptr, 0, bytes.len);
    if (!*is_base64)
        return json_stringn(bytes.ptr, bytes.len);
    struct mb_buf text = {0};
    mb_b64_encode(&text, MB_B64_STD, bytes);
    json_t *value = json_stringn(mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
    return value;
}

static void on_done(struct mb_fetch_call *fetch, struct mb_fetch_response *response,
                    const struct mb_err *err)
{
    struct mb_gate_http *h = mb_fetch_owner(fetch);
    struct mb_buf text = {0};
    if (!err) {
        bool is_base64;
        json_t *headers = json_object();
        mb_fetch_header_each(fetch, add_header, headers);
        json_t *result =
            json_pack("{s:i, s:o, s:o, s:s}", "status", response->status, "headers", headers,
                      "body", body_json(&response->body, &is_base64), "url", h->url);
        if (is_base64)
            json_object_set_new(result, "base64", json_true());
        mb_json_dump(&text, result);
        json_decref(result);
    }
    *h->bytes += (int64_t)mb_buf_len(&response->body);
    mb_job_answer(h->job, h->no, mb_buf_str(&text), err);
    mb_buf_release(&text);
    free_http(h);
}

static const struct mb_fetch_events events = {NULL, on_redirect, on_done};

/* ---------------------------------------------------------------- building the request */

struct headers {
    struct mb_fetch_header list[MOST_HEADERS + 2];
    size_t n;
};

static int collect_headers(const json_t *args, struct headers *out, struct mb_err *err)
{
    json_t *given = json_object_get(args, "headers");
    const char *name;
    json_t *value;
    if (json_object_size(given) > MOST_HEADERS)
        return mb_err_at(err, MB_E_INVALID_ARGUMENTS, "/headers", "more than %d headers",
                         MOST_HEADERS);
    json_object_foreach(given, name, value)
    {
        if (!json_is_string(value))
            return mb_err_at(err, MB_E_INVALID_ARGUMENTS, "/headers",
                             "the header \"%s\" must be text", name);
        out->list[out->n++] = (struct mb_fetch_header){
            mb_str_c(name), MB_STR_OF(json_string_value(value), json_string_length(value))};
    }
    return 0;
}

/* Makes the header that carries the secret; `line` holds its value and is wiped by the caller. */
static int add_auth(const struct mb_gate_call *call, const json_t *auth, struct headers *out,
                    struct mb_secret *line, struct mb_err *err)
{
    if (!auth)
        return 0;
    const char *name = json_string_value(json_object_get(auth, "secret"));
    const char *as = json_string_value(json_object_get(auth, "as"));
    struct mb_secret secret = {0};
    if (!name)
        return mb_err_at(err, MB_E_INVALID_ARGUMENTS, "/auth/secret", "a secret's name is needed");
    as = as ? as : "bearer";
    bool is_header = strncasecmp(as, "header:", 7) == 0 && as[7];
    if (strcmp(as, "bearer") != 0 && strcmp(as, "basic") != 0 && !is_header)
        return mb_err_at(err, MB_E_INVALID_ARGUMENTS, "/auth/as",
                         "must be \"bearer\", \"basic\" or \"header:NAME\"");
    int rc = mb_gate_open_secret(call->gate, call->grant, name, &secret, err);
    if (rc < 0)
        return rc;
    struct mb_buf value = {0};
    if (strcmp(as, "bearer") == 0) {
        mb_buf_add_c(&value, "Bearer ");
        mb_buf_add_str(&value, mb_secret_str(&secret));
    } else if (is_header) {
        mb_buf_add_str(&value, mb_secret_str(&secret));
    } else {
        mb_buf_add_c(&value, "Basic ");
        mb_b64_encode(&value, MB_B64_STD, mb_secret_str(&secret));
    }
    mb_secret_set(line, mb_buf_str(&value));
    mb_wipe(value.data, value.cap);
    mb_buf_release(&value);
    mb_secret_release(&secret);
    out->list[out->n++] = (struct mb_fetch_header){
        is_header ? mb_str_c(as + 7) : MB_STR("Authorization"), mb_secret_str(line)};
    return 0;
}

static int64_t clamp(const json_t *args, const char *key, int64_t fallback, int64_t most)
{
    int64_t v = mb_json_int(args, key, fallback);
    return MB_MAX(1, MB_MIN(v, most));
}

int mb_gate_http_start(struct mb_gate_call *call, struct mb_job *job, uint32_t no, json_t *args,
                       struct mb_list *list, int64_t *bytes, struct mb_err *err)
{
    const char *url = json_string_value(json_object_get(args, "url"));
    const char *method = json_string_value(json_object_get(args, "method"));
    struct mb_str body = mb_json_str(args, "body");
    if (!url)
        return mb_err_at(err, MB_E_INVALID_ARGUMENTS, "/url", "a URL is needed");
    method = method ? method : "GET";
    int rc = mb_gate_check_host(call->grant, url, err);
    if (rc < 0)
        return rc;
    struct headers headers = {.n = 0};
    struct mb_secret auth = {0};
    rc = collect_headers(args, &headers, err);
    if (rc == 0)
        rc = add_auth(call, json_object_get(args, "auth"), &headers, &auth, err);
    if (rc < 0)
        return rc;
    bool is_write = mb_tool_is_write(call->tool, call->args);
    if (is_write) /* who understands it does not do the same thing twice after a crash */
        headers.list[headers.n++] =
            (struct mb_fetch_header){MB_STR("Idempotency-Key"), mb_str_c(call->idempotency_key)};
    struct mb_gate_http *h = mb_zalloc(sizeof(*h));
    *h = (struct mb_gate_http){.call = call, .job = job, .no = no, .bytes = bytes};
    mb_list_init(&h->node);
    h->url = mb_strdup(url);
    h->body = mb_strndup(body.ptr, body.len);
    struct mb_fetch_request req = {
        .method = method,
        .url = url,
        .headers = headers.list,
        .n_headers = headers.n,
        .body = json_object_get(args, "body") ? MB_STR_OF(h->body, body.len) : (struct mb_str){0},
        .is_once = is_write,
        .timeout_ms = clamp(args, "timeout_ms", DEFAULT_TIMEOUT_MS, MOST_TIMEOUT_MS),
        .max_body_bytes = (size_t)clamp(args, "max_bytes", MOST_BYTES, MOST_BYTES),
        .max_redirects = (int)MB_MAX(0, MB_MIN(mb_json_int(args, "follow", 0), MOST_REDIRECTS)),
        .events = &events,
        .owner = h,
    };
    rc = mb_fetch_start(call->gate->fetch, &req, &h->fetch, err);
    mb_secret_release(&auth);
    if (rc < 0) {
        free_http(h);
        return rc;
    }
    *bytes += (int64_t)body.len;
    mb_list_push(list, &h->node);
    return 0;
}
