-- moon.crew{...}: agents with roles that do tasks together. The definition is checked at once
-- (crew_define.lua, crew_tasks.lua); crew_run.lua does the tasks.

local parts = ...
local define, start, reserve = parts.moon_crew_define, parts.moon_crew_run, parts.moon_crew_tell.reserve
local map, fail = parts.branches.map, parts.call.fail
local type, error, pcall, tostring, pairs = type, error, pcall, tostring, pairs

local RUN = { max_cost_micros = true, max_steps = true }
local EACH = { limit = true, on_error = true }

local function check(opts, more)
    if opts ~= nil and type(opts) ~= "table" then
        error("the options must be a table", 3)
    end
    for name, value in pairs(opts or {}) do
        if not RUN[name] and not (more and more[name]) then
            error("there is no option '" .. tostring(name) .. "'", 3)
        end
        if RUN[name] and (type(value) ~= "number" or value <= 0) then
            error(name .. " must be a number above 0", 3)
        end
    end
    return opts or {}
end

local function check_inputs(inputs, what)
    if inputs ~= nil and type(inputs) ~= "table" then
        fail("invalid_input", what .. " must be a table whose fields fill the {{places}} of the "
            .. "tasks, not a " .. type(inputs))
    end
    return inputs or {}
end

local function run_each(def, list, opts)
    local kept = reserve(def, #list)
    local function one(inputs, i)
        return start(def, check_inputs(inputs, "input " .. i), opts, i <= kept)
    end
    return map(list, function(inputs, i)
        if opts.on_error ~= "collect" then
            return one(inputs, i)
        end
        local ok, result = pcall(one, inputs, i)
        return ok and result or { error = result }
    end, { limit = opts.limit })
end

return function(spec)
    local def = define(spec)
    local crew = { name = def.name, description = def.description }

    -- inputs: a table that fills the {{places}} of tasks and agents.
    function crew.run(_, inputs, opts)
        opts = check(opts)
        return start(def, check_inputs(inputs, "the input of a crew"), opts, reserve(def, 1) > 0)
    end

    -- One run of the crew for each item of the list, side by side; results in the list's order.
    function crew.run_each(_, list, opts)
        opts = check(opts, EACH)
        if type(list) ~= "table" then
            error("a list of inputs is expected, not a " .. type(list), 2)
        end
        if opts.on_error ~= nil and opts.on_error ~= "raise" and opts.on_error ~= "collect" then
            error("on_error is 'raise' or 'collect'", 2)
        end
        return run_each(def, list, opts)
    end

    return crew
end
