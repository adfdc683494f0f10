/* What the core says, frame by frame. The core is trusted, but a frame that makes no sense here
 * means that the two sides disagree, and then the worker ends. */
#include "ipc/frame.h"
#include "vm/link.h"
#include "vm/package.h"
#include "vm/run.h"
#include "vm/serve.h"

enum { SLOTS_MAX = 1 << 20 };

static bool on_start(struct mb_vm *vm, const struct mb_frame *frame)
{
    struct mb_msg_start start;
    struct mb_str json;
    uint32_t slot = frame->head.run;
    if (slot >= SLOTS_MAX || mb_run_at(vm, slot) ||
        !mb_frame_split(frame->payload, &start, sizeof(start), &json))
        return false;
    mb_run_start(vm, slot, frame->head.step, &start, json);
    return true;
}

static bool on_answer(struct mb_vm *vm, const struct mb_frame *frame)
{
    struct mb_msg_answer answer;
    struct mb_str json;
    if (!mb_frame_split(frame->payload, &answer, sizeof(answer), &json))
        return false;
    struct mb_run *run = mb_run_at(vm, frame->head.run);
    if (run)
        mb_run_answer(run, frame->head.step, &answer, json);
    return true;
}

static bool on_stop(struct mb_vm *vm, const struct mb_msg_head *head)
{
    struct mb_run *run = mb_run_at(vm, head->run);
    uint32_t left = head->step == 2 ? 2 : 0;
    if (run && head->step > 0 && mb_run_is_computing(run))
        left = 1;
    else if (run && head->step < 2)
        mb_run_free(run);
    mb_frame_put(&vm->link.out, MB_MSG_STOPPED, head->run, left, NULL, 0, NULL, 0);
    return true;
}

static bool on_frame(struct mb_vm *vm, const struct mb_frame *frame)
{
    switch (frame->head.type) {
    case MB_MSG_PACKAGE:
        mb_package_put(vm, frame->head.run, frame->payload);
        return true;
    case MB_MSG_DROP:
        mb_package_drop(vm, frame->head.run);
        return true;
    case MB_MSG_START:
        return on_start(vm, frame);
    case MB_MSG_ANSWER:
        return on_answer(vm, frame);
    case MB_MSG_STOP:
        return on_stop(vm, &frame->head);
    case MB_MSG_PING:
        mb_frame_put(&vm->link.out, MB_MSG_PONG, mb_run_count_computing(vm), frame->head.step, NULL,
                     0, NULL, 0);
        return true;
    default:
        return false;
    }
}

bool mb_vm_take_frames(struct mb_vm *vm)
{
    for (;;) {
        struct mb_frame frame;
        const char *why;
        if (mb_link_skip_answered(&vm->link))
            continue;
        int rc = mb_frame_peek(&vm->link.in, MB_MSG_FROM_CORE, &frame, &why);
        if (rc <= 0)
            return rc == 0;
        if (!on_frame(vm, &frame))
            return false;
        mb_link_done(&vm->link, &frame);
    }
}
