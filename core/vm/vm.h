/* One Lua state with the platform's Lua in it, its runs, and the socket that it is asked through.
 *
 * The zygote makes the state (mb_vm_new); a worker, which is a fork of it, serves runs in it
 * (mb_vm_serve). Nothing here knows of processes, namespaces or filters. One thread. */
#ifndef MB_VM_VM_H
#define MB_VM_VM_H

#include <lua.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/list.h"
#include "vm/heap.h"

struct mb_run;
struct mb_task;

enum mb_vm_role {
    MB_VM_AGENT,   /* customers' code: interpreter only */
    MB_VM_TOOLBOX, /* the platform's tools: JIT compiler on */
};

/* The two ends of the socket's bytes. */
struct mb_link {
    int fd; /* -1: none (tests) */
    struct mb_buf in, out;
    size_t judged; /* bytes of `in` that mb_link_breathe has looked at */
};

struct mb_vm {
    struct mb_heap heap;
    lua_State *L; /* the main thread: the scheduler's */
    enum mb_vm_role role;
    struct mb_link link;

    struct mb_run **slots; /* by run slot; NULL = free */
    size_t n_slots, n_runs;
    struct mb_list ready;    /* of mb_run.queue: runs with something to do */
    struct mb_list batch;    /* of mb_run.queue: those of them that this turn is to serve */
    struct mb_list draining; /* of mb_task.queue: wait until frames have left */

    /* Whose slice it is; NULL while the scheduler works. Read by the timer's signal handler. */
    struct mb_run *volatile run;
    struct mb_task *task;
    uint64_t slice_start_us; /* thread CPU clock */
    volatile bool ticked;    /* the timer has fired since the slice began */
    bool want_collect;       /* the heap is over its soft limit */
    size_t clean_bytes;      /* the heap after its last whole collection */
    const char *stack_floor; /* C stack below this address: refuse to recurse */

    struct mb_buf scratch; /* JSON on its way out, or being mended on its way in */
    struct mb_buf keys;    /* of mb_json_encode */
    const struct mb_embed *files;
    /* Registry references. */
    int ref_kept;     /* the table behind mb_vm_keep */
    int ref_decode;   /* cjson's decode */
    int ref_array;    /* metatable of arrays (moon.json.array) */
    int ref_start;    /* lua/host/start.lua: the body of a run's first coroutine */
    int ref_globals;  /* metatable of a run's globals */
    int ref_packages; /* slot -> {files = {path: text}, code = {path: factory}, name = s} */
    int ref_label;    /* lua/host/text.lua: tostring */
};

/* Makes the state and loads the platform's Lua (the files below host/ and moon/, in a toolbox all).
 * `files` is borrowed for the state's life. NULL, with the reason on stderr, only when the
 * platform's own Lua is broken. */
struct mb_vm *mb_vm_new(enum mb_vm_role role, const struct mb_embed *files);
void mb_vm_free(struct mb_vm *vm); /* NULL is fine */

/* The vm that a Lua state (or any of its threads) belongs to. */
struct mb_vm *mb_vm_of(lua_State *L);

/* Calls `fn` with `arg` as light userdata on the main thread, protected and with the heap's
 * overdraft on. True when it returned; what it raises is dropped. */
bool mb_vm_protect(struct mb_vm *vm, lua_CFunction fn, void *arg) MB_MUST_CHECK;

/* Keeps the value on top of the stack, which it pops, until it is dropped; may raise for memory.
 * What belongs to runs is kept here and not in the registry, whose table would never shrink. */
int mb_vm_keep(lua_State *L);
void mb_vm_push_kept(lua_State *L, int ref);
void mb_vm_drop(struct mb_vm *vm, int ref); /* LUA_NOREF is fine */

/* For an idle worker (no runs): gives back to the host what runs have left behind. */
void mb_vm_tidy(struct mb_vm *vm);
/* Is the worker idle, and is there enough to give back? */
bool mb_vm_is_untidy(const struct mb_vm *vm);

/* Collects all garbage in steps, answering pings between them. */
void mb_vm_collect(struct mb_vm *vm);

/* Calls from C into Lua may nest as deep as this many bytes of C stack; the process has 8 MB. */
enum { MB_VM_STACK_BYTES = 1024 * 1024 };
/* Raises an error when they nest deeper. */
void mb_vm_check_stack(lua_State *L);
/* luaL_error without a place in front: the next function down is mostly the platform's own, whose
 * lines mean nothing to a customer. Where it was in the customer's code is found by failure.c. */
int mb_vm_error(lua_State *L, const char *fmt, ...) MB_PRINTF(2, 3) MB_NORETURN;

#endif
