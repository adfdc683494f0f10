-- moon.tool(name, args, opts) and moon.tools.<group>.<name>(args, opts): any tool.

local parts = ...
local try, call, raise = parts.call.try, parts.call.call, parts.call.raise
local type, pairs, error, setmetatable = type, pairs, error, setmetatable

-- What opts may hold; true: it goes to the core, which acts on it.
local OPTIONS = { retries = false, backoff_s = false, timeout_ms = true, approval = true }
local MAX_RETRIES = 10

local function check(opts)
    if type(opts) ~= "table" then
        error("the options must be a table", 4)
    end
    local wire
    for name, value in pairs(opts) do
        if OPTIONS[name] == nil then
            error("there is no option '" .. tostring(name) .. "'", 4)
        end
        if OPTIONS[name] then
            wire = wire or {}
            wire[name] = value
        end
    end
    local retries, backoff_s = opts.retries or 0, opts.backoff_s or 0.5
    if type(retries) ~= "number" or retries < 0 or retries > MAX_RETRIES then
        error("retries must be a number from 0 to " .. MAX_RETRIES, 4)
    end
    if type(backoff_s) ~= "number" or backoff_s < 0 then
        error("backoff_s must be a number from 0", 4)
    end
    return wire, retries, backoff_s
end

local function with_options(name, args, opts)
    local wire, retries, backoff_s = check(opts)
    for attempt = 0, retries do
        local ok, value = try(name, args, wire)
        if ok then
            return value
        end
        if attempt == retries or type(value) ~= "table" or not value.retryable then
            return raise(value)
        end
        call("sleep", { seconds = backoff_s * 2 ^ attempt })
    end
end

local function tool(name, args, opts)
    if type(name) ~= "string" then
        error("a tool's name is expected, not a " .. type(name), 2)
    end
    if opts == nil then
        return (call(name, args))
    end
    return (with_options(name, args, opts))
end

-- moon.tools: every field is a function that calls the tool of that name, and a group.
local function node(prefix)
    return setmetatable({}, {
        __metatable = false,
        __index = function(self, name)
            local inner = node(prefix and prefix .. "." .. tostring(name) or tostring(name))
            rawset(self, name, inner)
            return inner
        end,
        __call = function(_, args, opts)
            return tool(prefix, args, opts)
        end,
    })
end

return {
    tool = tool,
    tools = function()
        return node(nil)
    end,
}
