-- JSON Schemas as types. A type is a set of alternatives, each a flat schema (its $ref, allOf, anyOf and
-- oneOf are resolved) of one kind: string, number, integer, boolean, object, array, null, or nil for
-- whatever it may be. What schemas say about members and items is resolved when it is asked for.
--
--     {alternatives = {{kind, schema, root}, ...}}

local flat = require "compiler.schema_flat"

local sort = table.sort
local MAX_ALTERNATIVES = flat.MAX_ALTERNATIVES

local types = { resolve = flat.resolve, kind_of_value = flat.kind_of_value }

local function one(kind, schema, root)
    return { alternatives = { { kind = kind, schema = schema, root = root } } }
end

types.any = one(nil, {}, {})
-- The type of what is not there (after an error was reported): it fits everything.
types.unknown = types.any

function types.of(kind)
    return one(kind, { type = kind }, {})
end

-- The schema that a type of ours stands for inside of other schemas.
function types.embed(t)
    return { [flat.TYPE] = t }
end

-- The type of a JSON Schema; nil and true stand for anything.
function types.type(schema, root)
    if schema == nil or schema == true then
        return types.any
    end
    local list = flat.alternatives(schema, root or schema)
    if #list == 0 then
        return types.any
    end
    return { alternatives = list }
end

-- ------------------------------------------------------------------------------ asking a type

-- Is nothing known about it?
function types.is_any(t)
    for _, a in ipairs(t.alternatives) do
        if not a.kind then
            return true
        end
    end
    return false
end

-- May it be of this kind? (number: integers, too)
function types.has(t, kind)
    for _, a in ipairs(t.alternatives) do
        if a.kind == kind or (kind == "number" and a.kind == "integer") then
            return true
        end
    end
    return false
end

-- Is it certainly of one of these kinds? kinds: {string = true, ...}; number stands for integers, too.
function types.only(t, kinds)
    for _, a in ipairs(t.alternatives) do
        if not a.kind or not (kinds[a.kind] or (a.kind == "integer" and kinds.number)) then
            return false
        end
    end
    return true
end

-- May it be null (said so, not just unknown)?
function types.may_be_null(t)
    return types.has(t, "null")
end

-- Does an alternative say nothing but its kind?
local function is_plain(a)
    local key = next(a.schema)
    return a.kind and key == "type" and next(a.schema, key) == nil
end

function types.union(a, b)
    if a == b then
        return a
    end
    local list, plain_kinds = {}, {}
    for _, t in ipairs({ a, b }) do
        for _, alternative in ipairs(t.alternatives) do
            local plain = is_plain(alternative)
            if not (plain and plain_kinds[alternative.kind]) and #list < MAX_ALTERNATIVES then
                list[#list + 1] = alternative
                if plain then
                    plain_kinds[alternative.kind] = true
                end
            end
        end
    end
    return { alternatives = list }
end

function types.without_null(t)
    local list = {}
    for _, a in ipairs(t.alternatives) do
        if a.kind ~= "null" then
            list[#list + 1] = a
        end
    end
    return #list == 0 and types.any or #list == #t.alternatives and t or { alternatives = list }
end

function types.nullable(t)
    return types.union(t, types.of("null"))
end

function types.list(of)
    return one("array", { type = "array", items = types.embed(of) }, {})
end

-- An object of these fields, {name = type}; a type that may be null makes its field optional.
function types.object(fields)
    local properties, required = {}, {}
    for name, t in pairs(fields) do
        properties[name] = types.embed(types.without_null(t))
        if not types.may_be_null(t) then
            required[#required + 1] = name
        end
    end
    sort(required)
    return one("object", { type = "object", properties = properties, required = required, additionalProperties = false }, {})
end

-- The type of a list's items.
function types.items(t)
    local result
    for _, a in ipairs(t.alternatives) do
        if not a.kind then
            return types.any
        elseif a.kind == "array" then
            local item = types.type(a.schema.items, a.root)
            result = result and types.union(result, item) or item
        end
    end
    return result or types.any
end

local function is_required(schema, name)
    if type(schema.required) == "table" then
        for _, required in ipairs(schema.required) do
            if required == name then
                return true
            end
        end
    end
    return false
end

-- A member of one flat object schema: its type and "required", "optional" or nothing when it cannot be there.
local function member(a, name)
    local schema = a.schema
    local properties = type(schema.properties) == "table" and schema.properties or {}
    if properties[name] ~= nil then
        return types.type(properties[name], a.root), is_required(schema, name) and "required" or "optional"
    elseif schema.additionalProperties == false and schema.patternProperties == nil then
        return nil
    elseif type(schema.additionalProperties) == "table" then
        return types.type(schema.additionalProperties, a.root), is_required(schema, name) and "required" or "optional"
    end
    -- A schema that lists its members and says nothing of others means these.
    if next(properties) and schema.additionalProperties == nil and schema.patternProperties == nil
        and not is_required(schema, name) then
        return nil
    end
    return types.any, is_required(schema, name) and "required" or "optional"
end
types.member_of = member

-- A member of an object: type and whether it is certainly there; nil when no alternative has it.
function types.property(t, name)
    local result, certain = nil, true
    for _, a in ipairs(t.alternatives) do
        if not a.kind then
            return types.any, false
        elseif a.kind == "object" then
            local of, presence = member(a, name)
            certain = certain and presence == "required"
            if of then
                result = result and types.union(result, of) or of
            end
        else
            certain = false
        end
    end
    return result, certain
end

-- Names of all members that are listed, sorted.
function types.properties(t)
    local seen, names = {}, {}
    for _, a in ipairs(t.alternatives) do
        if a.kind == "object" and type(a.schema.properties) == "table" then
            for name in pairs(a.schema.properties) do
                if type(name) == "string" and not seen[name] then
                    seen[name], names[#names + 1] = true, name
                end
            end
        end
    end
    sort(names)
    return names
end

-- Values that a type is limited to, as a list; nil when it is not, or only in part.
function types.enum(t)
    local list = {}
    for _, a in ipairs(t.alternatives) do
        local values = a.schema.const ~= nil and { a.schema.const } or a.schema.enum
        if a.kind == "boolean" and not values then
            values = { true, false }
        end
        if type(values) ~= "table" then
            return nil
        end
        for _, value in ipairs(values) do
            list[#list + 1] = value
        end
    end
    return list
end

function types.merge(a, b)
    local fields = {}
    for _, t in ipairs({ a, b }) do
        if types.is_any(t) or #t.alternatives ~= 1 or t.alternatives[1].schema.additionalProperties ~= false then
            return types.of("object")
        end
        for _, name in ipairs(types.properties(t)) do
            local of, certain = types.property(t, name)
            if certain or not fields[name] then
                fields[name] = certain and of or types.nullable(of)
            end
        end
    end
    return types.object(fields)
end

local SHOWN = {
    string = "text", number = "a number", integer = "a whole number", boolean = "true or false", object = "an object",
    array = "a list", null = "null",
}

-- A type in a message: "text or a number".
function types.show(t)
    local seen, list = {}, {}
    for _, a in ipairs(t.alternatives) do
        local shown = a.kind and SHOWN[a.kind] or (a.kind or "anything")
        if not seen[shown] then
            seen[shown], list[#list + 1] = true, shown
        end
    end
    return table.concat(list, " or ")
end

function types.show_kind(kind)
    return SHOWN[kind] or kind
end

return types
