-- Is something a JSON Schema (as far as the compiler and the core read them)? Reports each place that is not.

local types = require "compiler.schema"
local suggest = require "compiler.suggest"

local MAX_DEPTH = 30

local KINDS = { "array", "boolean", "integer", "null", "number", "object", "string" }
local is_kind = {}
for _, kind in ipairs(KINDS) do
    is_kind[kind] = true
end

local M = {}

local check

local function check_type(value, path, cx)
    local list = type(value) == "table" and value or { value }
    for _, kind in ipairs(list) do
        if not is_kind[kind] then
            cx.report(path .. ".type", "'" .. tostring(kind) .. "' is no type of JSON" .. suggest.hint(tostring(kind), KINDS),
                "bad_schema", "one of " .. table.concat(KINDS, ", "))
        end
    end
end

local function check_each(value, path, cx, root, depth)
    if type(value) ~= "table" then
        cx.report(path, "this is " .. types.show_kind(types.kind_of_value(value)) .. ", not schemas", "bad_schema", "schemas")
        return
    end
    local keys = {}
    for key in pairs(value) do
        keys[#keys + 1] = key
    end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    for _, key in ipairs(keys) do
        check(value[key], path .. "." .. key, cx, root, depth + 1)
    end
end

local function check_reference(schema, path, cx, root)
    local reference = schema["$ref"]
    if reference ~= nil and (type(reference) ~= "string" or types.resolve(root, reference) == nil) then
        cx.report(path .. ".$ref", "'" .. tostring(reference) .. "' leads nowhere", "bad_schema", "a place in this schema, like #/$defs/item")
    end
end

local function check_required(schema, path, cx)
    local required = schema.required
    if required == nil then
        return
    elseif type(required) ~= "table" then
        cx.report(path .. ".required", "this is not a list of names", "bad_schema", "a list of names")
        return
    end
    for i, name in ipairs(required) do
        if type(name) ~= "string" then
            cx.report(path .. ".required." .. i, "this is no name", "bad_schema", "a text")
        end
    end
end

function check(schema, path, cx, root, depth)
    if type(schema) == "boolean" then
        return
    elseif types.kind_of_value(schema) ~= "object" then
        cx.report(path, "this is " .. types.show_kind(types.kind_of_value(schema)) .. ", not a JSON Schema", "bad_schema", "an object")
        return
    elseif depth > MAX_DEPTH then
        cx.report(path, "this schema is nested too deep", "bad_schema", "at most " .. MAX_DEPTH .. " levels")
        return
    end
    if schema.type ~= nil then
        check_type(schema.type, path, cx)
    end
    check_reference(schema, path, cx, root)
    check_required(schema, path, cx)
    if schema.enum ~= nil and (type(schema.enum) ~= "table" or schema.enum[1] == nil) then
        cx.report(path .. ".enum", "this is not a list of values", "bad_schema", "a list of values")
    end
    for _, key in ipairs({ "properties", "$defs", "patternProperties", "anyOf", "oneOf", "allOf" }) do
        if schema[key] ~= nil then
            check_each(schema[key], path .. "." .. key, cx, root, depth)
        end
    end
    for _, key in ipairs({ "items", "additionalProperties", "not" }) do
        if schema[key] ~= nil then
            check(schema[key], path .. "." .. key, cx, root, depth + 1)
        end
    end
end

function M.check(schema, path, cx)
    check(schema, path, cx, schema, 0)
end

return M
