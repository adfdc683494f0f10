/* run/journal: what is written when, and what happens when it is refused. The store is a fake that
 * keeps each flush until the test answers it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/loop.h"
#include "run/private.h"

static struct mb_loop loop;
static struct mb_catalog *catalog;
static struct mb_deployment *deployment;
static struct mb_engine *engine;
static struct mb_flush *flushing, *after; /* at most two, in order */
static int n_flushes, n_done, n_lost;

static bool is_up(struct mb_store *store)
{
    (void)store;
    return true;
}

static void hold(struct mb_store *store, struct mb_flush *flush)
{
    (void)store;
    assert_null(after);
    if (flushing)
        after = flush;
    else
        flushing = flush;
    n_flushes++;
}

static struct mb_store store = {.is_up = is_up, .flush = hold};

static void answer(const struct mb_err *err)
{
    struct mb_flush *flush = flushing;
    assert_non_null(flush);
    flushing = after;
    after = NULL;
    mb_journal_flushed(engine, flush, err);
}

/* One turn of the loop at a time of our own. */
static void turn(int64_t advance_us)
{
    mb_clock_advance(advance_us);
    mb_loop_turn(&loop, 0);
}

static void on_done(struct mb_follow *follow, struct mb_str json)
{
    (void)follow, (void)json;
    n_done++;
}

static void on_lost(struct mb_follow *follow, struct mb_id id)
{
    (void)follow, (void)id;
    n_lost++;
}

static int setup(void **state)
{
    (void)state;
    mb_clock_fake(1000000, 1700000000000000);
    mb_loop_init(&loop);
    const struct mb_catalog_defaults defaults = {.run_cpu_ms = 1000,
                                                 .run_wall_ms = 1000000,
                                                 .run_steps = 10,
                                                 .customer_runs = 100,
                                                 .memory_bytes = 1 << 24};
    catalog = mb_catalog_new(&loop, NULL, &defaults);
    const struct mb_deployment_row row = {.customer_id = mb_id_new(),
                                          .deployment_id = mb_id_new(),
                                          .package_id = mb_id_new(),
                                          .package_name = MB_STR("p"),
                                          .package_version = MB_STR("1.0.0"),
                                          .manifest = MB_STR("{}"),
                                          .files = MB_STR("{\"main.lua\":\"\"}"),
                                          .config = MB_STR("{}"),
                                          .limits = MB_STR("{}"),
                                          .customer_limits = MB_STR("{}"),
                                          .secrets = MB_STR("{}"),
                                          .budget_micros = -1};
    struct mb_err err;
    deployment = mb_catalog_put(catalog, &row, &err);
    assert_non_null(deployment);
    const struct mb_engine_config config = {
        .max_runs = 100, .linger_us = 5000, .flush_max_runs = 20, .max_sandboxes = 1};
    engine = mb_engine_new(&loop, NULL, &store, catalog, NULL, &config);
    flushing = after = NULL;
    n_flushes = n_done = n_lost = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mb_engine_free(engine);
    mb_deployment_unref(deployment);
    /* the catalogue keeps its own reference until it goes */
    mb_catalog_free(catalog);
    mb_loop_release(&loop);
    mb_clock_real();
    return 0;
}

static struct mb_run *new_run(struct mb_follow *follow)
{
    struct mb_run *run = mb_run_new(engine, deployment, mb_id_new());
    run->input = mb_strdup("{}");
    run->input_len = 2;
    if (follow) {
        *follow = (struct mb_follow){.on_done = on_done, .on_lost = on_lost, .run = run};
        mb_list_init(&follow->node);
        mb_list_push(&run->followers, &follow->node);
    }
    return run;
}

static void add_step(struct mb_run *run, bool urgent)
{
    uint8_t key[MB_KEY_BYTES] = {0};
    struct mb_row *row = mb_row_new(run, MB_ROW_CALL, MB_ROW_DONE, key, "kv.get");
    row->result = mb_strdup("1");
    mb_journal_add(run, row, urgent);
}

static size_t rows_of(const struct mb_flush_item *item)
{
    size_t n = 0;
    for (const struct mb_list *it = item->rows.next; it != &item->rows; it = it->next)
        n++;
    return n;
}

/* ---------------------------------------------------------------- rules */

static void a_short_run_is_written_once_and_whole(void **state)
{
    (void)state;
    struct mb_follow follow;
    struct mb_run *run = new_run(&follow);
    mb_journal_touch(run, false);
    add_step(run, false);
    turn(1000);
    assert_int_equal(n_flushes, 0); /* it lingers */
    mb_run_succeed(run, MB_STR("1"));
    turn(0);
    assert_int_equal(n_flushes, 1);
    assert_int_equal(flushing->n_items, 1);
    assert_true(flushing->items[0].insert);
    assert_false(flushing->items[0].update);
    assert_int_equal(rows_of(&flushing->items[0]), 1);
    assert_int_equal(n_done, 0); /* not before it is durable */
    answer(NULL);
    assert_int_equal(n_done, 1);
}

static void a_run_that_lasts_is_written_when_it_has_lingered(void **state)
{
    (void)state;
    struct mb_run *run = new_run(NULL);
    mb_journal_touch(run, false);
    turn(4000);
    assert_int_equal(n_flushes, 0);
    turn(2000);
    assert_int_equal(n_flushes, 1);
    answer(NULL);
    assert_true(mb_journal_is_durable(run));
}

static void one_flush_at_a_time_and_the_rest_gathers(void **state)
{
    (void)state;
    struct mb_run *a = new_run(NULL), *b = new_run(NULL), *c = new_run(NULL);
    mb_journal_touch(a, true);
    turn(0);
    mb_journal_touch(b, true);
    mb_journal_touch(c, true);
    turn(0);
    assert_int_equal(n_flushes, 1);
    answer(NULL);
    turn(0);
    assert_int_equal(n_flushes, 2);
    assert_int_equal(flushing->n_items, 2);
    answer(NULL);
}

static void what_changes_in_flight_goes_with_the_next(void **state)
{
    (void)state;
    struct mb_run *run = new_run(NULL);
    mb_journal_touch(run, true);
    turn(0);
    add_step(run, true);
    answer(NULL);
    assert_false(mb_journal_is_durable(run));
    turn(0);
    assert_int_equal(n_flushes, 2);
    assert_false(flushing->items[0].insert);
    assert_int_equal(rows_of(&flushing->items[0]), 1);
    answer(NULL);
    assert_true(mb_journal_is_durable(run));
}

static void an_intent_that_is_not_written_yet_becomes_the_done_row(void **state)
{
    (void)state;
    struct mb_run *run = new_run(NULL);
    uint8_t key[MB_KEY_BYTES] = {7};
    struct mb_row *intent = mb_row_new(run, MB_ROW_CALL, MB_ROW_INTENT, key, "sleep");
    mb_journal_add(run, intent, false);
    struct mb_row *done = mb_row_new(run, MB_ROW_CALL, MB_ROW_DONE, key, "sleep");
    done->seq = intent->seq;
    done->completes = true;
    mb_journal_add(run, done, true);
    turn(0);
    assert_int_equal(rows_of(&flushing->items[0]), 1);
    const struct mb_row *row = MB_LIST_ENTRY(flushing->items[0].rows.next, struct mb_row, node);
    assert_int_equal(row->state, MB_ROW_DONE);
    assert_false(row->completes);
    answer(NULL);
    assert_int_equal(mb_journal_backlog(engine->journal), 0);
}

static void a_refused_batch_is_tried_run_by_run(void **state)
{
    (void)state;
    struct mb_follow bad_follow, good_follow;
    struct mb_run *bad = new_run(&bad_follow), *good = new_run(&good_follow);
    mb_journal_touch(bad, true);
    mb_journal_touch(good, true);
    struct mb_err err;
    mb_err_set(&err, MB_E_INTERNAL, "a value that the database does not take");
    turn(0);
    uint64_t number = flushing->number;
    answer(&err);
    turn(0);
    assert_int_equal(flushing->n_items, 1);
    assert_int_equal(flushing->number, number); /* the refused one used no number up */
    assert_true(flushing->items[0].insert);
    answer(&err); /* this is the one */
    assert_int_equal(n_lost, 1);
    turn(0);
    assert_int_equal(flushing->n_items, 1);
    answer(NULL);
    assert_true(mb_journal_is_durable(good));
    mb_engine_unfollow(&good_follow);
}

static void a_fenced_core_drops_everything(void **state)
{
    (void)state;
    struct mb_follow follow;
    struct mb_run *run = new_run(&follow);
    add_step(run, true);
    struct mb_err err;
    mb_err_set(&err, MB_E_FENCED, "declared dead");
    turn(0);
    answer(&err);
    assert_int_equal(n_lost, 1);
    assert_int_equal(engine->stats.runs_active, 0);
    assert_int_equal(mb_journal_backlog(engine->journal), 0);
}

static void an_end_is_told_after_it_is_durable_and_the_run_is_gone(void **state)
{
    (void)state;
    struct mb_follow follow;
    struct mb_run *run = new_run(&follow);
    mb_run_cancel(run);
    mb_run_cancel(run); /* twice is harmless */
    turn(0);
    assert_int_equal(n_done, 0);
    answer(NULL);
    assert_int_equal(n_done, 1);
    assert_int_equal(engine->stats.runs_active, 0);
}

static void a_run_with_many_rows_goes_in_parts_and_ends_with_the_last(void **state)
{
    (void)state;
    struct mb_follow follow;
    struct mb_run *run = new_run(&follow), *other = new_run(NULL);
    for (int i = 0; i < 40; i++)
        add_step(run, false);
    mb_run_succeed(run, MB_STR("1"));
    turn(0);
    assert_true(flushing->items[0].insert);
    assert_true(flushing->items[0].is_partial);
    assert_int_equal(rows_of(&flushing->items[0]), 32);
    mb_journal_touch(other, true);
    answer(NULL);
    assert_int_equal(n_done, 0);
    turn(0);
    assert_int_equal(flushing->n_items, 2); /* nobody has to wait for all of it */
    const struct mb_flush_item *rest = &flushing->items[flushing->items[0].run == run ? 0 : 1];
    assert_false(rest->is_partial);
    assert_true(rest->update);
    assert_int_equal(rows_of(rest), 8);
    answer(NULL);
    assert_int_equal(n_done, 1);
}

static void add_note(struct mb_run *run, size_t bytes)
{
    uint8_t key[MB_KEY_BYTES] = {0};
    struct mb_row *row = mb_row_new(run, MB_ROW_EMIT, MB_ROW_DONE, key, "emit");
    row->result = mb_alloc(bytes + 1);
    memset(row->result, '1', bytes);
    row->result[bytes] = 0;
    mb_journal_add(run, row, false);
}

static void notes_get_a_share_of_a_flush_and_every_run_a_few(void **state)
{
    (void)state;
    enum { RUNS = 3 };
    struct mb_run *runs[RUNS];
    for (int r = 0; r < RUNS; r++) {
        runs[r] = new_run(NULL);
        for (int i = 0; i < 30; i++)
            add_note(runs[r], 10);
        mb_journal_touch(runs[r], true);
    }
    struct mb_run *other = new_run(NULL);
    add_step(other, true);
    turn(0);
    assert_int_equal(flushing->n_items, RUNS + 1);
    assert_int_equal(rows_of(&flushing->items[0]), 24); /* KB of notes, each counted as one */
    assert_int_equal(rows_of(&flushing->items[1]), 2);
    assert_int_equal(rows_of(&flushing->items[2]), 2);
    assert_int_equal(rows_of(&flushing->items[3]), 1); /* a step goes along in any case */
    assert_true(flushing->items[0].is_partial);
    for (int i = 0; i < 10 && n_flushes < 10 && flushing; i++) {
        answer(NULL);
        turn(0);
    }
    assert_int_equal(mb_journal_backlog(engine->journal), 0);
}

static void a_second_flush_overlaps_when_enough_has_gathered(void **state)
{
    (void)state;
    mb_journal_touch(new_run(NULL), true);
    turn(0);
    for (int i = 0; i < 7; i++)
        mb_journal_touch(new_run(NULL), true);
    turn(0);
    assert_int_equal(n_flushes, 1);
    mb_journal_touch(new_run(NULL), true);
    turn(0);
    assert_int_equal(n_flushes, 2);
    assert_int_equal(after->n_items, 8);
    assert_int_equal(after->number, flushing->number + 1);
    answer(NULL);
    answer(NULL);
}

static void what_was_sent_after_a_refused_flush_is_sent_again(void **state)
{
    (void)state;
    struct mb_follow follow;
    mb_journal_touch(new_run(&follow), true);
    turn(0);
    uint64_t number = flushing->number;
    for (int i = 0; i < 8; i++)
        mb_journal_touch(new_run(NULL), true);
    turn(0);
    struct mb_err refused, gap;
    mb_err_set(&refused, MB_E_INTERNAL, "a value that the database does not take");
    mb_err_set(&gap, MB_E_CONFLICT, "a batch before it is missing");
    answer(&refused);
    assert_int_equal(n_lost, 1);
    turn(0);
    assert_null(after); /* nothing new while the other is out */
    answer(&gap);
    turn(0);
    assert_int_equal(flushing->number, number);
    assert_int_equal(flushing->n_items, 8); /* not one by one: they did nothing wrong */
    answer(NULL);
    assert_int_equal(n_lost, 1);
}

static void a_flush_of_an_earlier_life_is_passed_over(void **state)
{
    (void)state;
    struct mb_follow follow;
    mb_journal_touch(new_run(&follow), true);
    turn(0);
    for (int i = 0; i < 8; i++)
        mb_journal_touch(new_run(NULL), true);
    turn(0);
    struct mb_err err;
    mb_err_set(&err, MB_E_FENCED, "declared dead");
    answer(&err);
    assert_int_equal(engine->stats.runs_active, 0);
    struct mb_run *next = new_run(NULL); /* of the next life */
    answer(&err);
    assert_int_equal(engine->stats.runs_active, 1);
    mb_journal_touch(next, true);
    turn(0);
    assert_int_equal(flushing->number, 1);
    answer(NULL);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_short_run_is_written_once_and_whole),
        RULE(a_run_that_lasts_is_written_when_it_has_lingered),
        RULE(one_flush_at_a_time_and_the_rest_gathers),
        RULE(what_changes_in_flight_goes_with_the_next),
        RULE(an_intent_that_is_not_written_yet_becomes_the_done_row),
        RULE(a_run_with_many_rows_goes_in_parts_and_ends_with_the_last),
        RULE(notes_get_a_share_of_a_flush_and_every_run_a_few),
        RULE(a_second_flush_overlaps_when_enough_has_gathered),
        RULE(what_was_sent_after_a_refused_flush_is_sent_again),
        RULE(a_flush_of_an_earlier_life_is_passed_over),
        RULE(a_refused_batch_is_tried_run_by_run),
        RULE(a_fenced_core_drops_everything),
        RULE(an_end_is_told_after_it_is_durable_and_the_run_is_gone),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
