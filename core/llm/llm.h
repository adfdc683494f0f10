/* Model calls: chat, JSON that fits a schema, embeddings; over OpenAI's chat-completions format,
 * Anthropic's Messages, the local engine, or a script. One call may be several tries; it has one
 * deadline, one result, and the sum of what it used.
 *
 * Arguments are those of the tools llm.chat, llm.json and llm.embed (core/llm/tools), already
 * checked against their schemas. Results, as JSON text:
 *   chat   {"message", "text", "tool_calls": [{"id", "name", "arguments"}], "finish_reason",
 *          "model", "usage", "cost_micros"}
 *          finish_reason: stop, length, tool_calls. arguments is an object; when the model wrote
 *          no JSON object it is null and "arguments_text" holds what it wrote. message is the
 *          answer as the next message of the conversation, in the canonical form and without
 *          nulls: sent back by an agent it is the same JSON.
 *   json   {"value", "model", "usage", "cost_micros"}          value fits the schema
 *   embed  {"vectors": [[number...]...], "model", "usage", "cost_micros"}
 *   usage  {"input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"}
 * cost_micros: of all tries; 0 when no price is known. */
#ifndef MB_LLM_LLM_H
#define MB_LLM_LLM_H

#include <jansson.h>

#include "base/secret.h"
#include "io/fetch.h"
#include "llm/price.h"
#include "llm/retry.h"

struct mb_llm;
struct mb_llm_call;

enum mb_llm_kind { MB_LLM_CHAT, MB_LLM_JSON, MB_LLM_EMBED };

/* Runs a job of the local model, in the toolbox. `input` is {"kind": "chat"|"json"|"embed", "args"}
 * as JSON text, borrowed for the call. Ends with mb_llm_local_done, later; after `cancel` it must
 * not. *job is the hook's own. */
struct mb_llm_local {
    int (*start)(void *arg, struct mb_str input, struct mb_llm_call *call, void **job,
                 struct mb_err *err);
    void (*cancel)(void *arg, void *job);
    void *arg;
};

struct mb_llm_config {
    struct mb_loop *loop;
    struct mb_fetch *fetch;
    const char *models_file;   /* JSON as core/llm/models.json; NULL or "" = that one */
    const char *script_file;   /* answers of the model "script" (llm/script.h); NULL or "" = none */
    const char *default_model; /* for calls that name none; NULL or "" = the models file's */
    struct mb_llm_retry retry; /* all zero = mb_llm_retry_default */
    struct mb_llm_local local; /* start NULL = there is no local model */
};

/* NULL with err (CONFIG): a file that cannot be read or is wrong. Provider keys are read from the
 * environment variables that the models file names, here and now. */
struct mb_llm *mb_llm_new(const struct mb_llm_config *config, struct mb_err *err) MB_MUST_CHECK;
void mb_llm_free(struct mb_llm *llm); /* cancels what is under way */

struct mb_llm_result {
    struct mb_buf json;        /* the result; empty after an error. May be taken. */
    struct mb_llm_usage usage; /* of all tries, as far as a provider told; also after an error */
    int64_t cost_micros;       /* the sum of the tries' costs, each rounded up */
    bool is_unpriced;          /* the model has no price: cost_micros is 0 for that reason */
    int tries;
    const char *provider, *model;    /* borrowed for the call; model as the request named it */
    const char *provider_request_id; /* of the last try; "" = none */
};

struct mb_llm_request {
    enum mb_llm_kind kind;
    json_t *args;                    /* a reference is taken */
    json_t *tool_names;              /* {name in args.tools: name in the result}, for those that
                                        differ; a reference is taken; NULL = none */
    const struct mb_secret *api_key; /* instead of the provider's; copied; NULL = the provider's */
    const char *base_url;            /* the customer's own endpoint: checked by the egress policy,
                                        and never sent the operator's key; NULL = the provider's */
    int64_t deadline_ms;             /* for all tries; 0 = 120 s */
    const char *idempotency_key;     /* sent along, the same for the same body; NULL = none */
    /* Text as it comes (chat only). Once some was delivered the call is not tried again. */
    void (*on_delta)(struct mb_llm_call *call, struct mb_str text);
    /* Exactly once, never from inside mb_llm_start; the call is gone when it returns. */
    void (*on_done)(struct mb_llm_call *call, struct mb_llm_result *result,
                    const struct mb_err *err);
    void *owner;
};

/* Refuses with UNKNOWN_MODEL, MODEL_AUTH (no key), MODEL_INVALID_REQUEST (the model cannot do
 * this), INVALID_SCHEMA, or what mb_fetch_start refuses with. Otherwise on_done's error is one of
 * MODEL_*, TIMEOUT, CONNECT_FAILED, UPSTREAM_GARBAGE, UPSTREAM_ERROR, EGRESS_DENIED, TOO_LARGE;
 * err->retry_ms is set when the provider said how long to wait. */
int mb_llm_start(struct mb_llm *llm, const struct mb_llm_request *req, struct mb_llm_call **call,
                 struct mb_err *err) MB_MUST_CHECK;
void mb_llm_cancel(struct mb_llm_call *call); /* on_done does not run; the call is gone */
void *mb_llm_owner(const struct mb_llm_call *call);

/* The end of a local job: `json` is a result as above without "model" (and "usage" if it counts
 * none), borrowed for the call; or err. */
void mb_llm_local_done(struct mb_llm_call *call, struct mb_str json, const struct mb_err *err);

/* 0, or -UNKNOWN_MODEL naming models that are spelled like it. An empty name is the default. */
int mb_llm_check_model(const struct mb_llm *llm, struct mb_str name,
                       struct mb_err *err) MB_MUST_CHECK;
/* The name itself; the default model's for an empty one. Borrows from `name` or from llm. */
struct mb_str mb_llm_name_of(const struct mb_llm *llm, struct mb_str name);
/* What one call of this model that used so much costs, in micro-dollars; -1 when the model is not
 * known or has no price. */
int64_t mb_llm_cost_micros(const struct mb_llm *llm, struct mb_str name,
                           const struct mb_llm_usage *usage);
/* The name of the provider that serves this model ("" = the default model); "" when none does. */
const char *mb_llm_provider_of(const struct mb_llm *llm, struct mb_str name);
/* The most that a call can cost: every input byte a token, every answer as long as allowed, every
 * retry of llm.json used. `more_bytes` of input come on top of args. 0 for unknown and unpriced
 * models. */
int64_t mb_llm_worst_micros(const struct mb_llm *llm, enum mb_llm_kind kind, const json_t *args,
                            int64_t more_bytes);
/* The models file as it was read: {"providers", "models", ...}. Borrowed. */
const json_t *mb_llm_models_file(const struct mb_llm *llm);

#endif
