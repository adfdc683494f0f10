#include "vm/heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

static void report(struct mb_heap *h)
{
    if (h->on_pressure)
        h->on_pressure(h);
}

/* Pages that hold few blocks each cost the host more than what is counted: they are bounded too. */
static bool is_scattered(const struct mb_heap *h)
{
    return h->slab.page_bytes + h->large > h->cap + h->cap / 2;
}

static bool may_grow(struct mb_heap *h, size_t by)
{
    if (h->overdraft || (h->used <= h->cap && by <= h->cap - h->used && !is_scattered(h)))
        return true;
    h->refused = true;
    report(h);
    return false;
}

static void account(struct mb_heap *h, size_t old_size, size_t new_size)
{
    h->used = h->used - old_size + new_size;
    if (h->used > h->peak)
        h->peak = h->used;
    if (MB_UNLIKELY(h->used > h->soft) && !h->pressed) {
        h->pressed = true;
        report(h);
    }
}

static bool is_dense(const struct mb_heap *h, const void *ptr)
{
    return (uintptr_t)ptr >= h->dense_from && (uintptr_t)ptr < h->dense_to;
}

static void *in_zygote(struct mb_heap *h, void *ptr, size_t old_size, size_t new_size)
{
    void *moved = h->dense(h->dense_ud, ptr, old_size, new_size);
    if (moved) {
        h->dense_from = MB_MIN(h->dense_from, (uintptr_t)moved);
        h->dense_to = MB_MAX(h->dense_to, (uintptr_t)moved + new_size);
    }
    return moved;
}

static bool is_small(size_t size)
{
    return size <= MB_SLAB_MAX_BYTES;
}

static void *take(struct mb_heap *h, size_t size)
{
    if (is_small(size))
        return mb_slab_take(&h->slab, size);
    void *block = malloc(size);
    h->large += block ? size : 0;
    return block;
}

/* A block of the zygote's is left alone: giving it back would write to its page, for nothing that
 * this process could use. */
static void give(struct mb_heap *h, void *ptr, size_t size)
{
    if (!ptr || is_dense(h, ptr))
        return;
    if (is_small(size)) {
        mb_slab_give(&h->slab, ptr, size);
    } else {
        h->large -= size;
        free(ptr);
    }
}

static void *in_sandbox(struct mb_heap *h, void *ptr, size_t old_size, size_t new_size)
{
    if (new_size == 0) {
        give(h, ptr, old_size);
        return NULL;
    }
    if (!ptr)
        return take(h, new_size);
    bool dense = is_dense(h, ptr);
    if (is_small(old_size) && is_small(new_size) && !dense &&
        mb_slab_same_class(old_size, new_size))
        return ptr;
    if (!is_small(old_size) && !is_small(new_size) && !dense) {
        void *grown = realloc(ptr, new_size);
        h->large += grown ? new_size - old_size : 0;
        return grown;
    }
    void *moved = take(h, new_size);
    if (!moved)
        return NULL;
    memcpy(moved, ptr, MB_MIN(old_size, new_size));
    give(h, ptr, old_size);
    return moved;
}

static void *allocate(void *ud, void *ptr, size_t old_size, size_t new_size)
{
    struct mb_heap *h = ud;
    if (new_size > old_size && MB_UNLIKELY(!may_grow(h, new_size - old_size)))
        return NULL;
    void *moved =
        h->settled ? in_sandbox(h, ptr, old_size, new_size) : in_zygote(h, ptr, old_size, new_size);
    if (MB_UNLIKELY(!moved && new_size)) { /* the process's own limit */
        h->refused = true;
        report(h);
        return NULL;
    }
    account(h, old_size, new_size);
    return moved;
}

lua_State *mb_heap_open(struct mb_heap *heap)
{
    heap->lender = luaL_newstate();
    if (!heap->lender)
        return NULL;
    heap->overdraft = true;
    heap->dense = lua_getallocf(heap->lender, &heap->dense_ud);
    heap->dense_from = UINTPTR_MAX;
    heap->dense_to = 0;
    mb_heap_set_cap(heap, SIZE_MAX);
    return lua_newstate(allocate, heap);
}

void mb_heap_close(struct mb_heap *heap, lua_State *L)
{
    heap->overdraft = true;
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_close(L);
    lua_close(heap->lender);
    mb_slab_release(&heap->slab);
}

struct mb_heap *mb_heap_of(lua_State *L)
{
    void *heap;
    lua_getallocf(L, &heap);
    return heap;
}

void mb_heap_settle(struct mb_heap *heap)
{
    heap->settled = true;
}

void mb_heap_trim(struct mb_heap *heap)
{
    mb_slab_trim(&heap->slab);
    malloc_trim(0);
    heap->peak = heap->used;
}

static void set_soft(struct mb_heap *h)
{
    size_t quarters = h->cap / 4 * 3;
    size_t midway = h->used < h->cap ? h->used + (h->cap - h->used) / 2 : h->cap;
    h->soft = MB_MAX(quarters, midway);
}

void mb_heap_set_cap(struct mb_heap *heap, size_t cap_bytes)
{
    heap->cap = cap_bytes;
    set_soft(heap);
}

void mb_heap_collected(struct mb_heap *heap)
{
    heap->pressed = false;
    set_soft(heap);
}
