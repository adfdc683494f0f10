#include "vm/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "ipc/frame.h"
#include "vm/failure.h"
#include "vm/json.h"
#include "vm/preempt.h"

uint64_t mb_cpu_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

struct mb_run *mb_run_at(const struct mb_vm *vm, uint32_t slot)
{
    return slot < vm->n_slots ? vm->slots[slot] : NULL;
}

static bool is_draining(const struct mb_run *run)
{
    MB_LIST_EACH(it, tmp, &run->vm->draining)
    {
        if (MB_LIST_ENTRY(it, struct mb_task, queue)->run == run)
            return true;
    }
    return false;
}

bool mb_run_is_computing(const struct mb_run *run)
{
    return !mb_list_is_empty(&run->ready) || is_draining(run);
}

static uint32_t count(const struct mb_list *list)
{
    uint32_t n = 0;
    MB_LIST_EACH(it, tmp, list)
    {
        n++;
    }
    return n;
}

uint32_t mb_run_count_computing(const struct mb_vm *vm)
{
    return count(&vm->ready) + count(&vm->batch) + count(&vm->draining) + (vm->run != NULL);
}

/* From the pages that Lua's blocks are in: what many runs leave behind there can be given back. */
static void *take_zeroed(struct mb_vm *vm, size_t size)
{
    void *block = mb_slab_take(&vm->heap.slab, size);
    mb_assert(block);
    return memset(block, 0, size);
}

/* -- tasks ------------------------------------------------------------------------------------ */

void mb_task_change(struct mb_task *task, enum mb_task_state state)
{
    struct mb_run *run = task->run;
    mb_list_remove(&task->queue);
    task->state = state;
    switch (state) {
    case MB_TASK_READY:
        mb_list_push(&run->ready, &task->queue);
        if (!mb_list_is_linked(&run->queue) && run->vm->run != run)
            mb_list_push(&run->vm->ready, &run->queue);
        break;
    case MB_TASK_CALLING:
        mb_list_push(&run->calling, &task->queue);
        break;
    case MB_TASK_DRAINING:
        mb_list_push(&run->vm->draining, &task->queue);
        break;
    case MB_TASK_ENDED:
        mb_assert(task->parent);
        mb_list_push(&task->parent->ended, &task->queue);
        break;
    case MB_TASK_JOINING:
        break;
    }
}

static void task_init(struct mb_task *task, struct mb_run *run, struct mb_task *parent)
{
    task->run = run;
    task->parent = parent;
    task->ref = LUA_NOREF;
    mb_list_init(&task->siblings);
    mb_list_init(&task->branches);
    mb_list_init(&task->ended);
    mb_list_init(&task->queue);
    task->clock_us = parent ? parent->clock_us : run->start_us;
    /* A stream of its own for each branch, so that what a branch draws does not depend on the
     * order in which its siblings are answered. */
    task->stream = parent ? (parent->stream + ++parent->n_spawned) * 0x9E3779B97F4A7C15u | 1 : 0;
    mb_prng_seed(&task->prng, run->seed, task->stream);
    run->n_tasks++;
}

/* Makes the coroutine around the function on top of L, which it takes. May raise. */
static void task_open(lua_State *L, struct mb_task *task)
{
    task->co = lua_newthread(L);
    lua_setexdata(task->co, NULL);
    task->ref = mb_vm_keep(L);
    lua_xmove(L, task->co, 1);
}

struct mb_task *mb_task_spawn(lua_State *L, struct mb_task *parent, uint32_t index)
{
    struct mb_run *run = parent->run;
    if (run->n_tasks >= MB_RUN_TASKS_MAX)
        mb_vm_error(L, "a run may have %d branches at a time", MB_RUN_TASKS_MAX);
    struct mb_task *task = take_zeroed(run->vm, sizeof(*task));
    task_init(task, run, parent);
    task->index = index;
    mb_list_push(&parent->branches, &task->siblings); /* owned by the run from here on */
    task_open(L, task);
    mb_task_change(task, MB_TASK_READY);
    return task;
}

static void free_branches(struct mb_task *task)
{
    MB_LIST_EACH(it, tmp, &task->branches)
    {
        mb_task_free(MB_LIST_ENTRY(it, struct mb_task, siblings));
    }
}

static void task_close(struct mb_task *task)
{
    free_branches(task);
    mb_list_remove(&task->queue);
    mb_list_remove(&task->siblings);
    mb_vm_drop(task->run->vm, task->ref);
    task->run->n_tasks--;
}

void mb_task_free(struct mb_task *task)
{
    struct mb_vm *vm = task->run->vm;
    task_close(task);
    mb_slab_give(&vm->heap.slab, task, sizeof(*task));
}

int mb_task_reap(struct mb_task *task, lua_State *to)
{
    lua_pushinteger(to, task->index);
    lua_pushboolean(to, !task->failed);
    lua_xmove(task->co, to, 1);
    lua_pushnumber(to, (double)task->clock_us);
    mb_task_free(task);
    return 4;
}

/* -- beginning and end ------------------------------------------------------------------------ */

struct opening {
    struct mb_run *run;
    struct mb_str json;
};

/* Protected: the first coroutine, its globals, and START's JSON as its argument. */
static int open_run(lua_State *L)
{
    struct opening *o = lua_touserdata(L, 1);
    struct mb_run *run = o->run;
    lua_newtable(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->vm->ref_globals);
    lua_setmetatable(L, -2);
    run->ref_globals = mb_vm_keep(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->vm->ref_start);
    task_open(L, &run->first);
    mb_json_decode(L, o->json);
    lua_xmove(L, run->first.co, 1);
    run->first.n_args = 1;
    return 0;
}

static void put_in_slot(struct mb_run *run)
{
    struct mb_vm *vm = run->vm;
    if (run->slot >= vm->n_slots) {
        size_t n = MB_MAX(MB_MAX(vm->n_slots * 2, (size_t)8), (size_t)run->slot + 1);
        vm->slots = mb_realloc(vm->slots, n * sizeof(struct mb_run *));
        memset(vm->slots + vm->n_slots, 0, (n - vm->n_slots) * sizeof(struct mb_run *));
        vm->n_slots = n;
    }
    mb_assert(!vm->slots[run->slot]);
    vm->slots[run->slot] = run;
    vm->n_runs++;
}

void mb_run_start(struct mb_vm *vm, uint32_t slot, uint32_t package,
                  const struct mb_msg_start *start, struct mb_str json)
{
    struct mb_run *run = take_zeroed(vm, sizeof(*run));
    run->vm = vm;
    run->slot = slot;
    run->package = package;
    run->start_us = start->clock_us;
    run->cpu_left_us = start->cpu_left_us;
    memcpy(run->seed, start->seed, sizeof(run->seed));
    run->ref_globals = run->ref_loaded = run->ref_labels = LUA_NOREF;
    mb_list_init(&run->queue);
    mb_list_init(&run->ready);
    mb_list_init(&run->calling);
    task_init(&run->first, run, NULL);
    put_in_slot(run);
    struct opening o = {run, json};
    if (mb_vm_protect(vm, open_run, &o)) {
        mb_task_change(&run->first, MB_TASK_READY);
        return;
    }
    mb_failure_send(run, "memory_limit", "there is no memory left to start the run", NULL);
    mb_run_free(run);
}

void mb_run_free(struct mb_run *run)
{
    struct mb_vm *vm = run->vm;
    task_close(&run->first);
    mb_list_remove(&run->queue);
    mb_vm_drop(vm, run->ref_globals);
    mb_vm_drop(vm, run->ref_loaded);
    mb_vm_drop(vm, run->ref_labels);
    vm->slots[run->slot] = NULL;
    vm->n_runs--;
    mb_slab_give(&vm->heap.slab, run, sizeof(*run));
}

/* -- answers ---------------------------------------------------------------------------------- */

struct answering {
    struct mb_task *task;
    struct mb_str json;
};

static int decode_answer(lua_State *L)
{
    struct answering *a = lua_touserdata(L, 1);
    mb_json_decode(L, a->json);
    if (lua_islightuserdata(L, -1)) { /* null */
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_xmove(L, a->task->co, 1);
    return 0;
}

void mb_run_answer(struct mb_run *run, uint32_t step, const struct mb_msg_answer *answer,
                   struct mb_str json)
{
    struct mb_task *task = NULL;
    MB_LIST_EACH(it, tmp, &run->calling)
    {
        struct mb_task *t = MB_LIST_ENTRY(it, struct mb_task, queue);
        if (t->step == step) {
            task = t;
            break;
        }
    }
    if (!task)
        return;
    struct answering a = {task, json};
    lua_pushboolean(task->co, answer->ok == 1);
    if (!mb_vm_protect(run->vm, decode_answer, &a)) {
        mb_failure_send(run, "memory_limit", "there is no memory left for the answer of a call",
                        NULL);
        mb_run_free(run);
        return;
    }
    task->n_args = 2;
    task->clock_us = MB_MAX(task->clock_us, answer->clock_us);
    mb_task_change(task, MB_TASK_READY);
}
