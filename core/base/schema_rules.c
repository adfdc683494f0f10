/* From keywords to rules, in the order in which an instance is checked: what is cheap and says most
 * comes first. */
#include <stdlib.h>
#include <string.h>

#include "base/schema_impl.h"

/* The subschema whose rules are being made. */
struct maker {
    struct mb_compiler *c;
    const struct mb_todo *todo;
    struct mb_rule **tail;
};

static const json_t *keyword(const struct maker *m, const char *name)
{
    return json_object_get(m->todo->json, name);
}

static const char *place(const struct maker *m, const char *name)
{
    return mb_compiler_place(m->c, m->todo->place, name);
}

static void *arena_array(struct maker *m, size_t n, size_t size)
{
    return mb_arena_zalloc(&m->c->schema->arena, n * size);
}

static struct mb_rule *add_rule(struct maker *m, enum mb_rule_kind kind)
{
    struct mb_rule *rule = mb_arena_zalloc(&m->c->schema->arena, sizeof(*rule));
    rule->kind = kind;
    *m->tail = rule;
    m->tail = &rule->next;
    return rule;
}

/* A copy that lives as long as the schema. */
static const json_t *keep(struct maker *m, const json_t *value)
{
    json_t *copy = json_deep_copy(value);
    mb_assert(copy && json_array_append_new(m->c->schema->kept, copy) == 0);
    return copy;
}

static struct mb_str keep_str(struct maker *m, struct mb_str text)
{
    return mb_arena_str(&m->c->schema->arena, text);
}

static struct mb_pattern *keep_pattern(struct maker *m, struct mb_str source, const char *at)
{
    struct mb_schema *schema = m->c->schema;
    struct mb_err err;
    struct mb_pattern *pattern = mb_pattern_new(source, &err);
    if (!pattern) {
        mb_compiler_refuse(m->c, at, "%s", err.message);
        return NULL;
    }
    struct mb_kept_pattern *kept = mb_arena_alloc(&schema->arena, sizeof(*kept));
    *kept = (struct mb_kept_pattern){schema->patterns, pattern};
    schema->patterns = kept;
    schema->pattern_bytes += mb_pattern_bytes(pattern);
    if (schema->pattern_bytes <= MB_SCHEMA_PATTERN_BYTES)
        return pattern;
    mb_compiler_refuse(m->c, at, "the patterns of the schema are too large together");
    return NULL;
}

/* The node under a keyword. *out stays NULL when the keyword is not there. */
static bool node_of(struct maker *m, const char *name, struct mb_node **out)
{
    const json_t *json = keyword(m, name);
    if (!json)
        return true;
    *out = mb_compiler_node(m->c, json, place(m, name));
    return *out != NULL;
}

static struct mb_node **nodes_of(struct maker *m, const char *name, size_t *n)
{
    const json_t *list = keyword(m, name);
    const char *at = place(m, name);
    *n = json_array_size(list);
    struct mb_node **nodes = arena_array(m, *n, sizeof(nodes[0]));
    for (size_t i = 0; i < *n; i++) {
        nodes[i] = mb_compiler_node(m->c, json_array_get(list, i), mb_compiler_index(m->c, at, i));
        if (!nodes[i])
            return NULL;
    }
    return nodes;
}

static bool make_type(struct maker *m)
{
    const json_t *value = keyword(m, "type");
    unsigned types = 0;
    if (!value)
        return true;
    if (json_is_string(value))
        types = mb_schema_type_of(mb_schema_text(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        types |= mb_schema_type_of(mb_schema_text(json_array_get(value, i)));
    add_rule(m, MB_RULE_TYPE)->types = types;
    return true;
}

/* What comparing with a value may cost: its parts, and its text. */
static int64_t compare_work(const json_t *value)
{
    const char *key;
    json_t *part;
    int64_t work = 1 + (int64_t)(json_string_length(value) / 64);
    for (size_t i = 0; i < json_array_size(value); i++)
        work += compare_work(json_array_get(value, i));
    json_object_foreach((json_t *)(uintptr_t)value, key, part) work += 2 + compare_work(part);
    return work;
}

static bool make_values(struct maker *m)
{
    const json_t *list = keyword(m, "enum"), *one = keyword(m, "const");
    if (list) {
        struct mb_rule *rule = add_rule(m, MB_RULE_VALUES);
        rule->values.list = keep(m, list);
        rule->values.work = compare_work(list);
    }
    if (one) {
        json_t *wrapped = json_pack("[O]", one);
        mb_assert(wrapped);
        struct mb_rule *rule = add_rule(m, MB_RULE_VALUES);
        rule->values.list = keep(m, wrapped);
        rule->values.work = compare_work(wrapped);
        json_decref(wrapped);
    }
    return true;
}

static bool make_numbers(struct maker *m)
{
    static const struct {
        const char *name;
        enum mb_bound kind;
    } bounds[] = {
        {"minimum", MB_BOUND_MIN},
        {"maximum", MB_BOUND_MAX},
        {"exclusiveMinimum", MB_BOUND_ABOVE},
        {"exclusiveMaximum", MB_BOUND_BELOW},
    };
    for (size_t i = 0; i < MB_LEN(bounds); i++) {
        const json_t *limit = keyword(m, bounds[i].name);
        if (!limit)
            continue;
        struct mb_rule *rule = add_rule(m, MB_RULE_BOUND);
        rule->bound.kind = bounds[i].kind;
        rule->bound.limit = keep(m, limit);
    }
    const json_t *unit = keyword(m, "multipleOf");
    if (unit) {
        struct mb_rule *rule = add_rule(m, MB_RULE_MULTIPLE);
        rule->multiple.unit = mb_decimal_of(unit);
        rule->multiple.number = keep(m, unit);
    }
    return true;
}

static void make_count(struct maker *m, enum mb_rule_kind kind, const char *least, const char *most)
{
    const json_t *from = keyword(m, least), *to = keyword(m, most);
    if (!from && !to)
        return;
    struct mb_rule *rule = add_rule(m, kind);
    rule->count.most = SIZE_MAX;
    mb_assert(!from || mb_schema_count(from, &rule->count.least));
    mb_assert(!to || mb_schema_count(to, &rule->count.most));
}

static bool make_string(struct maker *m)
{
    make_count(m, MB_RULE_LENGTH, "minLength", "maxLength");
    const json_t *format = keyword(m, "format"), *pattern = keyword(m, "pattern");
    if (format) {
        const struct mb_format *found = mb_schema_format(mb_schema_text(format));
        if (!found)
            return mb_compiler_refuse(m->c, place(m, "format"), "the format \"%.60s\" is not known",
                                      json_string_value(format));
        add_rule(m, MB_RULE_FORMAT)->format = found;
    }
    if (pattern) {
        struct mb_rule *rule = add_rule(m, MB_RULE_PATTERN);
        rule->pattern.source = keep_str(m, mb_schema_text(pattern)).ptr;
        rule->pattern.compiled = keep_pattern(m, mb_schema_text(pattern), place(m, "pattern"));
        return rule->pattern.compiled != NULL;
    }
    return true;
}

static bool make_contains(struct maker *m)
{
    struct mb_node *node = NULL;
    size_t least = 1, most = SIZE_MAX;
    if (!node_of(m, "contains", &node))
        return false;
    if (keyword(m, "minContains"))
        mb_assert(mb_schema_count(keyword(m, "minContains"), &least));
    if (keyword(m, "maxContains"))
        mb_assert(mb_schema_count(keyword(m, "maxContains"), &most));
    if (!node) /* then the other two mean nothing */
        return true;
    struct mb_rule *rule = add_rule(m, MB_RULE_CONTAINS);
    rule->contains.node = node;
    rule->contains.least = least;
    rule->contains.most = most;
    return true;
}

static bool make_array(struct maker *m)
{
    make_count(m, MB_RULE_ITEM_COUNT, "minItems", "maxItems");
    if (keyword(m, "items") || keyword(m, "prefixItems")) {
        struct mb_rule *rule = add_rule(m, MB_RULE_ITEMS);
        rule->items.prefix = nodes_of(m, "prefixItems", &rule->items.n_prefix);
        if (!rule->items.prefix || !node_of(m, "items", &rule->items.rest))
            return false;
    }
    if (json_is_true(keyword(m, "uniqueItems")))
        add_rule(m, MB_RULE_UNIQUE);
    return make_contains(m);
}

static void set_names(struct maker *m, struct mb_rule *rule, const json_t *list)
{
    rule->names.n = json_array_size(list);
    rule->names.list = arena_array(m, rule->names.n, sizeof(rule->names.list[0]));
    for (size_t i = 0; i < rule->names.n; i++)
        rule->names.list[i] = keep_str(m, mb_schema_text(json_array_get(list, i)));
}

static int by_name(const void *a, const void *b)
{
    const struct mb_member *x = a, *y = b;
    if (x->name.len != y->name.len)
        return x->name.len < y->name.len ? -1 : 1;
    return memcmp(x->name.ptr, y->name.ptr, x->name.len);
}

static bool make_properties(struct maker *m, struct mb_members *members)
{
    json_t *map = json_object_get(m->todo->json, "properties"), *value;
    const char *key, *at = place(m, "properties");
    members->list = arena_array(m, json_object_size(map), sizeof(members->list[0]));
    json_object_foreach(map, key, value)
    {
        struct mb_member *member = &members->list[members->count++];
        member->name = keep_str(m, mb_str_c(key));
        member->node = mb_compiler_node(m->c, value, mb_compiler_place(m->c, at, key));
        if (!member->node)
            return false;
    }
    qsort(members->list, members->count, sizeof(members->list[0]), by_name);
    return true;
}

static bool make_pattern_properties(struct maker *m, struct mb_members *members)
{
    json_t *map = json_object_get(m->todo->json, "patternProperties"), *value;
    const char *key, *under = place(m, "patternProperties");
    members->patterns = arena_array(m, json_object_size(map), sizeof(members->patterns[0]));
    json_object_foreach(map, key, value)
    {
        struct mb_pattern_member *member = &members->patterns[members->n_patterns++];
        const char *at = mb_compiler_place(m->c, under, key);
        member->source = keep_str(m, mb_str_c(key)).ptr;
        member->pattern = keep_pattern(m, mb_str_c(key), at);
        member->node = member->pattern ? mb_compiler_node(m->c, value, at) : NULL;
        if (!member->node)
            return false;
    }
    return true;
}

static bool make_members(struct maker *m)
{
    if (!keyword(m, "properties") && !keyword(m, "patternProperties") &&
        !keyword(m, "additionalProperties"))
        return true;
    struct mb_members *members = arena_array(m, 1, sizeof(*members));
    add_rule(m, MB_RULE_MEMBERS)->members = members;
    return make_properties(m, members) && make_pattern_properties(m, members) &&
           node_of(m, "additionalProperties", &members->rest);
}

static bool make_object(struct maker *m)
{
    const json_t *required = keyword(m, "required");
    json_t *dependent = json_object_get(m->todo->json, "dependentRequired"), *names;
    const char *key;
    make_count(m, MB_RULE_PROPERTY_COUNT, "minProperties", "maxProperties");
    if (json_array_size(required))
        set_names(m, add_rule(m, MB_RULE_REQUIRED), required);
    json_object_foreach(dependent, key, names)
    {
        struct mb_rule *rule = add_rule(m, MB_RULE_DEPENDENT);
        rule->names.name = keep_str(m, mb_str_c(key));
        set_names(m, rule, names);
    }
    struct mb_node *name = NULL;
    if (!node_of(m, "propertyNames", &name))
        return false;
    if (name)
        add_rule(m, MB_RULE_NAMES)->name = name;
    return make_members(m);
}

static bool make_ref(struct maker *m)
{
    const json_t *target = keyword(m, "$ref");
    if (!target)
        return true;
    struct mb_rule *rule = add_rule(m, MB_RULE_REF);
    rule->nodes.list = arena_array(m, 1, sizeof(rule->nodes.list[0]));
    rule->nodes.n = 1;
    struct mb_pending_ref *ref = mb_arena_alloc(&m->c->scratch, sizeof(*ref));
    *ref = (struct mb_pending_ref){m->c->refs, m->todo, place(m, "$ref"), mb_schema_text(target),
                                   &rule->nodes.list[0]};
    m->c->refs = ref;
    return true;
}

static bool make_combination(struct maker *m, enum mb_rule_kind kind, const char *name)
{
    if (!keyword(m, name))
        return true;
    struct mb_rule *rule = add_rule(m, kind);
    rule->nodes.list = nodes_of(m, name, &rule->nodes.n);
    return rule->nodes.list != NULL;
}

static bool make_not_and_if(struct maker *m)
{
    if (keyword(m, "not")) {
        struct mb_rule *rule = add_rule(m, MB_RULE_NOT);
        rule->nodes.list = arena_array(m, 1, sizeof(rule->nodes.list[0]));
        rule->nodes.n = 1;
        if (!node_of(m, "not", &rule->nodes.list[0]))
            return false;
    }
    struct mb_node **three = arena_array(m, 3, sizeof(three[0]));
    if (!node_of(m, "if", &three[0]) || !node_of(m, "then", &three[1]) ||
        !node_of(m, "else", &three[2]))
        return false;
    if (three[0] && (three[1] || three[2])) {
        struct mb_rule *rule = add_rule(m, MB_RULE_IF);
        rule->nodes.list = three;
        rule->nodes.n = 3;
    }
    return true;
}

/* They make no rule, but must be schemas, and may have anchors. */
static bool make_defs(struct maker *m)
{
    json_t *map = json_object_get(m->todo->json, "$defs"), *value;
    const char *key, *at = place(m, "$defs");
    json_object_foreach(
        map, key,
        value) if (!mb_compiler_node(m->c, value, mb_compiler_place(m->c, at, key))) return false;
    return true;
}

bool mb_schema_make_rules(struct mb_compiler *c, const struct mb_todo *todo)
{
    struct maker m = {c, todo, &todo->node->rules};
    if (json_is_false(todo->json))
        add_rule(&m, MB_RULE_NOTHING);
    if (json_is_boolean(todo->json))
        return true;
    return make_type(&m) && make_values(&m) && make_numbers(&m) && make_string(&m) &&
           make_array(&m) && make_object(&m) && make_ref(&m) &&
           make_combination(&m, MB_RULE_ALL_OF, "allOf") &&
           make_combination(&m, MB_RULE_ANY_OF, "anyOf") &&
           make_combination(&m, MB_RULE_ONE_OF, "oneOf") && make_not_and_if(&m) && make_defs(&m);
}
