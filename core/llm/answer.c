#include "llm/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

void mb_llm_answer_release(struct mb_llm_answer *answer)
{
    for (size_t i = 0; i < answer->n_calls; i++) {
        free(answer->calls[i].id);
        free(answer->calls[i].name);
        mb_buf_release(&answer->calls[i].arguments);
    }
    free(answer->calls);
    free(answer->model);
    free(answer->id);
    mb_buf_release(&answer->text);
    mb_buf_release(&answer->refusal);
    json_decref(answer->value);
    json_decref(answer->vectors);
    *answer = (struct mb_llm_answer){0};
}

struct mb_llm_tool_call *mb_llm_answer_call(struct mb_llm_answer *answer, size_t index)
{
    if (index < answer->n_calls)
        return &answer->calls[index];
    if (index != answer->n_calls || index >= MB_LLM_MAX_TOOL_CALLS)
        return NULL;
    answer->calls = mb_realloc(answer->calls, (index + 1) * sizeof(answer->calls[0]));
    answer->calls[index] = (struct mb_llm_tool_call){0};
    answer->n_calls++;
    return &answer->calls[index];
}

void mb_llm_set_id(char **to, struct mb_str from)
{
    if (!from.len)
        return;
    free(*to);
    *to = mb_strndup(from.ptr, MB_MIN(from.len, (size_t)MB_LLM_ID_BYTES));
}

/* A member in front of which there is always another one. */
static void add_text_member(struct mb_buf *out, const char *key, struct mb_str value)
{
    mb_buf_add_c(out, key);
    mb_buf_add_json_str(out, value);
}

static void add_int_member(struct mb_buf *out, const char *key, int64_t value)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t n = value < 0 ? 0 : (uint64_t)value;
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    mb_buf_add_c(out, key);
    mb_buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_model_and_usage(const struct mb_llm_answer *answer, struct mb_str model,
                                const struct mb_llm_usage *usage, struct mb_buf *out)
{
    add_text_member(out, ",\"model\":", answer->model ? mb_str_c(answer->model) : model);
    add_int_member(out, ",\"usage\":{\"input_tokens\":", usage->input_tokens);
    add_int_member(out, ",\"output_tokens\":", usage->output_tokens);
    add_int_member(out, ",\"cached_tokens\":", usage->cached_tokens);
    add_int_member(out, ",\"reasoning_tokens\":", usage->reasoning_tokens);
    add_int_member(out, "},\"cost_micros\":", answer->cost_micros);
    mb_buf_add_char(out, '}');
}

void mb_llm_answer_rename(struct mb_llm_answer *answer, const json_t *names)
{
    for (size_t i = 0; i < answer->n_calls; i++) {
        const char *own = json_string_value(json_object_get(names, answer->calls[i].name));
        if (!own)
            continue;
        free(answer->calls[i].name);
        answer->calls[i].name = mb_strdup(own);
    }
}

/* A tool without parameters is often called with nothing at all. */
static struct mb_str arguments_of(const struct mb_llm_tool_call *call)
{
    struct mb_str text = mb_buf_str(&call->arguments);
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\n'))
        text = MB_STR_OF(text.ptr + 1, text.len - 1);
    return text.len ? text : MB_STR("{}");
}

static void add_tool_call(struct mb_buf *out, const struct mb_llm_tool_call *call)
{
    add_text_member(out, "{\"id\":", mb_str_c(call->id));
    add_text_member(out, ",\"name\":", mb_str_c(call->name));
    struct mb_str arguments = arguments_of(call);
    if (arguments.ptr[0] == '{' && mb_json_is_valid(arguments)) {
        mb_buf_add_c(out, ",\"arguments\":");
        mb_buf_add_str(out, arguments);
    } else {
        add_text_member(out, ",\"arguments\":null,\"arguments_text\":", arguments);
    }
    mb_buf_add_char(out, '}');
}

static void add_tool_calls(struct mb_buf *out, const struct mb_llm_answer *answer,
                           void (*add)(struct mb_buf *out, const struct mb_llm_tool_call *call))
{
    mb_buf_add_c(out, ",\"tool_calls\":[");
    for (size_t i = 0; i < answer->n_calls; i++) {
        if (i)
            mb_buf_add_char(out, ',');
        add(out, &answer->calls[i]);
    }
    mb_buf_add_char(out, ']');
}

/* In the canonical form: keys in order, what is null absent. */
static void add_message_call(struct mb_buf *out, const struct mb_llm_tool_call *call)
{
    struct mb_str text = arguments_of(call);
    json_t *arguments = text.ptr[0] == '{' ? mb_json_parse(text, NULL) : NULL;
    if (arguments) {
        mb_json_drop_nulls(arguments); /* agents do not see them */
        mb_buf_add_c(out, "{\"arguments\":");
        mb_json_canonical(out, arguments);
        json_decref(arguments);
    } else {
        add_text_member(out, "{\"arguments_text\":", text);
    }
    add_text_member(out, ",\"id\":", mb_str_c(call->id));
    add_text_member(out, ",\"name\":", mb_str_c(call->name));
    mb_buf_add_char(out, '}');
}

static void add_message(struct mb_buf *out, const struct mb_llm_answer *answer)
{
    mb_buf_add_c(out, "{\"message\":{");
    if (mb_buf_len(&answer->text) || !answer->n_calls) {
        add_text_member(out, "\"content\":", mb_buf_str(&answer->text));
        mb_buf_add_char(out, ',');
    }
    mb_buf_add_c(out, "\"role\":\"assistant\"");
    if (answer->n_calls)
        add_tool_calls(out, answer, add_message_call);
    mb_buf_add_char(out, '}');
}

void mb_llm_answer_chat(const struct mb_llm_answer *answer, struct mb_str model, struct mb_buf *out)
{
    size_t len = mb_buf_len(&answer->text);
    mb_buf_reserve(out, 2 * (len + len / 8) + 256);
    add_message(out, answer);
    add_text_member(out, ",\"text\":", mb_buf_str(&answer->text));
    add_tool_calls(out, answer, add_tool_call);
    add_text_member(out, ",\"finish_reason\":", mb_str_c(answer->finish ? answer->finish : "stop"));
    add_model_and_usage(answer, model, &answer->usage, out);
}

void mb_llm_answer_json(const struct mb_llm_answer *answer, const json_t *value,
                        struct mb_str model, const struct mb_llm_usage *usage, struct mb_buf *out)
{
    mb_buf_add_c(out, "{\"value\":");
    mb_json_dump(out, value);
    add_model_and_usage(answer, model, usage, out);
}

void mb_llm_answer_embed(const struct mb_llm_answer *answer, struct mb_str model,
                         struct mb_buf *out)
{
    mb_buf_add_c(out, "{\"vectors\":");
    mb_json_dump(out, answer->vectors);
    add_model_and_usage(answer, model, &answer->usage, out);
}
