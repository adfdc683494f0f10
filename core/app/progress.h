/* The one line on a terminal that says what is going on, redrawn in place on stderr. Nothing is
 * written when stderr is no terminal. */
#ifndef MB_APP_PROGRESS_H
#define MB_APP_PROGRESS_H

#include "base/base.h"
#include "io/loop.h"

struct mb_progress {
    struct mb_loop *loop; /* NULL = there is no terminal */
    struct mb_timer tick;
    int64_t began_us; /* monotonic */
    char text[120];
};

void mb_progress_start(struct mb_progress *progress, struct mb_loop *loop);
/* What is going on now; the elapsed time is put in front. */
void mb_progress_say(struct mb_progress *progress, const char *fmt, ...) MB_PRINTF(2, 3);
/* Clears the line, so that other text can be written; the next tick draws it again. */
void mb_progress_clear(struct mb_progress *progress);
void mb_progress_stop(struct mb_progress *progress);

#endif
