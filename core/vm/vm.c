#include "vm/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>

#include "vm/host.h"
#include "vm/json.h"
#include "vm/link.h"
#include "vm/preempt.h"
#include "vm/run.h"

/* Growth of the heap that is worth tidying for. Less of it costs the host less than collecting
 * would, which writes to the pages that are shared with the zygote. */
enum { UNTIDY_BYTES = 80 * 1024 };

struct mb_vm *mb_vm_of(lua_State *L)
{
    return MB_CONTAINER_OF(mb_heap_of(L), struct mb_vm, heap);
}

static void on_pressure(struct mb_heap *heap)
{
    struct mb_vm *vm = MB_CONTAINER_OF(heap, struct mb_vm, heap);
    if (vm->run)
        mb_preempt_arm(vm);
}

bool mb_vm_protect(struct mb_vm *vm, lua_CFunction fn, void *arg)
{
    bool overdraft = vm->heap.overdraft;
    vm->heap.overdraft = true;
    bool ok = lua_cpcall(vm->L, fn, arg) == 0;
    lua_settop(vm->L, 0);
    vm->heap.overdraft = overdraft;
    if (!ok) {
        vm->heap.refused = false;
        vm->want_collect = true;
    }
    return ok;
}

int mb_vm_keep(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, mb_vm_of(L)->ref_kept);
    lua_insert(L, -2);
    int ref = luaL_ref(L, -2);
    lua_pop(L, 1);
    return ref;
}

void mb_vm_push_kept(lua_State *L, int ref)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, mb_vm_of(L)->ref_kept);
    lua_rawgeti(L, -1, ref);
    lua_remove(L, -2);
}

void mb_vm_drop(struct mb_vm *vm, int ref)
{
    lua_rawgeti(vm->L, LUA_REGISTRYINDEX, vm->ref_kept);
    luaL_unref(vm->L, -1, ref);
    lua_pop(vm->L, 1);
}

/* Pushes an empty table for mb_vm_keep, whose free list exists: dropping allocates nothing. */
static void push_keeper(lua_State *L)
{
    lua_newtable(L);
    lua_pushboolean(L, true);
    int ref = luaL_ref(L, -2);
    luaL_unref(L, -1, ref);
}

static int renew_keeper(lua_State *L)
{
    struct mb_vm *vm = lua_touserdata(L, 1);
    push_keeper(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, vm->ref_kept);
    return 0;
}

static void collect_all(struct mb_vm *vm)
{
    bool renewed = mb_vm_protect(vm, renew_keeper, vm);
    (void)renewed; /* else the old one serves on */
    /* Each collection halves the table of strings at most. */
    for (size_t before = SIZE_MAX; vm->heap.used < before;) {
        before = vm->heap.used;
        mb_vm_collect(vm);
    }
    vm->clean_bytes = vm->heap.used;
}

bool mb_vm_is_untidy(const struct mb_vm *vm)
{
    return vm->n_runs == 0 && vm->heap.peak > vm->clean_bytes + UNTIDY_BYTES;
}

void mb_vm_tidy(struct mb_vm *vm)
{
    mb_assert(vm->n_runs == 0);
    free(vm->slots);
    vm->slots = NULL;
    vm->n_slots = 0;
    mb_link_trim(&vm->link);
    mb_buf_release(&vm->scratch);
    mb_buf_release(&vm->keys);
    collect_all(vm);
    mb_heap_trim(&vm->heap);
}

void mb_vm_collect(struct mb_vm *vm)
{
    bool overdraft = vm->heap.overdraft;
    uint64_t since_us = mb_cpu_us();
    vm->heap.overdraft = true;
    /* Twice: the first may only finish a cycle that has begun. */
    for (int cycle = 0; cycle < 2; cycle++) {
        while (!lua_gc(vm->L, LUA_GCSTEP, 256)) {
            if (mb_cpu_us() - since_us < MB_SLICE_US)
                continue;
            mb_link_breathe(vm);
            since_us = mb_cpu_us();
        }
    }
    vm->heap.overdraft = overdraft;
    vm->want_collect = false;
    mb_heap_collected(&vm->heap);
}

int mb_vm_error(lua_State *L, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    lua_error(L);
    abort(); /* it does not return */
}

void mb_vm_check_stack(lua_State *L)
{
    if ((const char *)__builtin_frame_address(0) < mb_vm_of(L)->stack_floor)
        mb_vm_error(L, "stack overflow (calls from C into Lua nest too deep)");
}

/* -- start ------------------------------------------------------------------------------------ */

/* Replaces the function on top by itself without line numbers and names: nobody is shown a place
 * in the platform's Lua, and a sandbox has a third less to hold. */
static void strip(lua_State *L)
{
    size_t len;
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "dump");
    lua_pushvalue(L, -3);
    lua_pushboolean(L, true);
    lua_call(L, 2, 1);
    const char *code = lua_tolstring(L, -1, &len);
    if (luaL_loadbuffer(L, code, len, "=moonbase") != 0)
        lua_error(L);
    lua_replace(L, -4);
    lua_pop(L, 2);
}

/* file(name) -> an embedded file as a function. For lua/host/boot.lua. */
static int boot_file(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    for (const struct mb_embed *f = mb_vm_of(L)->files; f->name; f++) {
        if (strcmp(f->name, name) != 0)
            continue;
        lua_pushfstring(L, "=%s", name);
        if (luaL_loadbuffer(L, f->data, f->len, lua_tostring(L, -1)) != 0)
            return lua_error(L);
        strip(L);
        return 1;
    }
    return luaL_error(L, "there is no embedded file '%s'", name);
}

static void open_library(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

static int take_ref(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    if (lua_isnil(L, -1))
        luaL_error(L, "host/boot.lua gives no '%s'", key);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Protected: the libraries, then host/boot.lua(host, file) -> {start, globals, label}. */
static int boot(lua_State *L)
{
    struct mb_vm *vm = lua_touserdata(L, 1);
    open_library(L, "", luaopen_base);
    open_library(L, LUA_STRLIBNAME, luaopen_string);
    open_library(L, LUA_TABLIBNAME, luaopen_table);
    open_library(L, LUA_MATHLIBNAME, luaopen_math);
    open_library(L, LUA_BITLIBNAME, luaopen_bit);
    if (vm->role == MB_VM_TOOLBOX)
        open_library(L, LUA_JITLIBNAME, luaopen_jit);
    mb_json_open(L, vm);
    lua_newtable(L);
    vm->ref_packages = luaL_ref(L, LUA_REGISTRYINDEX);
    push_keeper(L);
    vm->ref_kept = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushcfunction(L, boot_file);
    lua_pushliteral(L, "host/boot.lua");
    lua_call(L, 1, 1);
    mb_host_push(L);
    lua_pushcfunction(L, boot_file);
    lua_call(L, 2, 1);
    vm->ref_start = take_ref(L, "start");
    vm->ref_globals = take_ref(L, "globals");
    vm->ref_label = take_ref(L, "label");
    return 0;
}

static int on_panic(lua_State *L)
{
    (void)L;
    abort(); /* the core finds the worker gone and goes on without it */
}

struct mb_vm *mb_vm_new(enum mb_vm_role role, const struct mb_embed *files)
{
    struct mb_vm *vm = mb_zalloc(sizeof(*vm));
    vm->role = role;
    vm->files = files;
    vm->link.fd = -1;
    mb_list_init(&vm->ready);
    mb_list_init(&vm->batch);
    mb_list_init(&vm->draining);
    vm->L = mb_heap_open(&vm->heap);
    mb_assert(vm->L);
    lua_atpanic(vm->L, on_panic);
    luaJIT_setmode(vm->L, 0,
                   LUAJIT_MODE_ENGINE | (role == MB_VM_TOOLBOX ? LUAJIT_MODE_ON : LUAJIT_MODE_OFF));
    if (lua_cpcall(vm->L, boot, vm) != 0) {
        fprintf(stderr, "moonbase-sandbox: %s\n", lua_tostring(vm->L, -1));
        mb_vm_free(vm);
        return NULL;
    }
    lua_settop(vm->L, 0);
    mb_vm_collect(vm);
    vm->heap.overdraft = false;
    vm->heap.on_pressure = on_pressure;
    vm->heap.peak = vm->clean_bytes = vm->heap.used;
    return vm;
}

static void free_runs(struct mb_vm *vm)
{
    for (size_t i = 0; i < vm->n_slots; i++)
        if (vm->slots[i])
            mb_run_free(vm->slots[i]);
}

void mb_vm_free(struct mb_vm *vm)
{
    if (!vm)
        return;
    free_runs(vm);
    mb_heap_close(&vm->heap, vm->L);
    free(vm->slots);
    mb_buf_release(&vm->link.in);
    mb_buf_release(&vm->link.out);
    mb_buf_release(&vm->scratch);
    mb_buf_release(&vm->keys);
    free(vm);
}
