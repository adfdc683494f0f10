-- moon.expr: the functions of workflows' expression language, under the names that they have there. Each
-- gives one value; null is nil, and a list has no holes. Lengths count characters, case is ASCII's.

local parts = ...
local array, encode = parts.moon_json.array, parts.moon_json.encode
local text, values = parts.moon_text, parts.moon_expr_values
local need, show, is_list, NULL = values.need, values.show, values.is_list, parts.moon_json.null
local type, pairs, ipairs, select = type, pairs, ipairs, select
local gsub, find, concat, sort = string.gsub, string.find, table.concat, table.sort

local expr = { null = NULL }
for name, fn in pairs(parts.moon_expr_numbers) do
    expr[name] = fn
end

-- ------------------------------------------------------------------------------ what the Lua needs besides

-- A step through what may be absent: get(order, "lines", 1, "name").
function expr.get(value, ...)
    for i = 1, select("#", ...) do
        if type(value) ~= "table" then
            return nil
        end
        local key = select(i, ...)
        if key == nil then
            return nil
        end
        value = value[key]
    end
    if value == NULL then
        return nil
    end
    return value
end

-- A list of what is there: nils are left out.
function expr.list(...)
    local list, n = {}, 0
    for i = 1, select("#", ...) do
        local item = select(i, ...)
        if item ~= nil then
            n = n + 1
            list[n] = item
        end
    end
    return array(list)
end

-- A template: its pieces, shown one after the other.
function expr.text(...)
    local pieces = {}
    for i = 1, select("#", ...) do
        pieces[i] = show((select(i, ...)))
    end
    return concat(pieces)
end

-- ------------------------------------------------------------------------------ texts

function expr.lower(s) return need(s, "string", "lower()"):lower() end
function expr.upper(s) return need(s, "string", "upper()"):upper() end
function expr.trim(s) return text.trim(need(s, "string", "trim()")) end

function expr.starts_with(s, start)
    return text.starts_with(need(s, "string", "starts_with()"), need(start, "string", "starts_with()"))
end

function expr.ends_with(s, tail)
    return text.ends_with(need(s, "string", "ends_with()"), need(tail, "string", "ends_with()"))
end

local function characters(s)
    local list = {}
    for c in s:gmatch("[%z\1-\127\192-\255][\128-\191]*") do
        list[#list + 1] = c
    end
    return list
end

function expr.split(s, separator)
    need(s, "string", "split()")
    return array(separator == "" and characters(s) or text.split(s, separator or ","))
end

function expr.replace(s, old, new)
    need(s, "string", "replace()")
    if need(old, "string", "replace()") == "" then
        return s
    end
    return (gsub(s, (gsub(old, "%p", "%%%0")), (gsub(need(new, "string", "replace()"), "%%", "%%%%"))))
end

function expr.truncate(s, n)
    return (text.truncate(need(s, "string", "truncate()"), need(n, "number", "truncate()")))
end

-- ------------------------------------------------------------------------------ lists and texts

function expr.len(value)
    if type(value) == "string" then
        return text.length(value)
    end
    need(value, "table", "len()")
    if is_list(value) then
        return #value
    end
    return #expr.keys(value)
end

function expr.contains(whole, part)
    if type(whole) == "string" then
        return find(whole, show(part), 1, true) ~= nil
    end
    for _, item in ipairs(need(whole, "table", "contains()")) do
        if item == part then
            return true
        end
    end
    return false
end

function expr.slice(value, from, to)
    local list = type(value) == "string" and characters(value) or need(value, "table", "slice()")
    local n, result = #list, {}
    from, to = need(from, "number", "slice()"), need(to or n, "number", "slice()")
    from, to = from < 0 and n + 1 + from or from, to < 0 and n + 1 + to or to
    for i = from < 1 and 1 or from, to > n and n or to do
        result[#result + 1] = list[i]
    end
    return type(value) == "string" and concat(result) or array(result)
end

function expr.join(list, separator)
    local shown = {}
    for i, item in ipairs(need(list, "table", "join()")) do
        shown[i] = show(item)
    end
    return concat(shown, separator or ", ")
end

function expr.first(list)
    return expr.get(need(list, "table", "first()"), 1)
end

function expr.last(list)
    return expr.get(need(list, "table", "last()"), #list)
end

function expr.reverse(list)
    local result, n = {}, #need(list, "table", "reverse()")
    for i = 1, n do
        result[i] = list[n + 1 - i]
    end
    return array(result)
end

function expr.unique(list)
    local seen, result = {}, {}
    for _, item in ipairs(need(list, "table", "unique()")) do
        local key = type(item) == "table" and encode(item) or item
        if not seen[key] then
            seen[key], result[#result + 1] = true, item
        end
    end
    return array(result)
end

function expr.flatten(list)
    local result = {}
    for _, item in ipairs(need(list, "table", "flatten()")) do
        for _, inner in ipairs(is_list(item) and item or { item }) do
            result[#result + 1] = inner
        end
    end
    return array(result)
end

function expr.append(list, item)
    local result = {}
    for i, one in ipairs(need(list, "table", "append()")) do
        result[i] = one
    end
    result[#result + 1] = item
    return array(result)
end

function expr.concat(first, second)
    local result = {}
    for _, list in ipairs({ need(first, "table", "concat()"), need(second, "table", "concat()") }) do
        for _, item in ipairs(list) do
            result[#result + 1] = item
        end
    end
    return array(result)
end

function expr.map(list, fn)
    local result = {}
    for _, item in ipairs(need(list, "table", "map()")) do
        result[#result + 1] = fn(item)
    end
    return array(result)
end

function expr.filter(list, fn)
    local result = {}
    for _, item in ipairs(need(list, "table", "filter()")) do
        if fn(item) then
            result[#result + 1] = item
        end
    end
    return array(result)
end

function expr.find(list, fn)
    for _, item in ipairs(need(list, "table", "find()")) do
        if fn(item) then
            return item
        end
    end
    return nil
end

function expr.any(list, fn)
    return expr.find(list, fn) ~= nil
end

function expr.all(list, fn)
    return expr.find(list, function(item) return not fn(item) end) == nil
end

-- Numbers before texts before all else, each in order; what is equal stays as it was.
local RANK = { number = 1, string = 2 }

function expr.sort(list, key)
    local keyed, result = {}, {}
    for i, item in ipairs(need(list, "table", "sort()")) do
        local k = item
        if key then
            k = key(item)
        end
        keyed[i] = { item = item, key = k, at = i, rank = RANK[type(k)] or 3 }
    end
    sort(keyed, function(a, b)
        if a.rank ~= b.rank then
            return a.rank < b.rank
        elseif a.rank == 3 or a.key == b.key then
            return a.at < b.at
        end
        return a.key < b.key
    end)
    for i, entry in ipairs(keyed) do
        result[i] = entry.item
    end
    return array(result)
end

return expr
