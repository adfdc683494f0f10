-- tostring, without addresses: an object that has no text of its own is numbered, in the order in
-- which its run first printed it. So a run prints the same each time it is replayed, and nothing
-- tells where the process keeps its memory.

local parts = ...
local metafield, labels = parts.host.metafield, parts.host.labels
local raw_tostring, type, select, format, concat = tostring, type, select, string.format, table.concat

local function label(object)
    local numbers = labels()
    local number = numbers[object]
    if not number then
        number = (numbers[0] or 0) + 1
        numbers[0], numbers[object] = number, number
    end
    return format("%s: 0x%08x", type(object), number)
end

local function to_text(...)
    if select("#", ...) == 0 then
        error("bad argument #1 to 'tostring' (value expected)", 2)
    end
    local value = ...
    local kind = type(value)
    if kind == "string" or kind == "number" or kind == "boolean" or kind == "nil" then
        return raw_tostring(value)
    end
    local own = metafield(value, "__tostring")
    if own then
        return own(value)
    end
    if kind == "userdata" then
        return "null" -- the only light userdata that there is
    end
    return label(value)
end

-- What print shows: all values, tabs between them.
local function line(...)
    local n, texts = select("#", ...), { ... }
    for i = 1, n do
        local text = to_text(texts[i])
        if type(text) ~= "string" then
            error("'tostring' must return a string", 3)
        end
        texts[i] = text
    end
    return concat(texts, "\t", 1, n)
end

return { tostring = to_text, line = line }
