/* Answers in OpenAI's format: whole, in pieces, and errors. Every byte is a stranger's: what is
 * missing or of another type is garbage or nothing, never a guess. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "llm/openai.h"

static int garbage(struct mb_err *err, const char *what)
{
    return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the provider's answer has no %s", what);
}

static void read_usage(const json_t *usage, struct mb_llm_usage *out)
{
    if (!usage)
        return;
    const json_t *in = mb_json_get(usage, "prompt_tokens_details");
    const json_t *made = mb_json_get(usage, "completion_tokens_details");
    *out = (struct mb_llm_usage){
        .input_tokens = mb_json_int(usage, "prompt_tokens", 0),
        .output_tokens = mb_json_int(usage, "completion_tokens", 0),
        .cached_tokens = mb_json_int(in, "cached_tokens", 0),
        .cache_write_tokens = mb_json_int(in, "cache_write_tokens", 0),
        .reasoning_tokens = mb_json_int(made, "reasoning_tokens", 0),
    };
}

/* What an error object says about itself decides, where it is known; else the status. */
static enum mb_err_code error_code(int status, const json_t *error)
{
    static const struct {
        const char *word;
        enum mb_err_code code;
    } known[] = {
        {"invalid_api_key", MB_E_MODEL_AUTH},
        {"authentication_error", MB_E_MODEL_AUTH},
        {"rate_limit_exceeded", MB_E_MODEL_RATE_LIMITED},
        {"context_length_exceeded", MB_E_MODEL_INVALID_REQUEST},
        {"content_filter", MB_E_MODEL_REFUSED},
        {"content_policy_violation", MB_E_MODEL_REFUSED},
        {"server_error", MB_E_UPSTREAM_ERROR},
    };
    struct mb_str code = mb_json_str(error, "code"), type = mb_json_str(error, "type");
    for (size_t i = 0; i < MB_LEN(known); i++)
        if (mb_str_is(code, known[i].word) || mb_str_is(type, known[i].word))
            return known[i].code;
    return mb_llm_status_code(status);
}

void mb_llm_openai_read_error(int status, const json_t *root, struct mb_err *err)
{
    const json_t *error = mb_json_get(root, "error");
    struct mb_str words = mb_json_str(error, "message");
    if (!words.len) /* some servers put it at the top */
        words = mb_json_str(root, "message");
    mb_llm_set_error(err, error_code(status, error), status, words);
    if (mb_str_is(mb_json_str(error, "code"), "insufficient_quota"))
        err->retryable = 0;
}

static void read_finish(struct mb_str reason, struct mb_llm_answer *answer)
{
    if (mb_str_is(reason, "length"))
        answer->finish = "length";
    else if (mb_str_is(reason, "tool_calls") || mb_str_is(reason, "function_call"))
        answer->finish = "tool_calls";
    else if (reason.len)
        answer->finish = "stop";
    if (mb_str_is(reason, "content_filter"))
        answer->is_refused = true;
}

static int read_tool_call(const json_t *json, size_t index, struct mb_llm_answer *answer,
                          struct mb_err *err)
{
    struct mb_llm_tool_call *call = mb_llm_answer_call(answer, index);
    if (!call)
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the provider's tool calls are out of order");
    const json_t *function = mb_json_get(json, "function");
    struct mb_str id = mb_json_str(json, "id"), name = mb_json_str(function, "name");
    if (!call->id && id.len)
        call->id = mb_strndup(id.ptr, id.len);
    if (!call->name && name.len)
        call->name = mb_strndup(name.ptr, name.len);
    mb_buf_add_str(&call->arguments, mb_json_str(function, "arguments"));
    return 0;
}

static int read_tool_calls(const json_t *calls, bool is_stream, struct mb_llm_answer *answer,
                           struct mb_err *err)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        int64_t index = is_stream ? mb_json_int(call, "index", (int64_t)i) : (int64_t)i;
        int rc = read_tool_call(call, index < 0 ? SIZE_MAX : (size_t)index, answer, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A message, or a stream's part of one. */
static int read_message(const json_t *message, bool is_stream, struct mb_llm_answer *answer,
                        struct mb_err *err)
{
    struct mb_str refusal = mb_json_str(message, "refusal");
    mb_buf_add_str(&answer->text, mb_json_str(message, "content"));
    if (refusal.len) {
        answer->is_refused = true;
        mb_buf_add_str(&answer->refusal, refusal);
    }
    return read_tool_calls(mb_json_get(message, "tool_calls"), is_stream, answer, err);
}

static void read_names(const json_t *root, struct mb_llm_answer *answer)
{
    if (!answer->model) /* every piece of a stream repeats them */
        mb_llm_set_id(&answer->model, mb_json_str(root, "model"));
    if (!answer->id)
        mb_llm_set_id(&answer->id, mb_json_str(root, "id"));
}

static bool are_numbers(const json_t *vector)
{
    size_t i;
    json_t *n;
    json_array_foreach(vector, i, n)
    {
        if (!json_is_number(n))
            return false;
    }
    return json_array_size(vector) > 0;
}

/* Vectors in the order of the inputs, which `index` tells. */
static int read_vectors(const struct mb_llm_ask *ask, const json_t *root,
                        struct mb_llm_answer *answer, struct mb_err *err)
{
    const json_t *data = mb_json_get(root, "data");
    const json_t *input = mb_json_get(ask->args, "input");
    size_t n = json_is_array(input) ? json_array_size(input) : 1, i;
    json_t *entry;
    if (json_array_size(data) != n)
        return garbage(err, "vector for each input");
    answer->vectors = json_array();
    for (i = 0; i < n; i++)
        json_array_append_new(answer->vectors, json_null());
    json_array_foreach(data, i, entry)
    {
        int64_t at = mb_json_int(entry, "index", (int64_t)i);
        json_t *vector = mb_json_get(entry, "embedding");
        if (at < 0 || (size_t)at >= n || !are_numbers(vector) ||
            !json_is_null(json_array_get(answer->vectors, (size_t)at)))
            return garbage(err, "vector for each input");
        json_array_set(answer->vectors, (size_t)at, vector);
    }
    return 0;
}

int mb_llm_openai_read(const struct mb_llm_ask *ask, const json_t *root,
                       struct mb_llm_answer *answer, struct mb_err *err)
{
    if (mb_json_get(root, "error")) { /* some gateways say it with status 200 */
        mb_llm_openai_read_error(500, root, err);
        return -err->code;
    }
    read_names(root, answer);
    read_usage(mb_json_get(root, "usage"), &answer->usage);
    if (ask->kind == MB_LLM_EMBED)
        return read_vectors(ask, root, answer, err);
    const json_t *choice = json_array_get(mb_json_get(root, "choices"), 0);
    const json_t *message = mb_json_get(choice, "message");
    if (!json_is_object(message))
        return garbage(err, "message");
    read_finish(mb_json_str(choice, "finish_reason"), answer);
    return read_message(message, false, answer, err);
}

int mb_llm_openai_read_event(const struct mb_llm_ask *ask, const char *name, struct mb_str data,
                             struct mb_llm_answer *answer, struct mb_err *err)
{
    (void)ask;
    (void)name;
    if (mb_str_is(data, "[DONE]"))
        return MB_LLM_EVENT_END;
    json_t *root = mb_json_parse(data, err);
    if (!root) {
        err->code = MB_E_UPSTREAM_GARBAGE;
        mb_err_prefix(err, "the provider's stream");
        return -MB_E_UPSTREAM_GARBAGE;
    }
    int rc = MB_LLM_EVENT_MORE;
    const json_t *choice = json_array_get(mb_json_get(root, "choices"), 0);
    if (mb_json_get(root, "error")) {
        mb_llm_openai_read_error(500, root, err);
        rc = -err->code;
    } else {
        read_names(root, answer);
        read_usage(mb_json_get(root, "usage"), &answer->usage);
        read_finish(mb_json_str(choice, "finish_reason"), answer);
        rc = read_message(mb_json_get(choice, "delta"), true, answer, err);
    }
    json_decref(root);
    return rc;
}
