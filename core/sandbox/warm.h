/* One small run in the zygote, before the first fork. The dynamic linker resolves each function of
 * a library when it is first called, and the unwinder prepares itself at the first error; done
 * here, every sandbox inherits that, with less memory of its own and a faster first run. */
#ifndef MB_SANDBOX_WARM_H
#define MB_SANDBOX_WARM_H

#include "vm/vm.h"

/* Leaves the vm as it was. False when the run did not succeed: the platform's Lua is broken. */
bool mb_warm_up(struct mb_vm *vm) MB_MUST_CHECK;

#endif
