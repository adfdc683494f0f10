-- moon.expr's functions of numbers, objects, dates and of any value.

local parts = ...
local json, date, values = parts.moon_json, parts.moon_date, parts.moon_expr_values
local need, absent, show = values.need, values.absent, values.show
local type, tonumber, pairs, ipairs, select = type, tonumber, pairs, ipairs, select
local floor, huge = math.floor, math.huge
local sort = table.sort

local expr = {}

local function numbers(list, by)
    for _, n in ipairs(need(list, "table", by)) do
        need(n, "number", by)
    end
    return list
end

function expr.sum(list)
    local sum = 0
    for _, n in ipairs(numbers(list, "sum()")) do
        sum = sum + n
    end
    return sum
end

function expr.avg(list)
    if #numbers(list, "avg()") == 0 then
        return nil
    end
    return expr.sum(list) / #list
end

-- The best of a list or of several numbers; nil of none.
local function best(by, is_better, first, ...)
    local list = type(first) == "table" and first or { first, ... }
    if type(first) ~= "table" then
        for i = 1, select("#", ...) do
            need((select(i, ...)), "number", by)
        end
        need(first, "number", by)
    end
    local result
    for _, n in ipairs(numbers(list, by)) do
        if result == nil or is_better(n, result) then
            result = n
        end
    end
    return result
end

function expr.min(...)
    return best("min()", function(a, b) return a < b end, ...)
end

function expr.max(...)
    return best("max()", function(a, b) return a > b end, ...)
end

-- Half goes away from zero.
function expr.round(n, digits)
    local unit = 10 ^ (digits or 0)
    need(n, "number", "round()")
    if n ~= n or n == huge or n == -huge then
        return n
    end
    local scaled = floor((n < 0 and -n or n) * unit + 0.5) / unit
    return n < 0 and -scaled or scaled
end

function expr.floor(n)
    return floor(need(n, "number", "floor()"))
end

function expr.ceil(n)
    return -floor(-need(n, "number", "ceil()"))
end

function expr.abs(n)
    return need(n, "number", "abs()") < 0 and -n or n
end

-- A text that holds a decimal number, true and false as 1 and 0; nil for what is none.
function expr.number(value)
    if type(value) == "boolean" then
        return value and 1 or 0
    elseif type(value) == "string" and not value:find("^%s*[+-]?%.?%d[%d.]*[eE]?[+-]?%d*%s*$") then
        return nil
    end
    return type(value) ~= "table" and tonumber(value) or nil
end

function expr.string(value)
    return show(value)
end

function expr.json(value)
    return (json.encode(value == nil and json.null or value))
end

function expr.parse_json(text)
    local value = json.decode(need(text, "string", "parse_json()"))
    if value == json.null then
        return nil
    end
    return value
end

-- The first of its arguments that is not null.
function expr.default(value, other)
    if absent(value) then
        return other
    end
    return value
end

local function chosen(value)
    if type(value) == "function" then
        return (value())
    end
    return value
end

-- x or y; either may be a function of nothing, which is called only if it is chosen.
function expr.when(condition, x, y)
    if condition and condition ~= json.null then
        return chosen(x)
    end
    return chosen(y)
end

function expr.keys(object)
    local keys = {}
    for key in pairs(need(object, "table", "keys()")) do
        keys[#keys + 1] = show(key)
    end
    sort(keys)
    return json.array(keys)
end

function expr.values(object)
    local list = {}
    for i, key in ipairs(expr.keys(object)) do
        list[i] = object[key]
    end
    return json.array(list)
end

function expr.has(object, name)
    return not absent(need(object, "table", "has()")[name])
end

-- The members of both; where both have one, the second's.
function expr.merge(first, second)
    local result = {}
    for _, object in ipairs({ need(first, "table", "merge()"), need(second, "table", "merge()") }) do
        for key, value in pairs(object) do
            result[key] = value
        end
    end
    return result
end

function expr.now()
    return parts.host.now()
end

function expr.format_date(t, format)
    return (date.format(need(t, "number", "format_date()"), format))
end

function expr.parse_date(text)
    return (date.parse(need(text, "string", "parse_date()")))
end

return expr
