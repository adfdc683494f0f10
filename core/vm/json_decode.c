#include <string.h>

#include <lauxlib.h>
#include <lua5.1/lua-cjson.h>

#include "vm/json.h"

enum {
    SMALL_BYTES = 16 * 1024, /* texts below this are not worth weighing */
    TABLE_COST = 64,         /* bytes of heap: an empty table */
    VALUE_COST = 80,         /* a member with a short string of its own */
};

/* cjson makes the same empty table of {} and of []. An empty array is handed to it as an object
 * with one member that says so, and turned back afterwards. */
static const char EMPTY_ARRAY[] = "{\"\\u0000[]\":0}";
static const char EMPTY_KEY[] = "\0[]";

/* What one pass over a text tells. */
struct survey {
    size_t n_tables, n_commas;
    int depth, deepest;
    bool has_null, has_empty_array;
};

static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : end;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* The bracket that closes the empty array at p, or NULL when p opens no empty array. */
static const char *empty_array_end(const char *p, const char *end)
{
    p = skip_space(p + 1, end);
    return p < end && *p == ']' ? p : NULL;
}

static struct survey survey(struct mb_str text)
{
    struct survey s = {0};
    const char *p = text.ptr, *end = text.ptr + text.len;
    while (p < end) {
        switch (*p) {
        case '"':
            p = skip_string(p, end);
            continue;
        case '[':
            s.has_empty_array |= empty_array_end(p, end) != NULL;
            __attribute__((fallthrough));
        case '{':
            s.n_tables++;
            s.depth++;
            s.deepest = MB_MAX(s.deepest, s.depth);
            break;
        case ']':
        case '}':
            s.depth--;
            break;
        case ',':
            s.n_commas++;
            break;
        case 'n':
            s.has_null = true;
            break;
        default:
            break;
        }
        p++;
    }
    return s;
}

static void weigh(lua_State *L, struct mb_vm *vm, struct mb_str text, const struct survey *s)
{
    size_t cost =
        2 * text.len + s->n_tables * TABLE_COST + (s->n_tables + s->n_commas) * (size_t)VALUE_COST;
    if (text.len < SMALL_BYTES || vm->heap.used + cost <= vm->heap.cap)
        return;
    lua_gc(L, LUA_GCCOLLECT, 0);
    if (vm->heap.used + cost <= vm->heap.cap)
        return;
    vm->heap.refused = true;
    if (vm->heap.on_pressure)
        vm->heap.on_pressure(&vm->heap);
    mb_vm_error(L, "not enough memory");
}

static void push_mended(lua_State *L, struct mb_buf *to, struct mb_str text)
{
    const char *p = text.ptr, *end = text.ptr + text.len, *from = p;
    mb_buf_clear(to);
    while (p < end) {
        const char *close = *p == '[' ? empty_array_end(p, end) : NULL;
        if (*p == '"') {
            p = skip_string(p, end);
        } else if (close) {
            mb_buf_add(to, from, (size_t)(p - from));
            mb_buf_add(to, EMPTY_ARRAY, sizeof(EMPTY_ARRAY) - 1);
            from = p = close + 1;
        } else {
            p++;
        }
    }
    mb_buf_add(to, from, (size_t)(end - from));
    lua_pushlstring(L, mb_buf_head(to), mb_buf_len(to));
}

/* Is the key at the top of the stack (under its value) the one of EMPTY_ARRAY? */
static bool at_empty_key(lua_State *L)
{
    size_t len;
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;
    return key && len == sizeof(EMPTY_KEY) - 1 && memcmp(key, EMPTY_KEY, len) == 0;
}

/* Leaves out null members and turns empty arrays back, all through the table on top. */
static void repair(lua_State *L, const struct mb_vm *vm)
{
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_istable(L, -1)) {
            repair(L, vm);
        } else if (at_empty_key(L)) {
            lua_pushvalue(L, -2);
            lua_pushnil(L);
            lua_rawset(L, table);
            lua_rawgeti(L, LUA_REGISTRYINDEX, vm->ref_array);
            lua_setmetatable(L, table);
        } else if (lua_islightuserdata(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
            lua_pushvalue(L, -2);
            lua_pushnil(L);
            lua_rawset(L, table);
        }
    }
}

void mb_json_decode(lua_State *L, struct mb_str text)
{
    struct mb_vm *vm = mb_vm_of(L);
    struct survey s = survey(text);
    if (s.deepest > MB_VM_JSON_DEPTH)
        mb_vm_error(L, "the JSON text nests more than %d deep", MB_VM_JSON_DEPTH);
    luaL_checkstack(L, MB_VM_JSON_DEPTH * 4, "no stack for JSON");
    weigh(L, vm, text, &s);
    bool overdraft = vm->heap.overdraft;
    vm->heap.overdraft = true; /* cjson holds memory of its own across allocations */
    lua_rawgeti(L, LUA_REGISTRYINDEX, vm->ref_decode);
    if (s.has_empty_array)
        push_mended(L, &vm->scratch, text);
    else
        lua_pushlstring(L, text.ptr, text.len);
    int rc = lua_pcall(L, 1, 1, 0);
    if (rc == 0 && (s.has_null || s.has_empty_array) && lua_istable(L, -1))
        repair(L, vm);
    vm->heap.overdraft = overdraft;
    if (rc)
        lua_error(L);
}

static void set_option(lua_State *L, const char *name, double value)
{
    lua_getfield(L, -1, name);
    lua_pushnumber(L, value);
    lua_call(L, 1, 0);
}

void mb_json_open(lua_State *L, struct mb_vm *vm)
{
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    set_option(L, "decode_max_depth", MB_VM_JSON_DEPTH + 1);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, false);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    vm->ref_decode = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    vm->ref_array = luaL_ref(L, LUA_REGISTRYINDEX);
}
