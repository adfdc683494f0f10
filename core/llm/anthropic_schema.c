/* JSON Schema narrowed to what Anthropic's structured output takes. What is left out here is still
 * checked afterwards, and a violation is told to the model. */
#include <string.h>

#include "base/json.h"
#include "llm/anthropic.h"

enum { MAX_DEPTH = 32 };

static json_t *narrow(const json_t *schema, int depth);

static bool is_object_schema(const json_t *schema)
{
    return mb_str_is(mb_json_str(schema, "type"), "object") || mb_json_get(schema, "properties");
}

/* An object whose members are not all named cannot be closed. */
static bool is_open(const json_t *schema)
{
    const json_t *more = mb_json_get(schema, "additionalProperties");
    return json_object_size(mb_json_get(schema, "properties")) == 0 ||
           (more && !json_is_false(more)) || mb_json_get(schema, "patternProperties");
}

static bool copy_plain(json_t *to, const json_t *from)
{
    static const char *const kept[] = {"type", "enum", "const", "description", "title", "required"};
    for (size_t i = 0; i < MB_LEN(kept); i++) {
        json_t *value = json_object_get(from, kept[i]);
        if (value)
            json_object_set(to, kept[i], value);
    }
    return !mb_json_get(from, "$ref") && !mb_json_get(from, "$dynamicRef");
}

static bool narrow_list(json_t *to, const char *key, const json_t *list, int depth)
{
    json_t *out = json_array();
    size_t i;
    json_t *entry;
    bool ok = true;
    json_array_foreach(list, i, entry)
    {
        json_t *narrowed = narrow(entry, depth + 1);
        ok = ok && narrowed;
        if (narrowed)
            json_array_append_new(out, narrowed);
    }
    json_object_set_new(to, key, out);
    return ok;
}

static bool narrow_properties(json_t *to, json_t *properties, int depth)
{
    json_t *out = json_object();
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(properties, key, value)
    {
        json_t *narrowed = narrow(value, depth + 1);
        ok = ok && narrowed;
        if (narrowed)
            json_object_set_new(out, key, narrowed);
    }
    json_object_set_new(to, "properties", out);
    json_object_set_new(to, "additionalProperties", json_false());
    return ok;
}

static bool narrow_parts(json_t *to, const json_t *schema, int depth)
{
    const json_t *any = mb_json_get(schema, "anyOf"), *one = mb_json_get(schema, "oneOf");
    const json_t *items = mb_json_get(schema, "items");
    if (is_object_schema(schema) &&
        (is_open(schema) || !narrow_properties(to, mb_json_get(schema, "properties"), depth)))
        return false;
    if (any || one) {
        if (!narrow_list(to, "anyOf", any ? any : one, depth))
            return false;
    }
    if (items) {
        json_t *narrowed = narrow(items, depth + 1);
        if (!narrowed)
            return false;
        json_object_set_new(to, "items", narrowed);
    }
    return true;
}

static json_t *narrow(const json_t *schema, int depth)
{
    if (depth > MAX_DEPTH || !json_is_object(schema))
        return NULL;
    json_t *to = json_object();
    if (copy_plain(to, schema) && narrow_parts(to, schema, depth))
        return to;
    json_decref(to);
    return NULL;
}

json_t *mb_llm_anthropic_schema(const json_t *schema)
{
    return narrow(schema, 0);
}
