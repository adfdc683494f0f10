/* What lua/host/coroutine.lua is made of: a customer's coroutines that preemption and host waits
 * pass through. A thread's mark (preempt.h) says whether it is inside a resume of ours. */
#include "vm/failure.h"
#include "vm/host.h"
#include "vm/preempt.h"

static uintptr_t mark_of(lua_State *co)
{
    return (uintptr_t)lua_getexdata(co);
}

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    if (!co)
        luaL_typerror(L, 1, "coroutine");
    return co;
}

/* create(function) -> thread */
static int coro_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_setexdata(co, NULL);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

/* enter(thread): before it is resumed. Returns nothing, or why it cannot be. */
static int coro_enter(lua_State *L)
{
    lua_State *co = check_thread(L);
    mb_vm_check_stack(L);
    uintptr_t mark = MB_THREAD_BUSY;
    if (mark_of(co) & MB_THREAD_BUSY || co == mb_vm_of(L)->task->co) {
        lua_pushliteral(L, "cannot resume non-suspended coroutine");
        return 1;
    }
    if (!mb_preempt_can_yield(L))
        mark |= MB_THREAD_STUCK;
    lua_setexdata(co, (void *)mark);
    return 0;
}

/* leave(thread, failed, error): after it has yielded of its own, ended or failed. */
static int coro_leave(lua_State *L)
{
    lua_State *co = check_thread(L);
    lua_setexdata(co, NULL);
    if (!lua_toboolean(L, 2))
        return 0;
    struct mb_run *run = mb_vm_of(L)->run;
    const void *raised = lua_topointer(L, 3);
    if (!raised || run->raised == raised)
        return 0; /* raised again on its way out: the first place is the true one */
    run->raised = raised;
    run->raised_place = (struct mb_place){0};
    mb_failure_place(co, &run->raised_place);
    return 0;
}

/* up(...): hands a wait or a preemption to whoever resumed this coroutine. */
static int coro_up(lua_State *L)
{
    return lua_yield(L, lua_gettop(L));
}

/* yield(...): the customer's own. */
static int coro_yield(lua_State *L)
{
    if (L == mb_vm_of(L)->task->co)
        mb_vm_error(L, "attempt to yield from outside a coroutine");
    lua_pushlightuserdata(L, (void *)(uintptr_t)&mb_host_user_mark);
    lua_insert(L, 1);
    return lua_yield(L, lua_gettop(L));
}

/* running() -> thread; nil in the run's own coroutine, which is the main one for its code. */
static int coro_running(lua_State *L)
{
    if (L == mb_vm_of(L)->task->co)
        lua_pushnil(L);
    else
        lua_pushthread(L);
    return 1;
}

/* isyieldable() -> boolean */
static int coro_isyieldable(lua_State *L)
{
    lua_pushboolean(L, L != mb_vm_of(L)->task->co && lua_isyieldable(L));
    return 1;
}

/* busy(thread) -> boolean: is it inside a resume, running or waiting? */
static int coro_busy(lua_State *L)
{
    lua_State *co = check_thread(L);
    lua_pushboolean(L, (mark_of(co) & MB_THREAD_BUSY) || co == mb_vm_of(L)->task->co);
    return 1;
}

const luaL_Reg mb_host_coro[] = {{"co_create", coro_create},
                                 {"co_enter", coro_enter},
                                 {"co_leave", coro_leave},
                                 {"co_up", coro_up},
                                 {"co_yield", coro_yield},
                                 {"co_running", coro_running},
                                 {"co_busy", coro_busy},
                                 {"co_isyieldable", coro_isyieldable},
                                 {NULL, NULL}};
