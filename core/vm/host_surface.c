/* Functions of Lua's standard libraries that cannot be handed out as they are. */
#include <string.h>

#include "vm/host.h"

enum { LOAD_BYTES = 1024 * 1024, CHUNK_NAME_BYTES = 200 };

/* Keeps `fn` from being called when the C stack is nearly used up: these functions call back into
 * Lua, and the interpreter counts its own stack only. */
static lua_CFunction original_gsub, original_sort, original_format;

static int surface_gsub(lua_State *L)
{
    mb_vm_check_stack(L);
    return original_gsub(L);
}

static int surface_sort(lua_State *L)
{
    mb_vm_check_stack(L);
    return original_sort(L);
}

static bool is_object(lua_State *L, int i)
{
    int type = lua_type(L, i);
    return type >= LUA_TTABLE || type == LUA_TLIGHTUSERDATA;
}

/* Replaces argument `i` of format by its text, made by lua/host/text.lua. */
static void to_text(lua_State *L, int i)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, mb_vm_of(L)->ref_label);
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
    lua_replace(L, i);
}

/* format(format, ...): without %p, and with %s of a table giving no address. */
static int surface_format(lua_State *L)
{
    size_t len;
    const char *p = luaL_checklstring(L, 1, &len), *end = p + len;
    int arg = 1, top = lua_gettop(L);
    mb_vm_check_stack(L);
    while ((p = memchr(p, '%', (size_t)(end - p))) != NULL) {
        p++;
        if (p < end && *p == '%') {
            p++;
            continue;
        }
        while (p < end && strchr("-+ #0123456789.", *p) && *p)
            p++;
        arg++;
        if (p < end && *p == 'p')
            mb_vm_error(L, "invalid option '%%p' to 'format'");
        if (p < end && *p == 's' && arg <= top && is_object(L, arg))
            to_text(L, arg);
    }
    return original_format(L);
}

/* tohex(x, n): n is held to -8..8, beyond which the original reads what is not its own. */
static int surface_tohex(lua_State *L)
{
    static const char digits[2][17] = {"0123456789abcdef", "0123456789ABCDEF"};
    double x = luaL_checknumber(L, 1), n = luaL_optnumber(L, 2, 8);
    char text[8];
    n = n != n ? 8 : MB_MIN(MB_MAX(n, -8), 8);
    int count = (int)(n < 0 ? -n : n);
    /* As LuaJIT's bit library takes numbers: modulo 2^32, by adding 1.5 * 2^52. */
    union {
        double d;
        uint64_t u;
    } bits = {.d = x + 6755399441055744.0};
    uint32_t v = (uint32_t)bits.u;
    for (int i = count; i-- > 0; v >>= 4)
        text[i] = digits[n < 0][v & 15];
    lua_pushlstring(L, text, (size_t)count);
    return 1;
}

static bool is_clean_name(const char *name, size_t len)
{
    if (len > CHUNK_NAME_BYTES || strlen(name) != len)
        return false;
    return !strpbrk(name, "\r\n");
}

struct piece {
    const char *text;
    size_t len;
};

static const char *read_piece(lua_State *L, void *arg, size_t *size)
{
    struct piece *p = arg;
    const char *text = p->text;
    (void)L;
    *size = p->len;
    p->text = NULL;
    return text;
}

/* load(text, name, globals) -> function, or nil and the compiler's message. */
static int surface_load(lua_State *L)
{
    struct piece piece;
    size_t name_len;
    piece.text = luaL_checklstring(L, 1, &piece.len);
    const char *name = luaL_optlstring(L, 2, "=(load)", &name_len);
    lua_settop(L, 3);
    if (piece.len > LOAD_BYTES)
        return mb_vm_error(L, "the text is over %d bytes", LOAD_BYTES);
    if (!is_clean_name(name, strlen(name)))
        name = "=(load)";
    if (piece.len && piece.text[0] == '\x1b') {
        lua_pushnil(L);
        lua_pushliteral(L, "attempt to load chunk with wrong mode");
        return 2;
    }
    if (lua_loadx(L, read_piece, &piece, name, "t") != 0) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (lua_istable(L, 3))
        lua_pushvalue(L, 3);
    else
        mb_vm_push_kept(L, mb_vm_of(L)->run->ref_globals);
    lua_setfenv(L, -2);
    return 1;
}

/* metafield(value, name) -> what its metatable has there, protected or not */
static int surface_metafield(lua_State *L)
{
    luaL_checkany(L, 1);
    return luaL_getmetafield(L, 1, luaL_checkstring(L, 2));
}

/* adopt(gsub, sort, format): the originals, once per process. */
static int surface_adopt(lua_State *L)
{
    original_gsub = lua_tocfunction(L, 1);
    original_sort = lua_tocfunction(L, 2);
    original_format = lua_tocfunction(L, 3);
    if (!original_gsub || !original_sort || !original_format)
        return mb_vm_error(L, "the standard libraries are not as they should be");
    return 0;
}

const luaL_Reg mb_host_surface[] = {{"gsub", surface_gsub},     {"sort", surface_sort},
                                    {"format", surface_format}, {"tohex", surface_tohex},
                                    {"load", surface_load},     {"metafield", surface_metafield},
                                    {"adopt", surface_adopt},   {NULL, NULL}};
