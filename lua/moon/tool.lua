-- moon.tool(name, args, opts) and moon.tools.<group>.<name>(args, opts): any tool. opts: retries, backoff_s,
-- timeout_ms, and approval: true, a title, or the arguments of moon.approve; a person decides before the call.

local parts = ...
local try, call, raise = parts.call.try, parts.call.call, parts.call.raise
local type, pairs, error, setmetatable = type, pairs, error, setmetatable

local OPTIONS = { retries = true, backoff_s = true, timeout_ms = true, approval = true }
local MAX_RETRIES = 10
local MAX_TIMEOUT_MS = 86400000

local function check(opts)
    if type(opts) ~= "table" then
        error("the options must be a table", 4)
    end
    for name in pairs(opts) do
        if not OPTIONS[name] then
            error("there is no option '" .. tostring(name) .. "'", 4)
        end
    end
    local timeout_ms = opts.timeout_ms
    if timeout_ms ~= nil and (type(timeout_ms) ~= "number" or timeout_ms < 1 or timeout_ms > MAX_TIMEOUT_MS) then
        error("timeout_ms must be a number from 1 to " .. MAX_TIMEOUT_MS, 4)
    end
    local retries, backoff_s = opts.retries or 0, opts.backoff_s or 0.5
    if type(retries) ~= "number" or retries < 0 or retries > MAX_RETRIES then
        error("retries must be a number from 0 to " .. MAX_RETRIES, 4)
    end
    if type(backoff_s) ~= "number" or backoff_s < 0 then
        error("backoff_s must be a number from 0", 4)
    end
    return timeout_ms and { timeout_ms = timeout_ms }, retries, backoff_s
end

-- Asks a person whether the call may be made. Raises "rejected" when it may not.
local function ask(name, args, approval)
    local question = { title = "May " .. name .. " be called?", details = { tool = name, args = args } }
    if type(approval) == "string" then
        question.title = approval
    elseif type(approval) == "table" then
        for key, value in pairs(approval) do
            question[key] = value
        end
    elseif approval ~= true then
        error("approval must be true, a title, or a table for moon.approve", 4)
    end
    local decision = call("approve", question)
    if decision.approved ~= true then
        raise({
            code = "rejected", retryable = false, details = decision,
            message = name .. " was not approved" .. (type(decision.comment) == "string" and ": " .. decision.comment or ""),
        })
    end
end

local function with_options(name, args, opts)
    local wire, retries, backoff_s = check(opts)
    if opts.approval then
        ask(name, args, opts.approval)
    end
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

-- What a function of the kit was called with, as a table; a text stands for its member `short`.
local function arguments(args, short)
    if type(args) == "string" then
        return { [short] = args }
    elseif type(args) ~= "table" then
        error("a table of arguments is expected, not a " .. type(args), 3)
    end
    return args
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
    tool = tool, arguments = arguments,
    tools = function()
        return node(nil)
    end,
}
