/* Taking the processor back from Lua: a timer on the thread's CPU time sets Lua's hook, and the
 * hook gives control to the scheduler at the next instruction. The same hook is how the heap stops
 * a run whose memory was refused.
 *
 * Source: timer_create(2), CLOCK_THREAD_CPUTIME_ID; lua_sethook from a signal handler is what the
 * stand-alone interpreter does as well. */
#ifndef MB_VM_PREEMPT_H
#define MB_VM_PREEMPT_H

#include "vm/vm.h"

enum { MB_SLICE_US = 10000 }; /* DESIGN: what one run may cost its neighbours */

/* Starts the timer for this thread and this vm, one per process, after fork. False with errno. */
bool mb_preempt_start(struct mb_vm *vm) MB_MUST_CHECK;
void mb_preempt_stop(void); /* harmless when it was not started */
/* Has the hook run at the next instruction. Async-signal-safe; harmless when it is set. */
void mb_preempt_arm(struct mb_vm *vm);
void mb_preempt_disarm(struct mb_vm *vm);

/* Can the coroutine give control to the scheduler from here, through all that resumed it? */
bool mb_preempt_can_yield(lua_State *L);

/* A thread's mark (lua_getexdata). */
enum {
    MB_THREAD_BUSY = 1,  /* resumed, or waiting inside, by the platform's coroutine.resume */
    MB_THREAD_STUCK = 2, /* something below it in the chain of resumes cannot yield */
};

#endif
