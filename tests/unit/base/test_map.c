#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char values[2000];

static void fill(struct mb_map *m, int n)
{
    for (int i = 0; i < n; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "key%d", i);
        assert_null(mb_map_set(m, key, (size_t)len, &values[i]));
    }
}

static void an_empty_map_is_valid(void **state)
{
    (void)state;
    struct mb_map m = {0};
    assert_null(mb_map_get(&m, "a", 1));
    assert_null(mb_map_remove(&m, "a", 1));
    mb_map_release(&m);
}

static void finds_every_key_after_growing(void **state)
{
    (void)state;
    struct mb_map m = {0};
    fill(&m, 2000);
    assert_int_equal(m.count, 2000);
    for (int i = 0; i < 2000; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "key%d", i);
        assert_ptr_equal(mb_map_get(&m, key, (size_t)len), &values[i]);
    }
    assert_null(mb_map_get(&m, "key2000", 7));
    mb_map_release(&m);
}

static void replacing_gives_back_the_old_value(void **state)
{
    (void)state;
    struct mb_map m = {0};
    char key[] = "k";
    assert_null(mb_map_set(&m, key, 1, &values[0]));
    key[0] = 'x'; /* keys are copied */
    assert_ptr_equal(mb_map_set(&m, "k", 1, &values[1]), &values[0]);
    assert_ptr_equal(mb_map_get(&m, "k", 1), &values[1]);
    assert_int_equal(m.count, 1);
    mb_map_release(&m);
}

static void keys_are_bytes_with_a_length(void **state)
{
    (void)state;
    struct mb_map m = {0};
    mb_map_set(&m, "", 0, &values[0]);
    mb_map_set(&m, "a\0b", 3, &values[1]);
    mb_map_set(&m, "a", 1, &values[2]);
    assert_ptr_equal(mb_map_get(&m, NULL, 0), &values[0]);
    assert_ptr_equal(mb_map_get(&m, "a\0b", 3), &values[1]);
    assert_ptr_equal(mb_map_get(&m, "a", 1), &values[2]);
    assert_null(mb_map_get(&m, "a\0c", 3));
    mb_map_release(&m);
}

static void a_removed_key_is_gone_and_the_others_stay(void **state)
{
    (void)state;
    struct mb_map m = {0};
    fill(&m, 100);
    assert_ptr_equal(mb_map_remove(&m, "key50", 5), &values[50]);
    assert_null(mb_map_get(&m, "key50", 5));
    assert_null(mb_map_remove(&m, "key50", 5));
    assert_ptr_equal(mb_map_get(&m, "key51", 5), &values[51]);
    assert_int_equal(m.count, 99);
    mb_map_release(&m);
}

struct walk {
    struct mb_map *m;
    int seen, stop_after;
    bool remove;
};

static bool visit(void *value, void *arg)
{
    struct walk *walk = arg;
    char key[16];
    if (walk->remove) {
        int len = snprintf(key, sizeof(key), "key%d", (int)((char *)value - values));
        mb_map_remove(walk->m, key, (size_t)len);
    }
    return ++walk->seen != walk->stop_after;
}

static void a_walk_sees_each_entry_once_and_may_remove_it(void **state)
{
    (void)state;
    struct mb_map m = {0};
    fill(&m, 500);
    struct walk look = {&m, 0, 0, false}, stop = {&m, 0, 7, false}, drop = {&m, 0, 0, true};
    mb_map_each(&m, visit, &look);
    assert_int_equal(look.seen, 500);
    mb_map_each(&m, visit, &stop);
    assert_int_equal(stop.seen, 7);
    mb_map_each(&m, visit, &drop);
    assert_int_equal(drop.seen, 500);
    assert_int_equal(m.count, 0);
    mb_map_release(&m);
}

static void hashes_depend_on_every_byte_and_the_length(void **state)
{
    (void)state;
    char text[32] = {0};
    for (size_t len = 1; len <= sizeof(text); len++) {
        uint64_t before = mb_hash64(text, len);
        assert_true(before == mb_hash64(text, len));
        assert_true(before != mb_hash64(text, len - 1));
        for (size_t i = 0; i < len; i++) {
            text[i] = 1;
            assert_true(before != mb_hash64(text, len));
            text[i] = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_is_valid),
        cmocka_unit_test(finds_every_key_after_growing),
        cmocka_unit_test(replacing_gives_back_the_old_value),
        cmocka_unit_test(keys_are_bytes_with_a_length),
        cmocka_unit_test(a_removed_key_is_gone_and_the_others_stay),
        cmocka_unit_test(a_walk_sees_each_entry_once_and_may_remove_it),
        cmocka_unit_test(hashes_depend_on_every_byte_and_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
