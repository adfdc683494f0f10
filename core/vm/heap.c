#include "vm/heap.h"

#include <stdlib.h>

static bool may_grow(struct mb_heap *h, size_t by)
{
    if (h->overdraft || (h->used <= h->cap && by <= h->cap - h->used))
        return true;
    h->refused = true;
    if (h->on_pressure)
        h->on_pressure(h);
    return false;
}

static void account(struct mb_heap *h, size_t old_size, size_t new_size)
{
    h->used = h->used - old_size + new_size;
    if (h->used > h->peak)
        h->peak = h->used;
    if (MB_UNLIKELY(h->used > h->soft) && !h->pressed) {
        h->pressed = true;
        if (h->on_pressure)
            h->on_pressure(h);
    }
}

void *mb_heap_alloc(void *ud, void *ptr, size_t old_size, size_t new_size)
{
    struct mb_heap *h = ud;
    if (new_size == 0) {
        free(ptr);
        h->used -= old_size;
        return NULL;
    }
    if (new_size > old_size && MB_UNLIKELY(!may_grow(h, new_size - old_size)))
        return NULL;
    void *moved = realloc(ptr, new_size);
    if (MB_UNLIKELY(!moved)) { /* the process's own limit */
        h->refused = true;
        if (h->on_pressure)
            h->on_pressure(h);
        return NULL;
    }
    account(h, old_size, new_size);
    return moved;
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
