-- Does a value fit a JSON Schema (2020-12, the vocabulary of tools and agents)? The kit asks this about
-- what a model wrote: arguments of Lua functions, and answers. What the core checks, it checks itself.
--
--     fits(schema, value) -> true, or nil and {path = "/items/0", message = "must be a string"}
--     inspect(schema)     -> true, or nil and {path = place in the schema, message}
--
-- A member that was null is absent here, so a required member whose schema takes null may be absent. Formats are
-- held to their shape only (a 30th of February is a date), numbers are doubles, and patterns are the simple part of
-- local/pattern.lua on bytes; the rest is as in core/base/schema.h.

local parts = ...
local json, text, pattern, words = parts.moon_json, parts.moon_text, parts.pattern, parts.moon_check_words
local keys_of, kind_of, equal, resolve = words.keys, words.kind, words.equal, words.resolve
local type, ipairs, floor, abs, concat = type, ipairs, math.floor, math.abs, table.concat

local MAX_STEPS, MAX_DEPTH = 50000, 60

local function bad(path, message)
    return nil, { path = path, message = message }
end

local visit

local function fits_type(wanted, value)
    local kind = kind_of(value)
    for _, name in ipairs(type(wanted) == "table" and wanted or { wanted }) do
        if name == kind or (kind == "empty" and (name == "object" or name == "array"))
            or (name == "integer" and kind == "number" and value == floor(value)) then
            return true
        end
    end
    return false
end

local function check_string(schema, value, path)
    local length = (schema.minLength or schema.maxLength) and text.length(value) or 0
    if schema.minLength and length < schema.minLength then
        return bad(path, "must have at least " .. schema.minLength .. " characters")
    elseif schema.maxLength and length > schema.maxLength then
        return bad(path, "must have at most " .. schema.maxLength .. " characters")
    elseif schema.pattern and not pattern.matches(pattern.compile(schema.pattern), value) then
        return bad(path, "must match the pattern " .. schema.pattern)
    elseif schema.format and not words.formats[schema.format](value) then
        return bad(path, "must be a valid " .. schema.format)
    end
    return true
end

local BOUNDS = {
    { "minimum", "at least ", function(value, bound) return value >= bound end },
    { "maximum", "at most ", function(value, bound) return value <= bound end },
    { "exclusiveMinimum", "more than ", function(value, bound) return value > bound end },
    { "exclusiveMaximum", "less than ", function(value, bound) return value < bound end },
    { "multipleOf", "a multiple of ", function(value, bound)
        local quotient = value / bound
        return abs(quotient - floor(quotient + 0.5)) < 1e-9
    end },
}

local function check_number(schema, value, path)
    for _, bound in ipairs(BOUNDS) do
        if schema[bound[1]] and not bound[3](value, schema[bound[1]]) then
            return bad(path, "must be " .. bound[2] .. schema[bound[1]])
        end
    end
    return true
end

local function check_items(state, schema, value, path)
    local prefix, found = schema.prefixItems or {}, 0
    for i = 1, #value do
        local inner = prefix[i]
        if inner == nil then
            inner = schema.items
        end
        local ok, err = visit(state, inner, value[i], path .. "/" .. i - 1)
        if not ok then
            return nil, err
        end
        if schema.contains ~= nil and visit(state, schema.contains, value[i], path) then
            found = found + 1
        end
    end
    if schema.contains ~= nil and found < (schema.minContains or 1) then
        return bad(path, "has too few items of the kind that it must contain")
    elseif schema.contains ~= nil and schema.maxContains and found > schema.maxContains then
        return bad(path, "has too many items of the kind that it may contain")
    end
    return true
end

local function check_array(state, schema, value, path)
    local n = #value
    if schema.minItems and n < schema.minItems then
        return bad(path, "must have at least " .. schema.minItems .. " items")
    elseif schema.maxItems and n > schema.maxItems then
        return bad(path, "must have at most " .. schema.maxItems .. " items")
    end
    for i = 2, schema.uniqueItems and n or 0 do
        for j = 1, i - 1 do
            state.steps = state.steps + 1
            if state.steps > MAX_STEPS then
                return bad(path, "is too complex to check")
            elseif equal(value[i], value[j]) then
                return bad(path .. "/" .. i - 1, "must not be the same as another item")
            end
        end
    end
    return check_items(state, schema, value, path)
end

local function check_member(state, schema, name, member, path)
    local known = false
    local place = path .. "/" .. name
    local own = (schema.properties or {})[name]
    if own ~= nil then
        known = true
        local ok, err = visit(state, own, member, place)
        if not ok then
            return nil, err
        end
    end
    for _, source in ipairs(keys_of(schema.patternProperties or {})) do
        if pattern.matches(pattern.compile(source), name) then
            known = true
            local ok, err = visit(state, schema.patternProperties[source], member, place)
            if not ok then
                return nil, err
            end
        end
    end
    if schema.propertyNames ~= nil then
        local ok, err = visit(state, schema.propertyNames, name, place)
        if not ok then
            return nil, err
        end
    end
    if known or schema.additionalProperties == nil then
        return true
    elseif schema.additionalProperties == false then
        local names = keys_of(schema.properties or {})
        return bad(place, "is not allowed" .. (#names > 0 and "; there are: " .. concat(names, ", ") or ""))
    end
    return visit(state, schema.additionalProperties, member, place)
end

local function takes_null(state, schema)
    return schema ~= nil and schema ~= true and (visit(state, schema, nil, ""))
end

local function check_object(state, schema, value, path)
    local names = keys_of(value)
    for _, name in ipairs(schema.required or {}) do
        if value[name] == nil and not takes_null(state, (schema.properties or {})[name]) then
            return bad(path .. "/" .. name, "is missing")
        end
    end
    if schema.minProperties and #names < schema.minProperties then
        return bad(path, "must have at least " .. schema.minProperties .. " members")
    elseif schema.maxProperties and #names > schema.maxProperties then
        return bad(path, "must have at most " .. schema.maxProperties .. " members")
    end
    for _, name in ipairs(names) do
        local ok, err = check_member(state, schema, name, value[name], path)
        if not ok then
            return nil, err
        end
        for _, other in ipairs((schema.dependentRequired or {})[name] or {}) do
            if value[other] == nil then
                return bad(path .. "/" .. other, "is missing: it goes with " .. name)
            end
        end
    end
    return true
end

local function check_alternatives(state, schema, value, path, rule)
    local count, why = 0, nil
    for _, inner in ipairs(schema[rule]) do
        local ok, err = visit(state, inner, value, path)
        count = count + (ok and 1 or 0)
        if err and (not why or #err.path > #why.path) then -- the one that came furthest
            why = err
        end
    end
    if count == 0 then
        return nil, why or { path = path, message = "fits no alternative" }
    elseif rule == "oneOf" and count > 1 then
        return bad(path, "fits more than one alternative")
    end
    return true
end

local function check_combined(state, schema, value, path)
    for _, inner in ipairs(schema.allOf or {}) do
        local ok, err = visit(state, inner, value, path)
        if not ok then
            return nil, err
        end
    end
    for _, rule in ipairs({ "anyOf", "oneOf" }) do
        if schema[rule] then
            local ok, err = check_alternatives(state, schema, value, path, rule)
            if not ok then
                return nil, err
            end
        end
    end
    if schema["not"] ~= nil and visit(state, schema["not"], value, path) then
        return bad(path, "is what it must not be")
    end
    if schema["if"] ~= nil then
        local branch = schema[visit(state, schema["if"], value, path) and "then" or "else"]
        if branch ~= nil then
            return visit(state, branch, value, path)
        end
    end
    return true
end

local function check_plain(schema, value, path)
    if schema.type and not fits_type(schema.type, value) then
        local wanted = type(schema.type) == "table" and concat(schema.type, " or ") or schema.type
        local kind = kind_of(value)
        return bad(path, "must be of type " .. wanted .. ", not " .. (kind == "empty" and "object" or kind))
    elseif schema.const ~= nil and not equal(schema.const, value == nil and json.null or value) then
        return bad(path, "must be " .. json.encode(schema.const))
    elseif schema.enum then
        for _, allowed in ipairs(schema.enum) do
            if equal(allowed, value == nil and json.null or value) then
                return true
            end
        end
        return bad(path, "must be one of " .. text.truncate(json.encode(json.array(schema.enum)), 300))
    end
    return true
end

local function check_kind(state, schema, value, path)
    local kind = kind_of(value)
    if kind == "string" then
        return check_string(schema, value, path)
    elseif kind == "number" then
        return check_number(schema, value, path)
    elseif kind == "array" or (kind == "empty" and schema.type == "array") then
        return check_array(state, schema, value, path)
    elseif kind == "object" or kind == "empty" then
        return check_object(state, schema, value, path)
    end
    return true
end

function visit(state, schema, value, path)
    if schema == nil or schema == true then
        return true
    elseif schema == false then
        return bad(path, "is not allowed")
    end
    state.steps, state.depth = state.steps + 1, state.depth + 1
    if state.steps > MAX_STEPS or state.depth > MAX_DEPTH then
        return bad(path, "is too complex to check")
    end
    local ok, err = true, nil
    if schema["$ref"] then
        ok, err = visit(state, resolve(state.root, schema["$ref"]), value, path)
    end
    if ok then
        ok, err = check_plain(schema, value, path)
    end
    if ok then
        ok, err = check_kind(state, schema, value, path)
    end
    if ok then
        ok, err = check_combined(state, schema, value, path)
    end
    state.depth = state.depth - 1
    return ok, err
end

return {
    fits = function(schema, value)
        return visit({ root = schema, steps = 0, depth = 0 }, schema, value, "")
    end,
    inspect = words.inspect,
    keys = keys_of,
}
