/* Answers of Anthropic's Messages API: whole, in pieces, and errors. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "llm/anthropic.h"

static int garbage(struct mb_err *err, const char *what)
{
    return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the provider's answer has no %s", what);
}

/* Counts that are absent or null stay as they were: a stream tells them one by one. The provider's
 * input_tokens leaves out what was cached. */
static void read_usage(const json_t *usage, struct mb_llm_usage *u)
{
    int64_t fresh = u->input_tokens - u->cached_tokens - u->cache_write_tokens;
    u->cached_tokens = mb_json_int(usage, "cache_read_input_tokens", u->cached_tokens);
    u->cache_write_tokens =
        mb_json_int(usage, "cache_creation_input_tokens", u->cache_write_tokens);
    fresh = mb_json_int(usage, "input_tokens", fresh);
    /* sums of three counts that a stranger wrote must not overflow */
    const int64_t most = INT64_MAX / 4;
    u->cached_tokens = MB_MAX((int64_t)0, MB_MIN(u->cached_tokens, most));
    u->cache_write_tokens = MB_MAX((int64_t)0, MB_MIN(u->cache_write_tokens, most));
    fresh = MB_MAX((int64_t)0, MB_MIN(fresh, most));
    u->input_tokens = fresh + u->cached_tokens + u->cache_write_tokens;
    u->output_tokens = mb_json_int(usage, "output_tokens", u->output_tokens);
    u->reasoning_tokens = mb_json_int(mb_json_get(usage, "output_tokens_details"),
                                      "thinking_tokens", u->reasoning_tokens);
}

static enum mb_err_code error_code(int status, struct mb_str type)
{
    static const struct {
        const char *type;
        enum mb_err_code code;
    } known[] = {
        {"invalid_request_error", MB_E_MODEL_INVALID_REQUEST},
        {"request_too_large", MB_E_MODEL_INVALID_REQUEST},
        {"not_found_error", MB_E_MODEL_INVALID_REQUEST},
        {"authentication_error", MB_E_MODEL_AUTH},
        {"billing_error", MB_E_MODEL_AUTH},
        {"permission_error", MB_E_MODEL_AUTH},
        {"rate_limit_error", MB_E_MODEL_RATE_LIMITED},
        {"timeout_error", MB_E_TIMEOUT},
        {"overloaded_error", MB_E_MODEL_OVERLOADED},
        {"api_error", MB_E_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < MB_LEN(known); i++)
        if (mb_str_is(type, known[i].type))
            return known[i].code;
    return mb_llm_status_code(status);
}

void mb_llm_anthropic_read_error(int status, const json_t *root, struct mb_err *err)
{
    const json_t *error = mb_json_get(root, "error");
    enum mb_err_code code = error_code(status, mb_json_str(error, "type"));
    mb_llm_set_error(err, code, status, mb_json_str(error, "message"));
}

static void read_stop(const json_t *holder, struct mb_llm_answer *answer)
{
    struct mb_str reason = mb_json_str(holder, "stop_reason");
    if (!reason.len)
        return;
    if (mb_str_is(reason, "max_tokens") || mb_str_is(reason, "model_context_window_exceeded"))
        answer->finish = "length";
    else if (mb_str_is(reason, "tool_use"))
        answer->finish = "tool_calls";
    else /* end_turn, stop_sequence, pause_turn, refusal, and what may be added */
        answer->finish = "stop";
    if (mb_str_is(reason, "refusal")) {
        answer->is_refused = true;
        mb_buf_add_str(&answer->refusal,
                       mb_json_str(mb_json_get(holder, "stop_details"), "explanation"));
    }
}

static void read_names(const json_t *message, struct mb_llm_answer *answer)
{
    mb_llm_set_id(&answer->model, mb_json_str(message, "model"));
    mb_llm_set_id(&answer->id, mb_json_str(message, "id"));
}

/* A block of a whole answer, or the start of one in a stream. Thinking and what may be added are
 * passed over. */
static int read_block(const json_t *block, bool is_stream, struct mb_llm_answer *answer,
                      struct mb_err *err)
{
    struct mb_str type = mb_json_str(block, "type");
    answer->open_call = 0;
    if (mb_str_is(type, "text"))
        mb_buf_add_str(&answer->text, mb_json_str(block, "text"));
    if (!mb_str_is(type, "tool_use"))
        return 0;
    struct mb_llm_tool_call *call = mb_llm_answer_call(answer, answer->n_calls);
    if (!call)
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the answer has more than %d tool calls",
                          MB_LLM_MAX_TOOL_CALLS);
    struct mb_str id = mb_json_str(block, "id"), name = mb_json_str(block, "name");
    const json_t *input = mb_json_get(block, "input");
    call->id = mb_strndup(id.ptr, id.len);
    call->name = mb_strndup(name.ptr, name.len);
    if (is_stream)
        answer->open_call = (int)answer->n_calls;
    else if (input)
        mb_json_dump(&call->arguments, input);
    return 0;
}

/* llm.json by a forced tool: the tool's input is the value. */
static void take_value(const struct mb_llm_ask *ask, const json_t *content,
                       struct mb_llm_answer *answer)
{
    size_t i;
    json_t *block;
    if (ask->kind != MB_LLM_JSON)
        return;
    json_array_foreach(content, i, block)
    {
        if (mb_str_is(mb_json_str(block, "type"), "tool_use") && !answer->value)
            answer->value = json_incref(mb_json_get(block, "input"));
    }
}

int mb_llm_anthropic_read(const struct mb_llm_ask *ask, const json_t *root,
                          struct mb_llm_answer *answer, struct mb_err *err)
{
    if (mb_str_is(mb_json_str(root, "type"), "error")) {
        mb_llm_anthropic_read_error(500, root, err);
        return -err->code;
    }
    const json_t *content = mb_json_get(root, "content");
    if (!json_is_array(content))
        return garbage(err, "content");
    read_names(root, answer);
    read_usage(mb_json_get(root, "usage"), &answer->usage);
    read_stop(root, answer);
    size_t i;
    json_t *block;
    json_array_foreach(content, i, block)
    {
        int rc = read_block(block, false, answer, err);
        if (rc < 0)
            return rc;
    }
    take_value(ask, content, answer);
    return 0;
}

static int read_delta(const json_t *delta, struct mb_llm_answer *answer, struct mb_err *err)
{
    struct mb_str type = mb_json_str(delta, "type");
    if (mb_str_is(type, "text_delta"))
        mb_buf_add_str(&answer->text, mb_json_str(delta, "text"));
    if (!mb_str_is(type, "input_json_delta"))
        return 0;
    if (!answer->open_call)
        return garbage(err, "tool call for this input");
    mb_buf_add_str(&answer->calls[answer->open_call - 1].arguments,
                   mb_json_str(delta, "partial_json"));
    return 0;
}

static int read_root(const json_t *root, struct mb_llm_answer *answer, struct mb_err *err)
{
    struct mb_str type = mb_json_str(root, "type");
    if (mb_str_is(type, "content_block_delta"))
        return read_delta(mb_json_get(root, "delta"), answer, err);
    if (mb_str_is(type, "content_block_start"))
        return read_block(mb_json_get(root, "content_block"), true, answer, err);
    if (mb_str_is(type, "content_block_stop")) {
        answer->open_call = 0;
    } else if (mb_str_is(type, "message_start")) {
        const json_t *message = mb_json_get(root, "message");
        read_names(message, answer);
        read_usage(mb_json_get(message, "usage"), &answer->usage);
    } else if (mb_str_is(type, "message_delta")) {
        read_stop(mb_json_get(root, "delta"), answer);
        read_usage(mb_json_get(root, "usage"), &answer->usage);
    } else if (mb_str_is(type, "message_stop")) {
        return MB_LLM_EVENT_END;
    } else if (mb_str_is(type, "error")) {
        mb_llm_anthropic_read_error(500, root, err);
        return -err->code;
    }
    return MB_LLM_EVENT_MORE; /* ping, and what may be added */
}

int mb_llm_anthropic_read_event(const struct mb_llm_ask *ask, const char *name, struct mb_str data,
                                struct mb_llm_answer *answer, struct mb_err *err)
{
    (void)ask;
    (void)name;
    json_t *root = mb_json_parse(data, err);
    if (!root) {
        err->code = MB_E_UPSTREAM_GARBAGE;
        mb_err_prefix(err, "the provider's stream");
        return -MB_E_UPSTREAM_GARBAGE;
    }
    int rc = read_root(root, answer, err);
    json_decref(root);
    return rc;
}
