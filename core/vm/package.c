#include "vm/package.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "vm/json.h"

enum { PATH_BYTES = 256 };

/* -- slots ------------------------------------------------------------------------------------ */

struct putting {
    struct mb_vm *vm;
    uint32_t slot;
    struct mb_str json;
};

static void push_field_or_table(lua_State *L, int object, const char *key)
{
    lua_getfield(L, object, key);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
}

/* packages[slot] = {files = {path: text}, code = {}} */
static int put(lua_State *L)
{
    struct putting *p = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, p->vm->ref_packages);
    mb_json_decode(L, p->json);
    if (!lua_istable(L, -1))
        return 0;
    int decoded = lua_gettop(L);
    lua_createtable(L, 0, 2);
    push_field_or_table(L, decoded, "files");
    lua_setfield(L, -2, "files");
    lua_newtable(L);
    lua_setfield(L, -2, "code");
    lua_rawseti(L, decoded - 1, (int)p->slot);
    return 0;
}

/* packages[slot] = false when it did not fit, nil when it was dropped. */
static int forget(lua_State *L)
{
    struct putting *p = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, p->vm->ref_packages);
    if (p->json.ptr)
        lua_pushboolean(L, false);
    else
        lua_pushnil(L);
    lua_rawseti(L, -2, (int)p->slot);
    return 0;
}

void mb_package_put(struct mb_vm *vm, uint32_t slot, struct mb_str json)
{
    struct putting p = {vm, slot, json};
    if (mb_vm_protect(vm, put, &p))
        return;
    vm->heap.refused = false;
    bool kept = mb_vm_protect(vm, forget, &p);
    (void)kept; /* no memory even for that: the slot holds what it held */
}

void mb_package_drop(struct mb_vm *vm, uint32_t slot)
{
    struct putting p = {vm, slot, {NULL, 0}};
    bool dropped = mb_vm_protect(vm, forget, &p);
    (void)dropped;
}

/* -- compiling -------------------------------------------------------------------------------- */

struct pieces {
    struct mb_str part[3];
    size_t next;
};

static const char *next_piece(lua_State *L, void *arg, size_t *size)
{
    struct pieces *p = arg;
    (void)L;
    while (p->next < MB_LEN(p->part) && p->part[p->next].len == 0)
        p->next++; /* an empty piece would end the text */
    if (p->next == MB_LEN(p->part))
        return NULL;
    *size = p->part[p->next].len;
    return p->part[p->next++].ptr;
}

/* Pushes a function that makes a fresh instance of the chunk each time it is called, in its own
 * environment, so that all runs share the code and none shares a variable. The text is compiled
 * by itself first: what is no whole chunk alone must not become one in its wrapping. */
static void push_factory(lua_State *L, struct mb_str text, const char *path)
{
    struct pieces alone = {{text, MB_STR(" "), MB_STR("")}, 0};
    struct pieces wrapped = {{MB_STR("return function(...) "), text, MB_STR("\nend")}, 0};
    lua_pushfstring(L, "@%s", path);
    const char *name = lua_tostring(L, -1);
    if (text.len && text.ptr[0] == '\x1b')
        mb_vm_error(L, "%s:1: compiled code is not accepted", path);
    if (lua_loadx(L, next_piece, &alone, name, "t") != 0)
        lua_error(L);
    lua_pop(L, 1);
    if (lua_loadx(L, next_piece, &wrapped, name, "t") != 0)
        lua_error(L);
    lua_remove(L, -2);
}

/* The factory on top becomes an instance in the run's globals. */
static void instantiate(lua_State *L, const struct mb_run *run)
{
    mb_vm_push_kept(L, run->ref_globals);
    lua_setfenv(L, -2);
    lua_call(L, 0, 1);
}

/* "a.b" -> "a/b.lua"; false for what cannot be a module's name. */
static bool path_of(const char *name, char path[PATH_BYTES])
{
    size_t n = strlen(name);
    if (n == 0 || n > PATH_BYTES - 5)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool edge = i == 0 || i == n - 1 || name[i + 1] == '.';
        if (name[i] == '.' ? edge : !(name[i] > ' ' && !strchr("/\\\"'*?<>|:", name[i])))
            return false;
        path[i] = name[i] == '.' ? '/' : name[i];
    }
    memcpy(path + n, ".lua", 5);
    return true;
}

/* As an error table, so that the run fails with the code. */
static void raise_no_room(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "memory_limit");
    lua_setfield(L, -2, "code");
    lua_pushliteral(L, "the package does not fit into the customer's Lua memory");
    lua_setfield(L, -2, "message");
    lua_error(L);
}

/* Pushes the run's package; raises when the slot has none. */
static void push_package(lua_State *L, const struct mb_run *run)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->vm->ref_packages);
    lua_rawgeti(L, -1, (int)run->package);
    lua_remove(L, -2);
    if (lua_isnil(L, -1))
        mb_vm_error(L, "there is no package in slot %d", (int)run->package);
    if (!lua_istable(L, -1))
        raise_no_room(L);
}

/* With the tables `code` and the text (or nil) at the top: pushes factory or nil, keeping it. */
static void compile_top(lua_State *L, const char *path)
{
    struct mb_str text;
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pushnil(L);
        return;
    }
    text.ptr = lua_tolstring(L, -1, &text.len);
    push_factory(L, text, path);
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, path);
}

void mb_package_push(lua_State *L, struct mb_run *run, const char *name)
{
    char path[PATH_BYTES];
    if (run->package == 0 || !path_of(name, path)) { /* a built-in job has no package */
        lua_pushnil(L);
        return;
    }
    push_package(L, run);
    lua_getfield(L, -1, "code");
    lua_getfield(L, -1, path);
    if (lua_isnil(L, -1)) {
        lua_getfield(L, -3, "files");
        lua_getfield(L, -1, path);
        lua_remove(L, -2);
        lua_remove(L, -2); /* package, code, text */
        compile_top(L, path);
    }
    if (!lua_isnil(L, -1))
        instantiate(L, run);
}

void mb_package_push_text(lua_State *L, struct mb_run *run, const char *path)
{
    push_package(L, run);
    lua_getfield(L, -1, "files");
    lua_getfield(L, -1, path);
}

/* -- the platform's modules ------------------------------------------------------------------- */

static const struct mb_embed *find_platform(const struct mb_vm *vm, const char *path)
{
    static const struct {
        const char *module, *folder;
    } known[] = {
        {"job/", "toolbox/"}, {"local/", "local/"}, {"compiler/", "compiler/"}, {"sim/", "sim/"}};
    for (size_t i = 0; i < MB_LEN(known); i++) {
        size_t n = strlen(known[i].module);
        char name[PATH_BYTES + 16];
        if (strncmp(path, known[i].module, n) != 0)
            continue;
        snprintf(name, sizeof(name), "%s%s", known[i].folder, path + n);
        for (const struct mb_embed *f = vm->files; f->name; f++)
            if (strcmp(f->name, name) == 0)
                return f;
    }
    return NULL;
}

void mb_package_push_platform(lua_State *L, struct mb_run *run, const char *name)
{
    char path[PATH_BYTES];
    const struct mb_embed *file = NULL;
    if (run->vm->role == MB_VM_TOOLBOX && path_of(name, path))
        file = find_platform(run->vm, path);
    if (!file) {
        lua_pushnil(L);
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->vm->ref_packages);
    lua_getfield(L, -1, file->name); /* slots are numbers, so names are free for these */
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_factory(L, MB_STR_OF(file->data, file->len), file->name);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, file->name);
    }
    instantiate(L, run);
}
