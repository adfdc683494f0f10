#include "vm/serve.h"

#include "vm/link.h"
#include "vm/preempt.h"
#include "vm/run.h"

enum {
    TURN_US = 2000,          /* of slices between two looks at the socket */
    BURN_TICKS = 3,          /* timer ticks (of MB_SLICE_US of CPU) without a pause */
    KEEP_BYTES = 512 * 1024, /* of a buffer that holds nothing */
    TIDY_AFTER_MS = 500,     /* of idleness */
};

void mb_vm_turn(struct mb_vm *vm)
{
    uint64_t start_us = 0;
    if (vm->want_collect) /* a frame was too large for the heap */
        mb_run_relieve(vm);
    mb_list_splice(&vm->batch, &vm->ready);
    while (!mb_list_is_empty(&vm->batch) && !mb_link_is_full(&vm->link)) {
        struct mb_run *run = MB_LIST_ENTRY(vm->batch.next, struct mb_run, queue);
        mb_run_slice(run);
        if (vm->want_collect)
            mb_run_relieve(vm);
        if (!start_us)
            start_us = vm->slice_start_us;
        if (vm->ticked || vm->slice_start_us - start_us > TURN_US)
            break;
    }
    mb_list_splice(&vm->batch, &vm->ready); /* those that were not served come first */
    mb_list_splice(&vm->ready, &vm->batch);
}

static void wake_drained(struct mb_vm *vm)
{
    while (!mb_list_is_empty(&vm->draining) && !mb_link_is_full(&vm->link)) {
        struct mb_task *task = MB_LIST_ENTRY(vm->draining.next, struct mb_task, queue);
        mb_task_change(task, MB_TASK_READY);
    }
}

/* What one large frame has blown up. */
static void shed(struct mb_vm *vm)
{
    if (vm->link.in.cap > KEEP_BYTES || vm->link.out.cap > KEEP_BYTES)
        mb_link_trim(&vm->link);
    if (vm->scratch.cap > KEEP_BYTES)
        mb_buf_release(&vm->scratch);
    if (vm->keys.cap > KEEP_BYTES)
        mb_buf_release(&vm->keys);
}

static void wait_for_work(struct mb_vm *vm)
{
    if (!mb_link_wait(&vm->link, mb_vm_is_untidy(vm) ? TIDY_AFTER_MS : -1))
        mb_vm_tidy(vm);
}

void mb_vm_serve(struct mb_vm *vm, int fd, const struct mb_serve_events *events)
{
    int burnt = 0;
    vm->link.fd = fd;
    vm->stack_floor = (const char *)__builtin_frame_address(0) - MB_VM_STACK_BYTES;
    while (mb_link_fill(&vm->link) && mb_vm_take_frames(vm)) {
        mb_vm_turn(vm);
        if (vm->ticked && ++burnt == BURN_TICKS && events && events->on_burn)
            events->on_burn();
        vm->ticked = false;
        if (!mb_link_flush(&vm->link))
            break;
        wake_drained(vm);
        shed(vm);
        if (!mb_list_is_empty(&vm->ready) && !mb_link_is_full(&vm->link))
            continue;
        if (burnt >= BURN_TICKS && events && events->on_rest)
            events->on_rest();
        burnt = 0;
        if (!mb_link_has_frame(&vm->link)) /* a slice may have read some */
            wait_for_work(vm);
    }
    vm->link.fd = -1;
}
