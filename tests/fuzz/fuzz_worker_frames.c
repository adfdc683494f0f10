/* What a worker is sent: any bytes, cut into reads of any size. Whatever they are, the worker
 * breaks off or answers with frames that keep to msg.def, and leaks nothing of its runs. */
#include <string.h>

#include "ipc/frame.h"
#include "vm/preempt.h"
#include "vm/run.h"
#include "vm/serve.h"

extern const struct mb_embed mb_lua_files[];
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 4 * 1024 * 1024, CPU_US = 20000, TURNS = 50 };

static void judge_output(struct mb_vm *vm)
{
    struct mb_frame frame;
    const char *why;
    int rc;
    while ((rc = mb_frame_peek(&vm->link.out, MB_MSG_FROM_WORKER, &frame, &why)) == 1)
        mb_frame_done(&vm->link.out, &frame);
    mb_assert(rc == 0);
}

/* Fuzzed runs get little time: nothing is learnt from a long loop. */
static void hurry(struct mb_vm *vm)
{
    for (size_t i = 0; i < vm->n_slots; i++)
        if (vm->slots[i])
            vm->slots[i]->cpu_left_us = MB_MIN(vm->slots[i]->cpu_left_us, (uint64_t)CPU_US);
}

static void feed(struct mb_vm *vm, const uint8_t *data, size_t size)
{
    size_t at = 0, step = size ? 1 + data[0] : 1;
    do {
        size_t n = MB_MIN(step, size - at);
        mb_buf_add(&vm->link.in, data + at, n);
        at += n;
        if (!mb_vm_take_frames(vm))
            return;
        hurry(vm);
        for (int i = 0; i < TURNS && !mb_list_is_empty(&vm->ready); i++) {
            mb_vm_turn(vm);
            judge_output(vm);
        }
    } while (at < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mb_vm *vm = mb_vm_new(MB_VM_AGENT, mb_lua_files);
    mb_heap_settle(&vm->heap);
    mb_heap_set_cap(&vm->heap, MEMORY);
    vm->stack_floor = (const char *)__builtin_frame_address(0) - MB_VM_STACK_BYTES;
    mb_assert(mb_preempt_start(vm));
    feed(vm, data, size);
    judge_output(vm);
    mb_preempt_stop();
    mb_vm_free(vm);
    return 0;
}
