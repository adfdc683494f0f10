#include "sandbox/worker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/msg.h"
#include "sandbox/priority.h"
#include "vm/preempt.h"
#include "vm/serve.h"

/* Heap that a worker may use beyond what the platform's own Lua takes, whatever its cap says. */
enum { LEAST_HEAP_BYTES = 256 * 1024 };

bool mb_worker_start_timer(void *vm)
{
    return mb_preempt_start(vm);
}

static bool say_ready(void)
{
    const struct mb_msg_head head = {.type = MB_MSG_READY};
    return send(MB_SANDBOX_FD, &head, sizeof(head), MSG_NOSIGNAL) == sizeof(head);
}

void mb_worker_main(struct mb_vm *vm, size_t memory_bytes, struct mb_confine_plan *plan)
{
    static const struct mb_serve_events events = {mb_priority_burn, mb_priority_rest};
    struct mb_got got = {0};
    const char *why;
    prctl(PR_SET_NAME, vm->role == MB_VM_AGENT ? "moonbase-agent" : "moonbase-tools");
    plan->last = mb_worker_start_timer;
    plan->arg = vm;
    if (!mb_confine(plan, &got, &why))
        _exit(1);
    mb_heap_settle(&vm->heap);
    mb_heap_set_cap(&vm->heap, MB_MAX(memory_bytes, vm->heap.used + LEAST_HEAP_BYTES));
    if (say_ready())
        mb_vm_serve(vm, MB_SANDBOX_FD, &events);
    _exit(0);
}
