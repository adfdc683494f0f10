/* Paths, queries and the headers that core/http takes apart. The input: a path, a line feed, a
 * query, a line feed, a header. */
#include <string.h>

#include "base/embed.h"
#include "base/utf8.h"
#include "http/http_int.h"
#include "http/params.h"
#include "http/prefer.h"

extern const struct mb_embed mb_http_documents[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mb_router *router(void)
{
    static struct mb_router *loaded;
    struct mb_err err;
    const struct mb_embed *doc = &mb_http_documents[0];
    if (!loaded)
        loaded = mb_router_new(MB_STR_OF(doc->data, doc->len), mb_handler_names, &err);
    mb_assert(loaded);
    return loaded;
}

static struct mb_str next_line(struct mb_str *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
    struct mb_str line = MB_STR_OF(rest->ptr, n);
    size_t skip = end ? n + 1 : n;
    *rest = MB_STR_OF(rest->ptr + skip, rest->len - skip);
    return line;
}

/* What comes out is text that is safe to hand on, and fits its schema again. */
static void check(const struct mb_match *match, json_t *params)
{
    const char *name;
    json_t *value;
    json_object_foreach(params, name, value)
    {
        mb_assert(mb_utf8_is_valid(mb_str_c(name)));
        if (!json_is_string(value))
            continue;
        struct mb_str text = MB_STR_OF(json_string_value(value), json_string_length(value));
        mb_assert(mb_utf8_is_valid(text));
        for (size_t i = 0; i < text.len; i++)
            mb_assert((unsigned char)text.ptr[i] >= 0x20);
    }
    for (int i = 0; i < match->op->n_params; i++) {
        const struct mb_param *param = &match->op->params[i];
        json_t *given = json_object_get(params, param->name);
        mb_assert(given || !param->required);
        if (given && !param->id_prefix)
            mb_assert(mb_schema_check(param->check, given, NULL) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mb_str methods[] = {{"GET", 3}, {"POST", 4}, {"DELETE", 6}, {"HEAD", 4}};
    struct mb_str rest = MB_STR_OF((const char *)data, size);
    struct mb_str path = next_line(&rest), query = next_line(&rest), header = next_line(&rest);
    struct mb_err err;
    struct mb_match match;
    struct mb_id ids[MB_ROUTE_VALUES];
    for (size_t m = 0; m < MB_LEN(methods); m++) {
        json_t *params = NULL;
        if (mb_router_match(router(), methods[m], path, &match, &err) < 0)
            continue;
        if (mb_params_read(&match, query, &params, ids, &err) == 0)
            check(&match, params);
        else
            mb_assert(err.code == MB_E_INVALID_REQUEST && mb_utf8_is_valid(mb_str_c(err.pointer)));
        json_decref(params);
    }
    struct mb_prefer prefer = mb_prefer_parse(header);
    mb_assert(prefer.wait_s >= 0 && prefer.wait_s <= MB_PREFER_WAIT_MAX_S);
    return 0;
}
