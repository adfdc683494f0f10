#include "vm/host.h"

#include "vm/preempt.h"

const char mb_host_wait_mark = 'w', mb_host_user_mark = 'u';

static void *mark(const char *m)
{
    return (void *)(uintptr_t)m;
}

int mb_host_wait(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushlightuserdata(L, mark(&mb_host_wait_mark));
    return lua_yield(L, 1);
}

void mb_host_check_wait(lua_State *L, const char *what)
{
    if (!mb_preempt_can_yield(L))
        mb_vm_error(L, "%s is not possible inside a function that table.sort or string.gsub calls",
                    what);
}

static void add(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

void mb_host_push(lua_State *L)
{
    lua_newtable(L);
    add(L, mb_host_call);
    add(L, mb_host_branch);
    add(L, mb_host_coro);
    add(L, mb_host_surface);
    add(L, mb_host_run);
    lua_pushlightuserdata(L, mark(&mb_host_wait_mark));
    lua_setfield(L, -2, "WAIT");
    lua_pushlightuserdata(L, mark(&mb_host_user_mark));
    lua_setfield(L, -2, "USER");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "NULL");
    lua_rawgeti(L, LUA_REGISTRYINDEX, mb_vm_of(L)->ref_array);
    lua_setfield(L, -2, "ARRAY");
    lua_pushboolean(L, mb_vm_of(L)->role == MB_VM_TOOLBOX);
    lua_setfield(L, -2, "is_toolbox");
}
