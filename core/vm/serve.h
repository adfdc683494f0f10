/* The worker's loop: frames in, slices, frames out. */
#ifndef MB_VM_SERVE_H
#define MB_VM_SERVE_H

#include "vm/vm.h"

/* What the process does about its own priority; may be NULL. */
struct mb_serve_events {
    void (*on_burn)(void); /* it has been computing for a while without a pause */
    void (*on_rest)(void); /* after on_burn: it has nothing to do any more */
};

/* Serves until the other side is gone or breaks the protocol; then the process should end. The
 * preemption timer runs. */
void mb_vm_serve(struct mb_vm *vm, int fd, const struct mb_serve_events *events);

/* The loop's parts, for tests: deals with all whole frames in link.in (false: protocol broken);
 * gives ready runs one slice each, leaving early when time for the socket has come. */
bool mb_vm_take_frames(struct mb_vm *vm) MB_MUST_CHECK;
void mb_vm_turn(struct mb_vm *vm);

#endif
