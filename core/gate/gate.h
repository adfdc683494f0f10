/* The gate: executes a call that has been allowed, recorded and paid for, and tells what came of it
 * and what it used. It knows tools, models, egress and secrets; it knows nothing of runs or money.
 *
 * Whether a call is allowed is asked here too (mb_gate_check), so that there is one place to read
 * what an agent can do. */
#ifndef MB_GATE_GATE_H
#define MB_GATE_GATE_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "gate/data.h"
#include "gate/tool.h"

struct mb_loop;
struct mb_toolbox;
struct mb_fetch;
struct mb_llm;
struct mb_keyring;

struct mb_gate_stand_in;

struct mb_gate {
    struct mb_loop *loop;
    struct mb_toolbox *toolbox;
    struct mb_fetch *fetch;
    struct mb_llm *llm;
    struct mb_data *data;
    struct mb_keyring *keyring; /* NULL = no secrets can be opened */
    struct mb_tools tools;
    struct mb_gate_stand_in *stand_in; /* answers instead: gate/simulate.h; NULL = nobody does */
};

/* A customer's secret of this name and a provider's ("model_key_openai") is used instead of the
 * operator's key for that provider. */
#define MB_MODEL_KEY_PREFIX "model_key_"

/* What a deployment may use: its part of what agent.json names. Owned by the deployment. */
struct mb_grant {
    struct mb_id customer_id, deployment_id;
    json_t *tools;   /* array of names */
    json_t *hosts;   /* array of host patterns (base/hostmatch.h) */
    json_t *models;  /* array of names or "*" */
    json_t *secrets; /* object: name -> sealed text; only those that agent.json names */
    /* object: what agent.run may start: name -> "dep_...", or null: the customer's deployment of
     * that name. The name "*": any of the customer's. */
    json_t *agents;
};

/* Which deployment a child run of `target` is of, if it may be started: bound by the grant, or
 * named by its id (then *id), else by its name (then *id is nil). TOOL_DENIED. */
int mb_grant_find_agent(const struct mb_grant *grant, struct mb_str target, struct mb_id *id,
                        struct mb_err *err) MB_MUST_CHECK;

/* What a call used, for the journal. */
struct mb_usage {
    int64_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
    int64_t cpu_us; /* of the toolbox */
    int64_t bytes;
    int64_t cost_micros;  /* what it costs the platform */
    int64_t price_micros; /* what the customer pays */
    char model[64];
    char provider_request_id[80];
    /* Of a simulated call: where its answer came from (static text; NULL = it was really made), and
     * how much time it would have taken. */
    const char *source;
    int64_t passed_us;
};

/* Is the tool there and on the whitelist, do the arguments fit, is the model allowed? */
int mb_gate_check(const struct mb_gate *gate, const struct mb_grant *grant, struct mb_str tool_name,
                  const json_t *args, const struct mb_tool **tool,
                  struct mb_err *err) MB_MUST_CHECK;
/* The most that the call can cost the customer, in micro-dollars. */
int64_t mb_gate_worst_micros(const struct mb_gate *gate, const struct mb_tool *tool,
                             const json_t *args);

struct mb_gate_call {
    struct mb_gate *gate;
    const struct mb_tool *tool;
    const struct mb_grant *grant; /* borrowed until done */
    json_t *args;                 /* a reference; NULL once it is not needed any more */
    char idempotency_key[80];     /* the same whenever the same step is tried again */
    int64_t deadline_us;          /* monotonic; 0 = only the tool's own timeout */
    /* Exactly once, not from inside start. The result is borrowed for the call. */
    void (*on_done)(struct mb_gate_call *call, struct mb_str result, const struct mb_usage *usage,
                    const struct mb_err *err);
    void (*on_delta)(struct mb_gate_call *call, struct mb_str text); /* NULL = nobody follows */
    void *op; /* private: what is under way */
    void (*cancel_op)(struct mb_gate_call *call);
    void *note; /* the stand-in's: from malloc, freed with the call's end */
};

/* Whoever answers calls instead of the gate. */
struct mb_gate_stand_in {
    /* As mb_gate_start; WAIT tools come here as well. */
    int (*start)(struct mb_gate_stand_in *stand_in, struct mb_gate_call *call, struct mb_err *err);
    /* Sees the end of each call, and may change what it used, before it is told. */
    void (*on_end)(struct mb_gate_stand_in *stand_in, struct mb_gate_call *call,
                   struct mb_usage *usage, const struct mb_err *err);
};

/* Starts a call of an LLM, DATA or IO tool; the caller has filled the fields and keeps `call` until
 * on_done or cancel. */
int mb_gate_start(struct mb_gate_call *call, struct mb_err *err) MB_MUST_CHECK;
void mb_gate_cancel(struct mb_gate_call *call); /* harmless when nothing is under way */

#endif
