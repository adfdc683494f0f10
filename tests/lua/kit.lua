-- Loads the kit (lua/moon, and what of lua/host is Lua without C) outside of a sandbox, over Lua's own clock and
-- JSON, and a core that the test plays: kit.load(answer, host) gives its parts; answer(tool, args, opts) -> ok, value;
-- `host` has what its functions are to be replaced by. kit.moon(parts) is what `require
-- "moon"` gives.

local cjson = require "cjson"

local M = {}

local HOST = { call = true, branches = true, text = true, shelf = true }
local ARRAY = { __metatable = false }

-- Days from 1970-01-01 to a date of the Gregorian calendar (months and days may be out of range).
local function days(year, month, day)
    year, month = year + math.floor((month - 1) / 12), (month - 1) % 12 + 1
    if month <= 2 then
        year, month = year - 1, month + 12
    end
    local era_days = 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    return era_days + math.floor((153 * (month - 3) + 2) / 5) + day - 1 - 719468
end

local function mktime(t)
    return days(t.year, t.month, t.day) * 86400 + (t.hour or 12) * 3600 + (t.min or 0) * 60 + (t.sec or 0)
end

-- JSON with sorted keys, as core/vm/json_encode.c writes it.
local function write(value)
    if type(value) ~= "table" then
        if type(value) == "function" then error("is a function", 0) end
        return (cjson.encode(value):gsub("\\/", "/"))
    end
    local pieces = {}
    if value[1] ~= nil or (next(value) == nil and getmetatable(value) == false) then
        for i, item in ipairs(value) do pieces[i] = write(item) end
        return "[" .. table.concat(pieces, ",") .. "]"
    end
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do pieces[i] = cjson.encode(key) .. ":" .. write(value[key]) end
    return "{" .. table.concat(pieces, ",") .. "}"
end

function M.encode(value)
    local ok, text = pcall(write, value)
    if ok then return text end
    return nil, text
end

local function path_of(name)
    if name == "pattern" then return "lua/local/pattern.lua" end
    return HOST[name] and "lua/host/" .. name .. ".lua" or "lua/moon/" .. name:match("^moon_(.*)$") .. ".lua"
end

function M.load(answer, host)
    local own = {
        mktime = mktime, now = function() return 1700000000 end,
        datetable = function(t) return os.date("!*t", math.floor(t)) end,
        strftime = function(format, t) return os.date("!" .. format, math.floor(t)) end,
        encode = M.encode, decode = cjson.decode, NULL = cjson.null, ARRAY = ARRAY,
        drain = function() end, call = answer, log = function() end, labels = function() return {} end,
        metafield = function() end, random = math.random, uuid = function() return "uuid" end,
    }
    for name, value in pairs(host or {}) do own[name] = value end
    return setmetatable({ host = own, modules = { platform = {} } }, {
        __index = function(parts, name)
            parts[name] = assert(loadfile(path_of(name)))(parts)
            return parts[name]
        end,
    })
end

-- The kit as an agent sees it.
function M.moon(parts)
    assert(parts.moon_moon)
    return parts.modules.platform.moon()
end

return M
