/* The local model: a job in the toolbox, by the hook that the gate gives. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "llm/llm_private.h"

static const char *const kind_names[] = {
    [MB_LLM_CHAT] = "chat",
    [MB_LLM_JSON] = "json",
    [MB_LLM_EMBED] = "embed",
};

int mb_llm_local_start(struct mb_llm_call *call, struct mb_err *err)
{
    const struct mb_llm_local *local = &call->llm->local;
    if (!local->start)
        return mb_err_set(err, MB_E_UNKNOWN_MODEL, "there is no local model here");
    struct mb_buf input = {0};
    mb_buf_addf(&input, "{\"kind\":\"%s\",\"args\":", kind_names[call->kind]);
    mb_json_dump(&input, call->args);
    mb_buf_add_char(&input, '}');
    call->local_job = NULL;
    int rc = local->start(local->arg, mb_buf_str(&input), call, &call->local_job, err);
    mb_buf_release(&input);
    call->is_local_running = rc == 0;
    return rc;
}

static int bad(struct mb_err *err, const char *what)
{
    return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the local model's %s is not what it should be",
                      what);
}

static void read_usage(const json_t *json, struct mb_llm_usage *usage)
{
    *usage = (struct mb_llm_usage){
        .input_tokens = mb_json_int(json, "input_tokens", 0),
        .output_tokens = mb_json_int(json, "output_tokens", 0),
        .cached_tokens = mb_json_int(json, "cached_tokens", 0),
        .reasoning_tokens = mb_json_int(json, "reasoning_tokens", 0),
    };
}

static int read_tool_calls(const json_t *calls, struct mb_llm_answer *answer, struct mb_err *err)
{
    size_t i;
    json_t *json;
    json_array_foreach(calls, i, json)
    {
        struct mb_llm_tool_call *call = mb_llm_answer_call(answer, i);
        struct mb_str id = mb_json_str(json, "id"), name = mb_json_str(json, "name");
        const json_t *arguments = mb_json_get(json, "arguments");
        if (!call || !name.len)
            return bad(err, "tool call");
        char made[32];
        snprintf(made, sizeof(made), "call_%zu", i + 1);
        call->id = id.len ? mb_strndup(id.ptr, id.len) : mb_strdup(made);
        call->name = mb_strndup(name.ptr, name.len);
        if (arguments)
            mb_json_dump(&call->arguments, arguments);
    }
    return 0;
}

int mb_llm_read_result(const json_t *root, struct mb_llm_answer *answer, struct mb_err *err)
{
    if (!json_is_object(root))
        return bad(err, "answer");
    struct mb_str reason = mb_json_str(root, "finish_reason");
    read_usage(mb_json_get(root, "usage"), &answer->usage);
    mb_buf_add_str(&answer->text, mb_json_str(root, "text"));
    answer->value = json_incref(json_object_get(root, "value"));
    answer->vectors = json_incref(mb_json_get(root, "vectors"));
    int rc = read_tool_calls(mb_json_get(root, "tool_calls"), answer, err);
    answer->finish = answer->n_calls               ? "tool_calls"
                     : mb_str_is(reason, "length") ? "length"
                                                   : "stop";
    return rc;
}

static int read_text(struct mb_llm_call *call, struct mb_str text, struct mb_err *err)
{
    json_t *root = mb_json_parse(text, err);
    if (!root) {
        err->code = MB_E_UPSTREAM_GARBAGE;
        return -MB_E_UPSTREAM_GARBAGE;
    }
    int rc = mb_llm_read_result(root, &call->answer, err);
    json_decref(root);
    if (rc == 0 && call->kind == MB_LLM_EMBED && !json_is_array(call->answer.vectors))
        rc = bad(err, "vectors");
    return rc;
}

static void deliver_and_answer(struct mb_llm_call *call)
{
    mb_llm_answered(call);
}

void mb_llm_local_done(struct mb_llm_call *call, struct mb_str json, const struct mb_err *failure)
{
    struct mb_err err;
    mb_err_clear(&err);
    mb_assert(call->is_local_running);
    call->is_local_running = false;
    call->local_job = NULL;
    if (failure)
        err = *failure;
    else
        (void)read_text(call, json, &err);
    if (err.code) {
        mb_llm_failed(call, &err, -1);
        return;
    }
    /* From the loop, so that on_delta may cancel what on_done would end. */
    mb_llm_call_wait(call, 0, deliver_and_answer);
    mb_llm_deliver(call);
}
