/* Following one run of an engine on the terminal: a progress line, what the agent says, and at the
 * end the report. For `moonbase run` and `moonbase replay`. */
#ifndef MB_APP_VIEWER_H
#define MB_APP_VIEWER_H

#include "app/cli.h"
#include "app/progress.h"
#include "app/signals.h"
#include "run/engine.h"

struct mb_viewer {
    const struct mb_cli *cli;
    struct mb_loop *loop;
    struct mb_follow follow; /* to be given to the engine */
    struct mb_progress progress;
    struct mb_signals signals;
    json_t *steps;     /* as they came */
    json_t *run;       /* as it ended; NULL until then */
    struct mb_err err; /* when there is no run to show */
    bool is_parked;
    int signal; /* that ended the viewer; 0 = none */
};

/* From now on Ctrl-C stops the loop. */
void mb_viewer_start(struct mb_viewer *viewer, const struct mb_cli *cli, struct mb_loop *loop);
/* It will not come to a run: the loop stops. */
void mb_viewer_fail(struct mb_viewer *viewer, const struct mb_err *err);
/* After the loop: prints the run (or why there is none) and returns the exit code. */
int mb_viewer_report(struct mb_viewer *viewer);
void mb_viewer_stop(struct mb_viewer *viewer);

#endif
