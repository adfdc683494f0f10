/* The inside of a model call: llm.c starts and ends it, attempt.c makes its tries over HTTP,
 * outcome.c reads what came, script.c and local.c answer without HTTP. */
#ifndef MB_LLM_LLM_PRIVATE_H
#define MB_LLM_LLM_PRIVATE_H

#include "base/schema.h"
#include "io/loop.h"
#include "llm/llm.h"
#include "llm/models.h"
#include "llm/sse.h"
#include "llm/wire.h"

struct mb_llm_script;

struct mb_llm {
    struct mb_loop *loop;
    struct mb_fetch *fetch;
    struct mb_llm_models models;
    struct mb_llm_retry retry;
    struct mb_llm_local local;
    struct mb_llm_script *script; /* NULL = none */
    struct mb_list calls;
};

struct mb_llm_call {
    struct mb_list node;
    struct mb_llm *llm;
    void *owner;
    void (*on_delta)(struct mb_llm_call *call, struct mb_str text);
    void (*on_done)(struct mb_llm_call *call, struct mb_llm_result *result,
                    const struct mb_err *err);
    json_t *args;       /* NULL once they are in the body and not needed again */
    json_t *tool_names; /* of the request; NULL = none */
    char *model;        /* the model's name then; target.name points there */
    struct mb_llm_target target;
    enum mb_llm_kind kind;
    bool is_wrapped;       /* llm.json: the caller's schema is no object; it is our "value" */
    bool is_exempt;        /* the operator's URL */
    bool is_local_running; /* local_job is under way */
    bool is_stream_over;   /* its end mark came */
    bool is_ending;        /* on_done is running */

    /* Of llm.json. */
    json_t *schema_json;      /* what the model is told: an object schema */
    struct mb_schema *schema; /* what the value must fit: the caller's */
    struct mb_buf bad_answer, complaint;
    int answers_left; /* how often it may still be asked again */

    /* Tries. */
    int tries; /* since the model was last asked something new */
    int all_tries;
    struct mb_timer timer; /* the next try, or a script's delay */
    void (*on_timer)(struct mb_llm_call *call);
    int64_t deadline_us; /* monotonic */

    /* How to reach it. */
    const char *url; /* the provider's, or own_url */
    char *own_url;
    struct mb_fetch_headers *own_headers; /* with the customer's key, or NULL */
    char *idempotency_key;

    /* The try that is under way. */
    struct mb_fetch_call *fetch_call;
    void *local_job;
    struct mb_buf body; /* of the request; at the end, the result */
    struct mb_llm_answer answer;
    struct mb_sse *sse;        /* of a stream; else NULL */
    struct mb_err *stream_err; /* what was wrong inside a stream, or NULL */
    size_t delivered_bytes;    /* of answer.text, to on_delta */
    char *request_id;          /* NULL = none */

    /* Of all tries. */
    struct mb_llm_usage usage;
    int64_t cost_micros;
};

/* llm.c */
void mb_llm_call_finish(struct mb_llm_call *call, const struct mb_err *err);
int64_t mb_llm_call_left_ms(const struct mb_llm_call *call);
void mb_llm_call_wait(struct mb_llm_call *call, int64_t ms, void (*then)(struct mb_llm_call *call));
struct mb_llm_ask mb_llm_call_ask(const struct mb_llm_call *call);

/* attempt.c: a try over HTTP */
int mb_llm_attempt(struct mb_llm_call *call, struct mb_err *err);

/* outcome.c: an answer is here (in call->answer): count it, and end the call or ask again */
void mb_llm_answered(struct mb_llm_call *call);
/* A try failed: wait and try again, or end the call. told_ms as in llm/retry.h. */
void mb_llm_failed(struct mb_llm_call *call, const struct mb_err *err, int64_t told_ms);
/* Gives on_delta what is new in call->answer.text; false when that ended the call. */
void mb_llm_deliver(struct mb_llm_call *call);

/* local.c */
int mb_llm_local_start(struct mb_llm_call *call, struct mb_err *err);
/* Reads a result text as llm.h gives it: of the local engine and of scripts. */
int mb_llm_read_result(const json_t *root, struct mb_llm_answer *answer, struct mb_err *err);

/* script.c: see llm/script.h */
int mb_llm_script_start(struct mb_llm_call *call, struct mb_err *err);

/* Whatever the target's wire needs for the next try. */
int mb_llm_ask_again(struct mb_llm_call *call, struct mb_err *err);

#endif
