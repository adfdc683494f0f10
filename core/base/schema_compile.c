/* Compiling a schema: every subschema gets a node, from a queue and not by recursion, so that a
 * schema that refers to itself needs nothing special. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema_impl.h"

enum shape {
    SHAPE_ANY,
    SHAPE_STRING,
    SHAPE_BOOLEAN,
    SHAPE_NUMBER,
    SHAPE_POSITIVE,
    SHAPE_COUNT,
    SHAPE_ARRAY,
    SHAPE_VALUES,
    SHAPE_TYPES,
    SHAPE_NAMES,
    SHAPE_NAMES_MAP,
    SHAPE_SCHEMA,
    SHAPE_SCHEMAS,
    SHAPE_SCHEMA_MAP,
    SHAPE_DIALECT,
    SHAPE_ID,
    SHAPE_ANCHOR,
};

static const struct {
    const char *name;
    enum shape shape;
} keywords[] = {
#define MB_KEYWORD(name, shape) {name, SHAPE_##shape},
#include "base/schema_keywords.def"
#undef MB_KEYWORD
};

/* What people write who know another version of JSON Schema. */
static const struct {
    const char *name, *instead;
} hints[] = {
    {"definitions", "$defs"},
    {"additionalItems", "items, with prefixItems before it"},
    {"dependencies", "dependentRequired, or if and then"},
    {"id", "$id"},
};

const char *mb_compiler_place(struct mb_compiler *c, const char *place, const char *token)
{
    char text[sizeof(c->err->pointer)];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s/", place);
    for (; *token && n < sizeof(text) - 2; token++) {
        if (*token == '~' || *token == '/') {
            text[n++] = '~';
            text[n++] = *token == '~' ? '0' : '1';
        } else {
            text[n++] = *token;
        }
    }
    return mb_arena_strdup(&c->scratch, MB_STR_OF(text, MB_MIN(n, sizeof(text) - 1)));
}

const char *mb_compiler_index(struct mb_compiler *c, const char *place, size_t index)
{
    char text[24];
    snprintf(text, sizeof(text), "%zu", index);
    return mb_compiler_place(c, place, text);
}

bool mb_compiler_refuse(struct mb_compiler *c, const char *place, const char *fmt, ...)
{
    char message[sizeof(c->err->message)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    mb_err_at(c->err, MB_E_INVALID_SCHEMA, place, "%s", message);
    return false;
}

struct mb_node *mb_compiler_node(struct mb_compiler *c, const json_t *json, const char *place)
{
    if (!json_is_object(json) && !json_is_boolean(json)) {
        mb_compiler_refuse(c, place, "must be a schema: an object, true or false");
        return NULL;
    }
    /* jansson has one true and one false for all places; each place gets a node of its own. */
    struct mb_todo *todo = json_is_object(json) ? mb_map_get(&c->nodes, &json, sizeof(json)) : NULL;
    if (todo)
        return todo->node;
    if (c->n_nodes++ == MB_SCHEMA_NODES) {
        mb_compiler_refuse(c, place, "a schema has at most %d subschemas", MB_SCHEMA_NODES);
        return NULL;
    }
    todo = mb_arena_zalloc(&c->scratch, sizeof(*todo));
    todo->json = json;
    todo->place = place;
    todo->node = mb_arena_zalloc(&c->schema->arena, sizeof(*todo->node));
    if (json_is_object(json))
        mb_map_set(&c->nodes, &json, sizeof(json), todo);
    todo->older = c->newest;
    c->newest = todo;
    *c->last = todo;
    c->last = &todo->next;
    return todo->node;
}

bool mb_schema_count(const json_t *value, size_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (size_t)json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : -1;
    if (real < 0 || real > 0x1p53 || !mb_number_is_whole(value))
        return false;
    *out = (size_t)real;
    return true;
}

static bool is_names(const json_t *value)
{
    if (!json_is_array(value))
        return false;
    struct mb_map seen = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(value); i++) {
        json_t *name = json_array_get(value, i);
        ok = json_is_string(name) &&
             !mb_map_set(&seen, json_string_value(name), json_string_length(name), name);
    }
    mb_map_release(&seen);
    return ok;
}

static bool is_types(const json_t *value)
{
    if (json_is_string(value))
        return mb_schema_type_of(mb_schema_text(value)) != 0;
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *name = json_array_get(value, i);
        unsigned type = json_is_string(name) ? mb_schema_type_of(mb_schema_text(name)) : 0;
        if (!type || (seen & type))
            return false;
        seen |= type;
    }
    return seen != 0;
}

static bool is_names_map(const json_t *value)
{
    const char *key;
    json_t *names;
    if (!json_is_object(value))
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, key, names) if (!is_names(names)) return false;
    return true;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_anchor(const json_t *value)
{
    const char *p = json_string_value(value);
    if (!p || !(is_letter(*p) || *p == '_'))
        return false;
    for (; *p; p++)
        if (!is_letter(*p) && !strchr("0123456789-._", *p))
            return false;
    return true;
}

static bool is_dialect(const json_t *value)
{
    static const char uri[] = "https://json-schema.org/draft/2020-12/schema";
    struct mb_str text = json_is_string(value) ? mb_schema_text(value) : MB_STR("");
    if (text.len == sizeof(uri) && text.ptr[text.len - 1] == '#')
        text.len--;
    return mb_str_is(text, uri);
}

/* NULL, or what the value must be. */
static const char *shape_problem(enum shape shape, const json_t *value)
{
    size_t count;
    switch (shape) {
    case SHAPE_ANY:
    case SHAPE_SCHEMA:
        return NULL;
    case SHAPE_STRING:
        return json_is_string(value) ? NULL : "a string";
    case SHAPE_BOOLEAN:
        return json_is_boolean(value) ? NULL : "true or false";
    case SHAPE_NUMBER:
        return json_is_number(value) ? NULL : "a number";
    case SHAPE_POSITIVE:
        return json_number_value(value) > 0 ? NULL : "a number above 0";
    case SHAPE_COUNT:
        return mb_schema_count(value, &count) ? NULL : "an integer of at least 0";
    case SHAPE_ARRAY:
        return json_is_array(value) ? NULL : "an array";
    case SHAPE_VALUES:
        return json_array_size(value) ? NULL : "an array of at least one value";
    case SHAPE_TYPES:
        return is_types(value) ? NULL
                               : "one of \"null\", \"boolean\", \"object\", \"array\", \"string\", "
                                 "\"integer\", \"number\", or an array of them";
    case SHAPE_NAMES:
        return is_names(value) ? NULL : "an array of strings, none of them twice";
    case SHAPE_NAMES_MAP:
        return is_names_map(value) ? NULL : "an object of arrays of strings, none of them twice";
    case SHAPE_SCHEMAS:
        return json_array_size(value) ? NULL : "an array of at least one schema";
    case SHAPE_SCHEMA_MAP:
        return json_is_object(value) ? NULL : "an object of schemas";
    case SHAPE_DIALECT:
        return is_dialect(value) ? NULL : "\"https://json-schema.org/draft/2020-12/schema\"";
    case SHAPE_ID:
        return json_is_string(value) && mb_schema_is_uri(mb_schema_text(value), true) ? NULL
                                                                                      : "a URI";
    case SHAPE_ANCHOR:
        return is_anchor(value) ? NULL : "a name: letters, digits, '-', '_' and '.'";
    }
    return NULL;
}

static bool refuse_keyword(struct mb_compiler *c, const struct mb_todo *todo, const char *name)
{
    const char *place = mb_compiler_place(c, todo->place, name);
    for (size_t i = 0; i < MB_LEN(hints); i++)
        if (strcmp(hints[i].name, name) == 0)
            return mb_compiler_refuse(c, place, "the keyword \"%s\" is not supported: use %s", name,
                                      hints[i].instead);
    return mb_compiler_refuse(c, place, "the keyword \"%.100s\" is not supported", name);
}

static bool check_keyword(struct mb_compiler *c, const struct mb_todo *todo, const char *name,
                          const json_t *value)
{
    for (size_t i = 0; i < MB_LEN(keywords); i++) {
        if (strcmp(keywords[i].name, name) != 0)
            continue;
        const char *problem = shape_problem(keywords[i].shape, value);
        if (problem)
            return mb_compiler_refuse(c, mb_compiler_place(c, todo->place, name),
                                      "\"%s\" must be %s", name, problem);
        bool of_root = keywords[i].shape == SHAPE_ID || keywords[i].shape == SHAPE_DIALECT;
        if (of_root && todo->json != c->root)
            return mb_compiler_refuse(c, mb_compiler_place(c, todo->place, name),
                                      "only the root of a schema may have \"%s\"", name);
        return true;
    }
    return refuse_keyword(c, todo, name);
}

static bool compile_node(struct mb_compiler *c, struct mb_todo *todo)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)todo->json, key,
                        value) if (!check_keyword(c, todo, key, value)) return false;
    return mb_schema_note_anchor(c, todo) && mb_schema_make_rules(c, todo);
}

static bool compile_queue(struct mb_compiler *c)
{
    do {
        while (c->first) {
            struct mb_todo *todo = c->first;
            c->first = todo->next;
            if (!c->first)
                c->last = &c->first;
            if (!compile_node(c, todo))
                return false;
        }
        if (!mb_schema_resolve_refs(c))
            return false;
    } while (c->first);
    return true;
}

/* Is the schema as a JSON value within its caps? Counts them down. */
static bool measure(const json_t *json, int depth, size_t *values, size_t *text_bytes)
{
    size_t text = json_string_length(json);
    if (depth > MB_JSON_DEPTH || !*values || text > *text_bytes)
        return false;
    *values -= 1;
    *text_bytes -= text;
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!measure(json_array_get(json, i), depth + 1, values, text_bytes))
            return false;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        if (strlen(key) > *text_bytes)
            return false;
        *text_bytes -= strlen(key);
        if (!measure(value, depth + 1, values, text_bytes))
            return false;
    }
    return true;
}

static bool compile(struct mb_compiler *c)
{
    size_t values = MB_SCHEMA_VALUES, text_bytes = MB_SCHEMA_TEXT_BYTES;
    if (!measure(c->root, 1, &values, &text_bytes))
        return mb_compiler_refuse(c, "",
                                  "a schema has at most %d values, %d bytes of text and %d levels",
                                  MB_SCHEMA_VALUES, MB_SCHEMA_TEXT_BYTES, MB_JSON_DEPTH);
    c->id = mb_json_str(c->root, "$id");
    if (c->id.len && c->id.ptr[c->id.len - 1] == '#')
        c->id.len--;
    c->schema->root = mb_compiler_node(c, c->root, "");
    return c->schema->root && compile_queue(c) && mb_schema_check_chains(c);
}

struct mb_schema *mb_schema_new(const json_t *json, struct mb_err *err)
{
    struct mb_err unused = {0};
    struct mb_compiler c = {.root = json, .last = &c.first, .err = err ? err : &unused};
    c.schema = mb_zalloc(sizeof(*c.schema));
    c.schema->kept = json_array();
    mb_assert(c.schema->kept);
    if (!compile(&c)) {
        mb_schema_free(c.schema);
        c.schema = NULL;
    }
    mb_map_release(&c.nodes);
    mb_map_release(&c.anchors);
    mb_arena_release(&c.scratch);
    return c.schema;
}

void mb_schema_free(struct mb_schema *schema)
{
    if (!schema)
        return;
    for (struct mb_kept_pattern *kept = schema->patterns; kept; kept = kept->next)
        mb_pattern_free(kept->pattern);
    json_decref(schema->kept);
    mb_arena_release(&schema->arena);
    free(schema);
}
