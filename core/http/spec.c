#include "http/spec.h"

#include <stdio.h>

enum { REF_DEPTH = 16 }; /* references inside what references name */

/* What "#/components/<kind>/<name>" names. */
static json_t *follow(const json_t *doc, const char *ref)
{
    char kind[64];
    int n = 0;
    if (sscanf(ref, "#/components/%63[^/]/%n", kind, &n) != 1 || n == 0)
        return NULL;
    return json_object_get(json_object_get(json_object_get(doc, "components"), kind), ref + n);
}

json_t *mb_spec_resolve(const json_t *doc, json_t *node, struct mb_err *err)
{
    for (int depth = 0; depth < REF_DEPTH; depth++) {
        const char *ref = json_string_value(json_object_get(node, "$ref"));
        if (!ref)
            return node;
        node = follow(doc, ref);
        if (!node) {
            (void)mb_err_set(err, MB_E_CONFIG, "the reference \"%s\" leads nowhere", ref);
            return NULL;
        }
    }
    (void)mb_err_set(err, MB_E_CONFIG, "references go in a circle");
    return NULL;
}

/* A copy of the schema in which every reference is replaced by what it names. */
static json_t *inlined(const json_t *doc, json_t *node, int depth, struct mb_err *err)
{
    node = mb_spec_resolve(doc, node, err);
    if (!node)
        return NULL;
    if (depth == 0) {
        (void)mb_err_set(err, MB_E_CONFIG, "a schema is nested too deep or in a circle");
        return NULL;
    }
    if (!json_is_object(node) && !json_is_array(node))
        return json_deep_copy(node);
    json_t *copy = json_is_object(node) ? json_object() : json_array();
    const char *key;
    json_t *value;
    size_t i;
    int rc = 0;
    if (json_is_object(node)) {
        json_object_foreach(node, key, value) rc |=
            json_object_set_new(copy, key, inlined(doc, value, depth - 1, err));
    } else {
        json_array_foreach(node, i, value) rc |=
            json_array_append_new(copy, inlined(doc, value, depth - 1, err));
    }
    if (rc == 0)
        return copy;
    json_decref(copy);
    return NULL;
}

struct mb_schema *mb_spec_schema(const json_t *doc, json_t *schema, const char *where,
                                 struct mb_err *err)
{
    json_t *whole = inlined(doc, schema, MB_JSON_DEPTH, err);
    struct mb_schema *compiled = whole ? mb_schema_new(whole, err) : NULL;
    json_decref(whole);
    if (!compiled) {
        mb_err_prefix(err, "the schema of \"%s\"", where);
        if (err)
            err->code = MB_E_CONFIG;
    }
    return compiled;
}
