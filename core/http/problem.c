#include "http/problem.h"

#include <string.h>

/* Ordered by status. `code` is the one that a bare status stands for. */
static const struct {
    int status;
    const char *reason;
    enum mb_err_code code;
} statuses[] = {
    {200, "OK", MB_OK},
    {201, "Created", MB_OK},
    {202, "Accepted", MB_OK},
    {204, "No Content", MB_OK},
    {400, "Bad Request", MB_E_INVALID_REQUEST},
    {401, "Unauthorized", MB_E_UNAUTHENTICATED},
    {402, "Payment Required", MB_E_BUDGET},
    {403, "Forbidden", MB_E_FORBIDDEN},
    {404, "Not Found", MB_E_NOT_FOUND},
    {405, "Method Not Allowed", MB_E_METHOD_NOT_ALLOWED},
    {406, "Not Acceptable", MB_E_NOT_ACCEPTABLE},
    {409, "Conflict", MB_E_CONFLICT},
    {413, "Content Too Large", MB_E_TOO_LARGE},
    {415, "Unsupported Media Type", MB_E_UNSUPPORTED_MEDIA_TYPE},
    {417, "Expectation Failed", MB_E_INVALID_REQUEST},
    {422, "Unprocessable Content", MB_E_INVALID_INPUT},
    {429, "Too Many Requests", MB_E_RATE_LIMITED},
    {431, "Request Header Fields Too Large", MB_E_HEADERS_TOO_LARGE},
    {500, "Internal Server Error", MB_E_INTERNAL},
    {502, "Bad Gateway", MB_E_UPSTREAM_ERROR},
    {503, "Service Unavailable", MB_E_UNAVAILABLE},
    {504, "Gateway Timeout", MB_E_TIMEOUT},
};

const char *mb_problem_reason(int status)
{
    for (size_t i = 0; i < MB_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].reason;
    return "Unknown";
}

enum mb_err_code mb_problem_code(int status)
{
    for (size_t i = 0; i < MB_LEN(statuses); i++)
        if (statuses[i].status == status && statuses[i].code != MB_OK)
            return statuses[i].code;
    return status >= 400 && status < 500 ? MB_E_INVALID_REQUEST : MB_E_INTERNAL;
}

int mb_problem_status(const struct mb_err *err)
{
    int status = mb_err_status(err->code);
    return status >= 400 && status <= 599 ? status : 500;
}

bool mb_problem_is_internal(const struct mb_err *err)
{
    static const enum mb_err_code internal[] = {MB_E_INTERNAL, MB_E_IO,       MB_E_DATABASE,
                                                MB_E_FENCED,   MB_E_PROTOCOL, MB_E_CONFIG};
    for (size_t i = 0; i < MB_LEN(internal); i++)
        if (err->code == (int)internal[i])
            return true;
    return false;
}

static void add_member(struct mb_buf *out, char before, const char *name, const char *prefix,
                       struct mb_str value)
{
    char both[512]; /* the longest: an error's message */
    size_t n = strlen(prefix), len = MB_MIN(value.len, sizeof(both) - n);
    memcpy(both, prefix, n);
    memcpy(both + n, value.ptr, len);
    mb_buf_addf(out, "%c\"%s\":", before, name);
    mb_buf_add_json_str(out, MB_STR_OF(both, n + len));
}

/* Where: "?name" is a parameter or header, "/..." is a place in the body, and anything else is a
 * place in what the body holds ("main.lua:12"). */
static void add_place(struct mb_buf *out, const char *place)
{
    if (place[0] == '?')
        add_member(out, ',', "parameter", "", mb_str_c(place + 1));
    else
        add_member(out, ',', "pointer", place[0] == '/' ? "#" : "", mb_str_c(place));
}

void mb_problem_write(struct mb_buf *out, const struct mb_err *err, int status,
                      struct mb_str request_id)
{
    bool hide = mb_problem_is_internal(err);
    const char *code = hide && status != 503 ? mb_err_name(MB_E_INTERNAL) : mb_err_wire(err);
    int known = mb_err_from_wire(code);
    const char *title = mb_err_text(known ? known : err->code);
    const char *detail = hide || !err->message[0] ? title : err->message;
    add_member(out, '{', "type", "urn:moonbase:problem:", mb_str_c(code));
    add_member(out, ',', "title", "", mb_str_c(title));
    mb_buf_addf(out, ",\"status\":%d", status);
    add_member(out, ',', "detail", "", mb_str_c(detail));
    add_member(out, ',', "instance", "urn:moonbase:request:", request_id);
    add_member(out, ',', "code", "", mb_str_c(code));
    if (!hide && err->pointer[0]) {
        mb_buf_add_c(out, ",\"errors\":[{\"detail\":");
        mb_buf_add_json_str(out, mb_str_c(detail));
        add_place(out, err->pointer);
        mb_buf_add_c(out, "}]");
    }
    mb_buf_add_char(out, '}');
}
