#include "vm/preempt.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm/failure.h"
#include "vm/link.h"
#include "vm/run.h"

/* What the signal handler works on: one vm per process. */
static struct mb_vm *timed;
static timer_t timer;
/* The hook is just being changed by the thread itself: the handler leaves a note instead. */
static volatile sig_atomic_t changing, missed;

static void on_hook(lua_State *L, lua_Debug *ar);

void mb_preempt_arm(struct mb_vm *vm)
{
    if (changing)
        missed = 1;
    else
        lua_sethook(vm->L, on_hook, LUA_MASKCOUNT, 1);
}

void mb_preempt_disarm(struct mb_vm *vm)
{
    changing = 1;
    lua_sethook(vm->L, NULL, 0, 0);
    changing = 0;
    if (missed) {
        missed = 0;
        mb_preempt_arm(vm);
    }
}

static void on_tick(int signo)
{
    (void)signo;
    if (!timed)
        return;
    timed->ticked = true;
    if (timed->run)
        mb_preempt_arm(timed);
}

bool mb_preempt_start(struct mb_vm *vm)
{
    struct sigaction act = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM};
    struct itimerspec every = {.it_interval = {0, MB_SLICE_US * 1000L},
                               .it_value = {0, MB_SLICE_US * 1000L}};
    mb_preempt_stop();
    timed = vm;
    ev._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    return sigaction(SIGVTALRM, &act, NULL) == 0 &&
           timer_create(CLOCK_THREAD_CPUTIME_ID, &ev, &timer) == 0 &&
           timer_settime(timer, 0, &every, NULL) == 0;
}

void mb_preempt_stop(void)
{
    if (timed)
        timer_delete(timer);
    timed = NULL;
}

bool mb_preempt_can_yield(lua_State *L)
{
    return lua_isyieldable(L) && !((uintptr_t)lua_getexdata(L) & MB_THREAD_STUCK);
}

/* Decides whether the run may go on. */
static void judge(struct mb_vm *vm)
{
    struct mb_run *run = vm->run;
    if (vm->heap.refused) {
        vm->heap.refused = false;
        vm->want_collect = true;
        run->doom = MB_DOOM_MEMORY;
    } else if (!run->doom && run->cpu_us + (mb_cpu_us() - vm->slice_start_us) > run->cpu_left_us) {
        run->doom = MB_DOOM_CPU;
    }
    if (vm->heap.pressed)
        vm->want_collect = true;
}

/* A doomed run that cannot be left from here is unwound by errors: one at every instruction until
 * it can, so that no pcall holds it. Nobody reads the error. */
static void unwind(struct mb_vm *vm, lua_State *L)
{
    mb_preempt_arm(vm);
    lua_pushboolean(L, false);
    lua_error(L);
}

static void on_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct mb_vm *vm = mb_vm_of(L);
    mb_preempt_disarm(vm);
    if (!vm->run)
        return;
    judge(vm);
    if (mb_preempt_can_yield(L)) {
        /* Here, and only here, the interpreter can tell its own place: not inside of error
         * handlers, and not after a preemption. */
        mb_failure_place(L, &vm->run->place);
        lua_yield(L, 0);
        return;
    }
    if (!vm->run->doom)
        mb_link_breathe(vm);
    if (vm->run->doom)
        unwind(vm, L);
}
