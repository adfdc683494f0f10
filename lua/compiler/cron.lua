-- Cron schedules: minute, hour, day of month, month, day of week. Lists, ranges and steps of numbers; names of
-- months and days (jan, mon). Checked here, run by the core.

local M = {}

local FIELDS = {
    { name = "minute", min = 0, max = 59 },
    { name = "hour", min = 0, max = 23 },
    { name = "day of month", min = 1, max = 31 },
    { name = "month", min = 1, max = 12, names = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9,
        oct = 10, nov = 11, dec = 12 } },
    { name = "day of week", min = 0, max = 7, names = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 } },
}

local function number(text, field)
    local n = field.names and field.names[text:lower()] or (text:find("^%d+$") and tonumber(text))
    return n and n >= field.min and n <= field.max and n or nil
end

local function part_is_right(part, field)
    local range, step = part:match("^(.-)/(%d+)$")
    if range and (tonumber(step) < 1 or tonumber(step) > field.max) then
        return false
    end
    range = range or part
    if range == "*" then
        return true
    end
    local from, to = range:match("^(%w+)%-(%w+)$")
    if from then
        from, to = number(from, field), number(to, field)
        return from and to and from <= to
    end
    return not step and number(range, field) ~= nil
end

-- What is wrong, and what would be right; nil when nothing is.
function M.check(schedule)
    local parts = {}
    for part in schedule:gmatch("%S+") do
        parts[#parts + 1] = part
    end
    if #parts ~= #FIELDS then
        return "a schedule has 5 fields, and this has " .. #parts, "minute hour day-of-month month day-of-week"
    end
    for i, field in ipairs(FIELDS) do
        for part in (parts[i] .. ","):gmatch("([^,]*),") do
            if not part_is_right(part, field) then
                return "'" .. parts[i] .. "' is no " .. field.name, field.min .. " to " .. field.max .. ", *, lists, ranges and steps"
            end
        end
    end
    return nil
end

return M
