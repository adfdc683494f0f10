/* The worker's end of its socket: bytes in, bytes out, never waiting. */
#ifndef MB_VM_LINK_H
#define MB_VM_LINK_H

#include "ipc/frame.h"
#include "vm/vm.h"

enum {
    MB_LINK_FULL_BYTES = 256 * 1024,     /* unsent frames at which runs that send wait */
    MB_LINK_IN_BYTES = 40 * 1024 * 1024, /* unread frames at which no more are read: two of the
                                            largest, and some */
};

/* Reads what has come. False when the other side is gone. */
bool mb_link_fill(struct mb_link *link) MB_MUST_CHECK;
/* Writes what it can. False when the other side is gone. */
bool mb_link_flush(struct mb_link *link) MB_MUST_CHECK;
static inline bool mb_link_is_full(const struct mb_link *link)
{
    return mb_buf_len(&link->out) >= MB_LINK_FULL_BYTES;
}
/* Waits until there is something to read, or to write if anything is unsent; at most timeout_ms
 * (-1: for ever). False when the time was up. */
bool mb_link_wait(const struct mb_link *link, int timeout_ms);
/* Frees buffers that hold nothing. */
void mb_link_trim(struct mb_link *link);

/* Is there something for mb_vm_take_frames (a whole frame, or one that breaks the rules)? */
bool mb_link_has_frame(const struct mb_link *link);

/* From within a slice that cannot be left (a sort, a collection): answers PINGs that have come, and
 * marks the running run as stopped if a STOP for it has. The rest stays for the scheduler. */
void mb_link_breathe(struct mb_vm *vm);
/* Drops a frame that mb_link_breathe has answered from the front of `in`. */
bool mb_link_skip_answered(struct mb_link *link);
/* Drops a frame that was dealt with. */
void mb_link_done(struct mb_link *link, const struct mb_frame *frame);

#endif
