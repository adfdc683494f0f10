#include "http/hook_body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/percent.h"
#include "base/utf8.h"

enum { FIELDS = 1000 };

/* Unlike parameters of a path, fields of a form may hold line feeds. */
static bool decode(struct mb_buf *out, struct mb_str text)
{
    mb_buf_clear(out);
    while (text.len) {
        int byte = mb_percent_take(&text, true);
        if (byte <= 0)
            return false;
        mb_buf_add_char(out, (char)byte);
    }
    return mb_utf8_is_valid(mb_buf_str(out));
}

static void add(json_t *object, const char *name, json_t *value)
{
    json_t *there = json_object_get(object, name);
    if (!there) {
        json_object_set_new(object, name, value);
    } else if (json_is_array(there)) {
        json_array_append_new(there, value);
    } else {
        json_t *list = json_array();
        json_array_append(list, there);
        json_array_append_new(list, value);
        json_object_set_new(object, name, list);
    }
}

static bool add_field(json_t *object, struct mb_str field, struct mb_buf *scratch)
{
    const char *sign = memchr(field.ptr, '=', field.len);
    size_t n = sign ? (size_t)(sign - field.ptr) : field.len;
    struct mb_str value = sign ? MB_STR_OF(sign + 1, field.len - n - 1) : MB_STR("");
    if (!decode(scratch, MB_STR_OF(field.ptr, n)))
        return false;
    char *name = mb_strdup(mb_buf_cstr(scratch));
    bool good = decode(scratch, value);
    if (good)
        add(object, name, json_stringn(mb_buf_str(scratch).ptr, mb_buf_len(scratch)));
    free(name);
    return good;
}

static json_t *read_form(struct mb_str body, struct mb_err *err)
{
    json_t *object = json_object();
    struct mb_buf scratch = {0};
    bool good = true;
    int n = 0;
    while (good && body.len) {
        const char *end = memchr(body.ptr, '&', body.len);
        size_t len = end ? (size_t)(end - body.ptr) : body.len;
        if (len)
            good = ++n <= FIELDS && add_field(object, MB_STR_OF(body.ptr, len), &scratch);
        len += end != NULL;
        body = MB_STR_OF(body.ptr + len, body.len - len);
    }
    mb_buf_release(&scratch);
    if (good)
        return object;
    json_decref(object);
    mb_err_set(err, MB_E_INVALID_REQUEST,
               n > FIELDS ? "the form has more than %d fields"
                          : "the form's field %d cannot be read",
               n > FIELDS ? FIELDS : n);
    return NULL;
}

json_t *mb_hook_body(struct mb_str type, struct mb_str body, struct mb_err *err)
{
    static const struct mb_str form = {"application/x-www-form-urlencoded", 33};
    if (type.len >= form.len && strncasecmp(type.ptr, form.ptr, form.len) == 0 &&
        (type.len == form.len || strchr("; \t", type.ptr[form.len])))
        return read_form(body, err);
    return body.len ? mb_json_parse(body, err) : json_null();
}
