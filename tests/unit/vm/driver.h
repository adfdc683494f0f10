/* A vm without a process: frames are put into its link and taken out of it by hand. Plays the core,
 * with a few tools of its own. */
#ifndef TEST_VM_DRIVER_H
#define TEST_VM_DRIVER_H

#include "ipc/frame.h"
#include "vm/vm.h"

enum { DRIVER_RUNS = 64, DRIVER_TEXT = 1 << 20 };

/* How a run ended. */
struct outcome {
    bool over, ok; /* ok: RESULT, else FAIL */
    char *json;    /* output, or the failure */
    struct mb_msg_end end;
    char *log;    /* lines, each with its level in front: "1 text\n" */
    char *events; /* one JSON a line */
    char *calls;  /* "name {json}\n" each */
    unsigned n_calls;
    bool stopped;
    uint32_t stopped_step;
};

struct driver {
    struct mb_vm *vm;
    struct outcome runs[DRIVER_RUNS]; /* by run slot */
    int64_t clock_us;
    unsigned n_pongs;
    uint32_t pong_computing;
    bool hold; /* keep CALLs: they wait in `held` until driver_release */
    struct mb_buf held;
    bool reversed; /* answers held calls last first */
};

struct driver *driver_new(enum mb_vm_role role, size_t memory_bytes);
void driver_free(struct driver *d);

/* Sends PACKAGE; then pairs of path and text, ended by NULL. */
void driver_package(struct driver *d, uint32_t slot, ...) __attribute__((sentinel));
/* Sends START with this seed byte, CPU time and JSON; does not run it yet. */
void driver_start(struct driver *d, uint32_t run, uint32_t package, uint8_t seed, uint64_t cpu_us,
                  const char *json);
void driver_send(struct driver *d, enum mb_msg_type type, uint32_t run, uint32_t step,
                 const void *fixed, size_t fixed_len, const char *json);
/* Turns until no run has anything to do. The tools: "echo" answers its args, "fail" fails with
 * them, "sleep" moves the clock by args.seconds, "big" answers a large value, "null" null, "never"
 * never. Returns false when the vm broke off. */
bool driver_turn(struct driver *d);
void driver_release(struct driver *d); /* answers what was held */

/* One run of a package of one file (main.lua), from START to its end, on slot 1, with 0.5 s of CPU.
 * The outcome stays until the next call. */
const struct outcome *driver_run(struct driver *d, const char *main_lua, const char *input);

#endif
