-- moon.date: moments as Unix time in seconds, UTC throughout.

local parts = ...
local host = parts.host
local mktime, split, strftime, now = host.mktime, host.datetable, host.strftime, host.now
local error, type, match, tonumber, floor = error, type, string.match, tonumber, math.floor

local date = {}

local SECONDS = { seconds = 1, minutes = 60, hours = 3600, days = 86400, weeks = 604800 }

local function check(t)
    if type(t) ~= "number" then
        error("a time in seconds is expected, not a " .. type(t), 3)
    end
    return t
end

local function days_in(year, month)
    return split(mktime({ year = year, month = month + 1, day = 0 })).day
end

local function in_range(year, month, day, hour, min, sec)
    return month >= 1 and month <= 12 and day >= 1 and day <= days_in(year, month)
        and hour <= 23 and min <= 59 and sec <= 60
end

-- Seconds that a zone ("Z", "+02:00", "-0530", "") is ahead of UTC, or nil.
local function zone_offset(zone)
    if zone == "" or zone == "Z" or zone == "z" then
        return 0
    end
    local sign, hours, minutes = match(zone, "^([+-])(%d%d):?(%d?%d?)$")
    if not sign or #minutes == 1 or tonumber(hours) > 23 then
        return nil
    end
    local offset = tonumber(hours) * 3600 + (tonumber(minutes) or 0) * 60
    return sign == "-" and -offset or offset
end

-- ISO 8601: a date, or a date and a time with or without a fraction and a zone.
function date.parse(text)
    if type(text) ~= "string" then
        error("a text is expected, not a " .. type(text), 2)
    end
    if #text > 64 then
        return nil, "not a date of ISO 8601"
    end
    local year, month, day, rest = match(text, "^%s*(%d%d%d%d)-(%d%d)-(%d%d)(.-)%s*$")
    if not year then
        return nil, "not a date of ISO 8601"
    end
    local hour, min, sec, fraction, zone = "0", "0", "0", "", rest
    if rest ~= "" then
        hour, min, zone = match(rest, "^[Tt ](%d%d):(%d%d)(.*)$")
        if not hour then
            return nil, "not a time of ISO 8601"
        end
        if match(zone, "^:%d%d") then
            sec, fraction, zone = match(zone, "^:(%d%d)(%.?%d*)(.*)$")
        end
    end
    local offset = zone_offset(zone)
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    hour, min, sec = tonumber(hour), tonumber(min), tonumber(sec)
    if not offset or not in_range(year, month, day, hour, min, sec) then
        return nil, offset and "no such day or time" or "not a zone of ISO 8601"
    end
    return mktime({ year = year, month = month, day = day, hour = hour, min = min, sec = sec })
        + (tonumber("0" .. fraction) or 0) - offset
end

-- By strftime's letters; "2026-05-01T12:30:00Z" without.
function date.format(t, format)
    return strftime(format or "%Y-%m-%dT%H:%M:%SZ", check(t or now()))
end

-- {year, month, day, hour, min, sec, wday (1 = Sunday), yday}
function date.parts(t)
    return split(check(t or now()))
end

-- amounts: years, months, weeks, days, hours, minutes, seconds. A day that a month has not becomes
-- its last one.
function date.add(t, amounts)
    check(t)
    if type(amounts) ~= "table" then
        error("a table of amounts is expected, not a " .. type(amounts), 2)
    end
    for name in pairs(amounts) do
        if not SECONDS[name] and name ~= "years" and name ~= "months" then
            error("there is no unit '" .. tostring(name) .. "'", 2)
        end
    end
    local months = (amounts.years or 0) * 12 + (amounts.months or 0)
    if months ~= 0 then
        local p = split(t)
        local count = p.year * 12 + p.month - 1 + months
        local year, month = floor(count / 12), count % 12 + 1
        local day = math.min(p.day, days_in(year, month))
        t = mktime({ year = year, month = month, day = day, hour = p.hour, min = p.min, sec = p.sec })
            + t % 1
    end
    for unit, seconds in pairs(SECONDS) do
        t = t + (amounts[unit] or 0) * seconds
    end
    return t
end

-- later - earlier, in the unit (seconds); may have a fraction and be negative.
function date.diff(later, earlier, unit)
    local seconds = SECONDS[unit or "seconds"]
    if not seconds then
        error("there is no unit '" .. tostring(unit) .. "'", 2)
    end
    return (check(later) - check(earlier)) / seconds
end

local STARTS = {
    year = { month = 1, day = 1, hour = 0, min = 0 },
    month = { day = 1, hour = 0, min = 0 },
    day = { hour = 0, min = 0 },
    hour = { min = 0 },
    minute = {},
}

-- The moment at which the unit that t lies in began: year, month, week (Monday), day, hour, minute.
function date.start_of(t, unit)
    check(t)
    if unit == "week" then
        t = t - (split(t).wday + 5) % 7 * 86400
        unit = "day"
    end
    local start = STARTS[unit]
    if not start then
        error("there is no unit '" .. tostring(unit) .. "'", 2)
    end
    local p = split(t)
    return mktime({
        year = p.year, month = start.month or p.month, day = start.day or p.day,
        hour = start.hour or p.hour, min = start.min or p.min, sec = 0,
    })
end

return date
