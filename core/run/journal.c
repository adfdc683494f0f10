#include "run/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "run/private.h"

struct mb_journal {
    struct mb_engine *engine;
    struct mb_list lingering; /* of mb_journal_run.node, oldest first */
    struct mb_list urgent;
    struct mb_timer linger;
    struct mb_turn turn;
    size_t n_urgent;
    struct mb_flush flushes[MB_FLUSHES]; /* under way when n_items > 0 */
    int n_under_way;
    bool settling;        /* one was refused: the others are awaited before the next */
    uint64_t next_number; /* of a flush in this life of the core */
    uint64_t life;
    size_t backlog_rows;
};

/* Of one run in one flush, and of all of them: so that a run with a thousand rows does not hold up
 * everybody else's commit. What is over goes with the next. */
enum { ROWS_OF_A_RUN = 32, ROWS_OF_A_FLUSH = 256, RUNS_OF_A_SECOND_FLUSH = 8 };

/* Progress events and log lines cost nothing to make, so they get a share of a flush that takes the
 * store about a millisecond. Each counts at least NOTE_BYTES, and every run gets a few in. */
enum { NOTE_BYTES = 1024, NOTE_BYTES_OF_A_FLUSH = 24 * 1024, NOTES_AT_LEAST = 2 };

static void on_turn(struct mb_turn *turn);
static void on_linger(struct mb_timer *timer);

static struct mb_run *run_of(struct mb_journal_run *part)
{
    return MB_CONTAINER_OF(part, struct mb_run, journal);
}

struct mb_journal *mb_journal_new(struct mb_engine *engine)
{
    struct mb_journal *j = mb_zalloc(sizeof(*j));
    j->engine = engine;
    j->next_number = 1;
    for (int i = 0; i < MB_FLUSHES; i++)
        j->flushes[i].slot = i;
    mb_list_init(&j->lingering);
    mb_list_init(&j->urgent);
    mb_turn_init(&j->turn, on_turn);
    j->linger.on_due = on_linger;
    return j;
}

void mb_row_free(struct mb_row *row)
{
    if (!row)
        return;
    free(row->args);
    free(row->stored_args);
    free(row->result);
    free(row->error);
    json_decref(row->question);
    mb_unborn_free(row->unborn);
    free(row);
}

static size_t free_rows(struct mb_list *rows)
{
    size_t n = 0;
    struct mb_list *node;
    while ((node = mb_list_shift(rows))) {
        mb_row_free(MB_LIST_ENTRY(node, struct mb_row, node));
        n++;
    }
    return n;
}

void mb_journal_free(struct mb_journal *j)
{
    if (!j)
        return;
    for (int k = 0; k < MB_FLUSHES; k++) {
        for (size_t i = 0; i < j->flushes[k].n_items; i++)
            free_rows(&j->flushes[k].items[i].rows);
        free(j->flushes[k].items);
    }
    mb_turn_cancel(&j->turn);
    mb_timer_cancel(&j->engine->loop->timers, &j->linger);
    free(j);
}

void mb_journal_run_init(struct mb_journal_run *part)
{
    *part = (struct mb_journal_run){0};
    mb_list_init(&part->rows);
    mb_list_init(&part->node);
}

size_t mb_journal_backlog(const struct mb_journal *j)
{
    return j->backlog_rows;
}

static void unlist(struct mb_journal *j, struct mb_journal_run *part)
{
    mb_list_remove(&part->node);
    j->n_urgent -= part->is_in_urgent;
    part->is_in_urgent = false;
}

/* Puts a dirty run where it belongs. One that is in flight waits until that flush is back. */
static void enlist(struct mb_journal *j, struct mb_journal_run *part)
{
    if (part->in_flight)
        return;
    if (part->is_urgent) {
        unlist(j, part);
        mb_list_push(&j->urgent, &part->node);
        part->is_in_urgent = true;
        j->n_urgent++;
        mb_turn_queue(j->engine->loop, &j->turn);
    } else if (!mb_list_is_linked(&part->node)) {
        part->dirty_us = j->engine->loop->now_us;
        mb_list_push(&j->lingering, &part->node);
        if (!mb_timer_is_armed(&j->linger))
            mb_timer_arm(&j->engine->loop->timers, &j->linger,
                         part->dirty_us + j->engine->config.linger_us);
    }
}

void mb_journal_touch(struct mb_run *run, bool urgent)
{
    run->journal.is_changed = true;
    if (urgent)
        run->journal.is_urgent = true;
    enlist(run->engine->journal, &run->journal);
}

/* An intent that is still here becomes the done row itself. */
static bool merge_with_intent(struct mb_journal_run *part, struct mb_row *done)
{
    MB_LIST_EACH(it, tmp, &part->rows)
    {
        struct mb_row *row = MB_LIST_ENTRY(it, struct mb_row, node);
        if (row->seq != done->seq || row->state != MB_ROW_INTENT)
            continue;
        done->completes = false;
        mb_list_insert_before(&row->node, &done->node);
        mb_list_remove(&row->node);
        mb_row_free(row);
        return true;
    }
    return false;
}

void mb_journal_add(struct mb_run *run, struct mb_row *row, bool urgent)
{
    struct mb_journal *j = run->engine->journal;
    if (!row->completes || !merge_with_intent(&run->journal, row)) {
        mb_list_push(&run->journal.rows, &row->node);
        j->backlog_rows++;
    }
    if (urgent)
        run->journal.is_urgent = true;
    enlist(j, &run->journal);
}

bool mb_journal_is_durable(const struct mb_run *run)
{
    const struct mb_journal_run *p = &run->journal;
    return p->is_inserted && !p->in_flight && !p->is_changed && mb_list_is_empty(&p->rows);
}

void mb_journal_forget(struct mb_run *run)
{
    struct mb_journal *j = run->engine->journal;
    unlist(j, &run->journal);
    j->backlog_rows -= free_rows(&run->journal.rows);
    run->journal.is_changed = run->journal.is_urgent = false;
    if (!run->journal.in_flight)
        return;
    for (int k = 0; k < MB_FLUSHES; k++)
        for (size_t i = 0; i < j->flushes[k].n_items; i++)
            if (j->flushes[k].items[i].run == run)
                j->flushes[k].items[i].run = NULL;
    run->journal.in_flight = false;
}

/* ---------------------------------------------------------------- flushing */

/* May this row go along? Counts what notes take. */
static bool has_place(struct mb_flush *flush, const struct mb_flush_item *item,
                      const struct mb_row *row)
{
    if (item->n_rows >= ROWS_OF_A_RUN)
        return false;
    if (row->kind != MB_ROW_EMIT && row->kind != MB_ROW_LOG)
        return true;
    if (flush->note_bytes >= NOTE_BYTES_OF_A_FLUSH && item->n_rows >= NOTES_AT_LEAST)
        return false;
    flush->note_bytes += MB_MAX(strlen(row->result), (size_t)NOTE_BYTES);
    return true;
}

/* Moves what has a place; false when some is left. */
static bool take_rows(struct mb_flush *flush, struct mb_flush_item *item,
                      struct mb_journal_run *part)
{
    while (!mb_list_is_empty(&part->rows)) {
        struct mb_row *row = MB_LIST_ENTRY(part->rows.next, struct mb_row, node);
        if (!has_place(flush, item, row))
            return false;
        mb_list_push(&item->rows, mb_list_shift(&part->rows));
        item->n_rows++;
    }
    return true;
}

/* A run of which only a part goes along is written as running, whatever has become of it: its end
 * is durable together with its last rows. */
static void take(struct mb_journal *j, struct mb_flush *flush, struct mb_journal_run *part)
{
    struct mb_flush_item *item = &flush->items[flush->n_items++];
    *item = (struct mb_flush_item){.run = run_of(part), .insert = !part->is_inserted};
    mb_list_init(&item->rows);
    item->is_partial = !take_rows(flush, item, part);
    item->update = part->is_inserted && part->is_changed && !item->is_partial;
    flush->n_rows += item->n_rows;
    unlist(j, part);
    part->is_inserted = part->in_flight = true;
    part->is_changed = part->is_changed && item->is_partial;
    part->is_urgent = part->is_urgent && item->is_partial;
}

static void take_from(struct mb_journal *j, struct mb_flush *flush, struct mb_list *list,
                      int64_t until_us)
{
    size_t max = (size_t)j->engine->config.flush_max_runs;
    struct mb_list *node;
    while (flush->n_items < max && flush->n_rows < ROWS_OF_A_FLUSH && (node = list->next) != list) {
        struct mb_journal_run *part = MB_LIST_ENTRY(node, struct mb_journal_run, node);
        if (list == &j->lingering && part->dirty_us > until_us)
            return;
        if (part->alone && flush->n_items)
            return;
        take(j, flush, part);
        if (part->alone)
            return;
    }
}

/* A second flush overlaps with the commit of the first, but only with enough in it: many small
 * commits cost more than they gain. */
static bool may_begin(const struct mb_journal *j)
{
    if (j->n_under_way == 0)
        return true;
    return j->n_under_way < MB_FLUSHES && !j->settling && j->n_urgent >= RUNS_OF_A_SECOND_FLUSH;
}

static void begin(struct mb_journal *j)
{
    struct mb_engine *e = j->engine;
    if (!may_begin(j))
        return;
    struct mb_flush *flush = &j->flushes[j->flushes[0].n_items ? 1 : 0];
    mb_assert(flush->n_items == 0);
    if (!flush->items)
        flush->items = mb_alloc((size_t)e->config.flush_max_runs * sizeof(flush->items[0]));
    flush->n_rows = flush->note_bytes = 0;
    take_from(j, flush, &j->urgent, INT64_MAX);
    take_from(j, flush, &j->lingering, e->loop->now_us - e->config.linger_us);
    if (!flush->n_items)
        return;
    flush->number = j->next_number++;
    flush->life = j->life;
    j->n_under_way++;
    e->stats.flushes++;
    e->store->flush(e->store, flush);
}

static void on_turn(struct mb_turn *turn)
{
    begin(MB_CONTAINER_OF(turn, struct mb_journal, turn));
}

static void arm_linger(struct mb_journal *j)
{
    if (mb_list_is_empty(&j->lingering) || mb_timer_is_armed(&j->linger))
        return;
    struct mb_journal_run *oldest = MB_LIST_ENTRY(j->lingering.next, struct mb_journal_run, node);
    int64_t due = oldest->dirty_us + j->engine->config.linger_us;
    mb_timer_arm(&j->engine->loop->timers, &j->linger, MB_MAX(due, j->engine->loop->now_us + 100));
}

static void on_linger(struct mb_timer *timer)
{
    struct mb_journal *j = MB_CONTAINER_OF(timer, struct mb_journal, linger);
    begin(j);
    if (j->n_under_way == 0) /* else it is armed again when the flush is back */
        arm_linger(j);
}

/* Tells followers of what is durable now, and frees the rows. */
static void publish_rows(struct mb_journal *j, struct mb_flush_item *item)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&item->rows))) {
        struct mb_row *row = MB_LIST_ENTRY(node, struct mb_row, node);
        j->backlog_rows--;
        j->engine->stats.flushed_rows++;
        if (item->run)
            mb_run_publish_row(item->run, row);
        mb_row_free(row);
    }
}

static void item_written(struct mb_journal *j, struct mb_flush_item *item)
{
    struct mb_run *run = item->run;
    if (run) {
        run->journal.in_flight = false;
        run->journal.alone = false;
    }
    publish_rows(j, item);
    run = item->run; /* a follower may have ended it */
    if (!run)
        return;
    if (mb_journal_is_durable(run))
        mb_run_on_durable(run);
    else
        enlist(j, &run->journal);
}

/* The batch was refused. Runs are tried one by one; the one at fault is given up. */
static void item_refused(struct mb_journal *j, struct mb_flush_item *item, bool at_fault, bool only,
                         const struct mb_err *err)
{
    struct mb_run *run = item->run;
    if (run && !(at_fault && only)) {
        run->journal.in_flight = false;
        mb_list_splice(&item->rows, &run->journal.rows);
        mb_list_splice(&run->journal.rows, &item->rows);
        run->journal.is_inserted = !item->insert;
        run->journal.is_changed = run->journal.is_urgent = true;
        run->journal.alone = run->journal.alone || at_fault;
        unlist(j, &run->journal);
        enlist(j, &run->journal);
        return;
    }
    j->backlog_rows -= free_rows(&item->rows);
    if (!run)
        return;
    run->journal.in_flight = false;
    mb_log_err(MB_LOG_ERROR, "run_not_journaled", err);
    mb_run_drop(run);
}

static void drop_rows(struct mb_journal *j, struct mb_flush *flush)
{
    for (size_t i = 0; i < flush->n_items; i++)
        j->backlog_rows -= free_rows(&flush->items[i].rows);
    flush->n_items = 0;
}

/* False when the flush is of a life that has ended, or has ended it. */
static bool is_of_this_life(struct mb_journal *j, struct mb_flush *flush, const struct mb_err *err)
{
    bool is_fenced = err && err->code == MB_E_FENCED;
    if (flush->life == j->life && !is_fenced)
        return true;
    drop_rows(j, flush);
    if (flush->life != j->life)
        return false;
    mb_engine_on_fenced(j->engine);
    return false;
}

void mb_journal_new_life(struct mb_journal *j)
{
    j->life++;
    j->next_number = 1;
    j->settling = false;
}

void mb_journal_flushed(struct mb_engine *engine, struct mb_flush *flush, const struct mb_err *err)
{
    struct mb_journal *j = engine->journal;
    j->n_under_way--;
    if (!is_of_this_life(j, flush, err))
        return;
    /* Refused: nothing happened and its number is free. One that was sent after it is refused too,
     * for the gap (CONFLICT), and has done nothing wrong. */
    bool at_fault = err && err->code != MB_E_CONFLICT;
    if (err)
        j->next_number = MB_MIN(j->next_number, flush->number);
    j->settling = j->n_under_way > 0 && (err || j->settling);
    for (size_t i = 0; i < flush->n_items; i++) {
        if (!err)
            item_written(j, &flush->items[i]);
        else
            item_refused(j, &flush->items[i], at_fault, flush->n_items == 1, err);
    }
    flush->n_items = 0;
    if (!mb_list_is_empty(&j->urgent))
        mb_turn_queue(engine->loop, &j->turn);
    arm_linger(j);
}
