/* Priority of a sandbox. Niceness, and neither SCHED_BATCH nor SCHED_IDLE: at nice 10 a sandbox
 * that competes with the core for a CPU gets a tenth, and the core's wake-up preempts it, but on a
 * host that is busy with other things it still gets its share. SCHED_IDLE would starve it there,
 * and with it every run, as each step goes through a sandbox; SCHED_BATCH would make short answers
 * wait.
 *
 * A sandbox that has burnt some slices without a pause sinks to nice 19 until it rests: its
 * neighbours, who mostly wait for answers, then come before it. Rising again needs RLIMIT_NICE. */
#ifndef MB_SANDBOX_PRIORITY_H
#define MB_SANDBOX_PRIORITY_H

#include <stdbool.h>

/* In the zygote, with its privileges: lets children rise again. False when the host forbids. */
bool mb_priority_allow(void);
/* In the child: its niceness from now on. *adaptive: burn and rest may be used. */
bool mb_priority_set(int nice_value, bool *adaptive);
void mb_priority_burn(void);
void mb_priority_rest(void);

#endif
