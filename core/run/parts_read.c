/* Whole arguments from those that the journal keeps; the format is in parts.h. What is read may be
 * of any form: a reference that leads nowhere, or not to a lower seq, is {"$missing": seq}. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/parts_private.h"

enum {
    MOST_DEPTH = 16,   /* references that lead to references, beside those of a list's beginning */
    MOST_LINKS = 4096, /* of those, as many as a run may have steps that matter */
};

struct reader {
    /* the step itself is what was given, whatever `find` says */
    int seq;
    struct mb_str args;
    mb_parts_find *find;
    void *arg;
    size_t left_bytes;
    bool is_over;
};

static json_t *missing(int seq)
{
    return json_pack("{s:i}", "$missing", seq);
}

/* The number under this key, when it is a seq below `below`; 0 otherwise. */
static int seq_of(const json_t *value, const char *key, int below)
{
    json_int_t seq = mb_json_int(value, key, 0);
    return seq > 0 && seq < below ? (int)seq : 0;
}

static json_t *parse(struct reader *r, struct mb_str text)
{
    r->is_over = r->is_over || text.len > r->left_bytes;
    if (r->is_over)
        return NULL;
    r->left_bytes -= text.len;
    return mb_json_parse(text, NULL);
}

static json_t *args_of(struct reader *r, int seq)
{
    struct mb_parts_row row = {.args = r->args};
    return seq == r->seq || r->find(r->arg, seq, &row) ? parse(r, row.args) : NULL;
}

static json_t *answer_of(struct reader *r, int seq, struct mb_parts_row *row)
{
    return r->find(r->arg, seq, row) ? parse(r, row->answer) : NULL;
}

/* ---------------------------------------------------------------- lists */

/* The list under `member` of a step's arguments as they are kept. */
struct link {
    int seq;
    json_t *args;  /* owned; NULL = there is none */
    json_t *items; /* in args; NULL = there is none */
    bool is_whole; /* its items stand for themselves */
    int before;    /* the step whose first messages go before its own; 0 = none */
    size_t n_before;
};

static void open_link(struct reader *r, struct link *link, int seq, const char *member)
{
    *link = (struct link){.seq = seq, .args = args_of(r, seq), .is_whole = true};
    json_t *value = json_object_get(
        json_is_array(link->args) ? json_array_get(link->args, 0) : link->args, member);
    if (json_is_array(value)) {
        link->items = value;
        return;
    }
    link->is_whole = false;
    if (!json_is_array(link->args))
        return;
    link->items = json_object_get(value, "$list");
    const json_t *first = json_array_get(link->items, 0);
    if (!json_object_get(first, "$messages") || json_object_get(first, "from"))
        return;
    link->before = seq_of(first, "$messages", seq);
    link->n_before = link->before ? (size_t)MB_MAX(mb_json_int(first, "n", 0), 0) : 0;
}

static json_t *read_item(struct reader *r, json_t *item, int seq, const char *member, int depth);

/* One own item of a link, by its index. */
static json_t *own_item(struct reader *r, const struct link *link, size_t i, const char *member,
                        int depth)
{
    json_t *item = json_array_get(link->items, i);
    return link->is_whole ? json_incref(item) : read_item(r, item, link->seq, member, depth);
}

/* The message at a position of a step's list. */
static json_t *item_at(struct reader *r, int seq, const char *member, size_t at, int depth)
{
    for (int i = 0; i < MOST_LINKS; i++) {
        struct link link;
        open_link(r, &link, seq, member);
        if (link.before && at < link.n_before) {
            seq = link.before;
            json_decref(link.args);
            continue;
        }
        size_t own = at - link.n_before + (link.before ? 1 : 0);
        json_t *item = NULL;
        if (own < json_array_size(link.items))
            item = own_item(r, &link, own, member, depth);
        json_decref(link.args);
        return item ? item : missing(seq);
    }
    return missing(seq);
}

static void append_link(struct reader *r, json_t *to, const struct link *link, size_t most,
                        const char *member, int depth)
{
    size_t n = json_array_size(link->items);
    if (!json_is_array(link->items))
        json_array_append_new(to, missing(link->seq));
    for (size_t i = link->before ? 1 : 0; i < n && json_array_size(to) < most; i++)
        json_array_append_new(to, own_item(r, link, i, member, depth));
}

/* From the step down to the one that begins the conversation, then all that is new in each. */
static json_t *read_list(struct reader *r, int seq, const char *member, int depth)
{
    struct link *links = NULL;
    size_t n = 0, cap = 0, *most = NULL;
    size_t take = SIZE_MAX;
    for (int at = seq; at && n < MOST_LINKS; at = links[n++].before) {
        if (n == cap) {
            cap = cap ? cap * 2 : 8;
            links = mb_realloc(links, cap * sizeof(links[0]));
            most = mb_realloc(most, cap * sizeof(most[0]));
        }
        open_link(r, &links[n], at, member);
        most[n] = take;
        take = links[n].before ? MB_MIN(take, links[n].n_before) : take;
    }
    json_t *list = json_array();
    while (n-- > 0) {
        append_link(r, list, &links[n], most[n], member, depth);
        json_decref(links[n].args);
    }
    free(links);
    free(most);
    return list;
}

/* ---------------------------------------------------------------- messages */

static json_t *text_of(struct mb_str text)
{
    return json_stringn(text.ptr, text.len);
}

/* What an earlier result is as the content of a message; NULL = it is not there. */
static json_t *result_text(struct reader *r, int seq, bool is_stripped)
{
    struct mb_parts_row row;
    json_t *value = seq ? answer_of(r, seq, &row) : NULL;
    if (!value || json_is_string(value))
        return value;
    json_t *text;
    if (is_stripped) {
        struct mb_buf stripped = {0};
        mb_json_drop_nulls(value);
        mb_json_canonical(&stripped, value);
        text = text_of(mb_buf_str(&stripped));
        mb_buf_release(&stripped);
    } else {
        text = text_of(row.answer);
    }
    json_decref(value);
    return text;
}

static json_t *with_content(struct reader *r, json_t *message, int below)
{
    const json_t *content = json_object_get(message, "content");
    bool is_stripped = json_object_get(content, "$stripped") != NULL;
    const char *name = is_stripped ? "$stripped" : "$result";
    if (!json_object_get(content, name))
        return json_incref(message);
    json_t *text = result_text(r, seq_of(content, name, below), is_stripped);
    json_t *whole = json_copy(message);
    json_object_set_new(whole, "content",
                        text ? text : missing((int)mb_json_int(content, name, 0)));
    return whole;
}

static json_t *answered(struct reader *r, int seq, int told)
{
    struct mb_parts_row row;
    json_t *result = seq ? answer_of(r, seq, &row) : NULL;
    json_t *message = json_incref(json_object_get(result, "message"));
    json_decref(result);
    return message ? message : missing(told);
}

static json_t *read_item(struct reader *r, json_t *item, int seq, const char *member, int depth)
{
    json_t *value = json_object_get(item, "$value");
    if (value)
        return json_incref(value);
    if (json_object_get(item, "$message"))
        return answered(r, seq_of(item, "$message", seq), (int)mb_json_int(item, "$message", 0));
    if (json_object_get(item, "$messages")) {
        int from = seq_of(item, "$messages", seq);
        json_int_t at = mb_json_int(item, "from", -1);
        if (!from || at < 0 || depth >= MOST_DEPTH)
            return missing((int)mb_json_int(item, "$messages", 0));
        return item_at(r, from, member, (size_t)at, depth + 1);
    }
    return with_content(r, item, seq);
}

/* ---------------------------------------------------------------- arguments */

static json_t *read_member(struct reader *r, json_t *value, int seq, const char *key)
{
    for (int depth = 0; json_object_get(value, "$same"); depth++) {
        int told = (int)mb_json_int(value, "$same", 0), from = seq_of(value, "$same", seq);
        json_t *args = from && depth < MOST_DEPTH ? args_of(r, from) : NULL;
        bool is_kept = json_is_array(args);
        json_t *other = json_incref(json_object_get(is_kept ? json_array_get(args, 0) : args, key));
        json_decref(args);
        json_decref(value);
        if (!other || !is_kept)
            return other ? other : missing(told);
        value = other;
        seq = from;
    }
    json_t *inner = json_object_get(value, "$value");
    json_t *whole = json_object_get(value, "$list") ? read_list(r, seq, key, 0)
                                                    : json_incref(inner ? inner : value);
    json_decref(value);
    return whole;
}

json_t *mb_parts_read(struct mb_str args, int seq, mb_parts_find *find, void *arg,
                      size_t most_bytes)
{
    struct reader r = {
        .seq = seq, .args = args, .find = find, .arg = arg, .left_bytes = most_bytes};
    json_t *kept = parse(&r, args);
    if (!json_is_array(kept))
        return kept;
    json_t *whole = json_object(), *value;
    const char *key;
    json_object_foreach(json_array_get(kept, 0), key, value)
    {
        json_object_set_new(whole, key, read_member(&r, json_incref(value), seq, key));
    }
    json_decref(kept);
    if (!r.is_over)
        return whole;
    json_decref(whole);
    return NULL;
}
