-- Asking the core for something, and the errors that come back.

local parts = ...
local host = parts.host
local raw_call, drain = host.call, host.drain
local error, setmetatable, type, tostring = error, setmetatable, type, tostring

-- Errors of the kit: {code, message, retryable, details}.
local Error = { __metatable = false }
function Error.__tostring(e)
    return tostring(e.code) .. ": " .. tostring(e.message)
end

local function raise(value)
    if type(value) ~= "table" then
        value = { code = "internal", message = "the call failed" }
    end
    error(setmetatable(value, Error), 0)
end

-- ok, value: as the core answers. Waits.
local function try(name, args, opts)
    drain()
    return raw_call(name, args, opts)
end

-- The result. Raises the error that the core answered.
local function call(name, args, opts)
    drain()
    local ok, value = raw_call(name, args, opts)
    if ok then
        return value
    end
    return raise(value)
end

-- An error of the kit's own.
local function fail(code, message)
    raise({ code = code, message = message, retryable = false })
end

return { call = call, try = try, raise = raise, fail = fail, Error = Error }
