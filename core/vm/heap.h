/* The memory of one Lua state: every byte counted, and no more than a cap.
 *
 * Two phases. In the zygote, blocks come from the interpreter's own allocator, which packs them
 * densely into pages of their own; every sandbox shares those pages until it collects garbage,
 * which writes into each block. In a sandbox (after mb_heap_settle), small blocks come from slabs
 * and large ones from malloc; what was there before stays where it is. */
#ifndef MB_VM_HEAP_H
#define MB_VM_HEAP_H

#include <lua.h>

#include "vm/slab.h"

struct mb_heap {
    size_t used, cap; /* bytes; used may be over the cap by what `overdraft` let through */
    size_t soft;      /* above this, `on_pressure` is called once per cycle of collection */
    size_t peak;      /* highest `used` since it was last set back */
    bool overdraft;   /* the scheduler is at work: nothing is refused. It checks sizes before. */
    bool refused;     /* an allocation was refused; whoever handles it sets it back */
    bool pressed;     /* over `soft`; set back by mb_heap_collected */
    /* An allocation was refused, or went over `soft`. Runs in the middle of the interpreter: may
     * only set flags and Lua's hook. */
    void (*on_pressure)(struct mb_heap *heap);
    struct mb_slab slab;
    size_t large; /* bytes in blocks from malloc */
    /* Private: the interpreter's allocator, and where its blocks lie. */
    bool settled;
    lua_State *lender; /* an empty state: the interpreter lends its allocator only to states */
    lua_Alloc dense;
    void *dense_ud;
    uintptr_t dense_from, dense_to;
};

/* Makes a state whose memory is this heap (zeroed): no cap yet, overdraft on. */
lua_State *mb_heap_open(struct mb_heap *heap) MB_MUST_CHECK;
void mb_heap_close(struct mb_heap *heap, lua_State *L);
/* The heap of a state or of any of its threads. */
struct mb_heap *mb_heap_of(lua_State *L);

/* From now on, blocks come from slabs and malloc. */
void mb_heap_settle(struct mb_heap *heap);
/* Gives free memory back to the host. */
void mb_heap_trim(struct mb_heap *heap);
void mb_heap_set_cap(struct mb_heap *heap, size_t cap_bytes);
/* A whole collection has just been done: the next pressure is reported half-way between what is
 * alive and the cap, at least at three quarters of the cap. */
void mb_heap_collected(struct mb_heap *heap);

#endif
