-- Values as moon.expr sees them: what a function may take, and how a value is shown in a text.

local parts = ...
local encode, NULL, fail = parts.moon_json.encode, parts.moon_json.null, parts.call.fail
local type, tostring, next = type, tostring, next

local values = {}

local KINDS = { string = "a text", number = "a number", table = "a list or an object", boolean = "true or false", ["nil"] = "null" }

-- The value, which has to be of this kind; `by` says who needs it. Raises expression_failed.
function values.need(value, kind, by)
    if type(value) ~= kind then
        fail("expression_failed", by .. " takes " .. KINDS[kind] .. ", not " .. (KINDS[type(value)] or "null"))
    end
    return value
end

function values.absent(value)
    return value == nil or value == NULL
end

-- As a template shows it: null is nothing, lists and objects are JSON.
function values.show(value)
    if value == nil or value == NULL then
        return ""
    elseif type(value) == "table" then
        return encode(value)
    elseif type(value) == "number" and value % 1 == 0 and value < 2 ^ 53 and value > -2 ^ 53 then
        return ("%d"):format(value)
    end
    return tostring(value)
end

function values.is_list(value)
    return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

return values
