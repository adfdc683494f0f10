/* SIGTERM and SIGINT as events of the loop. */
#ifndef MB_APP_SIGNALS_H
#define MB_APP_SIGNALS_H

#include "io/loop.h"

struct mb_signals {
    struct mb_watch watch;
    int fd;
    void (*on_signal)(void *arg, int sig);
    void *arg;
};

/* From now on these signals do nothing but call back. Processes that are started later get the
 * signals' usual meaning back only if they undo the mask: start those before. */
void mb_signals_start(struct mb_signals *signals, struct mb_loop *loop,
                      void (*on_signal)(void *arg, int sig), void *arg);
void mb_signals_stop(struct mb_signals *signals);

#endif
