/* A bump arena: many small pieces that are freed together. Its first bytes lie inside it, so that
 * a run that needs little costs no allocation. */
#ifndef MB_ARENA_H
#define MB_ARENA_H

#include "base/base.h"

enum { MB_ARENA_FIRST_BYTES = 512 };

struct mb_arena_block;

/* Zero-initialised is empty and valid. Once used it must not be moved: it points into itself. */
struct mb_arena {
    struct mb_arena_block *blocks;
    char *at, *end;     /* free room of the newest block */
    size_t block_bytes; /* held in blocks, without the first bytes */
    char first[MB_ARENA_FIRST_BYTES] __attribute__((aligned(16)));
};

/* `size` bytes, aligned to 16, until the arena is reset or released. Not zeroed. Blocks grow from
 * 1 KB to 4 KB; a piece that is larger gets a block of its own. */
void *mb_arena_alloc(struct mb_arena *a, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(16)));
void *mb_arena_zalloc(struct mb_arena *a, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(16)));
char *mb_arena_strdup(struct mb_arena *a, struct mb_str s);      /* with a NUL */
struct mb_str mb_arena_str(struct mb_arena *a, struct mb_str s); /* the same, with its length */

void mb_arena_release(struct mb_arena *a); /* frees all; empty and valid again */

#endif
