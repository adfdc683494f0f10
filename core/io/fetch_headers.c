/* Header lines as curl wants them, with what may not be set by a caller kept out; and the whole
 * head of a request, for the path without curl. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/fetch_private.h"

enum { MAX_FIELD_BYTES = 32 * 1024 };
static const char *const body_methods[] = {"POST", "PUT", "PATCH"};

/* A line and its list node in one piece. */
struct line {
    struct curl_slist node;
    size_t len;
    char text[];
};

struct mb_fetch_headers {
    struct curl_slist *first, *last;
};

static bool is_value(struct mb_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_one_of(struct mb_str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == name.len && strncasecmp(names[i], name.ptr, name.len) == 0)
            return true;
    return false;
}

/* What frames the message or concerns only this connection is the client's own. */
static bool is_reserved(struct mb_str name)
{
    static const char *const names[] = {"host",
                                        "content-length",
                                        "transfer-encoding",
                                        "connection",
                                        "keep-alive",
                                        "upgrade",
                                        "te",
                                        "trailer",
                                        "expect",
                                        "proxy-connection",
                                        "proxy-authorization",
                                        "http2-settings"};
    return is_one_of(name, names, MB_LEN(names));
}

static int check_field(const struct mb_fetch_header *field, struct mb_err *err)
{
    if (!mb_http1_is_token(field->name) || field->name.len > 200)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "a header name is not valid");
    if (is_reserved(field->name))
        return mb_err_set(err, MB_E_INVALID_REQUEST, "header \"%.*s\" may not be set",
                          MB_STR_ARG(field->name));
    if (!is_value(field->value) || field->value.len > MAX_FIELD_BYTES)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "the value of header \"%.*s\" is not valid",
                          MB_STR_ARG(field->name));
    return 0;
}

/* "Name: value"; curl wants "Name;" for an empty value, and "Name:" leaves its own header out. */
static struct line *new_line(struct mb_str name, const char *sep, struct mb_str value)
{
    size_t len = name.len + strlen(sep) + value.len;
    struct line *line = mb_alloc(sizeof(*line) + len + 1);
    line->node = (struct curl_slist){line->text, NULL};
    line->len = len;
    char *at = mempcpy(line->text, name.ptr, name.len);
    at = mempcpy(at, sep, strlen(sep));
    if (value.len)
        at = mempcpy(at, value.ptr, value.len);
    *at = '\0';
    return line;
}

static void append(struct curl_slist **last, struct curl_slist **first, struct curl_slist *node)
{
    if (*last)
        (*last)->next = node;
    else
        *first = node;
    *last = node;
}

int mb_fetch_headers_add(struct curl_slist **last, struct curl_slist **first,
                         const struct mb_fetch_header *field, struct mb_err *err)
{
    int rc = check_field(field, err);
    if (rc == 0)
        append(last, first,
               &new_line(field->name, field->value.len ? ": " : ";", field->value)->node);
    return rc;
}

void mb_fetch_headers_omit(struct curl_slist **last, struct curl_slist **first, const char *name)
{
    append(last, first, &new_line(mb_str_c(name), ":", MB_STR(""))->node);
}

void mb_fetch_headers_drop(struct curl_slist *first, struct curl_slist *last)
{
    while (last && first) {
        struct line *line = MB_CONTAINER_OF(first, struct line, node);
        first = first == last ? NULL : first->next;
        explicit_bzero(line->text, line->len);
        free(line);
    }
}

static struct mb_str line_name(const char *line)
{
    return MB_STR_OF(line, strcspn(line, ":;"));
}

bool mb_fetch_headers_has(const struct curl_slist *list, const char *name)
{
    for (; list; list = list->next)
        if (is_one_of(line_name(list->data), &name, 1))
            return true;
    return false;
}

/* The defaults are curl's. Only bodies have a length, but where a body is the rule its absence is
 * said as well (RFC 9110 section 8.6). */
void mb_fetch_headers_write(struct mb_buf *out, const struct mb_fetch_call *call,
                            const struct fetch_place *place)
{
    bool has_target = place->target.len && place->target.ptr[0] == '/';
    mb_buf_add_c(out, call->method);
    mb_buf_add_c(out, has_target ? " " : " /");
    mb_buf_add_str(out, place->target);
    mb_buf_add_c(out, " HTTP/1.1\r\nHost: ");
    mb_buf_add_str(out, place->authority);
    if (!mb_fetch_headers_has(call->headers, "user-agent")) {
        mb_buf_add_c(out, "\r\nUser-Agent: ");
        mb_buf_add_c(out, call->fetch->user_agent);
    }
    if (!mb_fetch_headers_has(call->headers, "accept"))
        mb_buf_add_c(out, "\r\nAccept: */*");
    for (const struct curl_slist *it = call->headers; it; it = it->next) {
        size_t len = strlen(it->data);
        bool is_empty = it->data[len - 1] == ';' && strcspn(it->data, ":") == len;
        mb_buf_add_c(out, "\r\n");
        mb_buf_add(out, it->data, is_empty ? len - 1 : len);
        mb_buf_add_c(out, is_empty ? ":" : "");
    }
    if (call->body.ptr || is_one_of(mb_str_c(call->method), body_methods, MB_LEN(body_methods)))
        mb_buf_addf(out, "\r\nContent-Length: %zu", call->body.len);
    mb_buf_add_c(out, "\r\n\r\n");
}

void mb_fetch_headers_strip(struct mb_fetch_call *call)
{
    static const char *const safe[] = {"accept", "accept-language", "content-type"};
    struct curl_slist *first = NULL, *last = NULL;
    for (struct curl_slist *it = call->headers; it; it = it->next)
        if (is_one_of(line_name(it->data), safe, MB_LEN(safe)))
            append(&last, &first, &new_line(mb_str_c(it->data), "", MB_STR(""))->node);
    mb_fetch_headers_drop(call->headers, call->last);
    call->headers = first;
    call->last = last;
    call->shared = NULL;
}

struct mb_fetch_headers *mb_fetch_headers_new(const struct mb_fetch_header *fields, size_t n,
                                              struct mb_err *err)
{
    struct mb_fetch_headers *headers = mb_zalloc(sizeof(*headers));
    for (size_t i = 0; i < n; i++)
        if (mb_fetch_headers_add(&headers->last, &headers->first, &fields[i], err) < 0) {
            mb_fetch_headers_free(headers);
            return NULL;
        }
    return headers;
}

void mb_fetch_headers_free(struct mb_fetch_headers *headers)
{
    if (!headers)
        return;
    mb_fetch_headers_drop(headers->first, headers->last);
    free(headers);
}

struct curl_slist *mb_fetch_headers_list(const struct mb_fetch_headers *headers)
{
    return headers ? headers->first : NULL;
}
