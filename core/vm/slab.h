/* Small blocks for a Lua state: 2 KB pages, each holding blocks of one size class, with no header
 * in front of a block (Lua says a block's size when it frees it). An empty page serves any class
 * again, and can be given back to the host; that is why this is here and not malloc, whose caches
 * keep what runs have left behind scattered over its pages. */
#ifndef MB_VM_SLAB_H
#define MB_VM_SLAB_H

#include "base/base.h"

enum { MB_SLAB_MAX_BYTES = 992, MB_SLAB_CLASSES = 13, MB_SLAB_PAGE_BYTES = 2048 };

struct mb_slab_page;
struct mb_slab_chunk;

/* Zero-initialised is empty and valid. */
struct mb_slab {
    struct mb_slab_page *partial[MB_SLAB_CLASSES]; /* pages with room */
    struct mb_slab_chunk *chunks;
    size_t n_chunks, hint; /* no chunk below `hint` has a free page */
    size_t page_bytes;     /* of pages that hold blocks */
};

/* A block of `size` bytes (1 to MB_SLAB_MAX_BYTES), aligned to 16; NULL when the host has no more
 * memory. */
void *mb_slab_take(struct mb_slab *slab, size_t size);
/* `size` is what it was taken with. */
void mb_slab_give(struct mb_slab *slab, void *block, size_t size);
/* Do blocks of these sizes have the same room, so that one may stay where it is? */
bool mb_slab_same_class(size_t a, size_t b);
/* Gives empty pages back to the host. */
void mb_slab_trim(struct mb_slab *slab);
void mb_slab_release(struct mb_slab *slab); /* all blocks are gone with it */

#endif
