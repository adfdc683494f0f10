/* What belongs to the current run: its modules, its clock, its random numbers. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "vm/host.h"
#include "vm/json.h"
#include "vm/package.h"

static struct mb_run *current(lua_State *L)
{
    return mb_vm_of(L)->run;
}

static struct mb_task *current_task(lua_State *L)
{
    return mb_vm_of(L)->task;
}

/* -- modules ---------------------------------------------------------------------------------- */

/* chunk(name) -> the module as a function, or nil. Raises the compiler's message. */
static int run_chunk(lua_State *L)
{
    mb_package_push(L, current(L), luaL_checkstring(L, 1));
    return 1;
}

static int run_platform_chunk(lua_State *L)
{
    mb_package_push_platform(L, current(L), luaL_checkstring(L, 1));
    return 1;
}

/* text(path) -> a file of the package, or nil */
static int run_text(lua_State *L)
{
    mb_package_push_text(L, current(L), luaL_checkstring(L, 1));
    return 1;
}

/* slot() -> the package slot; 0 in a toolbox = a built-in job */
static int run_slot(lua_State *L)
{
    lua_pushinteger(L, current(L)->package);
    return 1;
}

static int push_own_table(lua_State *L, int *ref, const char *mode)
{
    if (*ref == LUA_NOREF) {
        lua_newtable(L);
        if (mode) {
            lua_createtable(L, 0, 1);
            lua_pushstring(L, mode);
            lua_setfield(L, -2, "__mode");
            lua_setmetatable(L, -2);
        }
        lua_pushvalue(L, -1);
        *ref = mb_vm_keep(L);
        return 1;
    }
    mb_vm_push_kept(L, *ref);
    return 1;
}

/* loaded() -> the run's table of loaded modules */
static int run_loaded(lua_State *L)
{
    return push_own_table(L, &current(L)->ref_loaded, NULL);
}

/* labels() -> the run's table of numbers given to objects that were printed */
static int run_labels(lua_State *L)
{
    return push_own_table(L, &current(L)->ref_labels, "k");
}

/* globals() -> the run's globals */
static int run_globals(lua_State *L)
{
    mb_vm_push_kept(L, current(L)->ref_globals);
    return 1;
}

/* used() -> bytes of Lua memory */
static int run_used(lua_State *L)
{
    lua_pushnumber(L, (double)mb_vm_of(L)->heap.used);
    return 1;
}

/* -- clock ------------------------------------------------------------------------------------ */

/* now() -> Unix time in seconds, of the run's own clock */
static int run_now(lua_State *L)
{
    lua_pushnumber(L, (double)current_task(L)->clock_us / 1e6);
    return 1;
}

/* elapsed() -> seconds of that clock since the run's start */
static int run_elapsed(lua_State *L)
{
    lua_pushnumber(L, (double)(current_task(L)->clock_us - current(L)->start_us) / 1e6);
    return 1;
}

static int field(lua_State *L, const char *key, int fallback)
{
    lua_getfield(L, 1, key);
    double v = lua_tonumber(L, -1);
    if (!lua_isnumber(L, -1) && fallback < 0)
        return mb_vm_error(L, "field '%s' missing in date table", key);
    bool given = lua_isnumber(L, -1) != 0;
    lua_pop(L, 1);
    if (!given)
        return fallback;
    if (!(fabs(v) < 1e9))
        return mb_vm_error(L, "field '%s' is out of range", key);
    return (int)v;
}

/* mktime(table) -> Unix time of a date as os.date("*t") gives it, in UTC */
static int run_mktime(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct tm tm = {.tm_year = field(L, "year", -1) - 1900,
                    .tm_mon = field(L, "month", -1) - 1,
                    .tm_mday = field(L, "day", -1),
                    .tm_hour = field(L, "hour", 12),
                    .tm_min = field(L, "min", 0),
                    .tm_sec = field(L, "sec", 0)};
    time_t t = timegm(&tm);
    if (t == (time_t)-1)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (double)t);
    return 1;
}

static bool split_time(lua_State *L, int index, struct tm *tm)
{
    double seconds = luaL_checknumber(L, index);
    time_t t = (time_t)(fabs(seconds) < 1e15 ? floor(seconds) : 0);
    return fabs(seconds) < 1e15 && gmtime_r(&t, tm);
}

static void set_field(lua_State *L, const char *key, int value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

/* datetable(time) -> {year, month, day, hour, min, sec, wday, yday, isdst}, in UTC; or nil */
static int run_datetable(lua_State *L)
{
    struct tm tm;
    if (!split_time(L, 1, &tm))
        return 0;
    lua_createtable(L, 0, 9);
    set_field(L, "year", tm.tm_year + 1900);
    set_field(L, "month", tm.tm_mon + 1);
    set_field(L, "day", tm.tm_mday);
    set_field(L, "hour", tm.tm_hour);
    set_field(L, "min", tm.tm_min);
    set_field(L, "sec", tm.tm_sec);
    set_field(L, "wday", tm.tm_wday + 1);
    set_field(L, "yday", tm.tm_yday + 1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "isdst");
    return 1;
}

/* One conversion of strftime at a time: "%" and a letter out of LETTERS, so nothing but the C
 * library's own conversions is ever asked for. */
static const char LETTERS[] = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void add_conversion(luaL_Buffer *out, char letter, const struct tm *tm)
{
    char format[3] = {'%', letter, '\0'}, text[64];
    luaL_addlstring(out, text, strftime(text, sizeof(text), format, tm));
}
#pragma GCC diagnostic pop

/* strftime(format, time) -> text, in UTC and the C locale; or nil when it cannot be said. */
static int run_strftime(lua_State *L)
{
    struct tm tm;
    size_t len;
    const char *p = luaL_checklstring(L, 1, &len), *end = p + len;
    if (!split_time(L, 2, &tm))
        return 0;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (; p < end; p++) {
        if (*p == '%' && p + 1 < end && p[1] && strchr(LETTERS, p[1]))
            add_conversion(&out, *++p, &tm);
        else
            luaL_addchar(&out, *p);
    }
    luaL_pushresult(&out);
    return 1;
}

/* -- random numbers --------------------------------------------------------------------------- */

/* random([m [, n]]) -> as math.random */
static int run_random(lua_State *L)
{
    struct mb_prng *prng = &current_task(L)->prng;
    int n_args = lua_gettop(L);
    if (n_args == 0) {
        lua_pushnumber(L, mb_prng_unit(prng));
        return 1;
    }
    double low = n_args == 1 ? 1 : floor(luaL_checknumber(L, 1));
    double high = floor(luaL_checknumber(L, n_args == 1 ? 1 : 2));
    luaL_argcheck(L, fabs(low) <= 0x1p52 && fabs(high) <= 0x1p52 && low <= high,
                  n_args == 1 ? 1 : 2, "interval is empty");
    lua_pushnumber(L, low + (double)mb_prng_below(prng, (uint64_t)(high - low) + 1));
    return 1;
}

/* randomseed(x): from here on, the current task's numbers follow from x alone. */
static int run_randomseed(lua_State *L)
{
    double x = luaL_checknumber(L, 1);
    uint8_t seed[16] = {0};
    memcpy(seed, &x, sizeof(x));
    mb_prng_seed(&current_task(L)->prng, seed, 1);
    return 0;
}

/* uuid() -> a random UUID (version 4) */
static int run_uuid(lua_State *L)
{
    struct mb_prng *prng = &current_task(L)->prng;
    uint64_t a = mb_prng_next(prng), b = mb_prng_next(prng);
    char text[40];
    a = (a & ~(uint64_t)0xF000) | 0x4000;
    b = (b & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    int n = snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                     (unsigned)(a >> 16 & 0xFFFF), (unsigned)(a & 0xFFFF), (unsigned)(b >> 48),
                     (unsigned long long)(b & 0xFFFFFFFFFFFFu));
    lua_pushlstring(L, text, (size_t)n);
    return 1;
}

/* -- JSON ------------------------------------------------------------------------------------- */

enum { JSON_BYTES = 8 * 1024 * 1024 };

/* encode(value) -> text, or nil and what is wrong with it */
static int run_encode(lua_State *L)
{
    struct mb_vm *vm = mb_vm_of(L);
    struct mb_json_fault fault;
    luaL_checkany(L, 1);
    mb_buf_clear(&vm->scratch);
    if (!mb_json_encode(L, 1, &vm->scratch, JSON_BYTES, &fault)) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s%s%s", fault.path, fault.path[0] ? " " : "the value ", fault.what);
        return 2;
    }
    lua_pushlstring(L, mb_buf_head(&vm->scratch), mb_buf_len(&vm->scratch));
    return 1;
}

/* decode(text) -> value; raises what is wrong with it */
static int run_decode(lua_State *L)
{
    struct mb_str text;
    text.ptr = luaL_checklstring(L, 1, &text.len);
    if (text.len > JSON_BYTES)
        return mb_vm_error(L, "the JSON text is over %d bytes", JSON_BYTES);
    mb_json_decode(L, text);
    return 1;
}

const luaL_Reg mb_host_run[] = {{"chunk", run_chunk},
                                {"platform_chunk", run_platform_chunk},
                                {"text", run_text},
                                {"slot", run_slot},
                                {"loaded", run_loaded},
                                {"labels", run_labels},
                                {"globals", run_globals},
                                {"used", run_used},
                                {"now", run_now},
                                {"elapsed", run_elapsed},
                                {"mktime", run_mktime},
                                {"datetable", run_datetable},
                                {"strftime", run_strftime},
                                {"random", run_random},
                                {"randomseed", run_randomseed},
                                {"uuid", run_uuid},
                                {"encode", run_encode},
                                {"decode", run_decode},
                                {NULL, NULL}};
