/* The simulator's gate: calls that are answered without leaving the machine, and what they tell
 * about a package: what it would cost, and what it used of what it may.
 *
 *   the caller's answers      -> first, whatever the tool
 *   sleep, approve, ask       -> at once: a clock that jumps, a rule in place of a person
 *   kv, memory, files         -> in memory, empty at the beginning
 *   models                    -> as asked, or one model in place of all
 *   all others                -> the tool's examples, else made up from its result schema
 *                                (lua/sim, a job of the toolbox)
 *
 * What agent.json does not allow is refused as in a real run. */
#ifndef MB_GATE_SIMULATE_H
#define MB_GATE_SIMULATE_H

#include "gate/gate.h"

enum { MB_SIMULATE_SEED_MAX = 2147483647 };

/* All of it is borrowed for the call of new, but the gate: until free. */
struct mb_simulator_config {
    struct mb_gate *gate;   /* the real one */
    const json_t *manifest; /* agent.json */
    const char *model;      /* instead of what calls ask for; NULL = what they ask for */
    int64_t seed;           /* 0 to MB_SIMULATE_SEED_MAX: same seed, same made-up answers */
    /* {tool: [answer...]}, used in turn, then the usual sources go on. An answer is a result, or
     * {"result"} or {"error": {"code", "message"}}, each with "args" when it is for calls with
     * these arguments only. NULL = none. */
    const json_t *answers;
    /* [{"tool"?, "title"?, "decide": "approve" | "reject" | "deadline", "data"?, "comment"?,
     * "by"?}...]: the first that fits a question decides it; without one it is approved. NULL =
     * none. */
    const json_t *decisions;
};

struct mb_simulator;
/* NULL with err (UNKNOWN_MODEL). */
struct mb_simulator *mb_simulator_new(const struct mb_simulator_config *config,
                                      struct mb_err *err) MB_MUST_CHECK;
/* No call is under way any more. Takes NULL. */
void mb_simulator_free(struct mb_simulator *sim);
/* The gate to give to an engine. */
struct mb_gate *mb_simulator_gate(struct mb_simulator *sim);

/* A step as followers see it: for what was refused before it came to the gate. */
void mb_simulator_see_step(struct mb_simulator *sim, const json_t *step);

/* New references.
 *   cost         {"low_micros", "likely_micros", "high_micros", "run_micros", "tools_micros",
 *                 "models": [{"model", "calls", "tokens_in", "tokens_out", "low_micros",
 *                 "likely_micros", "high_micros", "is_priced"}]}
 *                 likely: these calls at the asked models' prices; low: with answers half as long;
 *                 high: with the longest answers and all retries, which is what a run reserves
 *   permissions  {"tools" | "models" | "hosts" | "secrets": {"used", "unused", "denied"},
 *                 "collections": {"used"}}, each a sorted list */
json_t *mb_simulator_cost(const struct mb_simulator *sim);
json_t *mb_simulator_permissions(const struct mb_simulator *sim);

#endif
