/* One slice: resume a task, see how it came back, send what that means. */
#include <lauxlib.h>

#include "ipc/frame.h"
#include "vm/failure.h"
#include "vm/json.h"
#include "vm/preempt.h"
#include "vm/run.h"

struct finishing {
    struct mb_run *run;
    bool ok;
    struct mb_json_fault fault;
};

/* Protected: the output as JSON in the vm's scratch. */
static int encode_output(lua_State *L)
{
    struct finishing *f = lua_touserdata(L, 1);
    struct mb_run *run = f->run;
    lua_settop(run->first.co, 1);
    lua_xmove(run->first.co, L, 1);
    mb_buf_clear(&run->vm->scratch);
    size_t most = mb_msg_rule(MB_MSG_RESULT)->cap - sizeof(struct mb_msg_end);
    f->ok = mb_json_encode(L, -1, &run->vm->scratch, most, &f->fault);
    return 0;
}

static void send_result(struct mb_run *run)
{
    struct mb_vm *vm = run->vm;
    struct finishing f = {.run = run};
    if (!mb_vm_protect(vm, encode_output, &f)) {
        mb_failure_send(run, "memory_limit", "there is no memory left for the output", NULL);
    } else if (!f.ok) {
        struct mb_buf text = {0};
        mb_buf_addf(&text, "the output%s%s %s", f.fault.path[0] ? ": " : "", f.fault.path,
                    f.fault.what);
        mb_failure_send(run, "invalid_output", mb_buf_cstr(&text), NULL);
        mb_buf_release(&text);
    } else {
        struct mb_msg_end end = {.cpu_us = run->cpu_us, .memory_bytes = vm->heap.used};
        struct mb_str json = mb_buf_str(&vm->scratch);
        mb_frame_put(&vm->link.out, MB_MSG_RESULT, run->slot, 0, &end, sizeof(end), &json, 1);
    }
    mb_run_free(run);
}

static void abandon(struct mb_run *run)
{
    if (run->doom == MB_DOOM_CPU)
        mb_failure_send(run, "cpu_limit", "the run used up its CPU time", &run->place);
    else if (run->doom == MB_DOOM_MEMORY)
        mb_failure_send(run, "memory_limit", "the customer's Lua memory is used up", &run->place);
    /* MB_DOOM_STOPPED: the STOP frame itself is still to be read, and will be answered. */
    mb_run_free(run);
}

static struct mb_run *largest(const struct mb_vm *vm)
{
    struct mb_run *most = NULL;
    for (size_t i = 0; i < vm->n_slots; i++) {
        struct mb_run *run = vm->slots[i];
        if (run && (!most || run->grown_bytes > most->grown_bytes))
            most = run;
    }
    return most;
}

void mb_run_relieve(struct mb_vm *vm)
{
    struct mb_run *run;
    mb_vm_collect(vm);
    while (vm->heap.used > vm->heap.cap / 16 * 15 && (run = largest(vm)) != NULL) {
        run->doom = MB_DOOM_MEMORY;
        mb_failure_place(run->first.co, &run->place);
        abandon(run);
        mb_vm_collect(vm);
    }
}

static void end_branch(struct mb_task *task, bool failed)
{
    struct mb_task *parent = task->parent;
    task->failed = failed;
    if (failed)
        mb_failure_note(task->run, task->co);
    else
        lua_settop(task->co, 1);
    mb_task_change(task, MB_TASK_ENDED);
    if (parent->state != MB_TASK_JOINING)
        return;
    mb_list_remove(&task->queue);
    parent->n_args = mb_task_reap(task, parent->co);
    mb_task_change(parent, MB_TASK_READY);
}

/* The coroutine gave back control. */
static void settle(struct mb_task *task, int rc)
{
    struct mb_run *run = task->run;
    if (rc == LUA_YIELD) {
        /* What waits has said so by its state, and left a mark on the stack; what was preempted is
         * still ready, has left nothing, and stays first in line. */
        lua_settop(task->co, 0);
        return;
    }
    mb_task_change(task, MB_TASK_JOINING); /* of nothing: it is over */
    if (task != &run->first)
        end_branch(task, rc != 0);
    else if (rc == 0)
        send_result(run);
    else {
        mb_failure_send_raised(run, task->co);
        mb_run_free(run);
    }
}

static int resume(struct mb_task *task)
{
    struct mb_run *run = task->run;
    struct mb_vm *vm = run->vm;
    int n_args = task->n_args;
    task->n_args = 0;
    run->place.line = 0;
    vm->task = task;
    vm->ticked = false;
    vm->slice_start_us = mb_cpu_us();
    size_t used = vm->heap.used;
    vm->run = run;
    int rc = lua_resume(task->co, n_args);
    vm->run = NULL;
    run->grown_bytes += (int64_t)vm->heap.used - (int64_t)used;
    vm->task = NULL;
    if (lua_gethookmask(vm->L))
        mb_preempt_disarm(vm);
    run->cpu_us += mb_cpu_us() - vm->slice_start_us;
    return rc;
}

void mb_run_slice(struct mb_run *run)
{
    struct mb_vm *vm = run->vm;
    struct mb_task *task = MB_LIST_ENTRY(run->ready.next, struct mb_task, queue);
    mb_list_remove(&run->queue);
    int rc = resume(task);
    if (vm->heap.refused) {
        vm->heap.refused = false;
        vm->want_collect = true;
        run->doom = MB_DOOM_MEMORY;
    } else if (!run->doom && rc == LUA_YIELD && run->cpu_us > run->cpu_left_us) {
        run->doom = MB_DOOM_CPU;
    }
    if (run->doom) {
        if (!run->place.line)
            mb_failure_place(task->co, &run->place);
        abandon(run);
        return;
    }
    uint32_t slot = run->slot;
    settle(task, rc);
    if (mb_run_at(vm, slot) == run && !mb_list_is_empty(&run->ready) &&
        !mb_list_is_linked(&run->queue))
        mb_list_push(&vm->ready, &run->queue);
}
