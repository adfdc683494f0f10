/* The code that runs execute: customers' packages, in slots, and the platform's own modules. A file
 * is compiled once per worker, and executed afresh by every run, in the run's own globals. */
#ifndef MB_VM_PACKAGE_H
#define MB_VM_PACKAGE_H

#include "vm/run.h"

/* Keeps the package of a PACKAGE frame's JSON in the slot. */
void mb_package_put(struct mb_vm *vm, uint32_t slot, struct mb_str json);
void mb_package_drop(struct mb_vm *vm, uint32_t slot);

/* Pushes module `name` ("main", "a.b" = a/b.lua) of the run's package as a function, or nil when
 * it has no such file. Raises the compiler's message. */
void mb_package_push(lua_State *L, struct mb_run *run, const char *name);
/* The same for the platform's modules that a toolbox offers to `require`: "job.x" (lua/toolbox),
 * "local.x", "compiler.x". */
void mb_package_push_platform(lua_State *L, struct mb_run *run, const char *name);
/* Pushes the text of a file of the run's package, or nil. */
void mb_package_push_text(lua_State *L, struct mb_run *run, const char *path);

#endif
