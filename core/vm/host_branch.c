/* Branches of a run: what moon.parallel is made of. */
#include "vm/host.h"

/* spawn(function, index): a branch of the current task; its result comes out of `wait`. */
static int host_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_Integer index = luaL_checkinteger(L, 2);
    lua_settop(L, 1);
    mb_task_spawn(L, mb_vm_of(L)->task, (uint32_t)index);
    return 0;
}

/* wait() -> index, ok, value, clock of a branch that has ended, waiting for one; nothing when the
 * current task has no branch left. */
static int host_wait(lua_State *L)
{
    struct mb_task *task = mb_vm_of(L)->task;
    struct mb_list *first = task->ended.next;
    if (first != &task->ended)
        return mb_task_reap(MB_LIST_ENTRY(first, struct mb_task, queue), L);
    if (mb_list_is_empty(&task->branches))
        return 0;
    mb_host_check_wait(L, "waiting for branches");
    mb_task_change(task, MB_TASK_JOINING);
    return mb_host_wait(L);
}

/* ended() -> the same of a branch that has ended already; nothing when there is none. */
static int host_ended(lua_State *L)
{
    struct mb_task *task = mb_vm_of(L)->task;
    if (mb_list_is_empty(&task->ended))
        return 0;
    return mb_task_reap(MB_LIST_ENTRY(task->ended.next, struct mb_task, queue), L);
}

/* cancel(): forgets all branches of the current task. */
static int host_cancel(lua_State *L)
{
    struct mb_task *task = mb_vm_of(L)->task;
    MB_LIST_EACH(it, tmp, &task->branches)
    {
        mb_task_free(MB_LIST_ENTRY(it, struct mb_task, siblings));
    }
    return 0;
}

/* advance(clock): the current task's clock moves to that of a branch it has taken in. */
static int host_advance(lua_State *L)
{
    struct mb_task *task = mb_vm_of(L)->task;
    task->clock_us = MB_MAX(task->clock_us, (int64_t)luaL_checknumber(L, 1));
    return 0;
}

/* pass(): lets the run's other ready tasks go first. */
static int host_pass(lua_State *L)
{
    mb_host_check_wait(L, "waiting for branches");
    mb_task_change(mb_vm_of(L)->task, MB_TASK_READY);
    return mb_host_wait(L);
}

const luaL_Reg mb_host_branch[] = {{"spawn", host_spawn}, {"wait", host_wait},
                                   {"ended", host_ended}, {"cancel", host_cancel},
                                   {"pass", host_pass},   {"advance", host_advance},
                                   {NULL, NULL}};
