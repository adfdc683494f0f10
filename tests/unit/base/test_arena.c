#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void little_needs_no_block(void **state)
{
    (void)state;
    struct mb_arena a = {0};
    char *p = mb_arena_alloc(&a, 1), *q = mb_arena_strdup(&a, MB_STR("hello"));
    assert_in_range((uintptr_t)p, (uintptr_t)a.first, (uintptr_t)(a.first + sizeof(a.first)));
    assert_string_equal(q, "hello");
    for (int i = 0; i < 30; i++)
        mb_arena_alloc(&a, 16);
    assert_int_equal(a.block_bytes, 0);
    mb_arena_alloc(&a, 16);
    assert_in_range(a.block_bytes, 1, 1024);
    mb_arena_release(&a);
}

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct mb_arena a = {0};
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = mb_arena_alloc(&a, i);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 255), i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i & 255);
    mb_arena_release(&a);
}

static void a_large_piece_leaves_the_open_block_in_use(void **state)
{
    (void)state;
    struct mb_arena a = {0};
    char *small = mb_arena_alloc(&a, 16);
    char *large = mb_arena_alloc(&a, 1000000);
    memset(large, 1, 1000000);
    assert_ptr_equal(mb_arena_alloc(&a, 16), small + 16);
    mb_arena_release(&a);
}

static void zeroed_memory_is_zero_and_texts_are_terminated(void **state)
{
    (void)state;
    struct mb_arena a = {0};
    memset(mb_arena_alloc(&a, 64), 0xff, 64);
    mb_arena_release(&a);
    char *p = mb_arena_zalloc(&a, 64);
    for (int i = 0; i < 64; i++)
        assert_int_equal(p[i], 0);
    struct mb_str s = mb_arena_str(&a, MB_STR("a\0b"));
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.ptr, "a\0b", 4);
    assert_string_equal(mb_arena_strdup(&a, (struct mb_str){NULL, 0}), "");
    mb_arena_release(&a);
}

static void a_released_arena_can_be_used_again(void **state)
{
    (void)state;
    struct mb_arena a = {0};
    mb_arena_release(&a);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            mb_arena_alloc(&a, 100);
        mb_arena_release(&a);
        assert_null(a.blocks);
        assert_int_equal(a.block_bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_needs_no_block),
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(a_large_piece_leaves_the_open_block_in_use),
        cmocka_unit_test(zeroed_memory_is_zero_and_texts_are_terminated),
        cmocka_unit_test(a_released_arena_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
