-- The tools of an agent: what the model is told of each, and how one is executed.
--
-- A tool is a name on the deployment's whitelist ("http.request": the core tells the model about it), a pure
-- library function ("date.parse", agent_pure.lua), a table with a function of the author's, or another agent.

local parts = ...
local json, call = parts.moon_json, parts.call
local type, ipairs, pairs, find, gsub, tostring = type, ipairs, pairs, string.find, string.gsub, tostring

local FIELDS = { name = "string", description = "string", args = "table", run = "function", approval = "approval" }
local PLAIN_INPUT = {
    type = "object", additionalProperties = false, required = json.array({ "input" }),
    properties = { input = { type = "string", description = "what it is to do, with all that it needs to know" } },
}
local HANDOFF_INPUT = {
    type = "object", additionalProperties = false,
    properties = { reason = { type = "string", description = "why, in a sentence" } },
}
local LIBRARIES = { csv = true, date = true, json = true, template = true, text = true }
local NO_ARGS = { type = "object", properties = {} }
local MAX_TOOLS = 128

local tools = {}

-- What providers are told instead of a name with dots.
local function wire_name(name)
    return (gsub(name, "%.", "_"))
end

local function add(def, tool, place)
    local set = def.tools
    local wire = wire_name(tool.name)
    if set.by_wire[wire] then
        def.fault(place, "has the name '" .. tool.name .. "', and so has another tool")
    elseif #set.wire >= MAX_TOOLS then
        def.fault(place, "is one too many: " .. MAX_TOOLS .. " are allowed")
    end
    set.by_wire[wire], set.by_own[tool.name] = tool, tool
    if tool.kind == "platform" then -- the core says what it is, and translates its name
        set.by_name[tool.name], set.wire[#set.wire + 1] = tool, tool.name
    else
        set.by_name[wire] = tool
        set.wire[#set.wire + 1] = { name = wire, description = tool.description, parameters = tool.args }
    end
end

local function check_name(def, name, place)
    if type(name) ~= "string" or not find(name, "^[%w_-]+$") or #name > 64 then
        def.fault(place .. ".name", "must be 1 to 64 letters, digits, _ or -: no provider takes another")
    end
end

local function named(def, name, place)
    if #name > 64 or not find(name, "^[%a][%w_]*[%w_.]*$") then
        def.fault(place, "'" .. name .. "' is no tool's name")
    end
    local library = name:match("^(%l+)%.")
    if library and LIBRARIES[library] then
        local pure = parts.moon_agent_pure[name]
        if not pure then
            def.fault(place, "'" .. name .. "' is no function that a model can use")
        end
        return { name = name, kind = "function", description = pure.description, args = pure.args, run = pure.run }
    end
    return { name = name, kind = "platform" }
end

local function check_fields(def, given, place)
    for _, field in ipairs(parts.moon_names(given)) do
        local wanted = FIELDS[field]
        if not wanted then
            def.fault(place .. "." .. field, "is no field of a tool; there are: approval, args, description, name, run")
        elseif wanted ~= "approval" and type(given[field]) ~= wanted then
            def.fault(place .. "." .. field, "must be a " .. wanted .. ", not a " .. type(given[field]))
        end
    end
end

local function made(def, given, place)
    check_fields(def, given, place)
    check_name(def, given.name, place)
    if not given.run then
        def.fault(place .. ".run", "is missing: a function that takes the arguments")
    elseif not given.description then
        def.fault(place .. ".description", "is missing: the model decides by it")
    end
    local args = given.args or NO_ARGS
    local ok, err = parts.moon_check.inspect(args)
    if not ok then
        def.fault(place .. ".args" .. err.path, err.message)
    elseif args.type ~= "object" then
        def.fault(place .. ".args", "must be a schema of type object")
    end
    return {
        name = given.name, kind = "function", description = given.description, args = args, run = given.run,
        approval = given.approval,
    }
end

local function of_agent(agent)
    return {
        name = agent.name, kind = "agent", agent = agent, args = PLAIN_INPUT,
        description = agent.description or "Asks the agent " .. agent.name .. ".",
    }
end

function tools.new(def, definitions)
    local list = def.tools
    def.tools = { wire = json.array({}), by_name = {}, by_own = {}, by_wire = {} }
    for key in pairs(list) do
        if type(key) ~= "number" then
            def.fault("tools", "must be a list; '" .. tostring(key) .. "' is no number")
        end
    end
    for i, given in ipairs(list) do
        local place = "tools[" .. i .. "]"
        if type(given) == "string" then
            add(def, named(def, given, place), place)
        elseif definitions[given] then
            add(def, of_agent(given), place)
        elseif type(given) == "table" then
            add(def, made(def, given, place), place)
        else
            def.fault(place, "must be a name, a table with run, or an agent, not a " .. type(given))
        end
    end
    return def.tools
end

function tools.add_handoffs(def, agents, definitions)
    for i, agent in ipairs(agents) do
        local place = "handoffs[" .. i .. "]"
        if not definitions[agent] then
            def.fault(place, "must be an agent, not a " .. type(agent))
        end
        local about = agent.description and ": " .. agent.description or "."
        add(def, {
            name = "transfer_to_" .. agent.name, kind = "handoff", agent = agent, args = HANDOFF_INPUT,
            description = "Hands the conversation over to " .. agent.name .. about,
        }, place)
    end
end

-- ------------------------------------------------------------------------------------------- execution

-- An author's function: value, or nil and what is wrong. What it raises as text is told to the model, too, and
-- written to the log: it may be a mistake of the author's.
local function run_function(tool, args)
    local ok, value, why = pcall(tool.run, args)
    if ok and value == nil and why ~= nil then
        ok, value = false, why
    end
    if ok then
        return true, value
    elseif type(value) ~= "table" then
        parts.moon_log.log()("error", "tool " .. tool.name .. ": " .. tostring(value))
        value = { code = "tool_error", message = tostring(value) }
    end
    return false, value
end

-- ok, value or error. `spent` gathers what agents below used.
function tools.execute(tool, args, state)
    if tool.kind == "platform" then
        return call.try(tool.name, args)
    elseif tool.kind == "function" then
        return run_function(tool, args)
    end
    return pcall(state.run_below, tool.agent, args.input)
end

-- What the model is told of a result: the text itself, or its canonical JSON.
function tools.content(value)
    if type(value) == "string" then
        return value
    end
    local encoded, text = pcall(json.encode, value)
    if encoded then
        return text
    end
    return nil, { code = "invalid_result", message = "the tool's result is no JSON value: " .. tostring(text) }
end

return tools
