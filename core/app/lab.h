/* Simulations on one's own machine, one after the other: for `moonbase run --simulate` and
 * `moonbase eval`. */
#ifndef MB_APP_LAB_H
#define MB_APP_LAB_H

#include <stdio.h>

#include "app/platform.h"
#include "app/signals.h"
#include "run/simulation.h"

struct mb_lab {
    struct mb_platform platform;
    struct mb_catalog *catalog;
    struct mb_side *side;
    struct mb_signals signals;
    struct mb_id customer_id;
    int signal; /* that came: nothing goes on; 0 = none */
};

int mb_lab_init(struct mb_lab *lab, const struct mb_config *config,
                struct mb_err *err) MB_MUST_CHECK;
void mb_lab_release(struct mb_lab *lab);

/* Simulates and waits for the end; side, loop, gate and customer_id of the configuration
 * are filled in. The report (simulation.h) is the caller's; NULL with err, or when a signal came.
 */
json_t *mb_lab_simulate(struct mb_lab *lab, const struct mb_simulation_config *config,
                        struct mb_err *err) MB_MUST_CHECK;

/* Turns the loop until *is_done or a signal. */
void mb_lab_wait(struct mb_lab *lab, const bool *is_done);

/* A report for a person: output or error, the trace, the cost, the permissions. */
void mb_lab_print(FILE *out, const json_t *report);

#endif
