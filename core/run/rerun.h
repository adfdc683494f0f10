/* Replaying a run that has ended: its code runs again on the side engine, with its seed, clock,
 * input and configuration, and its calls are answered from its record. With the package that it
 * began with the outcome is the recorded one, or the run has diverged; with another, the report
 * says what is different.
 *
 * A call is answered by the record of the same content in the same branch. Where there is none it
 * waits until the run can do nothing without it: who lost a race was never recorded, and is not
 * missed. Then it is answered by a record of the same tool that nobody asked for yet: the one with
 * the same arguments, else that with the same number among the tool's calls, else the first
 * ("changed", unless the arguments are the same). Where none is left, by the error `not_recorded`
 * ("new"). Records that were never asked for are "gone". */
#ifndef MB_RUN_RERUN_H
#define MB_RUN_RERUN_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"

struct mb_deployment;
struct mb_pg;
struct mb_rerun;
struct mb_side;

struct mb_rerun_request {
    struct mb_side *side;
    struct mb_pg *pg;
    struct mb_id customer_id, run_id;
    struct mb_id deployment_id;             /* that the run has to be of; nil = any */
    struct mb_id package_owner, package_id; /* instead of the run's own; nil = its own */
    /* Makes another deployment (a new reference) out of the one that was found, or NULL with err:
     * for packages that are in no database. May be NULL. */
    struct mb_deployment *(*adapt)(void *arg, struct mb_deployment *found, struct mb_err *err);
    void *arg;
};

struct mb_rerun_report {
    json_t *json; /* as POST /v1/runs/{run_id}/replay answers it; taken by whoever is told */
    bool is_same; /* the outcome, and every call */
    bool is_output_same;
    int n_same, n_changed, n_new, n_gone; /* calls */
    int64_t recorded_micros, candidate_micros;
};

/* on_done exactly once, not from inside: with the report, or NOT_FOUND, CONFLICT (the run has not
 * ended), TOO_LARGE (its record is), what mb_side_start refuses with, TIMEOUT. */
int mb_rerun_start(const struct mb_rerun_request *request,
                   void (*on_done)(void *arg, struct mb_rerun_report *report,
                                   const struct mb_err *err),
                   void *arg, struct mb_rerun **rerun, struct mb_err *err) MB_MUST_CHECK;
void mb_rerun_cancel(struct mb_rerun *rerun); /* takes NULL */

#endif
