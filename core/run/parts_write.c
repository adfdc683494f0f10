/* Arguments as the journal keeps them. Works on the canonical text, in which equal values are equal
 * bytes; nothing is parsed. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "run/parts_private.h"

enum {
    MOST_MESSAGES = 4000, /* longer lists are kept as they are */
    /* A message is referred to by itself only in arguments of which it is so large a part, so that
     * who reads it there need not read much else. */
    SHARE = 32,
};

/* ---------------------------------------------------------------- canonical text */

/* Behind the string that begins here. */
static const char *behind_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

/* Behind the value that begins here; it is inside an array or object. */
static const char *behind(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = behind_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        } else if (depth == 0) { /* a number or a word */
            return at + strcspn(at, ",]}");
        }
        at++;
    } while (depth);
    return at;
}

/* The next value; false at the closing bracket. *at is behind the opening one at first. */
static bool next_value(const char **at, struct mb_str *value)
{
    const char *from = *at;
    if (*from == ']' || *from == '}')
        return false;
    from += *from == ',';
    *at = behind(from);
    *value = MB_STR_OF(from, (size_t)(*at - from));
    return true;
}

/* The same of an object: the key without its quotes. */
static bool next_member(const char **at, struct mb_str *key, struct mb_str *value)
{
    if (!next_value(at, key))
        return false;
    const char *from = *at + 1; /* the colon */
    *at = behind(from);
    *value = MB_STR_OF(from, (size_t)(*at - from));
    *key = MB_STR_OF(key->ptr + 1, key->len - 2);
    return true;
}

static bool is_reserved(struct mb_str value)
{
    struct mb_str key, member;
    const char *at = value.ptr + 1;
    if (*value.ptr != '{')
        return false;
    while (next_member(&at, &key, &member))
        if (key.len && *key.ptr == '$')
            return true;
    return false;
}

/* ---------------------------------------------------------------- one call's arguments */

struct writer {
    struct mb_parts *parts;
    const struct mb_parts_rules *rules;
    struct mb_buf out;
    bool refers; /* something is a reference */
    /* the conversation */
    struct mb_str *items;
    struct mb_parts_hash *hashes;   /* of the items */
    struct mb_parts_hash *prefixes; /* [i]: of the first i + 1 */
    size_t n, n_known;              /* so many first ones are another step's */
    int known_seq;
};

static void read_list(struct writer *w, struct mb_str list)
{
    struct mb_str item;
    size_t cap = 0;
    for (const char *at = list.ptr + 1; next_value(&at, &item);) {
        if (w->n == MOST_MESSAGES) {
            w->n = 0;
            return;
        }
        if (w->n == cap) {
            cap = cap ? cap * 2 : 16;
            w->items = mb_realloc(w->items, cap * sizeof(w->items[0]));
        }
        w->items[w->n++] = item;
    }
}

static struct mb_str bytes_of(const struct mb_parts_hash *hash)
{
    return MB_STR_OF((const char *)hash->bytes, sizeof(hash->bytes));
}

static void hash_list(struct writer *w)
{
    struct mb_parts_hash before = mb_parts_hash_of(w->rules->list, MB_STR(""));
    w->hashes = mb_alloc((w->n + 1) * sizeof(w->hashes[0]));
    w->prefixes = mb_alloc((w->n + 1) * sizeof(w->prefixes[0]));
    for (size_t i = 0; i < w->n; i++) {
        w->hashes[i] = mb_parts_hash_of(w->items[i], MB_STR(""));
        before = mb_parts_hash_of(bytes_of(&before), bytes_of(&w->hashes[i]));
        w->prefixes[i] = before;
    }
}

/* The longest prefix that another step had. */
static void find_known(struct writer *w)
{
    struct mb_parts_place place;
    for (size_t n = w->n; n > 0; n--) {
        const struct mb_str *last = &w->items[n - 1];
        size_t bytes = (size_t)(last->ptr + last->len - w->items[0].ptr);
        if (bytes < MB_PARTS_SHORT)
            return;
        if (!mb_parts_get(w->parts, MB_PARTS_PREFIX, w->prefixes[n - 1], &place))
            continue;
        w->n_known = n;
        w->known_seq = place.seq;
        return;
    }
}

/* The member "content" of a message; null when there is none. */
static struct mb_str content_of(struct mb_str message)
{
    struct mb_str key, value;
    if (*message.ptr != '{')
        return MB_STR("null");
    for (const char *at = message.ptr + 1; next_member(&at, &key, &value);)
        if (mb_str_is(key, "content"))
            return value;
    return MB_STR("null");
}

/* A message whose content is an earlier result. */
static bool write_with_result(struct writer *w, struct mb_str message)
{
    struct mb_parts_place place;
    struct mb_str content = content_of(message);
    const char *name = "$result";
    if (*content.ptr != '"' || content.len < MB_PARTS_SHORT || is_reserved(message))
        return false;
    struct mb_parts_hash hash = mb_parts_hash_of(content, MB_STR(""));
    if (!mb_parts_get(w->parts, MB_PARTS_RESULT, hash, &place)) {
        name = "$stripped";
        if (!mb_parts_get(w->parts, MB_PARTS_STRIPPED, hash, &place))
            return false;
    }
    size_t before = (size_t)(content.ptr - message.ptr);
    mb_buf_add(&w->out, message.ptr, before);
    mb_buf_addf(&w->out, "{\"%s\":%d}", name, place.seq);
    mb_buf_add(&w->out, content.ptr + content.len, message.len - before - content.len);
    return true;
}

static void write_plain(struct writer *w, struct mb_str value, bool reserved)
{
    if (reserved)
        mb_buf_add_c(&w->out, "{\"$value\":");
    mb_buf_add_str(&w->out, value);
    if (reserved)
        mb_buf_add_char(&w->out, '}');
}

static void write_item(struct writer *w, size_t i)
{
    struct mb_parts_place place;
    struct mb_str item = w->items[i];
    bool is_short = item.len < MB_PARTS_SHORT;
    if (!is_short && mb_parts_get(w->parts, MB_PARTS_ANSWER, w->hashes[i], &place))
        mb_buf_addf(&w->out, "{\"$message\":%d}", place.seq);
    else if (!is_short && mb_parts_get(w->parts, MB_PARTS_SAID, w->hashes[i], &place))
        mb_buf_addf(&w->out, "{\"$messages\":%d,\"from\":%d,\"n\":1}", place.seq, place.at);
    else if (is_short || !write_with_result(w, item)) {
        write_plain(w, item, is_reserved(item) || is_reserved(content_of(item)));
        return;
    }
    w->refers = true;
}

static void write_list(struct writer *w)
{
    mb_buf_add_c(&w->out, "{\"$list\":[");
    if (w->n_known) {
        mb_buf_addf(&w->out, "{\"$messages\":%d,\"n\":%zu}", w->known_seq, w->n_known);
        w->refers = true;
    }
    for (size_t i = w->n_known; i < w->n; i++) {
        if (i)
            mb_buf_add_char(&w->out, ',');
        write_item(w, i);
    }
    mb_buf_add_c(&w->out, "]}");
}

static bool is_repeated(const struct mb_parts_rules *rules, struct mb_str key, struct mb_str value)
{
    size_t i;
    json_t *name;
    json_array_foreach(rules->repeats, i, name)
    {
        if (mb_str_is(key, json_string_value(name)))
            return value.len >= MB_PARTS_SHORT;
    }
    return false;
}

static void write_member(struct writer *w, struct mb_str key, struct mb_str value)
{
    struct mb_parts_place place;
    mb_buf_add_char(&w->out, '"');
    mb_buf_add_str(&w->out, key);
    mb_buf_add_c(&w->out, "\":");
    if (mb_str_eq(key, w->rules->list) && w->n) {
        write_list(w);
    } else if (is_repeated(w->rules, key, value) &&
               mb_parts_get(w->parts, MB_PARTS_REPEAT, mb_parts_hash_of(key, value), &place)) {
        mb_buf_addf(&w->out, "{\"$same\":%d}", place.seq);
        w->refers = true;
    } else {
        write_plain(w, value, is_reserved(value));
    }
}

/* The members in order; the conversation is read before anything is written. */
static void write_args(struct writer *w, struct mb_str args)
{
    struct mb_str key, value;
    for (const char *at = args.ptr + 1; next_member(&at, &key, &value);)
        if (mb_str_eq(key, w->rules->list) && *value.ptr == '[')
            read_list(w, value);
    hash_list(w);
    find_known(w);
    mb_buf_add_c(&w->out, "[{");
    for (const char *at = args.ptr + 1; next_member(&at, &key, &value);) {
        if (*(key.ptr - 2) == ',')
            mb_buf_add_char(&w->out, ',');
        write_member(w, key, value);
    }
    mb_buf_add_c(&w->out, "}]");
}

/* What later calls may refer to, kept in so many bytes. */
static void remember(struct writer *w, int seq, struct mb_str args, size_t kept_bytes)
{
    struct mb_str key, value;
    struct mb_parts_place answer;
    for (size_t i = w->n_known; i < w->n; i++) {
        mb_parts_put(w->parts, MB_PARTS_PREFIX, w->prefixes[i],
                     (struct mb_parts_place){seq, (int)i + 1});
        if (w->items[i].len >= MB_PARTS_SHORT && w->items[i].len * SHARE >= kept_bytes &&
            !mb_parts_get(w->parts, MB_PARTS_ANSWER, w->hashes[i], &answer))
            mb_parts_put(w->parts, MB_PARTS_SAID, w->hashes[i],
                         (struct mb_parts_place){seq, (int)i});
    }
    for (const char *at = args.ptr + 1; next_member(&at, &key, &value);)
        if (is_repeated(w->rules, key, value))
            mb_parts_put(w->parts, MB_PARTS_REPEAT, mb_parts_hash_of(key, value),
                         (struct mb_parts_place){seq, 0});
}

char *mb_parts_write(struct mb_parts *parts, const struct mb_parts_rules *rules, int seq,
                     struct mb_str args)
{
    struct writer w = {.parts = parts, .rules = rules};
    write_args(&w, args);
    bool gains = w.refers && mb_buf_len(&w.out) < args.len;
    remember(&w, seq, args, gains ? mb_buf_len(&w.out) : args.len);
    free(w.items);
    free(w.hashes);
    free(w.prefixes);
    if (gains)
        return mb_buf_take(&w.out, NULL);
    mb_buf_release(&w.out);
    return NULL;
}

/* ---------------------------------------------------------------- results */

void mb_parts_note_answer(struct mb_parts *parts, int seq, struct mb_str result)
{
    struct mb_buf text = {0};
    json_t *value = mb_json_parse(result, NULL);
    const json_t *message = mb_json_get(value, "message");
    if (json_is_object(message)) {
        mb_json_canonical(&text, message);
        mb_parts_put(parts, MB_PARTS_ANSWER, mb_parts_hash_of(mb_buf_str(&text), MB_STR("")),
                     (struct mb_parts_place){seq, 0});
    }
    mb_buf_release(&text);
    json_decref(value);
}

/* Remembers `content` as it is written when it is the content of a message. */
static void note_content(struct mb_parts *parts, enum mb_parts_kind kind, int seq,
                         struct mb_str content)
{
    struct mb_buf text = {0};
    mb_buf_add_json_str(&text, content);
    if (mb_buf_len(&text) >= MB_PARTS_SHORT)
        mb_parts_put(parts, kind, mb_parts_hash_of(mb_buf_str(&text), MB_STR("")),
                     (struct mb_parts_place){seq, 0});
    mb_buf_release(&text);
}

/* The reader makes it out of the text, so that has to have its members in order. */
static void note_stripped(struct mb_parts *parts, int seq, struct mb_str text, json_t *value)
{
    struct mb_buf whole = {0}, stripped = {0};
    mb_json_canonical(&whole, value);
    if (mb_str_eq(mb_buf_str(&whole), text)) {
        mb_json_drop_nulls(value);
        mb_json_canonical(&stripped, value);
        if (mb_buf_len(&stripped) < text.len)
            note_content(parts, MB_PARTS_STRIPPED, seq, mb_buf_str(&stripped));
    }
    mb_buf_release(&whole);
    mb_buf_release(&stripped);
}

void mb_parts_note_result(struct mb_parts *parts, int seq, struct mb_str text)
{
    bool is_string = text.len && *text.ptr == '"';
    bool may_have_nulls = !is_string && memmem(text.ptr, text.len, "null", 4);
    if (!is_string)
        note_content(parts, MB_PARTS_RESULT, seq, text);
    if (!is_string && !may_have_nulls)
        return;
    json_t *value = mb_json_parse(text, NULL);
    if (json_is_string(value))
        note_content(parts, MB_PARTS_RESULT, seq,
                     MB_STR_OF(json_string_value(value), json_string_length(value)));
    else if (value)
        note_stripped(parts, seq, text, value);
    json_decref(value);
}
