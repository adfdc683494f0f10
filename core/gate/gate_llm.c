/* Model calls: the gate's side of core/llm, and the local model's job in the toolbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/local.h"
#include "gate/ops.h"
#include "io/loop.h"
#include "io/toolbox.h"

static void on_delta(struct mb_llm_call *llm, struct mb_str text)
{
    struct mb_gate_call *call = mb_llm_owner(llm);
    call->on_delta(call, text);
}

static void on_done(struct mb_llm_call *llm, struct mb_llm_result *result, const struct mb_err *err)
{
    struct mb_gate_call *call = mb_llm_owner(llm);
    struct mb_usage usage = {
        .tokens_in = result->usage.input_tokens,
        .tokens_out = result->usage.output_tokens,
        .tokens_cached = result->usage.cached_tokens,
        .tokens_reasoning = result->usage.reasoning_tokens,
        .cost_micros = result->cost_micros,
        .price_micros = result->cost_micros,
    };
    snprintf(usage.model, sizeof(usage.model), "%s", result->model ? result->model : "");
    snprintf(usage.provider_request_id, sizeof(usage.provider_request_id), "%s",
             result->provider_request_id ? result->provider_request_id : "");
    mb_gate_done(call, mb_buf_str(&result->json), &usage, err);
}

static void cancel(struct mb_gate_call *call)
{
    mb_llm_cancel(call->op);
}

int mb_gate_open_secret(const struct mb_gate *gate, const struct mb_grant *grant, const char *name,
                        struct mb_secret *out, struct mb_err *err)
{
    const json_t *sealed = json_object_get(grant->secrets, name);
    if (!sealed || !gate->keyring)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no secret \"%s\" for this package", name);
    char customer[MB_ID_TEXT], context[MB_ID_TEXT + 128];
    int n =
        snprintf(context, sizeof(context), "%s/%s", mb_id_uuid(grant->customer_id, customer), name);
    return mb_open(gate->keyring, MB_STR_OF(context, (size_t)n),
                   MB_STR_OF(json_string_value(sealed), json_string_length(sealed)), out, NULL,
                   err);
}

/* The customer's own key for the provider of this model, if there is one. */
static int own_key(const struct mb_gate_call *call, struct mb_secret *key, struct mb_err *err)
{
    if (json_object_size(call->grant->secrets) == 0)
        return 0;
    char name[96];
    const char *model = json_string_value(json_object_get(call->args, "model"));
    snprintf(name, sizeof(name), MB_MODEL_KEY_PREFIX "%s",
             mb_llm_provider_of(call->gate->llm, mb_str_c(model)));
    if (!json_object_get(call->grant->secrets, name))
        return 0;
    return mb_gate_open_secret(call->gate, call->grant, name, key, err);
}

int mb_gate_start_llm(struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_secret key = {0};
    int rc = own_key(call, &key, err);
    if (rc < 0)
        return rc;
    json_t *names, *args = mb_gate_expand_named_tools(call->gate, call->args, &names);
    struct mb_llm_request req = {
        .kind = mb_gate_llm_kind(call->tool),
        .args = args,
        .tool_names = names,
        .api_key = key.len ? &key : NULL,
        .deadline_ms = call->tool->timeout_ms,
        .idempotency_key = call->idempotency_key,
        .on_delta = call->on_delta ? on_delta : NULL,
        .on_done = on_done,
        .owner = call,
    };
    struct mb_llm_call *llm;
    rc = mb_llm_start(call->gate->llm, &req, &llm, err);
    mb_secret_release(&key);
    json_decref(args);
    json_decref(names);
    if (rc < 0)
        return rc;
    json_decref(call->args); /* core/llm keeps what it needs of them */
    call->args = NULL;
    call->op = llm;
    call->cancel_op = cancel;
    return 0;
}

/* ---------------------------------------------------------------- the local model */

enum { LOCAL_CPU_MS = 10 * 1000, LOCAL_TIMEOUT_MS = 60 * 1000 };

static void on_local_done(struct mb_job *job, struct mb_str result, const struct mb_err *err)
{
    mb_llm_local_done(job->owner, result, err);
}

static const struct mb_job_events local_events = {.on_done = on_local_done};

static int start_local(void *arg, struct mb_str input, struct mb_llm_call *llm, void **out,
                       struct mb_err *err)
{
    struct mb_job *job;
    int rc = mb_job_start(arg, "local", true, input, LOCAL_CPU_MS, LOCAL_TIMEOUT_MS, &local_events,
                          llm, &job, err);
    if (rc == 0)
        *out = job;
    return rc;
}

static void cancel_local(void *arg, void *job)
{
    (void)arg;
    mb_job_cancel(job);
}

struct mb_llm_local mb_gate_local(struct mb_toolbox *toolbox)
{
    return (struct mb_llm_local){start_local, cancel_local, toolbox};
}
