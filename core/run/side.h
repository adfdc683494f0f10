/* The side engine: runs that are not for keeping. A replay, a canary or a simulation runs here: in
 * sandboxes of its own, with its journal in memory for as long as it lasts. Nothing is charged, no
 * row of the database is read or written, and a call reaches the gate only if the job's policy may
 * execute calls and says so for that one.
 *
 *     struct mb_side_policy policy = {.on_call = answer_from_manifest, .arg = me};
 *     struct mb_side_job job = {.deployment = d, .input = text, .policy = &policy, .keeps = true};
 *     rc = mb_side_start(side, &job, on_done, me, &run, err);
 *
 * A job waits in a queue while its customer, or all customers, have as many under way as they may;
 * a full queue refuses (OVERLOADED), as does a customer's full share of it. It has a
 * deadline, the time in the queue included. */
#ifndef MB_RUN_SIDE_H
#define MB_RUN_SIDE_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "base/list.h"
#include "gate/gate.h"
#include "run/replay.h"

struct mb_catalog;
struct mb_deployment;
struct mb_engine_config;
struct mb_loop;
struct mb_side;
struct mb_side_run;
struct mb_zygote;

/* ---------------------------------------------------------------- who answers calls */

/* A call of the run. All of it is borrowed for the question. */
struct mb_side_call {
    struct mb_str tool;
    const json_t *args;
    struct mb_str args_text;     /* canonical: what the key was made of */
    const uint8_t *key;          /* MB_KEY_BYTES: tool, arguments and their occurrence (replay.h) */
    int number;                  /* of this call among the run's calls, from 1 */
    bool is_branch;              /* others may be asking beside it */
    int64_t turn_us;             /* with which it was put off; 0 = it was not, and may be */
    const struct mb_tool *known; /* its manifest; NULL when there is no such tool */
};

struct mb_side_answer {
    char *text; /* JSON, malloc'd, taken: the result, or {"code", "message", ...} */
    size_t len;
    bool is_error;
    int64_t clock_us;      /* the run's clock moves to this (wall clock); 0 = to now. A job that
                              keeps its calls has its own clock: see usage.passed_us */
    struct mb_usage usage; /* what the step is to show, when the job keeps it */
};

enum mb_side_verdict {
    MB_SIDE_ANSWER,  /* with what was filled in */
    MB_SIDE_LATER,   /* asked again when the run has nothing else to do: of several the one with the
                        lowest clock_us (positive) as filled in now. The job must not keep calls */
    MB_SIDE_EXECUTE, /* checked and executed by the gate as in any run; a wait parks the run */
};

/* Borrowed while the job lasts. Nothing may be cancelled or freed inside the callbacks. */
struct mb_side_policy {
    /* Asked for each call that the run has not been answered yet. */
    enum mb_side_verdict (*on_call)(void *arg, const struct mb_side_call *call,
                                    struct mb_side_answer *answer);
    /* A progress event (is_emit) or a log line, with its key. May be NULL. */
    void (*on_note)(void *arg, bool is_emit, const uint8_t *key);
    /* The run begins: once, and again if its sandbox was lost. Calls that were answered are asked
     * for again, unless the job keeps them. May be NULL. */
    void (*on_begin)(void *arg);
    void *arg;
    bool may_execute; /* else EXECUTE is a bug: the gate is out of reach */
};

/* ---------------------------------------------------------------- jobs */

struct mb_side_job {
    struct mb_deployment *deployment;    /* referred to while the job lasts; catalog.h makes one */
    struct mb_str input;                 /* JSON text; copied. Not checked: mb_side_check_input */
    const struct mb_side_policy *policy; /* NULL = `gate` answers all calls */
    struct mb_gate *gate; /* executes instead of the core's, as one with a stand-in; borrowed. NULL
                             = the core's, for policies that may execute */
    const uint8_t *seed;  /* 16 bytes; NULL = drawn */
    int64_t clock_us;     /* the run's clock at its beginning (wall clock); 0 = now */
    struct {
        int64_t cpu_ms, wall_ms, steps, budget_micros; /* 0 = the deployment's */
    } limits;
    bool keeps; /* the result lists calls and notes; without, it is only the outcome */
};

struct mb_side_result {
    /* "succeeded", "failed", "cancelled", or "waiting" when an executed call waits for long */
    struct mb_str status, wait_reason;
    const json_t *output; /* NULL unless succeeded */
    const json_t *error;  /* {code, message, file, line, ...}; NULL unless failed */
    int64_t cpu_us;
    int steps;
    /* When the job keeps them, in order, else NULL: the steps as GET .../steps shows them ({"seq",
     * "tool", "args", "result" or "error", "usage", "cost_micros", ...}), and the notes:
     * {"event": "emit" or "log", "seq", "data"}. */
    const json_t *calls, *notes;
};

/* Exactly once, not from inside start, unless it was cancelled before. Either the result, borrowed
 * for the call, or why there is none: TIMEOUT, UNAVAILABLE. */
typedef void mb_side_done(void *arg, const struct mb_side_result *result, const struct mb_err *err);

/* OVERLOADED when the queue is full, or the customer's share of it; UNAVAILABLE when the core is
 * being stopped. `run` is good until on_done or cancel. */
int mb_side_start(struct mb_side *side, const struct mb_side_job *job, mb_side_done *on_done,
                  void *arg, struct mb_side_run **run, struct mb_err *err) MB_MUST_CHECK;
void mb_side_cancel(struct mb_side_run *run); /* takes NULL */

/* Does the input fit the package? INVALID_JSON or INVALID_INPUT with the place. */
int mb_side_check_input(const struct mb_deployment *deployment, struct mb_str input,
                        struct mb_err *err) MB_MUST_CHECK;

/* ---------------------------------------------------------------- memory */

/* What somebody holds for a job, as the record of a replay, from before it waits for its place.
 * Zeroed = nothing is held. */
struct mb_side_hold {
    struct mb_list node;
    struct mb_id customer_id;
    int64_t bytes;
};

/* TOO_LARGE when it is more than a job may have, OVERLOADED while too much is held already. */
int mb_side_hold(struct mb_side *side, struct mb_side_hold *hold, struct mb_id customer_id,
                 int64_t bytes, struct mb_err *err) MB_MUST_CHECK;
void mb_side_let_go(struct mb_side_hold *hold);

/* ---------------------------------------------------------------- the engine itself */

struct mb_side_config {
    int64_t runs;           /* at once */
    int64_t customer_runs;  /* of one customer at once */
    int64_t queue;          /* jobs that wait, beyond those */
    int64_t customer_queue; /* of one customer */
    int64_t bytes;          /* of what is held for jobs */
    int64_t deadline_us;    /* of a job */
};

/* Borrows all of them; `engine` holds the settings of the core's other engine. */
struct mb_side *mb_side_new(struct mb_loop *loop, struct mb_gate *gate, struct mb_zygote *zygote,
                            struct mb_catalog *catalog, const struct mb_engine_config *engine,
                            const struct mb_side_config *config);
/* Jobs that are left are dropped without a word: whoever started them is gone. Takes NULL. */
void mb_side_free(struct mb_side *side);
/* Refuses new jobs; those under way go on. */
void mb_side_drain(struct mb_side *side);
struct mb_catalog *mb_side_catalog(const struct mb_side *side);
struct mb_loop *mb_side_loop(const struct mb_side *side);

struct mb_side_stats {
    uint64_t started, done, refused, timed_out;
    size_t under_way, queued;
    size_t simulations; /* of those under way; the others are replays */
    size_t canaries;    /* under way; their runs are replays, one after the other */
};
/* A canary begins (1) or is over (-1). */
void mb_side_count_canary(struct mb_side *side, int by);
void mb_side_get_stats(const struct mb_side *side, struct mb_side_stats *stats);

#endif
