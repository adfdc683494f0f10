/* A canary: the last runs of a deployment, replayed with a candidate for its package, and what
 * would have been different. One run after the other: what it takes of the side engine is one
 * place. */
#ifndef MB_RUN_CANARY_H
#define MB_RUN_CANARY_H

#include <jansson.h>

#include "run/rerun.h"

enum { MB_CANARY_RUNS = 100 };

struct mb_canary;

struct mb_canary_request {
    struct mb_side *side;
    struct mb_pg *pg;
    struct mb_id customer_id, deployment_id;
    struct mb_str package; /* name or id of the candidate; empty = the deployment's own name */
    struct mb_str version; /* empty = the latest upload. Both borrowed for the start */
    int n_runs;            /* at most, up to MB_CANARY_RUNS */
    const char *statuses;  /* "succeeded", "failed" or both, with a comma between; borrowed */
    struct mb_str since;   /* created at or after (RFC 3339); empty = whenever; borrowed */
    int64_t deadline_us;   /* after which no further run is begun */
    /* As in mb_rerun_request: then `package` and `version` are not looked up. May be NULL. */
    struct mb_deployment *(*adapt)(void *arg, struct mb_deployment *found, struct mb_err *err);
    void *arg;
    /* Hears of each run that was replayed. May be NULL. */
    void (*on_run)(void *arg, int done, int n_runs);
};

/* on_done exactly once, not from inside: with the report as POST .../canary answers it (taken), or
 * NOT_FOUND with the place, or OVERLOADED when there was no place for the first replay within the
 * time; places for the others are waited for as well. `changed` is how many runs were not the same,
 * or not replayed. */
int mb_canary_start(const struct mb_canary_request *request,
                    void (*on_done)(void *arg, json_t *report, int n_changed,
                                    const struct mb_err *err),
                    void *arg, struct mb_canary **canary, struct mb_err *err) MB_MUST_CHECK;
void mb_canary_cancel(struct mb_canary *canary); /* takes NULL */

#endif
