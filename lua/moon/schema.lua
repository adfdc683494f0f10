-- moon.schema: JSON Schemas (2020-12) written as Lua. Fields are required unless optional() says
-- otherwise, and an object has no others unless opts.additionalProperties is set.

local parts = ...
local array = parts.moon_json.array
local type, error, pairs, sort, ipairs = type, error, pairs, table.sort, ipairs

local schema = {}

local function with(base, opts, short)
    if opts ~= nil and type(opts) ~= "table" then
        error("the options must be a table", 3)
    end
    for name, value in pairs(opts or {}) do
        base[short and short[name] or name] = value
    end
    return base
end

local LENGTH = { min = "minLength", max = "maxLength" }
local RANGE = { min = "minimum", max = "maximum" }
local COUNT = { min = "minItems", max = "maxItems" }

function schema.string(opts)
    return with({ type = "string" }, opts, LENGTH)
end

function schema.number(opts)
    return with({ type = "number" }, opts, RANGE)
end

function schema.integer(opts)
    return with({ type = "integer" }, opts, RANGE)
end

function schema.boolean(opts)
    return with({ type = "boolean" }, opts)
end

function schema.enum(values, opts)
    return with({ enum = array(values) }, opts)
end

function schema.array(items, opts)
    return with({ type = "array", items = items }, opts, COUNT)
end

function schema.any_of(schemas, opts)
    return with({ anyOf = array(schemas) }, opts)
end

-- Marks a field of object() that may be absent.
local OF = {}

function schema.optional(of)
    return { [OF] = of }
end

function schema.object(fields, opts)
    if type(fields) ~= "table" then
        error("a table of fields is expected, not a " .. type(fields), 2)
    end
    local properties, required = {}, {}
    for name, field in pairs(fields) do
        if type(field) ~= "table" then
            error("field '" .. tostring(name) .. "' is a " .. type(field) .. ", not a schema", 2)
        end
        if field[OF] then
            properties[name] = field[OF]
        else
            properties[name] = field
            required[#required + 1] = name
        end
    end
    sort(required)
    for _, name in ipairs(required) do
        if type(name) ~= "string" then
            error("a field's name must be a text", 2)
        end
    end
    return with({
        type = "object", properties = properties, required = array(required),
        additionalProperties = false,
    }, opts)
end

return schema
