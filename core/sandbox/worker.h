/* A child of the zygote: confined, then serving one customer's runs (or the toolbox's jobs). */
#ifndef MB_SANDBOX_WORKER_H
#define MB_SANDBOX_WORKER_H

#include "sandbox/confine.h"
#include "vm/vm.h"

/* Confines the process, says READY, serves until the socket ends. */
void mb_worker_main(struct mb_vm *vm, size_t memory_bytes,
                    struct mb_confine_plan *plan) MB_NORETURN;

/* The plan's `last` step: the timer of preemption. arg: struct mb_vm. */
bool mb_worker_start_timer(void *vm);

#endif
