/* A simulation: one run of a package in the side engine, with gate/simulate.h in place of the gate.
 * Nothing is stored, nothing is charged, and nothing leaves the machine but the calls of a model
 * when it is asked to be "real". */
#ifndef MB_RUN_SIMULATION_H
#define MB_RUN_SIMULATION_H

#include <jansson.h>

#include "base/err.h"
#include "base/files.h"
#include "base/id.h"
#include "run/side.h"

struct mb_simulation;

/* All of it is borrowed for the call of start, but side, loop and gate: until it is over. What
 * nobody limits is limited as in the side engine's catalogue. */
struct mb_simulation_config {
    struct mb_side *side;
    struct mb_loop *loop;
    struct mb_gate *gate;         /* the real one: its tools, models and toolbox */
    struct mb_id customer_id;     /* whose share of the side engine it takes */
    const struct mb_files *files; /* the package; checked already (gate/package.h) */
    struct mb_str input;          /* JSON text */
    const json_t *config;         /* NULL = {} */
    const char *model; /* "real" = as the package asks; else the one for all calls; NULL = the first
                          that there is of "local" and "script" */
    int64_t seed;      /* 0 to MB_SIMULATE_SEED_MAX */
    const json_t *answers, *decisions; /* as gate/simulate.h takes them; NULL = none */
    /* What is stored at the beginning: {"kv": {key: value}, "memory": {collection: [document...]},
     * "files": {path: text}}; NULL = only what the package's own knowledge holds. */
    const json_t *given;
    int64_t wall_ms; /* at most; 0 = as the package says */
};

/* Exactly once, not from inside start. `report` is the receiver's:
 *   {"package": {"name", "version"}, "status", "wait_reason"?, "output", "error", "model", "seed",
 *    "usage": {"steps", "cpu_us", "tokens_in", "tokens_out"}, "duration_ms", "trace", "notes",
 *    "cost", "permissions"}
 * trace: steps as GET /v1/runs/{id}/steps shows them, each with "source": example, generator,
 * memory, model, answers, rule or clock. cost and permissions: gate/simulate.h. */
typedef void mb_simulation_done(void *arg, json_t *report, const struct mb_err *err);

/* INVALID_PACKAGE, INVALID_INPUT (pointers "/input...", "/config...", "/given..."), UNKNOWN_MODEL,
 * OVERLOADED. */
int mb_simulation_start(const struct mb_simulation_config *config, mb_simulation_done *on_done,
                        void *arg, struct mb_simulation **simulation,
                        struct mb_err *err) MB_MUST_CHECK;
void mb_simulation_cancel(struct mb_simulation *simulation); /* on_done does not run; takes NULL */

#endif
