-- What code of customers sees as Lua: the globals and the standard libraries, less all that reaches
-- out of the run. A run's globals start empty and fill from here as they are used (host/shelf.lua).
--
-- Absent: io, debug, ffi, jit, package, dofile, loadfile, string.dump, newproxy, getfenv, setfenv,
-- gcinfo, and of os all but the clock.

local parts = ...
local host, text = parts.host, parts.text
local type, error, select, concat, sub, find = type, error, select, table.concat, string.sub, string.find
local raw_getmetatable = getmetatable

host.adopt(string.gsub, table.sort, string.format)

local function pick(library, names)
    local picked = {}
    for name in names:gmatch("%S+") do
        picked[name] = library[name]
    end
    return picked
end

local strings = pick(string, "byte char find gmatch len lower match rep reverse sub upper")
strings.format, strings.gsub = host.format, host.gsub

local tables = pick(table, "concat insert remove maxn move")
tables.sort = host.sort
tables.unpack = unpack
function tables.pack(...)
    return { n = select("#", ...), ... }
end

local maths = pick(math, [[abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp
    log log10 max min modf pi pow rad sin sinh sqrt tan tanh]])
maths.random, maths.randomseed = host.random, host.randomseed

local bits = pick(bit, "tobit bnot bswap lshift rshift arshift rol ror band bor bxor")
bits.tohex = host.tohex

local clock = { clock = host.elapsed }

function clock.time(when)
    if when == nil then
        return (host.now() - host.now() % 1)
    end
    return host.mktime(when)
end

function clock.difftime(later, earlier)
    return later - (earlier or 0)
end

-- Always UTC, with or without the leading "!".
function clock.date(format, when)
    format = format or "%c"
    if type(format) ~= "string" then
        error("a format is expected, not a " .. type(format), 2)
    end
    if sub(format, 1, 1) == "!" then
        format = sub(format, 2)
    end
    when = when or host.now()
    if sub(format, 1, 2) == "*t" then
        return host.datetable(when)
    end
    return host.strftime(format, when)
end

-- Text only. Without a table of globals, the run's own.
local function load(chunk, name, mode, globals)
    if type(chunk) ~= "string" and type(chunk) ~= "function" then
        error("a text or a function is expected, not a " .. type(chunk), 2)
    end
    if globals ~= nil and type(globals) ~= "table" then
        error("globals must be a table, not a " .. type(globals), 2)
    end
    if type(chunk) == "function" then
        local pieces = {}
        repeat
            local piece = chunk()
            pieces[#pieces + 1] = piece
        until piece == nil or piece == ""
        chunk = concat(pieces)
    end
    if mode ~= nil and not find(mode, "t", 1, true) then
        return nil, "attempt to load chunk with wrong mode"
    end
    return host.load(chunk, name, globals)
end


local function print(...)
    local line = text.line(...)
    host.drain()
    host.log(1, line)
end

local function collectgarbage(what)
    if what ~= "count" then
        error("collectgarbage does nothing here but \"count\"", 2)
    end
    return host.used() / 1024
end

local globals = pick(_G, [[assert error getmetatable ipairs next pairs pcall rawequal rawget rawset
    select setmetatable tonumber type unpack xpcall]])
globals.tostring, globals.print = text.tostring, print
globals.load, globals.loadstring, globals.require = load, load, parts.modules.require
globals.collectgarbage = collectgarbage
globals._VERSION = _VERSION

function globals.rawlen(value)
    if type(value) ~= "table" and type(value) ~= "string" then
        error("table or string expected", 2)
    end
    return #value -- LuaJIT's # of a table asks no metamethod
end

-- Methods of strings: one table for all runs, which none of them can reach.
local string_metatable = raw_getmetatable("")
string_metatable.__index = pick(strings, [[byte char find format gmatch gsub len lower match rep reverse
    sub upper]])
string_metatable.__metatable = false

return {
    globals = parts.shelf.metatable(globals, {
        string = strings, table = tables, math = maths, bit = bits, os = clock,
        coroutine = parts.coroutine,
    }, {
        _G = function(owner)
            return owner
        end,
    }),
}
