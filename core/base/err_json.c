#include "base/err_json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

void mb_err_add_json(struct mb_buf *out, const struct mb_err *err)
{
    mb_buf_add_c(out, "{\"code\":");
    mb_buf_add_json_str(out, mb_str_c(mb_err_wire(err)));
    mb_buf_add_c(out, ",\"message\":");
    mb_buf_add_json_str(out, mb_str_c(err->message));
    mb_buf_addf(out, ",\"retryable\":%s", mb_err_retryable(err) ? "true" : "false");
    if (err->pointer[0]) {
        mb_buf_add_c(out, ",\"pointer\":");
        mb_buf_add_json_str(out, mb_str_c(err->pointer));
    }
    if (err->retry_ms)
        mb_buf_addf(out, ",\"retry_ms\":%lld", (long long)err->retry_ms);
    mb_buf_add_char(out, '}');
}

static bool is_code(struct mb_str s)
{
    if (s.len < 1 || s.len >= sizeof(((struct mb_err *)0)->wire))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!islower((unsigned char)s.ptr[i]) && !isdigit((unsigned char)s.ptr[i]) &&
            s.ptr[i] != '_' && s.ptr[i] != '.')
            return false;
    return true;
}

void mb_err_read_json(struct mb_err *err, struct mb_str json)
{
    json_t *e = mb_json_parse(json, NULL);
    struct mb_str code = mb_json_str(e, "code"), message = mb_json_str(e, "message");
    struct mb_str file = mb_json_str(e, "file");
    char wire[sizeof(err->wire)] = "";
    if (is_code(code))
        memcpy(wire, code.ptr, code.len);
    int ours = wire[0] ? mb_err_from_wire(wire) : MB_E_AGENT_ERROR;
    mb_err_set(err, ours ? (enum mb_err_code)ours : MB_E_AGENT_ERROR, "%.*s", MB_STR_ARG(message));
    if (!ours)
        memcpy(err->wire, wire, sizeof(wire));
    if (mb_json_get(e, "retryable"))
        err->retryable = mb_json_bool(e, "retryable", false);
    if (file.len)
        snprintf(err->pointer, sizeof(err->pointer), "%.*s:%lld", MB_STR_ARG(file),
                 (long long)mb_json_int(e, "line", 0));
    json_decref(e);
}
