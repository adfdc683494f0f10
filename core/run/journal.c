#include "run/journal.h"

#include <stdlib.h>

#include "base/log.h"
#include "run/private.h"

struct mb_journal {
    struct mb_engine *engine;
    struct mb_list lingering; /* of mb_journal_run.node, oldest first */
    struct mb_list urgent;
    struct mb_timer linger;
    struct mb_turn turn;
    struct mb_flush flush; /* under way when n_items > 0 */
    size_t backlog_rows;
};

/* Of one run in one flush, and of all of them: so that a run with a thousand progress events does
 * not hold up everybody else's commit. What is over goes with the next. */
enum { ROWS_OF_A_RUN = 32, ROWS_OF_A_FLUSH = 256 };

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
    free(row->result);
    free(row->error);
    json_decref(row->question);
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
    for (size_t i = 0; i < j->flush.n_items; i++)
        free_rows(&j->flush.items[i].rows);
    free(j->flush.items);
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

/* Puts a dirty run where it belongs. One that is in flight waits until that flush is back. */
static void enlist(struct mb_journal *j, struct mb_journal_run *part)
{
    if (part->in_flight)
        return;
    if (part->is_urgent) {
        mb_list_remove(&part->node);
        mb_list_push(&j->urgent, &part->node);
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
    mb_list_remove(&run->journal.node);
    j->backlog_rows -= free_rows(&run->journal.rows);
    run->journal.is_changed = run->journal.is_urgent = false;
    if (!run->journal.in_flight)
        return;
    for (size_t i = 0; i < j->flush.n_items; i++)
        if (j->flush.items[i].run == run)
            j->flush.items[i].run = NULL;
    run->journal.in_flight = false;
}

/* ---------------------------------------------------------------- flushing */

/* Moves at most `max` rows; false when some are left. */
static bool take_rows(struct mb_flush_item *item, struct mb_journal_run *part, size_t max)
{
    for (; item->n_rows < max; item->n_rows++) {
        struct mb_list *node = mb_list_shift(&part->rows);
        if (!node)
            return true;
        mb_list_push(&item->rows, node);
    }
    return mb_list_is_empty(&part->rows);
}

/* A run of which only a part goes along is written as running, whatever has become of it: its end
 * is durable together with its last rows. */
static void take(struct mb_journal *j, struct mb_journal_run *part)
{
    struct mb_flush_item *item = &j->flush.items[j->flush.n_items++];
    *item = (struct mb_flush_item){.run = run_of(part), .insert = !part->is_inserted};
    mb_list_init(&item->rows);
    item->is_partial = !take_rows(item, part, ROWS_OF_A_RUN);
    item->update = part->is_inserted && part->is_changed && !item->is_partial;
    j->flush.n_rows += item->n_rows;
    mb_list_remove(&part->node);
    part->is_inserted = part->in_flight = true;
    part->is_changed = part->is_changed && item->is_partial;
    part->is_urgent = part->is_urgent && item->is_partial;
}

static void take_from(struct mb_journal *j, struct mb_list *list, size_t max, int64_t until_us)
{
    struct mb_list *node;
    while (j->flush.n_items < max && j->flush.n_rows < ROWS_OF_A_FLUSH &&
           (node = list->next) != list) {
        struct mb_journal_run *part = MB_LIST_ENTRY(node, struct mb_journal_run, node);
        if (list == &j->lingering && part->dirty_us > until_us)
            return;
        if (part->alone && j->flush.n_items)
            return;
        take(j, part);
        if (part->alone)
            return;
    }
}

static void begin(struct mb_journal *j)
{
    if (j->flush.n_items)
        return; /* one at a time */
    j->flush.n_rows = 0;
    struct mb_engine *e = j->engine;
    size_t max = (size_t)e->config.flush_max_runs;
    if (!j->flush.items)
        j->flush.items = mb_alloc(max * sizeof(j->flush.items[0]));
    take_from(j, &j->urgent, max, INT64_MAX);
    take_from(j, &j->lingering, max, e->loop->now_us - e->config.linger_us);
    if (!j->flush.n_items)
        return;
    j->flush.number++;
    e->stats.flushes++;
    e->store->flush(e->store, &j->flush);
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
    if (!j->flush.n_items) /* else it is armed again when the flush is back */
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
static void item_refused(struct mb_journal *j, struct mb_flush_item *item, bool only,
                         const struct mb_err *err)
{
    struct mb_run *run = item->run;
    if (run && !only) {
        run->journal.in_flight = false;
        mb_list_splice(&item->rows, &run->journal.rows);
        mb_list_splice(&run->journal.rows, &item->rows);
        run->journal.is_inserted = !item->insert;
        run->journal.is_changed = run->journal.alone = run->journal.is_urgent = true;
        mb_list_remove(&run->journal.node);
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

void mb_journal_flushed(struct mb_engine *engine, struct mb_flush *flush, const struct mb_err *err)
{
    struct mb_journal *j = engine->journal;
    mb_assert(flush == &j->flush);
    size_t n = flush->n_items;
    if (err && err->code == MB_E_FENCED) {
        for (size_t i = 0; i < n; i++)
            j->backlog_rows -= free_rows(&flush->items[i].rows);
        flush->n_items = 0;
        flush->number = 0; /* the next life counts anew */
        mb_engine_on_fenced(engine);
        return;
    }
    if (err)
        flush->number--; /* nothing happened: the number is free again */
    for (size_t i = 0; i < n; i++) {
        if (err)
            item_refused(j, &flush->items[i], n == 1, err);
        else
            item_written(j, &flush->items[i]);
    }
    flush->n_items = 0;
    if (!mb_list_is_empty(&j->urgent))
        mb_turn_queue(engine->loop, &j->turn);
    arm_linger(j);
}
