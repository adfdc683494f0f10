/* The memory of one Lua state: every byte counted, and no more than a cap. */
#ifndef MB_VM_HEAP_H
#define MB_VM_HEAP_H

#include "base/base.h"

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
};

/* A lua_Alloc; `ud` is the struct mb_heap. */
void *mb_heap_alloc(void *ud, void *ptr, size_t old_size, size_t new_size);

void mb_heap_set_cap(struct mb_heap *heap, size_t cap_bytes);
/* A whole collection has just been done: the next pressure is reported half-way between what is
 * alive and the cap, at least at three quarters of the cap. */
void mb_heap_collected(struct mb_heap *heap);

#endif
