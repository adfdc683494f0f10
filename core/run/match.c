#include "run/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_diff.h"

enum {
    LISTED = 100,                /* calls of a kind in the report */
    CHANGES = 50,                /* of one call's arguments */
    TOLD_BYTES = 16384,          /* of one call in the report; what is longer is left out */
    COMPARED_BYTES = 256 * 1024, /* of arguments: to compare more would hold up the loop */
};

/* The recorded calls of one tool, in the order of the journal. */
struct tool {
    size_t *calls; /* indices into record->calls */
    size_t n, cap;
    size_t asked;        /* how often the tool was called in this replay */
    size_t n_later;      /* of those, the newest, that wait for an answer or for none */
    size_t first_unused; /* nothing before it is unused */
};

struct mb_match {
    const struct mb_record *record;
    struct mb_side_policy policy;
    struct mb_map by_key;  /* index + 1 of a call */
    struct mb_map by_tool; /* struct tool */
    bool *used;            /* by index */
    int64_t clock_us;      /* that the last answer moved to */
    struct mb_match_counts counts;
    json_t *changed, *fresh;
};

/* ---------------------------------------------------------------- the record's calls */

static void add_call(struct mb_match *m, size_t i)
{
    const struct mb_record_call *c = &m->record->calls[i];
    mb_map_set(&m->by_key, c->key, sizeof(c->key), (void *)(uintptr_t)(i + 1));
    size_t len = strlen(c->tool);
    struct tool *t = mb_map_get(&m->by_tool, c->tool, len);
    if (!t) {
        t = mb_zalloc(sizeof(*t));
        mb_map_set(&m->by_tool, c->tool, len, t);
    }
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 8;
        t->calls = mb_realloc(t->calls, t->cap * sizeof(t->calls[0]));
    }
    t->calls[t->n++] = i;
}

/* The record of the same content; -1 = none. */
static ssize_t find_exact(const struct mb_match *m, const uint8_t *key)
{
    return (ssize_t)(uintptr_t)mb_map_get(&m->by_key, key, MB_KEY_BYTES) - 1;
}

static bool is_same_args(const struct mb_record_call *c, struct mb_str args)
{
    return mb_str_eq(MB_STR_OF(c->args, c->args_len), args);
}

/* The one with the same arguments, as of a call that has moved to another branch; else that with
 * the same number, else the first. */
static ssize_t find_similar(const struct mb_match *m, struct tool *t, struct mb_str args)
{
    if (!t)
        return -1;
    for (size_t i = t->first_unused; i < t->n; i++)
        if (!m->used[t->calls[i]] && is_same_args(&m->record->calls[t->calls[i]], args))
            return (ssize_t)t->calls[i];
    size_t number = t->asked - t->n_later; /* of the oldest that waits, from 0 */
    if (number < t->n && !m->used[t->calls[number]])
        return (ssize_t)t->calls[number];
    while (t->first_unused < t->n && m->used[t->calls[t->first_unused]])
        t->first_unused++;
    return t->first_unused < t->n ? (ssize_t)t->calls[t->first_unused] : -1;
}

/* ---------------------------------------------------------------- calls of the replay */

static json_t *args_json(struct mb_str text)
{
    json_t *args = text.len <= TOLD_BYTES ? mb_json_parse(text, NULL) : NULL;
    return args ? args : json_null();
}

/* What is different, or, when that is too much to tell, that it is. */
static json_t *changes_json(const struct mb_record *record, const struct mb_record_call *c,
                            const struct mb_side_call *call)
{
    json_t *was =
        call->args_text.len <= COMPARED_BYTES ? mb_record_args(record, c, COMPARED_BYTES) : NULL;
    if (was) {
        json_t *changes = mb_json_diff(was, call->args, CHANGES);
        json_decref(was);
        struct mb_buf text = {0};
        mb_json_dump(&text, changes);
        size_t len = mb_buf_len(&text);
        mb_buf_release(&text);
        if (len <= TOLD_BYTES)
            return changes;
        json_decref(changes);
    }
    return json_pack("[{s:s, s:s}]", "op", "replace", "path", "");
}

static void note_changed(struct mb_match *m, const struct mb_record_call *c,
                         const struct mb_side_call *call)
{
    if (json_array_size(m->changed) >= LISTED)
        return;
    json_array_append_new(m->changed, json_pack("{s:i, s:s, s:o}", "seq", c->seq, "tool", c->tool,
                                                "changes", changes_json(m->record, c, call)));
}

static void refuse(struct mb_match *m, const struct mb_side_call *call,
                   struct mb_side_answer *answer)
{
    struct mb_buf text = {0};
    m->counts.fresh++;
    if (json_array_size(m->fresh) < LISTED)
        json_array_append_new(m->fresh,
                              json_pack("{s:s%, s:o}", "tool", call->tool.ptr, call->tool.len,
                                        "args", args_json(call->args_text)));
    mb_buf_add_c(&text, "{\"code\":\"not_recorded\",\"message\":");
    struct mb_buf message = {0};
    mb_buf_addf(&message, "the record holds no answer to this call of \"%.*s\"",
                MB_STR_ARG(call->tool));
    mb_buf_add_json_str(&text, mb_buf_str(&message));
    mb_buf_add_c(&text, ",\"retryable\":false}");
    mb_buf_release(&message);
    answer->is_error = true;
    answer->text = mb_buf_take(&text, &answer->len);
    answer->clock_us = m->clock_us;
}

/* It was asked for, even if the run ends before it is answered. */
static void use(struct mb_match *m, size_t at, bool is_same)
{
    m->used[at] = true;
    m->counts.same += is_same;
    m->counts.changed += !is_same;
    m->counts.price_micros += m->record->calls[at].price_micros;
}

static void answer_with(struct mb_match *m, const struct mb_record_call *c,
                        struct mb_side_answer *answer)
{
    m->clock_us = MB_MAX(m->clock_us, c->ended_us);
    answer->is_error = c->is_error;
    answer->text = mb_strndup(c->answer, c->answer_len);
    answer->len = c->answer_len;
    answer->clock_us = c->ended_us;
    answer->usage.price_micros = c->price_micros;
}

/* Nothing is recorded under its key, and the run does not go on without it. */
static void answer_similar(struct mb_match *m, struct tool *t, const struct mb_side_call *call,
                           struct mb_side_answer *answer)
{
    ssize_t at = find_similar(m, t, call->args_text);
    if (t)
        t->n_later--;
    if (at < 0) {
        refuse(m, call, answer);
        return;
    }
    const struct mb_record_call *c = &m->record->calls[at];
    bool is_same = is_same_args(c, call->args_text);
    use(m, (size_t)at, is_same);
    if (!is_same)
        note_changed(m, c, call);
    answer_with(m, c, answer);
}

/* What is not recorded may have lost a race, and be missed by nobody: it comes behind all others.
 */
static enum mb_side_verdict on_call(void *arg, const struct mb_side_call *call,
                                    struct mb_side_answer *answer)
{
    struct mb_match *m = arg;
    const struct mb_record_call *calls = m->record->calls;
    struct tool *t = mb_map_get(&m->by_tool, call->tool.ptr, call->tool.len);
    ssize_t at = find_exact(m, call->key);
    if (call->turn_us == INT64_MAX) {
        answer_similar(m, t, call, answer);
        return MB_SIDE_ANSWER;
    }
    if (!call->turn_us) {
        bool is_known = at >= 0 && !m->used[at];
        if (t) {
            t->asked++;
            t->n_later += !is_known;
        }
        if (is_known)
            use(m, (size_t)at, true);
        if (!is_known || call->is_branch) {
            answer->clock_us = is_known ? calls[at].ended_us : INT64_MAX;
            return MB_SIDE_LATER;
        }
    }
    answer_with(m, &calls[at], answer);
    return MB_SIDE_ANSWER;
}

static void on_note(void *arg, bool is_emit, const uint8_t *key)
{
    struct mb_match *m = arg;
    (void)is_emit;
    bool is_known = mb_map_get(&m->record->notes, key, MB_KEY_BYTES) != NULL;
    m->counts.notes_same += is_known;
    m->counts.notes_new += !is_known;
}

static bool reset_tool(void *value, void *arg)
{
    struct tool *t = value;
    (void)arg;
    t->asked = t->n_later = t->first_unused = 0;
    return true;
}

static void on_begin(void *arg)
{
    struct mb_match *m = arg;
    memset(m->used, 0, m->record->n_calls * sizeof(m->used[0]));
    m->counts = (struct mb_match_counts){0};
    m->clock_us = m->record->clock_us;
    mb_map_each(&m->by_tool, reset_tool, NULL);
    json_array_clear(m->changed);
    json_array_clear(m->fresh);
}

/* ---------------------------------------------------------------- making, telling */

struct mb_match *mb_match_new(const struct mb_record *record)
{
    struct mb_match *m = mb_zalloc(sizeof(*m));
    m->record = record;
    m->policy = (struct mb_side_policy){
        .on_call = on_call, .on_note = on_note, .on_begin = on_begin, .arg = m};
    m->used = mb_zalloc((record->n_calls + 1) * sizeof(m->used[0]));
    m->changed = json_array();
    m->fresh = json_array();
    for (size_t i = 0; i < record->n_calls; i++)
        add_call(m, i);
    return m;
}

static bool free_tool(void *value, void *arg)
{
    struct tool *t = value;
    (void)arg;
    free(t->calls);
    free(t);
    return true;
}

void mb_match_free(struct mb_match *m)
{
    if (!m)
        return;
    mb_map_each(&m->by_tool, free_tool, NULL);
    mb_map_release(&m->by_tool);
    mb_map_release(&m->by_key);
    json_decref(m->changed);
    json_decref(m->fresh);
    free(m->used);
    free(m);
}

const struct mb_side_policy *mb_match_policy(const struct mb_match *m)
{
    return &m->policy;
}

void mb_match_count(const struct mb_match *m, struct mb_match_counts *counts)
{
    *counts = m->counts;
    counts->gone = (int)m->record->n_calls - counts->same - counts->changed;
    counts->notes_gone = (int)m->record->notes.count - counts->notes_same;
}

json_t *mb_match_changed(const struct mb_match *m)
{
    return json_incref(m->changed);
}

json_t *mb_match_new_calls(const struct mb_match *m)
{
    return json_incref(m->fresh);
}

json_t *mb_match_gone(const struct mb_match *m)
{
    json_t *gone = json_array();
    for (size_t i = 0; i < m->record->n_calls && json_array_size(gone) < LISTED; i++) {
        const struct mb_record_call *c = &m->record->calls[i];
        if (m->used[i])
            continue;
        json_t *args = mb_record_args(m->record, c, TOLD_BYTES);
        json_array_append_new(gone, json_pack("{s:i, s:s, s:o}", "seq", c->seq, "tool", c->tool,
                                              "args", args ? args : json_null()));
    }
    return gone;
}
