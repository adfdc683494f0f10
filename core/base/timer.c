#include "base/timer.h"

#include <stdint.h>
#include <stdlib.h>

void mb_timers_init(struct mb_timers *ts)
{
    *ts = (struct mb_timers){0};
}

void mb_timers_release(struct mb_timers *ts)
{
    for (size_t i = 0; i < ts->count; i++)
        ts->heap[i]->index = 0;
    for (size_t i = 0; i < ts->due_count; i++)
        if (ts->due[i])
            ts->due[i]->index = 0;
    free(ts->heap);
    free(ts->due);
    mb_timers_init(ts);
}

static void place(struct mb_timers *ts, size_t at, struct mb_timer *t)
{
    ts->heap[at] = t;
    t->index = at + 1;
}

static void sift_up(struct mb_timers *ts, size_t at, struct mb_timer *t)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (ts->heap[parent]->due_us <= t->due_us)
            break;
        place(ts, at, ts->heap[parent]);
        at = parent;
    }
    place(ts, at, t);
}

static void sift_down(struct mb_timers *ts, size_t at, struct mb_timer *t)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= ts->count)
            break;
        if (child + 1 < ts->count && ts->heap[child + 1]->due_us < ts->heap[child]->due_us)
            child++;
        if (t->due_us <= ts->heap[child]->due_us)
            break;
        place(ts, at, ts->heap[child]);
        at = child;
    }
    place(ts, at, t);
}

void mb_timer_arm(struct mb_timers *ts, struct mb_timer *t, int64_t due_us)
{
    mb_timer_cancel(ts, t);
    t->due_us = due_us;
    if (ts->count == ts->cap) {
        ts->cap = ts->cap ? ts->cap * 2 : 64;
        ts->heap = mb_realloc(ts->heap, ts->cap * sizeof(ts->heap[0]));
    }
    sift_up(ts, ts->count++, t);
}

/* Timers that are being fired count their places down from the top, those in the heap up. */
static bool is_due(const struct mb_timers *ts, const struct mb_timer *t)
{
    return t->index > SIZE_MAX - ts->due_count;
}

void mb_timer_cancel(struct mb_timers *ts, struct mb_timer *t)
{
    if (!t->index)
        return;
    if (is_due(ts, t)) {
        ts->due[SIZE_MAX - t->index] = NULL;
        t->index = 0;
        return;
    }
    size_t at = t->index - 1;
    mb_assert(at < ts->count && ts->heap[at] == t);
    t->index = 0;
    struct mb_timer *last = ts->heap[--ts->count];
    if (last == t)
        return;
    if (at > 0 && ts->heap[(at - 1) / 2]->due_us > last->due_us)
        sift_up(ts, at, last);
    else
        sift_down(ts, at, last);
}

int64_t mb_timers_next_us(const struct mb_timers *ts, int64_t now_us)
{
    if (!ts->count)
        return -1;
    int64_t left = ts->heap[0]->due_us - now_us;
    return left > 0 ? left : 0;
}

/* Moves what is due out of the heap, so that a callback that re-arms for now neither keeps us here
 * for ever nor comes before its next turn. */
static void collect_due(struct mb_timers *ts, int64_t now_us)
{
    while (ts->count && ts->heap[0]->due_us <= now_us) {
        struct mb_timer *t = ts->heap[0];
        mb_timer_cancel(ts, t);
        if (ts->due_count == ts->due_cap) {
            ts->due_cap = ts->due_cap ? ts->due_cap * 2 : 16;
            ts->due = mb_realloc(ts->due, ts->due_cap * sizeof(ts->due[0]));
        }
        t->index = SIZE_MAX - ts->due_count;
        ts->due[ts->due_count++] = t;
    }
}

void mb_timers_fire(struct mb_timers *ts, int64_t now_us)
{
    mb_assert(!ts->due_count);
    collect_due(ts, now_us);
    for (size_t i = 0; i < ts->due_count; i++) {
        struct mb_timer *t = ts->due[i];
        if (!t)
            continue;
        ts->due[i] = NULL;
        t->index = 0;
        t->on_due(t);
    }
    ts->due_count = 0;
}
