-- moon.run: other deployments of the customer as child runs.
--
-- moon.run(target, input, opts) waits and gives the output and the whole result; with wait = false it
-- gives a handle at once, and moon.run.wait(handle) the same as waiting would have.

local parts = ...
local tool, names_of = parts.moon_tool.tool, parts.moon_names
local type, pairs, error, setmetatable = type, pairs, error, setmetatable

local OPTIONS = { budget_micros = "number", timeout_s = "number", wait = "boolean" }

local function check(target, opts)
    if type(target) ~= "string" then
        error("the name of a deployment is expected, not a " .. type(target), 3)
    end
    if opts ~= nil and type(opts) ~= "table" then
        error("the options must be a table", 3)
    end
    for _, name in ipairs(names_of(opts or {})) do
        if not OPTIONS[name] then
            error("there is no option '" .. name .. "'; there are budget_micros, timeout_s and wait", 3)
        elseif type(opts[name]) ~= OPTIONS[name] then
            error(name .. " must be a " .. OPTIONS[name], 3)
        end
    end
end

local function run(_, target, input, opts)
    check(target, opts)
    local args = { target = target, input = input }
    for name in pairs(OPTIONS) do
        if opts then
            args[name] = opts[name]
        end
    end
    local result = tool("agent.run", args)
    if args.wait == false then
        return result
    end
    return result.output, result
end

local function wait(handle)
    local id = type(handle) == "table" and handle.run_id or handle
    if type(id) ~= "string" then
        error("what moon.run gave with wait = false is expected", 2)
    end
    local result = tool("agent.wait", { run_id = id })
    return result.output, result
end

local metatable = { __metatable = false, __call = run }

return {
    run = function()
        return setmetatable({ wait = wait }, metatable)
    end,
}
