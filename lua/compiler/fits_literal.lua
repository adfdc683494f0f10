-- Does a plain value (text, number, boolean, null) fit one flat schema?

local types = require "compiler.schema"
local suggest = require "compiler.suggest"
local json = require "moon.json"

local M = { null = json.null }

-- All kinds: whichever alternative has the fewest problems is the one to report.
M.kinds = { string = true, number = true, integer = true, boolean = true, null = true, object = true, array = true }

local function kind_fits(kind, value)
    local own = types.kind_of_value(value)
    return own == kind or (own == "number" and (kind == "integer" and value % 1 == 0))
end

local function length_of(text)
    local n = 0
    for _ in text:gmatch("[^\128-\191]") do
        n = n + 1
    end
    return n
end

local function check_enum(schema, value)
    local allowed = schema.const ~= nil and { schema.const } or schema.enum
    if type(allowed) ~= "table" then
        return nil
    end
    local texts = {}
    for i, one in ipairs(allowed) do
        if one == value then
            return nil
        end
        texts[i] = tostring(one)
    end
    local hint = type(value) == "string" and suggest.hint(value, texts) or ""
    return "'" .. tostring(value) .. "' is not one of the values that are allowed" .. hint, "one of " .. table.concat(texts, ", ")
end

local function check_number(schema, value)
    if type(schema.minimum) == "number" and value < schema.minimum then
        return "this is " .. value, "at least " .. schema.minimum
    elseif type(schema.maximum) == "number" and value > schema.maximum then
        return "this is " .. value, "at most " .. schema.maximum
    elseif type(schema.exclusiveMinimum) == "number" and value <= schema.exclusiveMinimum then
        return "this is " .. value, "more than " .. schema.exclusiveMinimum
    elseif type(schema.exclusiveMaximum) == "number" and value >= schema.exclusiveMaximum then
        return "this is " .. value, "less than " .. schema.exclusiveMaximum
    end
end

function M.count(n, what)
    return n .. " " .. what .. (n == 1 and "" or "s")
end

local function check_text(schema, value)
    local length = length_of(value)
    if type(schema.minLength) == "number" and length < schema.minLength then
        return length == 0 and "this is empty" or "this has " .. M.count(length, "character"),
            "at least " .. M.count(schema.minLength, "character")
    elseif type(schema.maxLength) == "number" and length > schema.maxLength then
        return "this has " .. M.count(length, "character"), "at most " .. M.count(schema.maxLength, "character")
    end
end

-- What is wrong, and what would be right; nil when it fits. a: an alternative of a type.
function M.check(a, value)
    if a.kind and not kind_fits(a.kind, value) then
        local shown = types.show_kind(types.kind_of_value(value))
        local right = types.show_kind(a.kind)
        return "this is " .. shown .. ", not " .. right, right
    end
    local message, expected = check_enum(a.schema, value)
    if not message and type(value) == "number" then
        message, expected = check_number(a.schema, value)
    elseif not message and type(value) == "string" then
        message, expected = check_text(a.schema, value)
    end
    return message, expected
end

function M.type(value)
    if value == json.null then
        return types.of("null")
    elseif type(value) == "number" then
        return types.type({ type = value % 1 == 0 and "integer" or "number", const = value })
    elseif type(value) == "table" then
        return types.of(types.kind_of_value(value))
    end
    return types.type({ type = type(value), const = value })
end

return M
