/* Timers: a binary heap of deadlines on the monotonic clock. The loop asks for the next one and
 * fires those that are due; nothing here sleeps. */
#ifndef MB_TIMER_H
#define MB_TIMER_H

#include "base/base.h"

struct mb_timer {
    int64_t due_us; /* monotonic */
    size_t index;   /* place in the heap + 1; 0 = not armed */
    void (*on_due)(
        struct mb_timer *timer); /* the timer is not armed any more; may re-arm or free */
};

struct mb_timers {
    struct mb_timer **heap;
    size_t count, cap;
    struct mb_timer **due; /* what is being fired; NULL where it was moved or cancelled since */
    size_t due_count, due_cap;
};

void mb_timers_init(struct mb_timers *ts);
void mb_timers_release(struct mb_timers *ts); /* armed timers are dropped without being called */
/* Arms, or moves if armed. The owner of `t` keeps it alive until it fired or was cancelled. */
void mb_timer_arm(struct mb_timers *ts, struct mb_timer *t, int64_t due_us);
void mb_timer_cancel(struct mb_timers *ts, struct mb_timer *t); /* harmless when not armed */
static inline bool mb_timer_is_armed(const struct mb_timer *t)
{
    return t->index != 0;
}
/* Microseconds until the earliest deadline: 0 when due, -1 when there is none. */
int64_t mb_timers_next_us(const struct mb_timers *ts, int64_t now_us);
/* Fires everything that was due at now_us; what a callback arms for now waits for the next call. */
void mb_timers_fire(struct mb_timers *ts, int64_t now_us);

#endif
