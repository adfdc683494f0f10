-- moon.json: text of JSON and values of Lua. Objects come out with sorted keys.

local parts = ...
local host = parts.host
local encode, decode, ARRAY = host.encode, host.decode, host.ARRAY
local pcall, type, error = pcall, type, error
local getmetatable, setmetatable = getmetatable, setmetatable

local json = { null = host.NULL }

function json.encode(value)
    local text, what = encode(value)
    if not text then
        error(what, 2)
    end
    return text
end

function json.decode(text)
    if type(text) ~= "string" then
        error("a text is expected, not a " .. type(text), 2)
    end
    local ok, value = pcall(decode, text)
    if ok then
        return value
    end
    return nil, value
end

function json.array(list)
    if list ~= nil and type(list) ~= "table" then
        error("a list is expected, not a " .. type(list), 2)
    end
    if list and getmetatable(list) == false then -- it is marked already
        return list
    end
    return setmetatable(list or {}, ARRAY)
end

return json
