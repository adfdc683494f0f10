/* run/replay: what the journal holds of a run, by key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "run/replay.h"

static struct mb_recorded row(int seq, uint8_t key, bool done, const char *text)
{
    struct mb_recorded r = {.seq = seq, .is_done = done, .intent_seq = done ? 0 : seq};
    memset(r.key, key, sizeof(r.key));
    r.text = text ? mb_strdup(text) : NULL;
    r.len = text ? strlen(text) : 0;
    return r;
}

static void add(struct mb_replay *replay, struct mb_recorded r)
{
    mb_replay_add(replay, &r);
}

static struct mb_recorded *take(struct mb_replay *replay, uint8_t key)
{
    uint8_t bytes[MB_KEY_BYTES];
    memset(bytes, key, sizeof(bytes));
    return mb_replay_take(replay, bytes);
}

static void answers_by_key_in_any_order(void **state)
{
    (void)state;
    struct mb_replay *replay = mb_replay_new();
    add(replay, row(1, 'a', true, "1"));
    add(replay, row(2, 'b', true, "2"));
    assert_int_equal(replay->unused, 2);
    struct mb_recorded *b = take(replay, 'b'), *a = take(replay, 'a');
    assert_string_equal(b->text, "2");
    assert_string_equal(a->text, "1");
    assert_int_equal(replay->unused, 0);
    assert_null(take(replay, 'a'));
    mb_recorded_free(a);
    mb_recorded_free(b);
    mb_replay_free(replay);
}

static void a_done_row_completes_its_intent(void **state)
{
    (void)state;
    struct mb_replay *replay = mb_replay_new();
    add(replay, row(3, 'w', false, NULL));
    assert_int_equal(replay->unused, 0);
    add(replay, row(4, 'w', true, "ok"));
    assert_int_equal(replay->unused, 1);
    struct mb_recorded *w = take(replay, 'w');
    assert_true(w->is_done);
    assert_int_equal(w->intent_seq, 3);
    mb_recorded_free(w);
    mb_replay_free(replay);
}

static void an_intent_does_not_undo_what_is_done(void **state)
{
    (void)state;
    struct mb_replay *replay = mb_replay_new();
    add(replay, row(4, 'w', true, "ok"));
    add(replay, row(3, 'w', false, NULL));
    struct mb_recorded *w = take(replay, 'w');
    assert_true(w->is_done);
    assert_string_equal(w->text, "ok");
    mb_recorded_free(w);
    mb_replay_free(replay);
}

static void an_open_intent_is_not_counted_as_unused(void **state)
{
    (void)state;
    struct mb_replay *replay = mb_replay_new();
    add(replay, row(1, 'w', false, NULL));
    assert_int_equal(replay->unused, 0);
    assert_int_equal(replay->last_seq, 1);
    struct mb_recorded *w = take(replay, 'w');
    assert_false(w->is_done);
    mb_recorded_free(w);
    mb_replay_free(replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_by_key_in_any_order),
        cmocka_unit_test(a_done_row_completes_its_intent),
        cmocka_unit_test(an_intent_does_not_undo_what_is_done),
        cmocka_unit_test(an_open_intent_is_not_counted_as_unused),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
