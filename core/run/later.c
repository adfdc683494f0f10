/* Answers that wait for their turn. What is known already would be there at once, in the order of
 * the questions; but a run was answered in another order, and on which of its branches ended first
 * depends what is begun next, and what the clock shows there. So branches are answered one by one,
 * the earliest answer first, each when the run can do nothing without it. The main function asks
 * alone, and need not wait. */
#include "base/clock.h"
#include "run/private.h"

enum { LOOK_US = 5000 }; /* between looks whether a run that computes has come to a wait */

/* One question at a time: a run that was asked to let go may be gone. */
static void ask(struct mb_run *run)
{
    if (run->parking)
        run->answered = true; /* as good as: it is not to be parked */
    else if (run->slot && !run->asking)
        mb_sandbox_ask_idle(run);
}

void mb_later_add(struct mb_call *call, int64_t turn_us, struct mb_recorded *record)
{
    call->later_us = turn_us;
    call->record = record;
    call->run->n_recalled += record != NULL;
    call->state = MB_CALL_RUNNING;
    ask(call->run);
}

void mb_later_forget(struct mb_call *call)
{
    call->run->n_recalled -= call->record != NULL;
    mb_recorded_free(call->record);
    call->record = NULL;
}

static struct mb_call *first(const struct mb_run *run)
{
    struct mb_call *first = NULL;
    for (struct mb_list *it = run->calls.next; it != &run->calls; it = it->next) {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (call->later_us && (!first || call->later_us < first->later_us))
            first = call;
    }
    return first;
}

static void on_look(struct mb_timer *timer)
{
    ask(MB_CONTAINER_OF(timer, struct mb_call, timer)->run);
}

void mb_later_resume(struct mb_run *run)
{
    if (first(run))
        ask(run);
}

void mb_later_on_idle(struct mb_run *run, bool is_idle)
{
    struct mb_call *call = first(run);
    if (!call)
        return;
    if (!is_idle) {
        struct mb_loop *loop = run->engine->loop;
        call->timer.on_due = on_look;
        mb_timer_arm(&loop->timers, &call->timer, loop->now_us + LOOK_US);
        return;
    }
    if (call->record)
        mb_call_from_record(call, call->record);
    else
        mb_side_on_turn(run->side, call);
    mb_later_resume(run);
}
