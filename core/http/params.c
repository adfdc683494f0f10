#include "http/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "base/utf8.h"

enum {
    LIST_MAX = 32,     /* entries of a list */
    INTEGER_CHARS = 20 /* of an integer of 64 bits with its sign */
};

/* Appends the decoded text; false = it is no percent-encoding of UTF-8 without control
 * characters. */
static bool decode(struct mb_buf *out, struct mb_str text, bool in_query)
{
    size_t from = mb_buf_len(out);
    while (text.len) {
        int c = mb_percent_take(&text, in_query);
        if (c < 0x20 || c == 0x7F)
            return false;
        mb_buf_add_char(out, (char)c);
    }
    struct mb_str all = mb_buf_str(out);
    return mb_utf8_is_valid(MB_STR_OF(all.ptr + from, all.len - from));
}

static int refuse(struct mb_err *err, const char *name, const char *what)
{
    char place[80];
    snprintf(place, sizeof(place), "?%s", name);
    return mb_err_at(err, MB_E_INVALID_REQUEST, place, "the parameter \"%s\" %s", name, what);
}

static json_t *integer(struct mb_str text)
{
    char digits[INTEGER_CHARS + 1], *end;
    if (text.len == 0 || text.len > INTEGER_CHARS || !strchr("-0123456789", text.ptr[0]))
        return NULL;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    errno = 0;
    long long value = strtoll(digits, &end, 10);
    return *end || errno ? NULL : json_integer(value);
}

static json_t *list(struct mb_str text)
{
    json_t *array = json_array();
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (json_array_size(array) <= LIST_MAX) {
        const char *from = at;
        while (at < end && *at != ',')
            at++;
        json_array_append_new(array, json_stringn(from, (size_t)(at - from)));
        if (at == end)
            return array;
        at++;
    }
    json_decref(array);
    return NULL;
}

/* The text as a value of the parameter's kind; NULL when it is none. */
static json_t *typed(const struct mb_param *param, struct mb_str text)
{
    switch (param->kind) {
    case MB_PARAM_INTEGER:
        return integer(text);
    case MB_PARAM_BOOLEAN:
        if (mb_str_is(text, "true") || mb_str_is(text, "false"))
            return json_boolean(text.len == 4);
        return NULL;
    case MB_PARAM_LIST:
        return list(text);
    case MB_PARAM_STRING:
        break;
    }
    return json_stringn(text.ptr, text.len);
}

static int read_id(const struct mb_param *param, struct mb_str text, struct mb_id *id,
                   struct mb_err *err)
{
    char what[64];
    if (mb_id_parse(id, param->id_prefix, text))
        return 0;
    snprintf(what, sizeof(what), "is not an id (%s_ and 32 hex digits)", param->id_prefix);
    return refuse(err, param->name, what);
}

/* Adds the value of one parameter to the object. */
static int set(json_t *object, const struct mb_param *param, struct mb_str text, struct mb_id *id,
               struct mb_err *err)
{
    if (param->id_prefix) {
        char uuid[MB_ID_TEXT];
        if (read_id(param, text, id, err) < 0)
            return -MB_E_INVALID_REQUEST;
        return json_object_set_new(object, param->name, json_string(mb_id_uuid(*id, uuid)));
    }
    json_t *value = typed(param, text);
    if (!value)
        return refuse(err, param->name, "is not of its type");
    struct mb_err why;
    if (mb_schema_check(param->check, value, &why) < 0) {
        json_decref(value);
        return refuse(err, param->name, why.message);
    }
    return json_object_set_new(object, param->name, value);
}

static const struct mb_param *query_param(const struct mb_op *op, struct mb_str name)
{
    for (int i = op->n_path_params; i < op->n_params; i++)
        if (mb_str_is(name, op->params[i].name))
            return &op->params[i];
    return NULL;
}

static int refuse_unknown(struct mb_err *err, struct mb_str name)
{
    char known[64];
    size_t n = 0; /* only characters that are safe wherever the name is shown */
    for (; n < name.len && n < sizeof(known) - 1; n++)
        known[n] = strchr("\"\\?", name.ptr[n]) ? '_' : name.ptr[n];
    while (n && !mb_utf8_is_valid(MB_STR_OF(known, n))) /* cut inside a character */
        n--;
    known[n] = '\0';
    return refuse(err, known, "is not known here");
}

/* One "name=value" of a query. */
static int read_pair(const struct mb_op *op, struct mb_str pair, json_t *object,
                     struct mb_buf *scratch, struct mb_err *err)
{
    const char *eq = memchr(pair.ptr, '=', pair.len);
    size_t name_len = eq ? (size_t)(eq - pair.ptr) : pair.len;
    mb_buf_clear(scratch);
    if (!decode(scratch, MB_STR_OF(pair.ptr, name_len), true))
        return mb_err_set(err, MB_E_INVALID_REQUEST, "the query is not well-formed UTF-8 text");
    size_t decoded = mb_buf_len(scratch);
    const struct mb_param *param = query_param(op, mb_buf_str(scratch));
    if (!param)
        return refuse_unknown(err, mb_buf_str(scratch));
    if (json_object_get(object, param->name))
        return refuse(err, param->name, "is given twice");
    if (eq && !decode(scratch, MB_STR_OF(eq + 1, pair.len - name_len - 1), true))
        return refuse(err, param->name, "is not well-formed UTF-8 text");
    struct mb_id id;
    struct mb_str all = mb_buf_str(scratch);
    return set(object, param, MB_STR_OF(all.ptr + decoded, all.len - decoded), &id, err);
}

static int read_query(const struct mb_op *op, struct mb_str query, json_t *object,
                      struct mb_buf *scratch, struct mb_err *err)
{
    const char *at = query.ptr, *end = query.ptr + query.len;
    while (at < end) {
        const char *from = at;
        while (at < end && *at != '&')
            at++;
        if (at > from &&
            read_pair(op, MB_STR_OF(from, (size_t)(at - from)), object, scratch, err) < 0)
            return -MB_E_INVALID_REQUEST;
        at += at < end;
    }
    return 0;
}

static int read_path(const struct mb_match *match, json_t *object, struct mb_id *ids,
                     struct mb_buf *scratch, struct mb_err *err)
{
    for (int i = 0; i < match->op->n_path_params; i++) {
        const struct mb_param *param = &match->op->params[i];
        mb_buf_clear(scratch);
        if (!decode(scratch, match->values[i], false))
            return refuse(err, param->name, "is not well-formed UTF-8 text");
        if (set(object, param, mb_buf_str(scratch), &ids[i], err) < 0)
            return -MB_E_INVALID_REQUEST;
    }
    return 0;
}

static int fill_in(const struct mb_op *op, json_t *object, struct mb_err *err)
{
    for (int i = op->n_path_params; i < op->n_params; i++) {
        const struct mb_param *param = &op->params[i];
        if (json_object_get(object, param->name))
            continue;
        if (param->required)
            return refuse(err, param->name, "is missing");
        if (param->fallback)
            json_object_set_new(object, param->name, json_deep_copy(param->fallback));
    }
    return 0;
}

int mb_params_read(const struct mb_match *match, struct mb_str query, json_t **out,
                   struct mb_id ids[MB_ROUTE_VALUES], struct mb_err *err)
{
    struct mb_buf scratch = {0};
    json_t *object = json_object();
    memset(ids, 0, MB_ROUTE_VALUES * sizeof(ids[0]));
    int rc = read_path(match, object, ids, &scratch, err);
    if (rc == 0)
        rc = read_query(match->op, query, object, &scratch, err);
    if (rc == 0)
        rc = fill_in(match->op, object, err);
    mb_buf_release(&scratch);
    if (rc == 0)
        *out = object;
    else
        json_decref(object);
    return rc;
}

int mb_params_read_ids(const struct mb_match *match, struct mb_str query,
                       struct mb_id ids[MB_ROUTE_VALUES], struct mb_err *err)
{
    const struct mb_op *op = match->op;
    for (int i = 0; i < op->n_path_params; i++)
        if (read_id(&op->params[i], match->values[i], &ids[i], err) < 0)
            return -MB_E_INVALID_REQUEST;
    if (query.len == 0)
        return 0;
    const char *end = memchr(query.ptr, '=', query.len);
    return refuse_unknown(err, MB_STR_OF(query.ptr, end ? (size_t)(end - query.ptr) : query.len));
}
