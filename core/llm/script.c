#include "llm/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/map.h"
#include "base/pattern.h"
#include "llm/llm_private.h"

enum { MAX_ENTRIES = 10000, MADE_DIMENSIONS = 8 };
static const int64_t PATTERN_WORK = 1000000;

struct entry {
    json_t *json;
    struct mb_pattern *regex;
    int64_t uses_left; /* -1 = any number */
};

struct mb_llm_script {
    struct entry *entries;
    size_t n;
};

/* Reading the file. */

static int entry_error(size_t i, const char *what, struct mb_err *err)
{
    return mb_err_set(err, MB_E_CONFIG, "script: entry %zu: %s", i + 1, what);
}

static int check_entry(json_t *json, size_t i, struct mb_err *err)
{
    static const char *const known[] = {"kind",  "model",   "match", "regex",   "system",
                                        "turn",  "times",   "reply", "value",   "tool_calls",
                                        "error", "vectors", "usage", "delay_ms"};
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return entry_error(i, "it is no object", err);
    json_object_foreach(json, key, value)
    {
        bool found = false;
        for (size_t k = 0; k < MB_LEN(known); k++)
            found = found || strcmp(key, known[k]) == 0;
        if (!found)
            return entry_error(i, key, err);
    }
    const json_t *error = mb_json_get(json, "error");
    if (error && !mb_err_from_wire(mb_json_str(error, "code").ptr))
        return entry_error(i, "the error's code is not known", err);
    return 0;
}

static int add_entry(struct mb_llm_script *script, json_t *json, struct mb_err *err)
{
    size_t i = script->n;
    int rc = i < MAX_ENTRIES ? check_entry(json, i, err) : entry_error(i, "too many", err);
    if (rc < 0)
        return rc;
    struct mb_str source = mb_json_str(json, "regex");
    struct mb_pattern *regex = source.len ? mb_pattern_new(source, err) : NULL;
    if (source.len && !regex)
        return entry_error(i, "the regex is not valid", err);
    script->entries = mb_realloc(script->entries, (i + 1) * sizeof(script->entries[0]));
    script->entries[i] = (struct entry){json_incref(json), regex, mb_json_int(json, "times", -1)};
    script->n++;
    return 0;
}

static int add_array(struct mb_llm_script *script, struct mb_str text, struct mb_err *err)
{
    json_t *root = mb_json_parse(text, err);
    size_t i;
    json_t *json;
    int rc = json_is_array(root) ? 0 : -MB_E_CONFIG;
    json_array_foreach(root, i, json)
    {
        if (rc == 0)
            rc = add_entry(script, json, err);
    }
    json_decref(root);
    return rc;
}

static int add_lines(struct mb_llm_script *script, struct mb_str text, struct mb_err *err)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct mb_str line = {at, (size_t)((stop ? stop : end) - at)};
        at = stop ? stop + 1 : end;
        if (strspn(line.ptr, " \t\r") >= line.len)
            continue;
        json_t *json = mb_json_parse(line, err);
        int rc = json ? add_entry(script, json, err) : -MB_E_CONFIG;
        json_decref(json);
        if (rc < 0)
            return rc;
    }
    return 0;
}

struct mb_llm_script *mb_llm_script_new(struct mb_str text, struct mb_err *err)
{
    struct mb_llm_script *script = mb_zalloc(sizeof(*script));
    struct mb_buf copy = {0}; /* with the NUL that strspn stops at */
    mb_buf_add_str(&copy, text);
    const char *start = mb_buf_cstr(&copy);
    bool is_array = start[strspn(start, " \t\r\n")] == '[';
    int rc = is_array ? add_array(script, mb_buf_str(&copy), err)
                      : add_lines(script, mb_buf_str(&copy), err);
    mb_buf_release(&copy);
    if (rc == 0)
        return script;
    if (err && err->code != MB_E_CONFIG) {
        mb_err_prefix(err, "script: %s", err->pointer);
        err->code = MB_E_CONFIG;
    }
    mb_llm_script_free(script);
    return NULL;
}

void mb_llm_script_free(struct mb_llm_script *script)
{
    if (!script)
        return;
    for (size_t i = 0; i < script->n; i++) {
        json_decref(script->entries[i].json);
        mb_pattern_free(script->entries[i].regex);
    }
    free(script->entries);
    free(script);
}

/* What a call says. */
struct question {
    struct mb_buf user;   /* the last user message */
    struct mb_buf system; /* all system messages */
    int64_t turn;
};

static void add_content(struct mb_buf *out, const json_t *message)
{
    const json_t *content = mb_json_get(message, "content");
    size_t i;
    json_t *part;
    mb_buf_add_str(out, mb_json_str(message, "content"));
    json_array_foreach(content, i, part)
    {
        mb_buf_add_str(out, mb_json_str(part, "text"));
    }
}

static void hear(void *arg, const json_t *message)
{
    struct question *q = arg;
    struct mb_str role = mb_json_str(message, "role");
    if (mb_str_is(role, "user"))
        mb_buf_clear(&q->user);
    if (mb_str_is(role, "assistant"))
        q->turn++;
    else if (mb_str_is(role, "user") || mb_str_is(role, "system"))
        add_content(mb_str_is(role, "user") ? &q->user : &q->system, message);
}

static void read_question(const struct mb_llm_call *call, struct question *q)
{
    struct mb_llm_ask ask = mb_llm_call_ask(call);
    const json_t *input = mb_json_get(call->args, "input");
    mb_llm_each_message(&ask, hear, q);
    if (call->kind == MB_LLM_EMBED && json_is_string(input))
        mb_buf_add_c(&q->user, json_string_value(input));
}

static bool contains(struct mb_buf *text, struct mb_str part)
{
    if (!part.len)
        return true;
    const char *where = mb_buf_cstr(text);
    return strcasestr(where, part.ptr) != NULL;
}

static bool fits(struct entry *e, const struct mb_llm_call *call, struct question *q)
{
    static const char *const kinds[] = {
        [MB_LLM_CHAT] = "chat", [MB_LLM_JSON] = "json", [MB_LLM_EMBED] = "embed"};
    struct mb_str kind = mb_json_str(e->json, "kind"), model = mb_json_str(e->json, "model");
    int64_t turn = mb_json_int(e->json, "turn", q->turn);
    int64_t work = PATTERN_WORK;
    if (e->uses_left == 0 || turn != q->turn)
        return false;
    if ((kind.len && !mb_str_is(kind, kinds[call->kind])) ||
        (model.len && !mb_str_eq(model, call->target.name)))
        return false;
    if (!contains(&q->user, mb_json_str(e->json, "match")) ||
        !contains(&q->system, mb_json_str(e->json, "system")))
        return false;
    return !e->regex || mb_pattern_match(e->regex, mb_buf_str(&q->user), &work) == MB_MATCH_YES;
}

/* Answering. */

/* A vector from nothing but the text: bytes of its hash in -1..1. */
static json_t *made_vector(struct mb_str text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a: the same in every process */
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char)text.ptr[i]) * 1099511628211u;
    json_t *vector = json_array();
    for (int i = 0; i < MADE_DIMENSIONS; i++)
        json_array_append_new(vector, json_real(((double)(h >> (8 * i) & 0xff) - 127.5) / 127.5));
    return vector;
}

static struct mb_str text_of(const json_t *s)
{
    return json_is_string(s) ? MB_STR_OF(json_string_value(s), json_string_length(s)) : MB_STR("");
}

static json_t *made_vectors(const json_t *input)
{
    json_t *vectors = json_array();
    size_t i;
    json_t *text;
    if (json_is_string(input))
        json_array_append_new(vectors, made_vector(text_of(input)));
    json_array_foreach(input, i, text)
    {
        json_array_append_new(vectors, made_vector(text_of(text)));
    }
    return vectors;
}

static void count(struct mb_llm_call *call, const struct question *q, const json_t *usage)
{
    struct mb_llm_usage *u = &call->answer.usage;
    if (usage)
        return; /* read with the rest */
    u->input_tokens = (int64_t)(mb_buf_len(&q->user) + mb_buf_len(&q->system) + 3) / 4;
    u->output_tokens = (int64_t)(mb_buf_len(&call->answer.text) + 3) / 4;
}

static int fill_answer(struct mb_llm_call *call, const struct question *q, const json_t *entry,
                       struct mb_err *err)
{
    int rc = mb_llm_read_result(entry, &call->answer, err);
    mb_buf_add_str(&call->answer.text, mb_json_str(entry, "reply"));
    if (call->kind == MB_LLM_EMBED && !call->answer.vectors)
        call->answer.vectors = made_vectors(mb_json_get(call->args, "input"));
    if (call->kind == MB_LLM_JSON && call->answer.value && call->is_wrapped)
        call->answer.value = json_pack("{s:o}", "value", call->answer.value);
    count(call, q, mb_json_get(entry, "usage"));
    return rc;
}

static void end_error(struct mb_llm_call *call)
{
    struct mb_err err = *call->stream_err;
    mb_llm_failed(call, &err, err.retry_ms ? err.retry_ms : -1);
}

static void end_answer(struct mb_llm_call *call)
{
    mb_llm_call_wait(call, 0, mb_llm_answered);
    mb_llm_deliver(call);
}

static void keep_error(struct mb_llm_call *call, const json_t *error)
{
    struct mb_str code = mb_json_str(error, "code"), message = mb_json_str(error, "message");
    free(call->stream_err);
    call->stream_err = mb_zalloc(sizeof(*call->stream_err));
    mb_err_clear(call->stream_err);
    int known = mb_err_from_wire(code.ptr);
    mb_err_set(call->stream_err, (enum mb_err_code)known, "%s",
               message.len ? message.ptr : mb_err_text(known));
    call->stream_err->retry_ms = mb_json_int(error, "retry_ms", 0);
}

static int answer(struct mb_llm_call *call, const struct question *q, struct entry *e,
                  struct mb_err *err)
{
    const json_t *error = mb_json_get(e->json, "error");
    int64_t delay_ms = mb_json_int(e->json, "delay_ms", 0);
    int64_t left_ms = mb_llm_call_left_ms(call);
    if (e->uses_left > 0)
        e->uses_left--;
    char id[40];
    snprintf(id, sizeof(id), "script-%zu", (size_t)(e - call->llm->script->entries) + 1);
    mb_llm_set_id(&call->request_id, mb_str_c(id));
    if (delay_ms >= left_ms) {
        json_t *late = json_pack("{s:s}", "code", mb_err_name(MB_E_TIMEOUT));
        keep_error(call, late);
        json_decref(late);
        mb_llm_call_wait(call, left_ms, end_error);
        return 0;
    }
    int rc = error ? 0 : fill_answer(call, q, e->json, err);
    if (rc < 0)
        return rc;
    if (error)
        keep_error(call, error);
    mb_llm_call_wait(call, delay_ms, error ? end_error : end_answer);
    return 0;
}

static int no_entry(struct mb_llm_call *call, struct question *q, struct mb_err *err)
{
    return mb_err_set(err, MB_E_MODEL_INVALID_REQUEST,
                      "the script has no entry for turn %lld of \"%.80s\"", (long long)q->turn,
                      call->llm->script ? mb_buf_cstr(&q->user) : "(there is no script)");
}

int mb_llm_script_start(struct mb_llm_call *call, struct mb_err *err)
{
    struct mb_llm_script *script = call->llm->script;
    struct question q = {0};
    struct entry *found = NULL;
    read_question(call, &q);
    for (size_t i = 0; script && i < script->n && !found; i++)
        if (fits(&script->entries[i], call, &q))
            found = &script->entries[i];
    int rc = found ? answer(call, &q, found, err) : no_entry(call, &q, err);
    mb_buf_release(&q.user);
    mb_buf_release(&q.system);
    return rc;
}
