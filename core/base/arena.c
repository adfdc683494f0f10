#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, SMALLEST_BLOCK = 1024, LARGEST_BLOCK = 4096 };

struct mb_arena_block {
    struct mb_arena_block *next;
    size_t size;
    char bytes[] __attribute__((aligned(16)));
};

/* A new block in front, with room for `size` bytes; the header counts as part of it. */
static struct mb_arena_block *add_block(struct mb_arena *a, size_t size)
{
    struct mb_arena_block *block = mb_alloc(sizeof(*block) + size);
    block->next = a->blocks;
    block->size = size;
    a->blocks = block;
    a->block_bytes += sizeof(*block) + size;
    return block;
}

static void *alloc_slow(struct mb_arena *a, size_t size)
{
    if (!a->at) {
        a->at = a->first;
        a->end = a->first + sizeof(a->first);
        if (size <= sizeof(a->first)) {
            a->at += size;
            return a->first;
        }
    }
    size_t usual = a->block_bytes < SMALLEST_BLOCK       ? SMALLEST_BLOCK
                   : a->block_bytes < 2 * SMALLEST_BLOCK ? 2 * SMALLEST_BLOCK
                                                         : LARGEST_BLOCK;
    size_t room = usual - sizeof(struct mb_arena_block);
    /* What fills most of a block gets its own, and the room that is left stays in use. */
    if (size > room / 2)
        return add_block(a, size)->bytes;
    char *bytes = add_block(a, room)->bytes;
    a->at = bytes + size;
    a->end = bytes + room;
    return bytes;
}

void *mb_arena_alloc(struct mb_arena *a, size_t size)
{
    mb_assert(size <= SIZE_MAX / 2);
    size = (MB_MAX(size, 1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (MB_UNLIKELY(!a->at || (size_t)(a->end - a->at) < size))
        return alloc_slow(a, size);
    char *bytes = a->at;
    a->at += size;
    return bytes;
}

void *mb_arena_zalloc(struct mb_arena *a, size_t size)
{
    return memset(mb_arena_alloc(a, size), 0, size);
}

char *mb_arena_strdup(struct mb_arena *a, struct mb_str s)
{
    char *copy = mb_arena_alloc(a, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct mb_str mb_arena_str(struct mb_arena *a, struct mb_str s)
{
    return MB_STR_OF(mb_arena_strdup(a, s), s.len);
}

void mb_arena_release(struct mb_arena *a)
{
    while (a->blocks) {
        struct mb_arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->at = a->end = NULL;
    a->block_bytes = 0;
}
