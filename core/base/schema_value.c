/* Checking what concerns one value alone: its type, size, text, and what it may be. */
#include <string.h>

#include "base/schema_impl.h"
#include "base/utf8.h"

static const struct {
    const char *name, *with_article;
    unsigned bit;
} types[] = {
    {"null", "null", MB_TYPE_NULL},          {"boolean", "a boolean", MB_TYPE_BOOLEAN},
    {"object", "an object", MB_TYPE_OBJECT}, {"array", "an array", MB_TYPE_ARRAY},
    {"string", "a string", MB_TYPE_STRING},  {"integer", "an integer", MB_TYPE_INTEGER},
    {"number", "a number", MB_TYPE_NUMBER},
};

unsigned mb_schema_type_of(struct mb_str name)
{
    for (size_t i = 0; i < MB_LEN(types); i++)
        if (mb_str_is(name, types[i].name))
            return types[i].bit;
    return 0;
}

/* All the types that a value has. */
static unsigned types_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return MB_TYPE_OBJECT;
    case JSON_ARRAY:
        return MB_TYPE_ARRAY;
    case JSON_STRING:
        return MB_TYPE_STRING;
    case JSON_INTEGER:
        return MB_TYPE_INTEGER | MB_TYPE_NUMBER;
    case JSON_REAL:
        return MB_TYPE_NUMBER | (mb_number_is_whole(value) ? MB_TYPE_INTEGER : 0U);
    case JSON_TRUE:
    case JSON_FALSE:
        return MB_TYPE_BOOLEAN;
    case JSON_NULL:
        return MB_TYPE_NULL;
    }
    return 0;
}

static const char *describe(const json_t *value)
{
    unsigned has = types_of(value);
    if (has == MB_TYPE_NUMBER)
        return "a number with a fraction";
    for (size_t i = 0; i < MB_LEN(types); i++)
        if (has & types[i].bit)
            return types[i].with_article;
    return "nothing";
}

static bool say_type(struct mb_walk *w, unsigned wanted, const json_t *value,
                     const struct mb_place *at)
{
    struct mb_buf text = {0};
    if (!w->explain)
        return false;
    for (size_t i = 0; i < MB_LEN(types); i++) {
        if (!(wanted & types[i].bit))
            continue;
        mb_buf_add_c(&text, mb_buf_len(&text) ? " or " : "");
        mb_buf_add_c(&text, types[i].with_article);
    }
    mb_walk_say(w, at, "must be %s, but is %s", mb_buf_cstr(&text), describe(value));
    mb_buf_release(&text);
    return false;
}

static bool say_values(struct mb_walk *w, const json_t *list, const struct mb_place *at)
{
    struct mb_buf text = {0};
    size_t n = json_array_size(list), i;
    if (!w->explain)
        return false;
    for (i = 0; i < n && mb_buf_len(&text) < 300; i++) {
        mb_buf_add_c(&text, i ? ", " : "");
        mb_json_dump(&text, json_array_get(list, i));
    }
    mb_walk_say(w, at, "must be %s%.320s%s", n > 1 ? "one of " : "", mb_buf_cstr(&text),
                i < n || mb_buf_len(&text) > 320 ? "..." : "");
    mb_buf_release(&text);
    return false;
}

static bool check_values(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                         const struct mb_place *at)
{
    if (!mb_walk_spend(w, at, rule->values.work))
        return false;
    for (size_t i = 0; i < json_array_size(rule->values.list); i++)
        if (mb_json_eq(json_array_get(rule->values.list, i), value))
            return true;
    return say_values(w, rule->values.list, at);
}

/* A number as it is shown to people. */
static const char *number_text(struct mb_buf *out, const json_t *number)
{
    mb_json_canonical(out, number);
    return mb_buf_cstr(out);
}

static bool say_number(struct mb_walk *w, const char *must, const json_t *limit,
                       const json_t *value, const struct mb_place *at)
{
    struct mb_buf is = {0}, wanted = {0};
    if (!w->explain)
        return false;
    mb_walk_say(w, at, "must be %s %s, but is %s", must, number_text(&wanted, limit),
                number_text(&is, value));
    mb_buf_release(&is);
    mb_buf_release(&wanted);
    return false;
}

static bool check_bound(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                        const struct mb_place *at)
{
    const json_t *limit = rule->bound.limit;
    int order = mb_number_order(value, limit);
    switch (rule->bound.kind) {
    case MB_BOUND_MIN:
        return order >= 0 || say_number(w, "at least", limit, value, at);
    case MB_BOUND_MAX:
        return order <= 0 || say_number(w, "at most", limit, value, at);
    case MB_BOUND_ABOVE:
        return order > 0 || say_number(w, "more than", limit, value, at);
    case MB_BOUND_BELOW:
        return order < 0 || say_number(w, "less than", limit, value, at);
    }
    return true;
}

static bool check_count(struct mb_walk *w, const struct mb_rule *rule, size_t n, const char *one,
                        const char *many, const struct mb_place *at)
{
    size_t least = rule->count.least, most = rule->count.most;
    if (n < least)
        return mb_walk_say(w, at, "must have at least %zu %s, but has %zu", least,
                           least == 1 ? one : many, n);
    if (n > most)
        return mb_walk_say(w, at, "must have at most %zu %s, but has %zu", most,
                           most == 1 ? one : many, n);
    return true;
}

static bool check_format(struct mb_walk *w, const struct mb_format *format, struct mb_str text,
                         const struct mb_place *at)
{
    if (!mb_walk_spend(w, at, format->work + (int64_t)(text.len / 4)))
        return false;
    return format->is(text) || mb_walk_say(w, at, "must be in the format \"%s\", like %s",
                                           format->name, format->example);
}

static bool check_pattern(struct mb_walk *w, const struct mb_rule *rule, struct mb_str text,
                          const struct mb_place *at)
{
    if (mb_walk_matches(w, rule->pattern.compiled, rule->pattern.source, text, at))
        return true;
    return mb_walk_say(w, at, "must match the pattern \"%.200s\"", rule->pattern.source);
}

/* Equal values have equal canonical forms, so one pass over these finds the first two. */
static bool check_unique(struct mb_walk *w, const json_t *value, const struct mb_place *at)
{
    size_t n = json_array_size(value);
    struct mb_map seen = {0};
    struct mb_buf text = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        mb_buf_clear(&text);
        mb_json_canonical(&text, json_array_get(value, i));
        ok = mb_walk_spend(w, at, 8 + (int64_t)(mb_buf_len(&text) / 4));
        if (!ok)
            break;
        void *other =
            mb_map_set(&seen, mb_buf_head(&text), mb_buf_len(&text), (void *)(uintptr_t)(i + 1));
        if (other)
            ok = mb_walk_say(w, at, "must not have equal items, but items %zu and %zu are equal",
                             (size_t)(uintptr_t)other - 1, i);
    }
    mb_map_release(&seen);
    mb_buf_release(&text);
    return ok;
}

static bool check_number(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                         const struct mb_place *at)
{
    if (rule->kind == MB_RULE_BOUND)
        return check_bound(w, rule, value, at);
    if (!mb_walk_spend(w, at, json_is_real(value) ? 20 : 2))
        return false;
    return mb_decimal_is_multiple(mb_decimal_of(value), rule->multiple.unit) ||
           say_number(w, "a multiple of", rule->multiple.number, value, at);
}

static bool check_string(struct mb_walk *w, const struct mb_rule *rule, struct mb_str text,
                         const struct mb_place *at)
{
    if (rule->kind == MB_RULE_PATTERN)
        return check_pattern(w, rule, text, at);
    if (rule->kind == MB_RULE_FORMAT)
        return check_format(w, rule->format, text, at);
    return mb_walk_spend(w, at, (int64_t)(text.len / 64)) &&
           check_count(w, rule, mb_utf8_count(text), "character", "characters", at);
}

bool mb_schema_check_value(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                           const struct mb_place *at)
{
    switch ((unsigned)rule->kind) {
    case MB_RULE_TYPE:
        return (rule->types & types_of(value)) || say_type(w, rule->types, value, at);
    case MB_RULE_VALUES:
        return check_values(w, rule, value, at);
    case MB_RULE_BOUND:
    case MB_RULE_MULTIPLE:
        return !json_is_number(value) || check_number(w, rule, value, at);
    case MB_RULE_LENGTH:
    case MB_RULE_PATTERN:
    case MB_RULE_FORMAT:
        return !json_is_string(value) || check_string(w, rule, mb_schema_text(value), at);
    case MB_RULE_ITEM_COUNT:
        return !json_is_array(value) ||
               check_count(w, rule, json_array_size(value), "item", "items", at);
    case MB_RULE_UNIQUE:
        return !json_is_array(value) || check_unique(w, value, at);
    default:
        mb_assert(rule->kind == MB_RULE_PROPERTY_COUNT);
        return !json_is_object(value) ||
               check_count(w, rule, json_object_size(value), "property", "properties", at);
    }
}
