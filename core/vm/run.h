/* Runs and their tasks.
 *
 * A run is a tree of tasks: the first one runs the agent's main function, each other one a branch
 * of moon.parallel. A task is a coroutine that the scheduler resumes; what it waits for is its
 * state. Within a run, tasks change only where one waits, never where one is preempted, so a run
 * computes the same whatever the timer does. */
#ifndef MB_VM_RUN_H
#define MB_VM_RUN_H

#include "base/list.h"
#include "ipc/msg.h"
#include "vm/prng.h"
#include "vm/vm.h"

enum mb_task_state {
    MB_TASK_READY,    /* in its run's `ready` */
    MB_TASK_CALLING,  /* in its run's `calling`, for the ANSWER to `step` */
    MB_TASK_JOINING,  /* until a branch of its own ends */
    MB_TASK_DRAINING, /* in the vm's `draining`, until frames have left */
    MB_TASK_ENDED,    /* a branch, in its parent's `ended`: the value is on top of its stack */
};

struct mb_task {
    struct mb_run *run;
    struct mb_task *parent;  /* NULL: the run's first */
    struct mb_list siblings; /* in the parent's `branches` */
    struct mb_list branches, ended;
    struct mb_list queue; /* in whatever list its state says */
    lua_State *co;
    int ref; /* of the coroutine */
    enum mb_task_state state;
    bool failed;      /* when ENDED: the value is the error */
    uint32_t index;   /* as the parent numbered it */
    uint32_t step;    /* when CALLING */
    int n_args;       /* values on the stack to resume with */
    int64_t clock_us; /* the clock that it sees: of the last answer it got */
    uint64_t n_spawned;
    uint64_t stream; /* of its random numbers */
    struct mb_prng prng;
};

/* Why a run is to be abandoned although it did not end. */
enum mb_doom { MB_DOOM_NONE, MB_DOOM_CPU, MB_DOOM_MEMORY, MB_DOOM_STOPPED };

struct mb_place {
    char file[64]; /* "" = not known */
    int line;
};

enum { MB_RUN_TASKS_MAX = 1024 };

struct mb_run {
    struct mb_vm *vm;
    uint32_t slot, package;
    struct mb_list queue;          /* in the vm's `ready` while it has a ready task */
    struct mb_list ready, calling; /* of mb_task.queue */
    struct mb_task first;
    uint32_t n_tasks, n_calls;
    uint8_t seed[16];
    int64_t start_us;    /* the run's clock at START */
    int64_t grown_bytes; /* how much the heap grew in its slices: who is to blame when it is full */
    uint64_t cpu_us, cpu_left_us;            /* used, and allowed, in this worker */
    int ref_globals, ref_loaded, ref_labels; /* LUA_NOREF until needed */
    enum mb_doom doom;
    struct mb_place place; /* where it was when it was last preempted in this slice */
    const void *raised;    /* identity of the error value that last ended a coroutine, and where */
    struct mb_place raised_place;
};

/* Opens the run that a START frame asks for. `json` is borrowed for the call. When it cannot begin
 * (broken package, no memory) it ends with FAIL at once. */
void mb_run_start(struct mb_vm *vm, uint32_t slot, uint32_t package,
                  const struct mb_msg_start *start, struct mb_str json);
/* The answer to a call; ignored when nobody waits for it. */
void mb_run_answer(struct mb_run *run, uint32_t step, const struct mb_msg_answer *answer,
                   struct mb_str json);
/* Forgets a run: nothing of it is resumed again, its frames have been sent. Frees it. */
void mb_run_free(struct mb_run *run);
struct mb_run *mb_run_at(const struct mb_vm *vm, uint32_t slot); /* NULL = no such run */
/* Could the run go on without hearing from the core? How many runs could? */
bool mb_run_is_computing(const struct mb_run *run);
uint32_t mb_run_count_computing(const struct mb_vm *vm);

/* Collects garbage, and if that leaves the heap nearly full, ends the run that has made it grow
 * most, before an innocent one is refused memory. */
void mb_run_relieve(struct mb_vm *vm);

/* Resumes the run's next ready task, once, and deals with how it came back. The run may be freed.
 */
void mb_run_slice(struct mb_run *run);

/* The only function that moves a task between states. */
void mb_task_change(struct mb_task *task, enum mb_task_state state);
/* A branch of `parent` around the function on top of L's stack, which it takes. May raise. */
struct mb_task *mb_task_spawn(lua_State *L, struct mb_task *parent, uint32_t index);
/* Frees a branch and all below it; their answers will find nobody. */
void mb_task_free(struct mb_task *task);
/* Pushes what an ended branch left on the stack of `to`: index, ok, value, clock. Frees the branch.
 */
int mb_task_reap(struct mb_task *task, lua_State *to);

/* Thread CPU time. */
uint64_t mb_cpu_us(void);

#endif
