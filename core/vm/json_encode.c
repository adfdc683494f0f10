#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "vm/json.h"

/* Where the writer is: a chain on the C stack from the value at hand to the outermost one. */
struct spot {
    const struct spot *up;
    const void *table;
    struct mb_str key; /* ptr NULL: an array, see index */
    size_t index;
};

struct writer {
    lua_State *L;
    struct mb_buf *out;
    struct mb_buf *keys; /* of struct mb_str: keys of all objects that are open */
    size_t end;          /* how long `out` may become */
    int ref_array;
    struct mb_json_fault *fault;
};

static bool write_value(struct writer *w, int index, const struct spot *spot, int depth);

static size_t put_path(const struct spot *spot, char *path, size_t size)
{
    if (!spot)
        return 0;
    size_t at = put_path(spot->up, path, size);
    if (at >= size)
        return at;
    int n = spot->key.ptr ? snprintf(path + at, size - at, "%s%.*s", at ? "." : "",
                                     (int)MB_MIN(spot->key.len, (size_t)64), spot->key.ptr)
                          : snprintf(path + at, size - at, "[%zu]", spot->index);
    return at + (size_t)n;
}

static bool fail(struct writer *w, const struct spot *spot, const char *what)
{
    w->fault->path[0] = '\0';
    put_path(spot, w->fault->path, sizeof(w->fault->path));
    snprintf(w->fault->what, sizeof(w->fault->what), "%s", what);
    return false;
}

static size_t room(const struct writer *w)
{
    size_t len = mb_buf_len(w->out);
    return len < w->end ? w->end - len : 0;
}

static bool write_number(struct writer *w, double v, const struct spot *spot)
{
    char text[32];
    if (!isfinite(v))
        return fail(w, spot, "is not a finite number");
    if (fabs(v) <= 0x1p53 && v == floor(v)) {
        mb_buf_add(w->out, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)v));
        return true;
    }
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    mb_buf_add(w->out, text, (size_t)n);
    return true;
}

static bool write_string(struct writer *w, struct mb_str s, const struct spot *spot)
{
    if (s.len > room(w))
        return fail(w, spot, "is too large");
    if (s.len && memchr(s.ptr, 0, s.len))
        return fail(w, spot, "holds a NUL byte");
    mb_buf_add_json_str(w->out, s);
    return true;
}

static bool is_marked_array(struct writer *w, int index)
{
    if (!lua_getmetatable(w->L, index))
        return false;
    lua_rawgeti(w->L, LUA_REGISTRYINDEX, w->ref_array);
    bool marked = lua_rawequal(w->L, -1, -2);
    lua_pop(w->L, 2);
    return marked;
}

/* Holds the table exactly the keys 1 to n? */
static bool write_array(struct writer *w, int index, const struct spot *up, int depth)
{
    lua_State *L = w->L;
    size_t n = lua_objlen(L, index), seen = 0;
    struct spot spot = {.up = up, .table = lua_topointer(L, index)};
    if (n > room(w) / 2)
        return fail(w, up, "is too large");
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        double k = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
        if (!(k >= 1 && k <= (double)n && k == floor(k))) {
            lua_pop(L, 2);
            return fail(w, up,
                        k == 0 ? "mixes list items and named members"
                               : "is a list with holes or an object with numbers for names");
        }
        seen++;
    }
    if (seen != n)
        return fail(w, up, "is a list with holes");
    mb_buf_add_char(w->out, '[');
    for (size_t i = 1; i <= n; i++) {
        if (i > 1)
            mb_buf_add_char(w->out, ',');
        spot.index = i;
        lua_rawgeti(L, index, (int)i);
        if (!write_value(w, lua_gettop(L), &spot, depth))
            return false;
        lua_pop(L, 1);
    }
    mb_buf_add_char(w->out, ']');
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct mb_str *x = a, *y = b;
    int order = memcmp(x->ptr, y->ptr, MB_MIN(x->len, y->len));
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Puts the names of the object's members on `keys`, sorted. The strings stay alive in the table. */
static bool gather_keys(struct writer *w, int index, const struct spot *up, size_t *n)
{
    lua_State *L = w->L;
    size_t size = 0, base = mb_buf_len(w->keys);
    *n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pop(L, 2);
            return fail(w, up, "has a key that is not a string");
        }
        struct mb_str key;
        key.ptr = lua_tolstring(L, -2, &key.len);
        size += key.len + 5; /* "":0, */
        if (size > room(w)) {
            lua_pop(L, 2);
            return fail(w, up, "is too large");
        }
        mb_buf_add(w->keys, &key, sizeof(key));
        (*n)++;
    }
    qsort(mb_buf_head(w->keys) + base, *n, sizeof(struct mb_str), compare_keys);
    return true;
}

static bool write_object(struct writer *w, int index, const struct spot *up, int depth)
{
    lua_State *L = w->L;
    struct spot spot = {.up = up, .table = lua_topointer(L, index)};
    size_t base = mb_buf_len(w->keys), n;
    if (!gather_keys(w, index, up, &n))
        return false;
    mb_buf_add_char(w->out, '{');
    for (size_t i = 0; i < n; i++) {
        memcpy(&spot.key, mb_buf_head(w->keys) + base + i * sizeof(spot.key), sizeof(spot.key));
        if (i)
            mb_buf_add_char(w->out, ',');
        if (!write_string(w, spot.key, &spot))
            return false;
        mb_buf_add_char(w->out, ':');
        lua_pushlstring(L, spot.key.ptr, spot.key.len);
        lua_rawget(L, index);
        if (!write_value(w, lua_gettop(L), &spot, depth))
            return false;
        lua_pop(L, 1);
    }
    mb_buf_add_char(w->out, '}');
    w->keys->end = w->keys->start + base;
    return true;
}

static bool write_table(struct writer *w, int index, const struct spot *spot, int depth)
{
    const void *table = lua_topointer(w->L, index);
    for (const struct spot *s = spot; s; s = s->up)
        if (s->table == table)
            return fail(w, spot, "is a table that contains itself");
    if (depth >= MB_VM_JSON_DEPTH)
        return fail(w, spot, "nests too deep");
    lua_pushnil(w->L);
    if (!lua_next(w->L, index)) {
        mb_buf_add_c(w->out, is_marked_array(w, index) ? "[]" : "{}");
        return true;
    }
    bool named = lua_type(w->L, -2) == LUA_TSTRING && lua_objlen(w->L, index) == 0;
    lua_pop(w->L, 2);
    return named ? write_object(w, index, spot, depth + 1) : write_array(w, index, spot, depth + 1);
}

static bool write_value(struct writer *w, int index, const struct spot *spot, int depth)
{
    lua_State *L = w->L;
    struct mb_str s;
    char what[48];
    if (room(w) == 0)
        return fail(w, spot, "is too large");
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        mb_buf_add_c(w->out, "null");
        return true;
    case LUA_TBOOLEAN:
        mb_buf_add_c(w->out, lua_toboolean(L, index) ? "true" : "false");
        return true;
    case LUA_TNUMBER:
        return write_number(w, lua_tonumber(L, index), spot);
    case LUA_TSTRING:
        s.ptr = lua_tolstring(L, index, &s.len);
        return write_string(w, s, spot);
    case LUA_TTABLE:
        return write_table(w, index, spot, depth);
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) {
            mb_buf_add_c(w->out, "null");
            return true;
        }
        break;
    default:
        break;
    }
    snprintf(what, sizeof(what), "is a %s", lua_typename(L, lua_type(L, index)));
    return fail(w, spot, what);
}

bool mb_json_encode(lua_State *L, int index, struct mb_buf *out, size_t max_bytes,
                    struct mb_json_fault *fault)
{
    struct mb_vm *vm = mb_vm_of(L);
    struct writer w = {.L = L,
                       .out = out,
                       .keys = &vm->keys,
                       .end = mb_buf_len(out) + max_bytes,
                       .ref_array = vm->ref_array,
                       .fault = fault};
    int top = lua_gettop(L);
    luaL_checkstack(L, MB_VM_JSON_DEPTH * 4, "no stack for JSON");
    mb_buf_clear(&vm->keys);
    bool ok = write_value(&w, index < 0 ? top + index + 1 : index, NULL, 0);
    lua_settop(L, top);
    if (ok && mb_buf_len(out) > w.end)
        ok = fail(&w, NULL, "is too large");
    return ok;
}
