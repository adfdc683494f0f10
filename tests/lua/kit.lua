-- Loads the kit's libraries (lua/moon) outside of a sandbox, over Lua's own clock and JSON, and a
-- core that the test plays: kit.load(answer) gives their parts; answer(tool, args, opts) -> ok, value.

local cjson = require "cjson"

local M = {}

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

local function encode(value)
    local ok, text = pcall(cjson.encode, value)
    if ok then
        return text
    end
    return nil, text
end

function M.load(answer)
    local host = {
        mktime = mktime, now = function() return 1700000000 end,
        datetable = function(t) return os.date("!*t", math.floor(t)) end,
        strftime = function(format, t) return os.date("!" .. format, math.floor(t)) end,
        encode = encode, decode = cjson.decode, NULL = cjson.null, ARRAY = { __metatable = false },
        drain = function() end, call = answer,
    }
    return setmetatable({ host = host }, {
        __index = function(parts, name)
            local path = name == "call" and "lua/host/call.lua" or "lua/moon/" .. name:match("^moon_(.*)$") .. ".lua"
            parts[name] = assert(loadfile(path))(parts)
            return parts[name]
        end,
    })
end

return M
