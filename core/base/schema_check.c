/* Checking an instance: the walk, objects, arrays, and combinations of schemas. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/schema_impl.h"

static bool check_node(struct mb_walk *w, const struct mb_node *node, const json_t *value,
                       const struct mb_place *at);

static struct mb_place item_place(const struct mb_place *up, size_t index)
{
    return (struct mb_place){up, {NULL, 0}, index};
}

static struct mb_place key_place(const struct mb_place *up, struct mb_str key)
{
    return (struct mb_place){up, key, 0};
}

static void put_pointer(const struct mb_place *at, struct mb_buf *out)
{
    if (!at)
        return;
    put_pointer(at->up, out);
    mb_buf_add_char(out, '/');
    if (!at->key.ptr)
        mb_buf_addf(out, "%zu", at->index);
    for (size_t i = 0; i < at->key.len; i++) {
        char c = at->key.ptr[i];
        if (c == '~' || c == '/')
            mb_buf_add(out, c == '~' ? "~0" : "~1", 2);
        else
            mb_buf_add_char(out, c);
    }
}

static void set_error(struct mb_walk *w, const struct mb_place *at, const char *message)
{
    struct mb_buf pointer = {0};
    put_pointer(at, &pointer);
    mb_err_at(w->err, MB_E_INVALID_ARGUMENTS, mb_buf_cstr(&pointer), "%s", message);
    mb_buf_release(&pointer);
}

bool mb_walk_say(struct mb_walk *w, const struct mb_place *at, const char *fmt, ...)
{
    if (!w->explain || w->stopped)
        return false;
    char message[sizeof(w->err->message)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    set_error(w, at, message);
    return false;
}

/* Gives up: false, saying why. */
static bool stop(struct mb_walk *w, const struct mb_place *at, const char *why)
{
    if (!w->stopped)
        set_error(w, at, why);
    w->stopped = true;
    return false;
}

bool mb_walk_spend(struct mb_walk *w, const struct mb_place *at, int64_t units)
{
    w->work -= units;
    if (w->work >= 0)
        return true;
    return stop(w, at, "is too much work to check against its schema");
}

bool mb_walk_matches(struct mb_walk *w, const struct mb_pattern *p, const char *source,
                     struct mb_str text, const struct mb_place *at)
{
    int64_t share = MB_MIN(w->work, MB_SCHEMA_PATTERN_WORK), left = share;
    enum mb_match match = mb_pattern_match(p, text, &left);
    w->work -= share - left;
    if (match != MB_MATCH_TOO_MUCH)
        return match == MB_MATCH_YES;
    char why[200];
    snprintf(why, sizeof(why),
             "cannot be checked: the pattern \"%.100s\" needs too much work for it", source);
    return stop(w, at, why);
}

static bool check_items(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                        const struct mb_place *at)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        bool in_prefix = i < rule->items.n_prefix;
        const struct mb_node *node = in_prefix ? rule->items.prefix[i] : rule->items.rest;
        struct mb_place place = item_place(at, i);
        if (!node)
            return true;
        if (!check_node(w, node, json_array_get(value, i), &place))
            return false;
    }
    return true;
}

static bool check_contains(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                           const struct mb_place *at)
{
    size_t fit = 0, least = rule->contains.least, most = rule->contains.most;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        struct mb_place place = item_place(at, i);
        fit += check_node(w, rule->contains.node, json_array_get(value, i), &place);
        if (w->stopped || (fit >= least && most == SIZE_MAX))
            return !w->stopped;
    }
    if (!json_is_array(value) || (fit >= least && fit <= most))
        return true;
    if (fit < least)
        return mb_walk_say(w, at,
                           "must have at least %zu item%s that fit%s \"contains\", but has %zu",
                           least, least == 1 ? "" : "s", least == 1 ? "s" : "", fit);
    return mb_walk_say(w, at, "must have at most %zu item%s that fit%s \"contains\", but has %zu",
                       most, most == 1 ? "" : "s", most == 1 ? "s" : "", fit);
}

static bool check_required(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                           const struct mb_place *at)
{
    if (!mb_walk_spend(w, at, (int64_t)rule->names.n))
        return false;
    for (size_t i = 0; i < rule->names.n; i++)
        if (!json_object_getn(value, rule->names.list[i].ptr, rule->names.list[i].len))
            return mb_walk_say(w, at, "is missing the property \"%s\"", rule->names.list[i].ptr);
    return true;
}

static bool check_dependent(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                            const struct mb_place *at)
{
    if (!json_object_getn(value, rule->names.name.ptr, rule->names.name.len))
        return true;
    if (!mb_walk_spend(w, at, (int64_t)rule->names.n))
        return false;
    for (size_t i = 0; i < rule->names.n; i++)
        if (!json_object_getn(value, rule->names.list[i].ptr, rule->names.list[i].len))
            return mb_walk_say(w, at, "is missing the property \"%s\", which must come with \"%s\"",
                               rule->names.list[i].ptr, rule->names.name.ptr);
    return true;
}

static bool check_names(struct mb_walk *w, const struct mb_rule *rule, json_t *value,
                        const struct mb_place *at)
{
    for (void *it = json_object_iter(value); it; it = json_object_iter_next(value, it)) {
        struct mb_str key = MB_STR_OF(json_object_iter_key(it), json_object_iter_key_len(it));
        struct mb_place place = key_place(at, key);
        json_t *name = json_stringn_nocheck(key.ptr, key.len);
        mb_assert(name);
        bool ok = mb_walk_spend(w, at, 4) && check_node(w, rule->name, name, &place);
        json_decref(name);
        if (!ok) {
            if (w->explain && !w->stopped)
                mb_err_prefix(w->err, "the name of this property");
            return false;
        }
    }
    return true;
}

static const struct mb_node *find_member(const struct mb_members *members, struct mb_str key)
{
    size_t from = 0, to = members->count;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        struct mb_str name = members->list[mid].name;
        int order = name.len != key.len ? (name.len < key.len ? -1 : 1)
                                        : memcmp(name.ptr, key.ptr, key.len);
        if (order == 0)
            return members->list[mid].node;
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

static bool is_nothing(const struct mb_node *node)
{
    return node->rules && node->rules->kind == MB_RULE_NOTHING;
}

static bool say_unknown(struct mb_walk *w, const struct mb_members *members,
                        const struct mb_place *at)
{
    struct mb_buf known = {0};
    if (!w->explain)
        return false;
    for (size_t i = 0; i < members->count && mb_buf_len(&known) < 200; i++) {
        if (is_nothing(members->list[i].node))
            continue;
        mb_buf_add_c(&known, mb_buf_len(&known) ? ", " : "");
        mb_buf_add_json_str(&known, members->list[i].name);
    }
    if (mb_buf_len(&known))
        mb_walk_say(w, at, "is not a property that is allowed here; allowed: %s",
                    mb_buf_cstr(&known));
    else
        mb_walk_say(w, at, "is not a property that is allowed here");
    mb_buf_release(&known);
    return false;
}

/* One property against properties, patternProperties and additionalProperties. */
static bool check_member(struct mb_walk *w, const struct mb_members *members, struct mb_str key,
                         const json_t *value, const struct mb_place *at)
{
    const struct mb_node *node = find_member(members, key);
    bool known = node != NULL;
    if (node && !check_node(w, node, value, at))
        return false;
    for (size_t i = 0; i < members->n_patterns; i++) {
        const struct mb_pattern_member *member = &members->patterns[i];
        if (!mb_walk_matches(w, member->pattern, member->source, key, at)) {
            if (w->stopped)
                return false;
            continue;
        }
        known = true;
        if (!check_node(w, member->node, value, at))
            return false;
    }
    if (known || !members->rest)
        return true;
    if (is_nothing(members->rest))
        return say_unknown(w, members, at);
    return check_node(w, members->rest, value, at);
}

static bool check_members(struct mb_walk *w, const struct mb_members *members, json_t *object,
                          const struct mb_place *at)
{
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
        struct mb_str key = MB_STR_OF(json_object_iter_key(it), json_object_iter_key_len(it));
        struct mb_place place = key_place(at, key);
        if (!mb_walk_spend(w, at, 4 + (int64_t)(key.len / 64)) ||
            !check_member(w, members, key, json_object_iter_value(it), &place))
            return false;
    }
    return true;
}

static size_t pointer_depth(const char *pointer)
{
    size_t n = 0;
    for (; *pointer; pointer++)
        n += *pointer == '/';
    return n;
}

/* What the alternatives that do not fit say. */
struct refusals {
    struct mb_buf all;     /* of those that fail at the place itself */
    struct mb_err nearest; /* the one that came furthest down, most likely the one that was meant */
    size_t count, depth;
};

static void add_refusal(struct refusals *r, const struct mb_err *err, size_t own_depth)
{
    size_t depth = pointer_depth(err->pointer);
    if (depth == own_depth && mb_buf_len(&r->all) < sizeof(err->message)) {
        mb_buf_add_c(&r->all, mb_buf_len(&r->all) ? "; or: " : "");
        mb_buf_add_c(&r->all, err->message);
    }
    if (!r->count++ || depth > r->depth) {
        r->nearest = *err;
        r->depth = depth;
    }
}

static bool say_refusals(struct mb_walk *w, struct refusals *r, size_t own_depth,
                         const struct mb_place *at)
{
    if (r->depth == own_depth) {
        const char *all = mb_buf_cstr(&r->all);
        if (r->count == 1)
            return mb_walk_say(w, at, "%s", all);
        return mb_walk_say(w, at, "fits none of the %zu alternatives: %s", r->count, all);
    }
    *w->err = r->nearest;
    if (r->count > 1)
        mb_err_prefix(w->err, "fits none of the %zu alternatives, by the nearest one", r->count);
    return false;
}

static size_t place_depth(const struct mb_place *at)
{
    size_t n = 0;
    for (; at; at = at->up)
        n++;
    return n;
}

static bool explain_alternatives(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                                 const struct mb_place *at)
{
    struct refusals refusals = {0};
    size_t fits = 0, which[2] = {0, 0}, depth = place_depth(at);
    size_t enough = rule->kind == MB_RULE_ANY_OF ? 1 : 2;
    for (size_t i = 0; i < rule->nodes.n && fits < enough && !w->stopped; i++) {
        if (check_node(w, rule->nodes.list[i], value, at))
            which[fits++] = i + 1;
        else
            add_refusal(&refusals, w->err, depth);
    }
    bool ok = fits == 1 && !w->stopped;
    if (fits == 2)
        mb_walk_say(w, at, "fits the alternatives %zu and %zu, but must fit only one", which[0],
                    which[1]);
    else if (!fits && !w->stopped)
        say_refusals(w, &refusals, depth, at);
    mb_buf_release(&refusals.all);
    return ok;
}

/* anyOf, oneOf */
static bool check_alternatives(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                               const struct mb_place *at)
{
    size_t fits = 0, enough = rule->kind == MB_RULE_ANY_OF ? 1 : 2;
    if (w->explain)
        return explain_alternatives(w, rule, value, at);
    for (size_t i = 0; i < rule->nodes.n && fits < enough && !w->stopped; i++)
        fits += check_node(w, rule->nodes.list[i], value, at);
    return fits == 1 && !w->stopped;
}

/* Does it fit? Without a word about it. */
static bool fits_silently(struct mb_walk *w, const struct mb_node *node, const json_t *value,
                          const struct mb_place *at)
{
    bool explain = w->explain;
    w->explain = false;
    bool fits = check_node(w, node, value, at);
    w->explain = explain;
    return fits;
}

static bool check_not(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                      const struct mb_place *at)
{
    bool fits = fits_silently(w, rule->nodes.list[0], value, at);
    if (w->stopped)
        return false;
    return !fits || mb_walk_say(w, at, "is what the schema under \"not\" excludes");
}

static bool check_if(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                     const struct mb_place *at)
{
    bool fits = fits_silently(w, rule->nodes.list[0], value, at);
    if (w->stopped)
        return false;
    const struct mb_node *next = rule->nodes.list[fits ? 1 : 2];
    return !next || check_node(w, next, value, at);
}

static bool check_all(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                      const struct mb_place *at)
{
    for (size_t i = 0; i < rule->nodes.n; i++)
        if (!check_node(w, rule->nodes.list[i], value, at))
            return false;
    return true;
}

static bool check_rule(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                       const struct mb_place *at)
{
    /* jansson's walks want objects that may be changed; this one does not change them. */
    json_t *object = json_is_object(value) ? (json_t *)(uintptr_t)value : NULL;
    switch (rule->kind) {
    case MB_RULE_ITEMS:
        return check_items(w, rule, value, at);
    case MB_RULE_CONTAINS:
        return check_contains(w, rule, value, at);
    case MB_RULE_REQUIRED:
        return !object || check_required(w, rule, object, at);
    case MB_RULE_DEPENDENT:
        return !object || check_dependent(w, rule, object, at);
    case MB_RULE_NAMES:
        return !object || check_names(w, rule, object, at);
    case MB_RULE_MEMBERS:
        return !object || check_members(w, rule->members, object, at);
    case MB_RULE_REF:
    case MB_RULE_ALL_OF:
        return check_all(w, rule, value, at);
    case MB_RULE_ANY_OF:
    case MB_RULE_ONE_OF:
        return check_alternatives(w, rule, value, at);
    case MB_RULE_NOT:
        return check_not(w, rule, value, at);
    case MB_RULE_IF:
        return check_if(w, rule, value, at);
    case MB_RULE_NOTHING:
        return mb_walk_say(w, at, "is not allowed here");
    case MB_RULE_TYPE:
    case MB_RULE_VALUES:
    case MB_RULE_BOUND:
    case MB_RULE_MULTIPLE:
    case MB_RULE_LENGTH:
    case MB_RULE_PATTERN:
    case MB_RULE_FORMAT:
    case MB_RULE_ITEM_COUNT:
    case MB_RULE_UNIQUE:
    case MB_RULE_PROPERTY_COUNT:
    case MB_RULE_COUNT:
        break;
    }
    return mb_schema_check_value(w, rule, value, at);
}

static bool check_node(struct mb_walk *w, const struct mb_node *node, const json_t *value,
                       const struct mb_place *at)
{
    if (w->depth == MB_SCHEMA_WALK_DEPTH)
        return stop(w, at, "is nested too deeply to check against its schema");
    bool ok = mb_walk_spend(w, at, 1);
    w->depth++;
    for (const struct mb_rule *rule = node->rules; rule && ok; rule = rule->next)
        ok = mb_walk_spend(w, at, 1) && check_rule(w, rule, value, at);
    w->depth--;
    return ok && !w->stopped;
}

int mb_schema_check(const struct mb_schema *schema, const json_t *instance, struct mb_err *err)
{
    struct mb_err found = {0};
    struct mb_walk w = {.work = MB_SCHEMA_WORK, .err = &found};
    if (check_node(&w, schema->root, instance, NULL))
        return 0;
    if (!w.stopped) {
        w = (struct mb_walk){.work = MB_SCHEMA_WORK, .err = &found, .explain = true};
        mb_assert(!check_node(&w, schema->root, instance, NULL));
    }
    if (err)
        *err = found;
    return -MB_E_INVALID_ARGUMENTS;
}
