/* The journal: write-behind of runs and their rows, in group commits.
 *
 * A run that has something to write is dirty. An urgent one (its end is to be answered, a write
 * waits for it, it was accepted) goes with the next flush; others wait a few milliseconds, because
 * most short runs end by then and are written once, whole. While one flush is under way, what
 * gathers is the next, so batches grow with the load by themselves; when enough has gathered, a
 * second one overlaps with the first one's commit. A run is in one flush at a time. */
#ifndef MB_RUN_JOURNAL_H
#define MB_RUN_JOURNAL_H

#include "base/list.h"
#include "base/timer.h"
#include "run/store.h"

struct mb_engine;
struct mb_journal;

/* A run's part, inside struct mb_run. */
struct mb_journal_run {
    struct mb_list rows; /* of mb_row: not in a flush yet */
    struct mb_list node; /* in the list of lingering or urgent runs */
    int64_t dirty_us;    /* monotonic: since when */
    bool is_inserted;    /* a flush that holds the run's row was sent (or it was claimed) */
    bool is_changed;     /* the run's row is to be written */
    bool in_flight;
    bool is_urgent, is_in_urgent;
    bool alone; /* it is flushed by itself: a batch with it was refused */
};

struct mb_journal *mb_journal_new(struct mb_engine *engine);
void mb_journal_free(struct mb_journal *journal);
void mb_journal_run_init(struct mb_journal_run *part);

/* The run's own row is to be written, and its rows. */
void mb_journal_touch(struct mb_run *run, bool urgent);
/* Adds a row (taken) and counts its usage into the run. */
void mb_journal_add(struct mb_run *run, struct mb_row *row, bool urgent);
/* This core's life has ended: flushes that are under way are of the old one, numbers begin anew. */
void mb_journal_new_life(struct mb_journal *journal);
bool mb_journal_is_durable(const struct mb_run *run);
void mb_journal_forget(struct mb_run *run); /* drops what is not in flight; for mb_run_drop */
size_t mb_journal_backlog(const struct mb_journal *journal); /* rows not in the store yet */

/* Called by the store, once for each flush that it was given. */
void mb_journal_flushed(struct mb_engine *engine, struct mb_flush *flush, const struct mb_err *err);

#endif
