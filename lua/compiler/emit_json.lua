-- JSON as a person would lay it out: what fits stays on one line, keys in a given order or sorted. The same
-- value always gives the same bytes.

local format = require "compiler.format"
local json = require "moon.json"

local LINE = 110

local M = {}

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

local function text(value)
    return '"' .. value:gsub('[%c\\"\127]', function(c)
        return ESCAPES[c] or ("\\u%04x"):format(c:byte())
    end) .. '"'
end

local function scalar(value)
    if type(value) == "string" then
        return text(value)
    elseif type(value) == "number" then
        return format.number(value)
    elseif value == json.null then
        return "null"
    end
    return tostring(value)
end

function M.is_list(value)
    return value[1] ~= nil or (next(value) == nil and getmetatable(value) ~= nil)
end

-- Keys that a person would write first, in schemas and in what is on the canvas.
local RANK = {}
for i, key in ipairs({ "id", "type", "from", "to", "kind", "title", "description", "enum", "required", "properties", "items" }) do
    RANK[key] = i
end

local function by_rank(a, b)
    local left, right = RANK[a] or 100, RANK[b] or 100
    if left ~= right then
        return left < right
    end
    return a < b
end

-- The keys of an object: those of `order` first, then the others by rank and name.
function M.keys(object, order)
    local keys, placed = {}, {}
    for _, key in ipairs(order or {}) do
        if object[key] ~= nil then
            keys[#keys + 1], placed[key] = key, true
        end
    end
    local others = {}
    for key in pairs(object) do
        if not placed[key] then
            others[#others + 1] = key
        end
    end
    table.sort(others, by_rank)
    for _, key in ipairs(others) do
        keys[#keys + 1] = key
    end
    return keys
end

local write

local function laid_out(pieces, open, close, indent)
    if #pieces == 0 then
        return open .. close
    end
    local line = open .. table.concat(pieces, ", ") .. close
    if #line + #indent <= LINE and not line:find("\n", 1, true) then
        return line
    end
    local inner = indent .. "  "
    return open .. "\n" .. inner .. table.concat(pieces, ",\n" .. inner) .. "\n" .. indent .. close
end

function write(value, indent, order)
    if type(value) ~= "table" then
        return scalar(value)
    end
    local pieces, inner = {}, indent .. "  "
    if M.is_list(value) then
        for i, item in ipairs(value) do
            pieces[i] = write(item, inner)
        end
        return laid_out(pieces, "[", "]", indent)
    end
    for i, key in ipairs(M.keys(value, order)) do
        pieces[i] = text(key) .. ": " .. write(value[key], inner)
    end
    return laid_out(pieces, "{", "}", indent)
end

-- order: the first keys of the outermost object.
function M.encode(value, order)
    return write(value, "", order) .. "\n"
end

return M
