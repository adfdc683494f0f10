-- A JSON Schema into alternatives: flat schemas of one kind each, without $ref, allOf, anyOf and oneOf.
-- {kind, schema, root}; kind is nil for whatever it may be, root is where its members' references lead.

local MAX_ALTERNATIVES, MAX_DEPTH = 32, 40

local flat = { MAX_ALTERNATIVES = MAX_ALTERNATIVES }

-- A schema made by the compiler may hold a type where a schema would stand: {[flat.TYPE] = type}.
local TYPE = {}
flat.TYPE = TYPE

-- Follows "#/$defs/x"; nil when there is no such place.
function flat.resolve(root, reference)
    local place = root
    local path = reference:match("^#/?(.*)$")
    if not path then
        return nil
    end
    for part in path:gmatch("[^/]+") do
        part = part:gsub("~1", "/"):gsub("~0", "~")
        if type(place) ~= "table" then
            return nil
        end
        place = place[part] or place[(tonumber(part) or -1) + 1]
    end
    return (type(place) == "table" or type(place) == "boolean") and place or nil
end

local function copy(of)
    local result = {}
    for key, value in pairs(of) do
        result[key] = value
    end
    return result
end

-- What both schemas say: members and required ones together, else the second where it says something.
local function both(a, b)
    local result = copy(a)
    for key, value in pairs(b) do
        if key == "properties" and type(a.properties) == "table" then
            result.properties = copy(a.properties)
            for name, property in pairs(value) do
                result.properties[name] = property
            end
        elseif key == "required" and type(a.required) == "table" then
            result.required = copy(a.required)
            for _, name in ipairs(value) do
                result.required[#result.required + 1] = name
            end
        else
            result[key] = value
        end
    end
    return result
end

local KIND_OF_VALUE = { string = "string", number = "number", boolean = "boolean", userdata = "null" }

local function kind_of_value(value)
    if type(value) == "table" then
        return value[1] ~= nil and "array" or "object"
    end
    return KIND_OF_VALUE[type(value)]
end
flat.kind_of_value = kind_of_value

local KNOWN = { string = true, number = true, integer = true, boolean = true, object = true, array = true, null = true }

-- Kinds that a flat schema allows; nil for all.
local function kinds_of(schema)
    local said = schema.type
    if type(said) == "string" and KNOWN[said] then
        return { said }
    elseif type(said) == "table" and KNOWN[said[1]] then
        return said
    end
    local values = schema.const ~= nil and { schema.const } or schema.enum
    if type(values) == "table" and #values > 0 then
        local list, seen = {}, {}
        for _, value in ipairs(values) do
            local kind = kind_of_value(value)
            if not seen[kind] then
                seen[kind], list[#list + 1] = true, kind
            end
        end
        return list
    end
    if type(schema.properties) == "table" or schema.additionalProperties ~= nil then
        return { "object" }
    end
    return schema.items ~= nil and { "array" } or nil
end

local add

local function add_combined(list, schema, root, depth)
    local choices = type(schema.anyOf) == "table" and "anyOf" or type(schema.oneOf) == "table" and "oneOf"
    if not choices or #schema[choices] == 0 then
        return false
    end
    local rest = copy(schema)
    rest[choices] = nil
    for _, choice in ipairs(schema[choices]) do
        if type(choice) == "table" then
            choice = choice["$ref"] and flat.resolve(root, choice["$ref"]) or choice
        end
        add(list, type(choice) == "table" and not choice[TYPE] and both(rest, choice) or choice, root, depth + 1)
    end
    return true
end

-- Adds a schema's alternatives to the list.
function add(list, schema, root, depth)
    if #list >= MAX_ALTERNATIVES or schema == false then
        return
    elseif type(schema) ~= "table" or depth > MAX_DEPTH then
        list[#list + 1] = { schema = {}, root = root }
        return
    elseif schema[TYPE] then
        for _, alternative in ipairs(schema[TYPE].alternatives) do
            list[#list + 1] = alternative
        end
        return
    end
    if type(schema["$ref"]) == "string" then
        local target = flat.resolve(root, schema["$ref"])
        local rest = copy(schema)
        rest["$ref"] = nil
        return add(list, type(target) == "table" and both(target, rest) or rest, root, depth + 1)
    end
    if type(schema.allOf) == "table" then
        local merged = copy(schema)
        merged.allOf = nil
        for _, part in ipairs(schema.allOf) do
            if type(part) == "table" then
                part = type(part["$ref"]) == "string" and flat.resolve(root, part["$ref"]) or part
                merged = type(part) == "table" and both(merged, part) or merged
            end
        end
        return add(list, merged, root, depth + 1)
    end
    if add_combined(list, schema, root, depth) then
        return
    end
    local kinds = kinds_of(schema)
    if not kinds then
        list[#list + 1] = { schema = schema, root = root }
    end
    for _, kind in ipairs(kinds or {}) do
        list[#list + 1] = { kind = kind, schema = schema, root = root }
    end
end

-- The alternatives of a schema; an empty list for `false`.
function flat.alternatives(schema, root)
    local list = {}
    add(list, schema, root, 0)
    return list
end

return flat
