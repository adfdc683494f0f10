/* The allocator, the counting heap, and the random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/heap.h"
#include "vm/prng.h"

/* -- slab ------------------------------------------------------------------------------------- */

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 4000 };
    static unsigned char *blocks[N];
    static size_t sizes[N];
    struct mb_slab slab = {0};
    struct mb_prng prng;
    mb_prng_seed(&prng, (const uint8_t *)"0123456789abcdef", 0);
    for (int round = 0; round < 50000; round++) {
        size_t i = mb_prng_below(&prng, N);
        if (blocks[i]) {
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(blocks[i][at], i % 251);
            mb_slab_give(&slab, blocks[i], sizes[i]);
            blocks[i] = NULL;
        } else {
            sizes[i] = 1 + mb_prng_below(&prng, MB_SLAB_MAX_BYTES);
            blocks[i] = mb_slab_take(&slab, sizes[i]);
            assert_int_equal((uintptr_t)blocks[i] % 16, 0);
            memset(blocks[i], (int)(i % 251), sizes[i]);
        }
        if (round % 10000 == 0)
            mb_slab_trim(&slab);
    }
    for (size_t i = 0; i < N; i++)
        if (blocks[i])
            mb_slab_give(&slab, blocks[i], sizes[i]);
    mb_slab_trim(&slab);
    assert_int_equal(slab.page_bytes, 0);
    mb_slab_release(&slab);
}

static void empty_pages_serve_other_sizes(void **state)
{
    (void)state;
    enum { N = 10000 };
    static void *blocks[N];
    struct mb_slab slab = {0};
    for (size_t size = 16; size <= MB_SLAB_MAX_BYTES; size += 16) {
        for (size_t i = 0; i < N / size; i++)
            blocks[i] = mb_slab_take(&slab, size);
        for (size_t i = 0; i < N / size; i++)
            mb_slab_give(&slab, blocks[i], size);
    }
    assert_true(slab.page_bytes <= MB_SLAB_CLASSES * MB_SLAB_PAGE_BYTES);
    assert_int_equal(slab.n_chunks, 1);
    mb_slab_release(&slab);
}

/* -- heap ------------------------------------------------------------------------------------- */

static int pressed;

static void on_pressure(struct mb_heap *heap)
{
    (void)heap;
    pressed++;
}

/* Asks the heap for memory as Lua would. */
static void *ask(lua_State *L, void *ptr, size_t old_size, size_t new_size)
{
    void *ud;
    return lua_getallocf(L, &ud)(ud, ptr, old_size, new_size);
}

static void every_byte_is_counted(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 17, 1344, 1345, 5000, 300000, 1345, 1344, 40, 8};
    for (int settled = 0; settled < 2; settled++) {
        struct mb_heap heap = {0};
        lua_State *L = mb_heap_open(&heap);
        if (settled)
            mb_heap_settle(&heap);
        size_t base = heap.used, last = 0;
        unsigned char *p = NULL;
        for (size_t i = 0; i < MB_LEN(sizes); i++) {
            p = ask(L, p, last, sizes[i]);
            assert_non_null(p);
            for (size_t at = 0; at < MB_MIN(last, sizes[i]); at++)
                assert_int_equal(p[at], 0x5A);
            memset(p, 0x5A, sizes[i]);
            assert_int_equal(heap.used, base + sizes[i]);
            last = sizes[i];
        }
        assert_null(ask(L, p, last, 0));
        assert_int_equal(heap.used, base);
        assert_int_equal(heap.peak, base + 300000);
        mb_heap_close(&heap, L);
    }
}

static void blocks_of_the_zygote_move_and_stay_counted(void **state)
{
    (void)state;
    struct mb_heap heap = {0};
    lua_State *L = mb_heap_open(&heap);
    size_t base = heap.used;
    char *small = ask(L, NULL, 0, 100), *large = ask(L, NULL, 0, 10000);
    strcpy(small, "small");
    strcpy(large, "large");
    mb_heap_settle(&heap);
    char *small2 = ask(L, small, 100, 120), *large2 = ask(L, large, 10000, 20);
    assert_string_equal(small2, "small");
    assert_string_equal(large2, "large");
    assert_ptr_not_equal(small2, small);
    ask(L, small2, 120, 0);
    ask(L, large2, 20, 0);
    assert_int_equal(heap.used, base);
    mb_heap_close(&heap, L);
}

static void nothing_goes_over_the_cap(void **state)
{
    (void)state;
    struct mb_heap heap = {0};
    lua_State *L = mb_heap_open(&heap);
    mb_heap_settle(&heap);
    mb_heap_set_cap(&heap, heap.used + 10000);
    heap.on_pressure = on_pressure;
    heap.overdraft = false;
    pressed = 0;
    void *p = ask(L, NULL, 0, 9000);
    assert_non_null(p);
    assert_false(heap.refused);
    assert_null(ask(L, NULL, 0, 2000));
    assert_true(heap.refused);
    assert_true(pressed > 0);
    assert_null(ask(L, p, 9000, 20000)); /* and it is still ours */
    assert_int_equal(((volatile char *)p)[8999], ((volatile char *)p)[8999]);
    heap.overdraft = true;
    p = ask(L, p, 9000, 20000);
    assert_non_null(p);
    heap.overdraft = false;
    p = ask(L, p, 20000, 100); /* shrinking is never refused */
    assert_non_null(p);
    ask(L, p, 100, 0);
    mb_heap_close(&heap, L);
}

static void pressure_is_told_once_a_cycle(void **state)
{
    (void)state;
    struct mb_heap heap = {0};
    lua_State *L = mb_heap_open(&heap);
    mb_heap_settle(&heap);
    mb_heap_set_cap(&heap, 1000000);
    heap.on_pressure = on_pressure;
    heap.overdraft = false;
    pressed = 0;
    void *p = ask(L, NULL, 0, 800000), *q = ask(L, NULL, 0, 50000);
    assert_int_equal(pressed, 1);
    mb_heap_collected(&heap); /* the cap is near: the next call comes half-way to it */
    assert_true(heap.soft > heap.used && heap.soft < heap.cap);
    ask(L, p, 800000, 0);
    ask(L, q, 50000, 0);
    mb_heap_close(&heap, L);
}

/* Blocks that pin a page each cost the host more than they count; that is bounded as well. */
static void scattered_blocks_are_bounded(void **state)
{
    (void)state;
    enum { CAP = 4 * 1024 * 1024 };
    struct mb_heap heap = {0};
    lua_State *L = mb_heap_open(&heap);
    mb_heap_settle(&heap);
    mb_heap_set_cap(&heap, CAP);
    heap.overdraft = false;
    void **kept = calloc(CAP, sizeof(*kept));
    size_t n_kept = 0;
    for (size_t size = 16; size <= 1344 && !heap.refused; size += 16) {
        void *block;
        for (size_t i = 0; (block = ask(L, NULL, 0, size)) != NULL; i++) {
            kept[n_kept++] = block;
            if (i % (3000 / size + 1) != 0)
                ask(L, kept[--n_kept], size, 0);
            if (i > CAP / size)
                break;
        }
    }
    assert_true(heap.slab.page_bytes <= CAP + CAP / 2 + MB_SLAB_PAGE_BYTES);
    free(kept);
    mb_heap_close(&heap, L); /* takes the pages with it */
}

/* -- random numbers --------------------------------------------------------------------------- */

static void streams_of_a_seed_differ_and_repeat(void **state)
{
    (void)state;
    static const uint8_t zeros[16] = {0},
                         ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct mb_prng a, b, c, d;
    mb_prng_seed(&a, zeros, 0);
    mb_prng_seed(&b, zeros, 0);
    mb_prng_seed(&c, zeros, 1);
    mb_prng_seed(&d, ones, 0);
    int equal_to_c = 0, equal_to_d = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = mb_prng_next(&a);
        assert_true(x == mb_prng_next(&b));
        equal_to_c += x == mb_prng_next(&c);
        equal_to_d += x == mb_prng_next(&d);
    }
    assert_int_equal(equal_to_c + equal_to_d, 0);
}

static void numbers_are_spread_evenly(void **state)
{
    (void)state;
    struct mb_prng p;
    unsigned counts[10] = {0};
    mb_prng_seed(&p, (const uint8_t *)"0123456789abcdef", 3);
    for (int i = 0; i < 100000; i++) {
        double u = mb_prng_unit(&p);
        assert_true(u >= 0 && u < 1);
        counts[mb_prng_below(&p, 10)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 9500, 10500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(empty_pages_serve_other_sizes),
        cmocka_unit_test(every_byte_is_counted),
        cmocka_unit_test(blocks_of_the_zygote_move_and_stay_counted),
        cmocka_unit_test(nothing_goes_over_the_cap),
        cmocka_unit_test(pressure_is_told_once_a_cycle),
        cmocka_unit_test(scattered_blocks_are_bounded),
        cmocka_unit_test(streams_of_a_seed_differ_and_repeat),
        cmocka_unit_test(numbers_are_spread_evenly),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
