/* `serve --workers N`: one process that starts N cores and keeps them running. It serves nothing
 * and holds no connection, so there is little in it that can fail. */
#ifndef MB_APP_SUPERVISE_H
#define MB_APP_SUPERVISE_H

#include "base/err.h"

struct mb_supervised {
    int n_workers;
    /* Runs in the new process `worker` (from 0): becomes the core by exec, and returns only when
     * that failed. It is to write one byte to ready_fd once it serves. */
    void (*become)(void *arg, int worker, int ready_fd);
    /* Every worker has become ready for the first time. */
    void (*on_ready)(void *arg);
    void *arg;
    int64_t stop_grace_ms; /* between SIGTERM and SIGKILL when stopping */
};

/* Runs until SIGTERM or SIGINT, which it passes on. A worker that ends is started again, at once if
 * it ran for a while, else after a growing delay. Returns 0 after a clean stop; an error when a
 * worker ended before it ever became ready (its own message is on stderr). */
int mb_supervise(const struct mb_supervised *what, struct mb_err *err) MB_MUST_CHECK;

#endif
