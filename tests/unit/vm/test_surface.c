/* DESIGN section 2, "Lua surface", line by line, and the attacks known against such surfaces. */
#include "base/base.h"
#include "cases.h"

#define ABSENT(name)                                                                               \
    {                                                                                              \
        "has_no_" #name, "return {" #name " == nil}", "[true]"                                     \
    }
#define ABSENT_IN(lib, name)                                                                       \
    {                                                                                              \
        "has_no_" #lib "_" #name, "return {" #lib "." #name " == nil}", "[true]"                   \
    }

static const struct lua_case cases[] = {
    /* absent */
    ABSENT(io),
    ABSENT(debug),
    ABSENT(ffi),
    ABSENT(jit),
    ABSENT(package),
    ABSENT(dofile),
    ABSENT(loadfile),
    ABSENT(newproxy),
    ABSENT(getfenv),
    ABSENT(setfenv),
    ABSENT(gcinfo),
    ABSENT(module),
    ABSENT_IN(string, dump),
    ABSENT_IN(os, execute),
    ABSENT_IN(os, getenv),
    ABSENT_IN(os, exit),
    ABSENT_IN(os, remove),
    ABSENT_IN(os, rename),
    ABSENT_IN(os, tmpname),
    ABSENT_IN(os, setlocale),
    {"require_gives_no_native_module",
     "for _, m in ipairs{'ffi','jit','io','debug','string.buffer','table.new','cjson','host',"
     "'host.call','job.inspect','local.tokenize'} do local ok = pcall(require, m) "
     "if ok then return m end end return 'none'",
     "\"none\""},

    /* present */
    {"has_the_libraries",
     "return {string.upper('a'), table.concat({1,2},','), math.max(1,2), bit.band(6,3), "
     "select('#', unpack{1,2,3}), #table.pack(1,2), (next({})==nil)}",
     "[\"A\",\"1,2\",2,2,3,2,true]"},
    {"collectgarbage_only_counts",
     "return {type(collectgarbage('count')), pcall(collectgarbage, 'collect')}",
     "[\"number\",false,\"collectgarbage does nothing here but \\\"count\\\"\"]"},
    {"os_has_only_the_clock",
     "local n = {} for k in pairs(os) do n[#n+1] = k end table.sort(n) return n",
     "[\"clock\",\"date\",\"difftime\",\"time\"]"},

    /* text chunks only */
    {"load_takes_text", "return load('return ... + 1')(2)", "3"},
    {"load_takes_a_function_of_pieces",
     "local p = {'return ', '4', nil} local i = 0 "
     "return load(function() i = i + 1 return p[i] end)()",
     "4"},
    {"load_refuses_bytecode", "local f, e = load('\\27LJ\\2\\0') return {f == nil, e}",
     "[true,\"attempt to load chunk with wrong mode\"]"},
    {"load_refuses_bytecode_from_pieces",
     "local p = {'\\27L', 'J\\2'} local i = 0 "
     "local f = load(function() i = i + 1 return p[i] end) return f == nil",
     "true"},
    {"load_refuses_binary_mode", "return (load('return 1', 'x', 'b')) == nil", "true"},
    {"loadstring_refuses_bytecode", "return (loadstring('\\27LJ')) == nil", "true"},
    {"load_runs_in_the_runs_globals", "x = 5 load('x = x + 1')() return {x, _G.x}", "[6,6]"},
    {"load_runs_in_given_globals",
     "local g = {} load('y = 1', 'c', 't', g)() return {g.y, y == nil}", "[1,true]"},
    {"load_names_the_chunk", "local ok, e = pcall(load('error(\"x\")', '@mine.lua')) return e",
     "\"mine.lua:1: x\""},
    {"load_reports_syntax", "local f, e = load('x =', '=c') return e",
     "\"c:1: unexpected symbol near '<eof>'\""},

    /* the string metatable */
    {"string_metatable_is_hidden", "return getmetatable('')", "false"},
    {"string_metatable_cannot_be_set", "return (pcall(setmetatable, '', {}))", "false"},
    {"string_methods_work", "return ('a'):rep(3):upper()", "\"AAA\""},
    {"string_methods_ignore_the_runs_string_table",
     "string.upper = function() return 'mine' end return {('a'):upper(), string.upper('a')}",
     "[\"A\",\"mine\"]"},

    /* globals of the run */
    {"globals_metatable_is_hidden", "return getmetatable(_G)", "false"},
    {"globals_metatable_cannot_be_set", "return (pcall(setmetatable, _G, {}))", "false"},
    {"globals_are_writable", "print = nil foo = 1 return {foo, _G.foo, rawget(_G, 'foo')}",
     "[1,1,1]"},
    {"error_metatable_is_hidden",
     "local ok, e = pcall(moon.tool, 'fail', {code = 'c', message = 'm'}) "
     "return {getmetatable(e), tostring(e)}",
     "[false,\"c: m\"]"},
    {"array_metatable_is_hidden", "return {getmetatable(input.list), #input.list}", "[false,0]"},

    /* no addresses */
    {"tostring_gives_no_address",
     "local t, f = {}, print return {tostring(t), tostring(f), tostring(t), "
     "tostring(coroutine.create(f))}",
     "[\"table: 0x00000001\",\"function: 0x00000002\",\"table: 0x00000001\","
     "\"thread: 0x00000003\"]"},
    {"format_gives_no_address",
     "return {string.format('%s %s', {}, 1), (pcall(string.format, '%p', {})), "
     "(pcall(string.format, '%5.1p', {}))}",
     "[\"table: 0x00000001 1\",false,false]"},
    {"format_uses_tostring",
     "return string.format('%s ', moon.json.null) .. string.format('%5s|%-5s|%%|%d', "
     "setmetatable({}, {__tostring = function() return 'me' "
     "end}), 'x', 3)",
     "\"null    me|x    |%|3\""},
    {"tostring_of_null", "return tostring(moon.json.null)", "\"null\""},

    /* known attacks */
    {"unpack_of_a_huge_range",
     "return {(pcall(unpack, {}, -2147483648, 2147483647)), (pcall(unpack, {}, 1, 1e6)), "
     "(pcall(table.unpack, {}, 1, 1e9))}",
     "[false,false,false]"},
    {"tohex_of_a_huge_width",
     "return {bit.tohex(255, -2147483648), bit.tohex(255, 2^31), bit.tohex(255), bit.tohex(-1, 4), "
     "bit.tohex(0xABCDEF, -4), bit.tohex(1, 0)}",
     "[\"000000FF\",\"000000ff\",\"000000ff\",\"ffff\",\"CDEF\",\"\"]"},
    {"format_with_a_huge_width",
     "return {(pcall(string.format, '%99999d', 1)), (pcall(string.format, '%.99999f', 1))}",
     "[false,false]"},
    {"rep_of_nothing_ends", "return ('').rep('', 2^31)", "\"\""},
    {"rep_beyond_the_memory", "local s = ('x'):rep(2^30) return #s", "!memory_limit"},
    {"concat_beyond_the_memory",
     "local s = ('x'):rep(1e6) local t = {} for i = 1, 100 do t[i] = s end return #table.concat(t)",
     "!memory_limit"},
    {"gsub_beyond_the_memory", "local s = ('x'):rep(1e5) return #(s:gsub('x', ('y'):rep(1000)))",
     "!memory_limit"},
    {"long_brackets",
     "return #load('return [' .. ('='):rep(1e5) .. '[x]' .. ('='):rep(1e5) .. ']')()", "1"},
    {"nesting_of_the_parser",
     "local function nest(a, b, c) return (load('return ' .. a:rep(3e4) .. b .. c:rep(3e4))) == "
     "nil "
     "end return {nest('(', '1', ')'), nest('{', '', '}'), nest('- ', '1', ''), "
     "nest('function() return ', '1', ' end'), nest('1^', '1', ''), nest('a..', '1', '')}",
     "[true,true,true,true,true,true]"},
    {"long_chunk_names",
     "local t = {} for i = 1, 200 do t[i] = load('return 1', '@' .. ('n'):rep(1e5)) end "
     "return {#t, (pcall(load('error()', 'a\\nb')))}",
     "[200,false]"},
    {"recursion_is_an_error", "local function f() return 1 + f() end return (pcall(f))", "false"},
    {"recursion_through_index",
     "local t = setmetatable({}, {__index = function(t, k) return t[k] end}) "
     "return (pcall(function() return t.a end))",
     "false"},
    {"recursion_through_gsub",
     "local function f(s) return (s:gsub('.', f)) end return (pcall(f, 'a'))", "false"},
    {"recursion_through_sort",
     "local function f() table.sort({3, 2, 1}, function(a, b) f() return a < b end) end "
     "return (pcall(f))",
     "false"},
    {"recursion_through_tostring",
     "local t = setmetatable({}, {}) local m = {__tostring = function(x) return 'a' .. tostring(x) "
     "end} t = setmetatable({}, m) return {(pcall(tostring, t)), (pcall(string.format, '%s', t)), "
     "(pcall(print, t))}",
     "[false,false,false]"},
    {"recursion_through_format",
     "local m = {} m.__tostring = function(x) return string.format('%s', x) end "
     "return (pcall(tostring, setmetatable({}, m)))",
     "false"},
    {"recursion_through_coroutines",
     "local function f() return coroutine.wrap(f)() end return (pcall(f))", "false"},
    {"recursion_through_nested_coroutines",
     "local n = 0 local function f() n = n + 1 coroutine.wrap(f)() return 1 end "
     "return {(pcall(f)), n > 50}",
     "[false,true]"},
    {"recursion_through_gsub_in_coroutines",
     "local function g() return (('a'):gsub('.', function() coroutine.wrap(g)() end)) end "
     "return (pcall(g))",
     "false"},
    {"recursion_through_pcall",
     "local n = 0 local function f() n = n + 1 pcall(f) error('x') end pcall(f) return n > 100",
     "true"},
    {"recursion_through_error_handlers",
     "local function f() xpcall(f, f) error('x') end return (pcall(f))", "!cpu_limit"},
    {"recursion_through_load",
     "local function f() load(function() f() return nil end) return 1 end return type(pcall(f))",
     "\"boolean\""},
    {"recursion_through_lt_in_sort",
     "local m = {} m.__lt = function(a, b) table.sort({a, b}) return false end "
     "local t = setmetatable({}, m) return (pcall(function() return t < t end))",
     "false"},
    {"errors_in_error_handlers", "return (xpcall(error, function() error('again') end))", "false"},
    {"error_values_of_any_type",
     "return {select(2, pcall(error)) == nil, select(2, pcall(error, nil)) == nil, "
     "select(2, pcall(error, 3)), select(2, pcall(error, true))}",
     "[true,true,\"3\",true]"},
    {"finalizers_do_not_run",
     "local ran = false for i = 1, 1e4 do setmetatable({}, {__gc = function() ran = true end}) end "
     "return ran",
     "false"},
};

int main(void)
{
    return run_lua_cases("surface", cases, MB_LEN(cases));
}
