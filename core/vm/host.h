/* The C functions that the platform's Lua is built on. They are passed to the files of lua/host and
 * lua/moon as one table and are never seen by customers' code: what a customer can call is what
 * those files make of them. Each takes "the current run" and "the current task" from the vm. */
#ifndef MB_VM_HOST_H
#define MB_VM_HOST_H

#include <lauxlib.h>

#include "vm/run.h"

extern const luaL_Reg mb_host_call[];    /* frames: calls, events, log lines */
extern const luaL_Reg mb_host_branch[];  /* tasks */
extern const luaL_Reg mb_host_coro[];    /* coroutines */
extern const luaL_Reg mb_host_surface[]; /* what is replaced in the standard libraries */
extern const luaL_Reg mb_host_run[];     /* the run: its modules, clock, random numbers */

/* Pushes the table of all of them, and of the marks that yields carry. */
void mb_host_push(lua_State *L);

/* What a yield leaves on the stack for whoever resumed, as light userdata: a wait for the
 * scheduler, or a yield of the customer's own. A preemption leaves nothing. */
extern const char mb_host_wait_mark, mb_host_user_mark;

/* Leaves the coroutine for the scheduler; the task's state says what for. For `return`. */
int mb_host_wait(lua_State *L);
/* Raises an error when the running code cannot wait. `what` is the subject: "a call of a tool". */
void mb_host_check_wait(lua_State *L, const char *what);

#endif
