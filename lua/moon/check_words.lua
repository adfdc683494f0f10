-- What moon/check.lua needs to know of schemas: their keywords, formats and references; and whether a schema
-- is one.

local parts = ...
local json, pattern = parts.moon_json, parts.pattern
local type, ipairs, pairs, next, sort, find = type, ipairs, pairs, next, table.sort, string.find
local concat, getmetatable, tonumber = table.concat, getmetatable, tonumber

local function keys_of(object)
    local keys = {}
    for key in pairs(object) do
        if type(key) == "string" then
            keys[#keys + 1] = key
        end
    end
    sort(keys)
    return keys
end

-- "null", "boolean", "number", "string", "array", "object"; "empty" is an empty table, which may be
-- either of the last two.
local function kind_of(value)
    if value == nil or value == json.null then
        return "null"
    elseif type(value) ~= "table" then
        return type(value)
    elseif value[1] ~= nil then
        return "array"
    elseif next(value) == nil then
        return getmetatable(value) == false and "array" or "empty"
    end
    return "object"
end

local function equal(a, b)
    if a == b then
        return true
    elseif type(a) ~= "table" or type(b) ~= "table" then
        return false
    end
    for key, item in pairs(a) do
        if not equal(item, b[key]) then
            return false
        end
    end
    for key in pairs(b) do
        if a[key] == nil then
            return false
        end
    end
    return true
end

-- What "#", "#/$defs/x" or an anchor names in the document; nil = nothing.
local function resolve(root, reference)
    if reference == "#" then
        return root
    elseif reference:sub(1, 2) ~= "#/" then
        for _, name in ipairs(keys_of(root["$defs"] or {})) do
            local definition = root["$defs"][name]
            if type(definition) == "table" and definition["$anchor"] == reference:sub(2) then
                return definition
            end
        end
        return nil
    end
    local node = root
    for part in reference:sub(3):gmatch("[^/]+") do
        part = part:gsub("~1", "/"):gsub("~0", "~")
        if type(node) ~= "table" then
            return nil
        end
        node = node[part] == nil and node[(tonumber(part) or -2) + 1] or node[part]
    end
    return node
end

local HEX = ("%x"):rep(8) .. "%-" .. (("%x"):rep(4) .. "%-"):rep(3) .. ("%x"):rep(12)

local function matches(expression)
    return function(value)
        return find(value, expression) ~= nil
    end
end

local formats = {
    email = matches("^[^@%s]+@[^@%s]+%.[^@%s%.]+$"),
    uri = matches("^%a[%w%+%.%-]*:%S*$"),
    ["uri-reference"] = matches("^%S*$"),
    date = matches("^%d%d%d%d%-[01]%d%-[0-3]%d$"),
    ["date-time"] = matches("^%d%d%d%d%-[01]%d%-[0-3]%d[Tt][0-2]%d:[0-5]%d:[0-6]%d%.?%d*[Zz%+%-][%d:]*$"),
    time = matches("^[0-2]%d:[0-5]%d:[0-6]%d%.?%d*[Zz%+%-]?[%d:]*$"),
    duration = matches("^P[%dYMWDTHS%.]+$"),
    uuid = matches("^" .. HEX .. "$"),
    ipv4 = matches("^%d%d?%d?%.%d%d?%d?%.%d%d?%d?%.%d%d?%d?$"),
    ipv6 = matches("^[%x:%.]*:[%x:%.]*$"),
    hostname = matches("^[%w%.%-]+$"),
    ["json-pointer"] = function(value)
        return value == "" or value:sub(1, 1) == "/"
    end,
    regex = function(value)
        return pattern.compile(value) ~= nil
    end,
}

-- Keyword -> what its value must be. "schema", "schemas" and "named" are schemas inside.
local KEYWORDS = {
    type = "types", enum = "array", const = "any", properties = "named", patternProperties = "named",
    propertyNames = "schema", required = "names", additionalProperties = "schema", items = "schema",
    prefixItems = "schemas", contains = "schema", minContains = "number", maxContains = "number",
    minLength = "number", maxLength = "number", minItems = "number", maxItems = "number",
    uniqueItems = "boolean", minProperties = "number", maxProperties = "number", minimum = "number",
    maximum = "number", exclusiveMinimum = "number", exclusiveMaximum = "number", multipleOf = "number",
    pattern = "pattern", format = "format", allOf = "schemas", anyOf = "schemas", oneOf = "schemas",
    ["not"] = "schema", ["if"] = "schema", ["then"] = "schema", ["else"] = "schema", ["$ref"] = "reference",
    ["$defs"] = "named", ["$anchor"] = "string", dependentRequired = "any", title = "string",
    description = "string", default = "any", examples = "any", deprecated = "any", readOnly = "any",
    writeOnly = "any", contentMediaType = "string", ["$comment"] = "string", ["$schema"] = "string", ["$id"] = "string",
}
local TYPES = { null = 1, boolean = 1, number = 1, integer = 1, string = 1, array = 1, object = 1 }

local function bad(path, message)
    return nil, { path = path, message = message }
end

local inspect_at

local function inspect_each(root, list, path)
    for _, name in ipairs(list[1] ~= nil and {} or keys_of(list)) do
        local ok, err = inspect_at(root, list[name], path .. "/" .. name)
        if not ok then
            return nil, err
        end
    end
    for i, inner in ipairs(list) do
        local ok, err = inspect_at(root, inner, path .. "/" .. i - 1)
        if not ok then
            return nil, err
        end
    end
    return true
end

local function are_types(value)
    for _, name in ipairs(type(value) == "table" and value or { value }) do
        if not TYPES[name] then
            return false
        end
    end
    return true
end

-- What a keyword's value must be: test(value, root) and, when it fails, the words for it.
local TESTS = {
    any = { function() return true end },
    types = { are_types, "must be one of " .. concat(keys_of(TYPES), ", ") },
    array = { function(value) return type(value) == "table" and #value > 0 end, "must be a list with at least one value" },
    names = { function(value) return kind_of(value) == "array" or kind_of(value) == "empty" end, "must be a list of names" },
    pattern = { function(value) return type(value) == "string" and pattern.compile(value) ~= nil end,
        "is a pattern that cannot be checked here (no look-around, references or \\p)" },
    format = { function(value) return formats[value] ~= nil end, "must be one of " .. concat(keys_of(formats), ", ") },
    reference = { function(value, root)
        return type(value) == "string" and value:sub(1, 1) == "#" and resolve(root, value) ~= nil
    end, "names nothing in this schema" },
    schemas = { function(value) return type(value) == "table" and #value > 0 end, "must be a list of schemas" },
    named = { function(value) return type(value) == "table" and #value == 0 end, "must be a table from names to schemas" },
}

local function inspect_keyword(root, wanted, value, place)
    if wanted == "schema" then
        return inspect_at(root, value, place)
    end
    local test = TESTS[wanted]
    if test and not test[1](value, root) then
        return bad(place, test[2])
    elseif not test and type(value) ~= wanted then
        return bad(place, "must be a " .. wanted)
    elseif wanted == "schemas" or wanted == "named" then
        return inspect_each(root, value, place)
    end
    return true
end

function inspect_at(root, schema, path)
    if type(schema) == "boolean" then
        return true
    elseif type(schema) ~= "table" or schema[1] ~= nil then
        return bad(path, "must be a JSON Schema: a table such as {type = \"string\"}")
    end
    for _, keyword in ipairs(keys_of(schema)) do
        local wanted = KEYWORDS[keyword]
        if not wanted then
            return bad(path .. "/" .. keyword, "is no keyword of JSON Schema that is known here")
        end
        local ok, err = inspect_keyword(root, wanted, schema[keyword], path .. "/" .. keyword)
        if not ok then
            return nil, err
        end
    end
    return true
end

return {
    keys = keys_of, kind = kind_of, equal = equal, resolve = resolve, formats = formats,
    inspect = function(schema)
        return inspect_at(schema, schema, "")
    end,
}
