/* How a run ends badly: from an error value, or for a reason of the scheduler's, to a FAIL frame
 * with the customer's own file and line. */
#ifndef MB_VM_FAILURE_H
#define MB_VM_FAILURE_H

#include "vm/run.h"

/* Where a thread is: its innermost function that comes from a file of the package (or the toolbox).
 * Leaves `place` alone when there is none. Works on a thread that an error has ended, too. */
void mb_failure_place(lua_State *L, struct mb_place *place);

/* Remembers that the error value on top of `co`, which it has ended, was raised there: it may be
 * raised again by whoever resumed the coroutine. */
void mb_failure_note(struct mb_run *run, lua_State *co);

/* Sends FAIL for the error value on top of `co`, and the stack that the error left. */
void mb_failure_send_raised(struct mb_run *run, lua_State *co);
/* Sends FAIL with this code and text; `place` may be NULL. */
void mb_failure_send(struct mb_run *run, const char *code, const char *message,
                     const struct mb_place *place);

/* Appends text with everything that is not UTF-8, and NUL, replaced; at most max_bytes of it. */
void mb_failure_clean(struct mb_buf *out, struct mb_str text, size_t max_bytes);

#endif
