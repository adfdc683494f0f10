-- moon.agent{...}: a model that uses tools until it has the answer. This file checks the definition and makes
-- the object; agent_tools.lua knows tools, agent_loop.lua runs.
--
-- What is wrong with a definition is raised here, when it is made: code invalid_definition, with the agent's
-- name and the field.

local parts = ...
local fail, names_of = parts.call.fail, parts.moon_names
local type, pairs, ipairs, setmetatable = type, pairs, ipairs, setmetatable
local find, floor, huge = string.find, math.floor, math.huge

-- agent -> its definition; what authors hold are empty faces.
local definitions = setmetatable({}, { __mode = "k" })

local function text(value)
    return type(value) == "string" and value ~= "" or "must be a text"
end

local function number_from(least, most, whole)
    return function(value)
        if type(value) == "number" and value >= least and value <= most and (not whole or value == floor(value)) then
            return true
        end
        return "must be a " .. (whole and "whole " or "") .. "number from " .. least ..
            (most == huge and "" or " to " .. most)
    end
end

local function table_of(what)
    return function(value)
        return type(value) == "table" or "must be a table: " .. what
    end
end

local function instructions(value)
    if type(value) == "string" or type(value) == "function" then
        return true
    elseif type(value) == "table" and type(value.prompt) == "string" then
        return value.vars == nil or type(value.vars) == "table" or "vars must be a table"
    end
    return "must be a text, {prompt = \"file\", vars = {...}}, or a function that returns a text"
end

local function approval_of(value)
    return value == true or type(value) == "table" or "must be true or a table such as {roles = {...}}"
end

local function list_or_function(value)
    return type(value) == "function" or type(value) == "table" or "must be a list of agents"
end

local function parallel(value)
    return type(value) == "boolean" or number_from(1, 64, true)(value)
end

local RULES = {
    name = function(value)
        return type(value) == "string" and find(value, "^[%a_][%w_-]*$") and #value <= 48
            or "must be 1 to 48 letters, digits, _ or -, beginning with a letter"
    end,
    description = text, instructions = instructions, model = text, tools = table_of("a list of tools"),
    output = table_of("a JSON Schema"), max_steps = number_from(1, 10000, true),
    max_cost_micros = number_from(1, huge), temperature = number_from(0, 2), top_p = number_from(0, 1),
    max_tokens = number_from(1, 1000000, true), effort = text, parallel_tools = parallel,
    approval = table_of("tool name = true or {roles = {...}}"), memory = table_of("{window = n, summary = true}"),
    handoffs = list_or_function, loop_limit = number_from(2, 1000, true), retries = number_from(0, 20, true),
}
local DEFAULTS = { name = "agent", max_steps = 25, loop_limit = 3, retries = 2, parallel_tools = true, tools = {} }

local function known(rules)
    return table.concat(names_of(rules), ", ")
end

-- fault(field, what): raises what is wrong with the definition.
local function fault_of(name)
    return function(field, what)
        fail("invalid_definition", "agent '" .. name .. "': " .. field .. " " .. what)
    end
end

local function check_fields(given, rules, fault, prefix)
    for _, field in ipairs(names_of(given)) do
        local rule = rules[field]
        if not rule then
            fault(prefix .. field, "is no option; there are: " .. known(rules))
        end
        local ok = rule(given[field])
        if ok ~= true then
            fault(prefix .. field, ok or "is not right")
        end
    end
end

local MEMORY = { window = number_from(2, 2000, true), keep = number_from(1, 1999, true), summary = approval_of }
MEMORY.summary = function(value)
    return type(value) == "boolean" or type(value) == "table" or "must be true or a table such as {model = ...}"
end
local SUMMARY = { model = text, max_tokens = number_from(1, 1000000, true), instructions = text }

local function read_memory(def, fault)
    local memory = def.memory
    if not memory then
        return
    end
    check_fields(memory, MEMORY, fault, "memory.")
    if not memory.window then
        fault("memory.window", "is missing: how many messages the model is shown")
    elseif memory.keep and memory.keep >= memory.window then
        fault("memory.keep", "must be less than memory.window")
    end
    local summary = memory.summary == true and {} or memory.summary or nil
    if summary then
        check_fields(summary, SUMMARY, fault, "memory.summary.")
    end
    def.memory = { window = memory.window, keep = memory.keep or floor(memory.window / 2), summary = summary }
end

local function read_approval(def, fault)
    for _, name in ipairs(names_of(def.approval or {})) do
        local ok = approval_of(def.approval[name])
        if ok ~= true then
            fault("approval." .. name, ok)
        elseif not def.tools.by_own[name] then
            fault("approval." .. name, "names no tool of this agent")
        end
        def.tools.by_own[name].approval = def.approval[name]
    end
end

local function read(given)
    local name = type(given.name) == "string" and given.name or "agent"
    local fault = fault_of(name)
    check_fields(given, RULES, fault, "")
    local def = { fault = fault }
    for field in pairs(RULES) do
        def[field] = given[field]
        if def[field] == nil then
            def[field] = DEFAULTS[field]
        end
    end
    read_memory(def, fault)
    if def.output then
        def.output = parts.moon_agent_output.new(def.output, fault)
    end
    def.tools = parts.moon_agent_tools.new(def, definitions)
    read_approval(def, fault)
    if type(def.handoffs) == "table" then
        parts.moon_agent_tools.add_handoffs(def, def.handoffs, definitions)
        def.handoffs = nil
    end
    return def
end

-- Handoffs that are given by a function may name agents that are defined later, and each other.
local function complete(agent)
    local def = definitions[agent]
    if def.handoffs then
        local list = def.handoffs()
        if type(list) ~= "table" then
            def.fault("handoffs", "must return a list of agents")
        end
        parts.moon_agent_tools.add_handoffs(def, list, definitions)
        def.handoffs = nil
    end
    return def
end

local methods = {}

function methods:run(input, opts)
    local def = definitions[self]
    if not def then
        error("call it as agent:run(input)", 2)
    end
    return parts.moon_agent_loop.run(complete(self), input, opts or {}, complete)
end

local function agent(given)
    if type(given) ~= "table" then
        error("a table of options is expected, not a " .. type(given), 2)
    end
    local def = read(given)
    local face = setmetatable({ name = def.name, description = def.description },
        { __index = methods, __metatable = false })
    definitions[face] = def
    return face
end

return agent
