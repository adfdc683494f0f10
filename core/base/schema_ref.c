/* References inside a schema: "#", "#/a/json/pointer" and "#anchor", alone or after the root's own
 * $id; and the chains that they make. */
#include <string.h>

#include "base/ascii.h"
#include "base/percent.h"
#include "base/schema_impl.h"

bool mb_schema_note_anchor(struct mb_compiler *c, struct mb_todo *todo)
{
    const json_t *anchor = json_object_get(todo->json, "$anchor");
    if (!anchor)
        return true;
    struct mb_str name = mb_schema_text(anchor);
    if (mb_map_set(&c->anchors, name.ptr, name.len, todo))
        return mb_compiler_refuse(c, mb_compiler_place(c, todo->place, "$anchor"),
                                  "the anchor \"%.60s\" is there twice", name.ptr);
    return true;
}

/* Undoes %XX. False when a % is not followed by two digits, or it would give a NUL. */
static bool percent_decode(struct mb_buf *out, struct mb_str text)
{
    while (text.len) {
        int c = mb_percent_take(&text, false);
        if (c <= 0)
            return false;
        mb_buf_add_char(out, (char)c);
    }
    return true;
}

/* Undoes ~1 and ~0 of one token, in place; the NUL behind it moves along. */
static bool unescape_token(char *token)
{
    char *to = token;
    for (const char *from = token; *from; from++) {
        char c = *from;
        if (c == '~') {
            c = *++from;
            if (c != '0' && c != '1')
                return false;
            c = c == '0' ? '~' : '/';
        }
        *to++ = c;
    }
    *to = '\0';
    return true;
}

static const json_t *step_into(const json_t *json, const char *token)
{
    if (json_is_object(json))
        return json_object_get(json, token);
    size_t index = 0, len = strlen(token);
    if (!json_is_array(json) || !len || len > 6 || (len > 1 && token[0] == '0'))
        return NULL;
    for (; *token; token++) {
        if (!mb_is_digit(*token))
            return NULL;
        index = index * 10 + (size_t)(*token - '0');
    }
    return json_array_get(json, index);
}

/* Follows a JSON Pointer (RFC 6901) that begins with a slash; cuts it up. */
static const json_t *follow(const json_t *json, char *pointer)
{
    char *rest = pointer + 1;
    while (json && rest) {
        char *token = strsep(&rest, "/");
        json = unescape_token(token) ? step_into(json, token) : NULL;
    }
    return json;
}

/* The part after '#'; false when the reference leads out of this document. */
static bool fragment_of(const struct mb_compiler *c, struct mb_str ref, struct mb_str *out)
{
    const char *sharp = ref.len ? memchr(ref.ptr, '#', ref.len) : NULL;
    size_t base = sharp ? (size_t)(sharp - ref.ptr) : ref.len;
    bool is_own = base == 0 ? sharp != NULL : mb_str_eq(MB_STR_OF(ref.ptr, base), c->id);
    *out = sharp ? MB_STR_OF(sharp + 1, ref.len - base - 1) : MB_STR("");
    return is_own;
}

static bool resolve(struct mb_compiler *c, const struct mb_pending_ref *ref)
{
    struct mb_str fragment;
    struct mb_buf decoded = {0};
    const json_t *target = NULL;
    if (!fragment_of(c, ref->target, &fragment))
        return mb_compiler_refuse(c, ref->place,
                                  "\"%.100s\" leads out of the document: only \"#...\" is followed",
                                  ref->target.ptr);
    if (percent_decode(&decoded, fragment)) {
        char *text = mb_buf_cstr(&decoded);
        const struct mb_todo *anchor = mb_map_get(&c->anchors, text, mb_buf_len(&decoded));
        if (!*text)
            target = c->root;
        else if (*text == '/')
            target = follow(c->root, text);
        else if (anchor)
            target = anchor->json;
    }
    mb_buf_release(&decoded);
    if (!json_is_object(target) && !json_is_boolean(target))
        return mb_compiler_refuse(c, ref->place, "\"%.100s\" does not lead to a schema",
                                  ref->target.ptr);
    *ref->node = mb_compiler_node(c, target, ref->place);
    return *ref->node != NULL;
}

bool mb_schema_resolve_refs(struct mb_compiler *c)
{
    while (c->refs) {
        struct mb_pending_ref *ref = c->refs;
        c->refs = ref->next;
        if (!resolve(c, ref))
            return false;
    }
    return true;
}

static bool stays_in_place(enum mb_rule_kind kind)
{
    return kind >= MB_RULE_REF && kind <= MB_RULE_IF;
}

/* How many schemas meet one place of the instance, one inside the other, from this node on;
 * 0 when that is too many, or without end. */
static unsigned chain_length(struct mb_node *node, unsigned depth)
{
    unsigned longest = 0;
    if (node->chain)
        return node->chain;
    if (node->on_path || depth > MB_SCHEMA_CHAIN)
        return 0;
    node->on_path = true;
    for (const struct mb_rule *rule = node->rules; rule; rule = rule->next) {
        for (size_t i = 0; stays_in_place(rule->kind) && i < rule->nodes.n; i++) {
            if (!rule->nodes.list[i])
                continue;
            unsigned length = chain_length(rule->nodes.list[i], depth + 1);
            if (!length)
                return 0;
            longest = MB_MAX(longest, length);
        }
    }
    node->on_path = false;
    if (longest + 1 > MB_SCHEMA_CHAIN)
        return 0;
    node->chain = (uint16_t)(longest + 1);
    return longest + 1;
}

bool mb_schema_check_chains(struct mb_compiler *c)
{
    for (const struct mb_todo *todo = c->newest; todo; todo = todo->older)
        if (!chain_length(todo->node, 1))
            return mb_compiler_refuse(
                c, todo->place, "its references come back to itself, or are more than %d in a row",
                MB_SCHEMA_CHAIN);
    return true;
}
