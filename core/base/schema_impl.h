/* The compiled form of a schema, and what the files schema*.c share. Private to them.
 *
 *   schema.h           what others use
 *   schema_compile.c   walks a schema, refuses what it may not hold, makes a node for each
 * subschema schema_rules.c     makes the rules of a node from its keywords schema_ref.c       $ref
 * and $anchor, and chains of references without end schema_check.c     checks an instance: objects,
 * arrays, combinations of schemas schema_value.c     checks an instance: what concerns one value
 * alone schema_format.c    the formats schema_number.c    exact comparison and division of JSON
 * numbers */
#ifndef MB_SCHEMA_IMPL_H
#define MB_SCHEMA_IMPL_H

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/pattern.h"
#include "base/schema.h"

enum {
    MB_SCHEMA_VALUES = 20000,              /* JSON values in a schema */
    MB_SCHEMA_TEXT_BYTES = 1024 * 1024,    /* of its strings and keys together */
    MB_SCHEMA_NODES = 4096,                /* subschemas */
    MB_SCHEMA_PATTERN_BYTES = 1024 * 1024, /* of compiled patterns */
    MB_SCHEMA_CHAIN = 64,            /* schemas for one place, by way of $ref, allOf and the like */
    MB_SCHEMA_WALK_DEPTH = 1024,     /* schemas inside each other while checking: their stack */
    MB_SCHEMA_WORK = 2000000,        /* units of about 20 ns for one check */
    MB_SCHEMA_PATTERN_WORK = 200000, /* of these for one pattern on one text */
};

enum mb_schema_type {
    MB_TYPE_NULL = 1,
    MB_TYPE_BOOLEAN = 2,
    MB_TYPE_OBJECT = 4,
    MB_TYPE_ARRAY = 8,
    MB_TYPE_STRING = 16,
    MB_TYPE_INTEGER = 32,
    MB_TYPE_NUMBER = 64,
};

enum mb_rule_kind {
    MB_RULE_NOTHING, /* the schema false */
    MB_RULE_TYPE,
    MB_RULE_VALUES, /* enum, const */
    MB_RULE_BOUND,
    MB_RULE_MULTIPLE,
    MB_RULE_LENGTH,
    MB_RULE_PATTERN,
    MB_RULE_FORMAT,
    MB_RULE_ITEM_COUNT,
    MB_RULE_ITEMS,
    MB_RULE_UNIQUE,
    MB_RULE_CONTAINS,
    MB_RULE_PROPERTY_COUNT,
    MB_RULE_REQUIRED,
    MB_RULE_DEPENDENT,
    MB_RULE_NAMES, /* propertyNames */
    MB_RULE_MEMBERS,
    MB_RULE_REF,
    MB_RULE_ALL_OF,
    MB_RULE_ANY_OF,
    MB_RULE_ONE_OF,
    MB_RULE_NOT,
    MB_RULE_IF,
    MB_RULE_COUNT
};

enum mb_bound { MB_BOUND_MIN, MB_BOUND_MAX, MB_BOUND_ABOVE, MB_BOUND_BELOW };

struct mb_node {
    struct mb_rule *rules; /* in the order of checking */
    uint16_t chain;        /* schemas that one place may meet from here; 0 = not counted yet */
    bool on_path;          /* while they are counted */
};

struct mb_member {
    struct mb_str name;
    struct mb_node *node;
};

struct mb_pattern_member {
    struct mb_pattern *pattern;
    const char *source;
    struct mb_node *node;
};

/* properties, patternProperties and additionalProperties, which depend on each other. */
struct mb_members {
    struct mb_member *list; /* sorted by length, then bytes */
    size_t count;
    struct mb_pattern_member *patterns;
    size_t n_patterns;
    struct mb_node *rest; /* NULL = anything */
};

struct mb_format {
    const char *name;
    bool (*is)(struct mb_str text);
    const char *example;
    int64_t work; /* of one check, apart from the length */
};

/* An integer times a power of ten; what a JSON number exactly is, without its sign. */
struct mb_decimal {
    uint64_t digits;
    int exponent;
};

/* Everything is owned by the schema. */
struct mb_rule {
    struct mb_rule *next;
    enum mb_rule_kind kind;
    union {
        unsigned types; /* of enum mb_schema_type */
        struct {
            const json_t *list; /* an array */
            int64_t work;       /* of comparing with all of them */
        } values;
        struct {
            enum mb_bound kind;
            const json_t *limit;
        } bound;
        struct {
            struct mb_decimal unit;
            const json_t *number;
        } multiple;
        struct {
            size_t least, most;
        } count; /* LENGTH, ITEM_COUNT, PROPERTY_COUNT */
        struct {
            struct mb_pattern *compiled;
            const char *source;
        } pattern;
        const struct mb_format *format;
        struct {
            struct mb_node **prefix;
            size_t n_prefix;
            struct mb_node *rest; /* NULL = anything */
        } items;
        struct {
            struct mb_node *node;
            size_t least, most;
        } contains;
        struct {
            struct mb_str name; /* DEPENDENT: the property that calls for them */
            struct mb_str *list;
            size_t n;
        } names;              /* REQUIRED, DEPENDENT */
        struct mb_node *name; /* NAMES: the schema of a name */
        struct mb_members *members;
        struct {
            struct mb_node **list; /* IF: if, then, else; the last two may be NULL */
            size_t n;
        } nodes; /* REF, ALL_OF, ANY_OF, ONE_OF, NOT, IF */
    };
};

struct mb_kept_pattern {
    struct mb_kept_pattern *next;
    struct mb_pattern *pattern;
};

struct mb_schema {
    struct mb_arena arena; /* nodes, rules, names */
    struct mb_node *root;
    json_t *kept; /* an array of the values that rules borrow */
    struct mb_kept_pattern *patterns;
    size_t pattern_bytes;
};

/* -- compiling ----------------------------------------------------------------------------- */

/* A subschema whose rules are to be made. Lives in the scratch arena. */
struct mb_todo {
    struct mb_todo *next;  /* in the queue */
    struct mb_todo *older; /* of all */
    const json_t *json;
    struct mb_node *node;
    const char *place; /* JSON Pointer, cut to what an error can hold */
};

/* A $ref that is to be resolved, when all anchors are known. */
struct mb_pending_ref {
    struct mb_pending_ref *next;
    const struct mb_todo *from;
    const char *place;
    struct mb_str target;
    struct mb_node **node; /* to be set */
};

struct mb_compiler {
    struct mb_schema *schema;
    const json_t *root;
    struct mb_str id; /* the root's $id, without an empty fragment */
    struct mb_arena scratch;
    struct mb_map nodes;           /* address of a JSON object -> its struct mb_todo */
    struct mb_map anchors;         /* name -> struct mb_todo */
    struct mb_todo *first, **last; /* the queue */
    struct mb_todo *newest;        /* of all */
    struct mb_pending_ref *refs;
    size_t n_nodes;
    struct mb_err *err;
};

/* "place/token" with the token escaped. */
const char *mb_compiler_place(struct mb_compiler *c, const char *place, const char *token);
const char *mb_compiler_index(struct mb_compiler *c, const char *place, size_t index);
/* False, with the error set; for `return mb_compiler_refuse(...)`. */
bool mb_compiler_refuse(struct mb_compiler *c, const char *place, const char *fmt, ...)
    MB_PRINTF(3, 4);
/* The node of a subschema, which is queued if it is new. NULL when it is refused. */
struct mb_node *mb_compiler_node(struct mb_compiler *c, const json_t *json, const char *place);
/* Makes the rules of one node; the keywords' shapes have been checked. */
bool mb_schema_make_rules(struct mb_compiler *c, const struct mb_todo *todo);
bool mb_schema_note_anchor(struct mb_compiler *c, struct mb_todo *todo);
/* Resolves what is pending; that may queue nodes. */
bool mb_schema_resolve_refs(struct mb_compiler *c);
/* Refuses a reference that comes back to itself without going down in the instance. */
bool mb_schema_check_chains(struct mb_compiler *c);
/* A count keyword's value; false when it is not one. */
bool mb_schema_count(const json_t *value, size_t *out);

const struct mb_format *mb_schema_format(struct mb_str name); /* NULL = not known */
unsigned mb_schema_type_of(struct mb_str name);               /* 0 = not known */
/* A URI, or a reference to one (RFC 3986). */
bool mb_schema_is_uri(struct mb_str text, bool may_be_relative);

/* -- checking ------------------------------------------------------------------------------ */

/* Where in the instance. On the stack of the walk. */
struct mb_place {
    const struct mb_place *up;
    struct mb_str key; /* ptr NULL: an item */
    size_t index;
};

/* One walk over an instance. The first is silent; only if it says no, a second one explains. */
struct mb_walk {
    int64_t work;
    int depth;
    bool explain;
    bool stopped; /* gave up, err says why: the answer is no, under "not" as well */
    struct mb_err *err;
};

/* False, saying why if the walk explains. */
bool mb_walk_say(struct mb_walk *w, const struct mb_place *at, const char *fmt, ...)
    MB_PRINTF(3, 4);
/* False when the work is used up. */
bool mb_walk_spend(struct mb_walk *w, const struct mb_place *at, int64_t units);
/* A pattern on a text: false also when the walk stopped. */
bool mb_walk_matches(struct mb_walk *w, const struct mb_pattern *p, const char *source,
                     struct mb_str text, const struct mb_place *at);

/* The rules on one value alone: up to FORMAT, the counts and UNIQUE. */
bool mb_schema_check_value(struct mb_walk *w, const struct mb_rule *rule, const json_t *value,
                           const struct mb_place *at);

static inline struct mb_str mb_schema_text(const json_t *string)
{
    return MB_STR_OF(json_string_value(string), json_string_length(string));
}

/* -- numbers ------------------------------------------------------------------------------- */

struct mb_decimal mb_decimal_of(const json_t *number);
bool mb_decimal_is_multiple(struct mb_decimal value, struct mb_decimal unit);
int mb_number_order(const json_t *a, const json_t *b); /* -1, 0, 1: exact */
bool mb_number_is_whole(const json_t *number);

#endif
