-- A crew's definition: moon.crew's argument, checked and made whole. What is wrong with it is raised
-- here, before anything runs, as invalid_definition.
--
-- Gives {name, agents = {names in order}, agent = {name -> spec}, tasks = {specs in order},
-- task = {name -> spec}, manager = spec or nil, memory, planning, ...}; nothing of it changes afterwards but
-- `told`, the count of crew_tell.lua.

local parts = ...
local fields, check_tasks, team = parts.moon_crew_fields, parts.moon_crew_tasks, parts.moon_crew_team
local render = parts.moon_template.render
local wrong, check = fields.wrong, fields.check
local type, pairs, ipairs, pcall, tostring, concat = type, pairs, ipairs, pcall, tostring, table.concat

local MANAGER = {
    role = "Manager of the crew", goal = "Every task done by whoever can do it best, and done well.",
    background = "You know your co-workers well, split work among them, and check what they bring.",
}

local function check_texts(where, spec, names, inputs)
    for _, name in ipairs(names) do
        local text = spec[name]
        local ok, err = pcall(render, text or "", {})
        if not ok then
            wrong(where, name, tostring(err))
        end
        for _, place in ipairs(inputs and text and fields.places(text) or {}) do
            if not inputs[place.path:match("^[^.]*")] then
                wrong(where, name, "{{" .. place.path .. "}} is none of the crew's inputs ("
                    .. concat(parts.moon_names(inputs), ", ") .. ")")
            end
        end
    end
end

local function agent_of(def, spec, name)
    local where = { crew = def.name, agent = name }
    local agent = check(where, spec, fields.agent)
    agent.name = name
    agent.background = agent.background or agent.backstory
    agent.model = agent.model or def.model
    if not agent.role then
        wrong(where, "role", "a text is expected: what the agent is in the crew")
    end
    check_texts(where, agent, { "role", "goal", "background" }, def.inputs)
    return agent
end

local function add_agent(def, spec, name)
    if type(spec) == "table" then
        name = spec.name or name or spec.role
    end
    if type(name) ~= "string" then
        wrong({ crew = def.name }, "agents", "agent " .. #def.agents + 1 .. " has neither name nor role")
    end
    if def.agent[name] then
        wrong({ crew = def.name, agent = name }, "name", "another agent has this name")
    end
    def.agents[#def.agents + 1] = name
    def.agent[name] = agent_of(def, spec, name)
end

-- A list of agents, or agents by name.
local function add_agents(def, agents)
    for _, spec in ipairs(agents) do
        add_agent(def, spec)
    end
    for _, name in ipairs(parts.moon_names(agents)) do
        if agents[name] then -- not one of the list, whose keys are numbers
            add_agent(def, agents[name], name)
        end
    end
    if #def.agents == 0 then
        wrong({ crew = def.name }, "agents", "at least one agent is expected")
    end
end

local function add_manager(def, manager)
    local where = { crew = def.name }
    if def.process ~= "hierarchical" then
        if manager then
            wrong(where, "manager", "only a crew with process = 'hierarchical' has a manager")
        end
        return
    end
    local spec = { model = type(manager) == "string" and manager or nil }
    for _, given in ipairs({ MANAGER, type(manager) == "table" and manager or {} }) do
        for name, value in pairs(given) do
            spec[name] = value
        end
    end
    if manager == false then
        wrong(where, "manager", "a hierarchical crew needs one: a model's name, an agent, or true")
    end
    local name = type(manager) == "table" and manager.name or "manager"
    if def.agent[name] then
        wrong({ crew = def.name, agent = name }, "name",
            "the manager is none of the agents: give it a name of its own")
    end
    def.manager = agent_of(def, spec, name)
end

local function add_memory(def, memory)
    local where = { crew = def.name }
    if memory == nil or memory == false then
        return
    end
    memory = type(memory) == "string" and { collection = memory } or memory
    memory = memory == true and {} or check(where, memory, fields.memory, "memory")
    if memory.collection and not memory.collection:find("^%w[%w_.-]*$") then
        wrong(where, "memory.collection", "a collection's name has letters, digits, '_', '.' and '-' only")
    end
    def.memory = { collection = memory.collection, limit = memory.limit or 3, facts = memory.facts or 5 }
end

local function add_inputs(def, inputs)
    if not inputs then
        return
    end
    def.inputs = {}
    for i, name in ipairs(inputs) do
        if type(name) ~= "string" then
            wrong({ crew = def.name }, "inputs", "item " .. i .. " must be an input's name, not a "
                .. type(name))
        end
        def.inputs[name] = true
    end
end

-- Makes every agent once as it will be made for the tasks, so that what moon.agent refuses is told now.
local function try_agents(def)
    local function try(where, spec, task)
        local ok, err = pcall(team.make, { def = def }, spec, { task = task })
        if not ok then
            err = type(err) == "table" and err.message or tostring(err)
            wrong(where, nil, (err:gsub("^agent '[^']*': ", "")))
        end
    end
    for _, name in ipairs(def.agents) do
        try({ crew = def.name, agent = name }, def.agent[name])
    end
    if def.manager then
        try({ crew = def.name, agent = def.manager.name }, def.manager)
    end
    for _, task in ipairs(def.tasks) do
        if task.tools or task.output then
            try({ crew = def.name, task = task.name }, def.manager or def.agent[task.agent], task)
        end
    end
end

return function(spec)
    spec = check({}, spec, fields.crew)
    local def = {
        name = spec.name or "crew", description = spec.description, model = spec.model, agents = {},
        agent = {}, process = spec.process or "sequential", task_callback = spec.task_callback,
        max_cost_micros = spec.max_cost_micros, max_steps = spec.max_steps, told = 0,
    }
    local where = { crew = def.name }
    if def.process ~= "sequential" and def.process ~= "hierarchical" then
        wrong(where, "process", "'sequential' or 'hierarchical' is expected, not '" .. def.process .. "'")
    end
    add_inputs(def, spec.inputs)
    add_agents(def, spec.agents or wrong(where, "agents", "a list of agents is expected"))
    add_manager(def, spec.manager)
    add_memory(def, spec.memory)
    if spec.planning then
        def.planning = spec.planning == true and {} or check(where, spec.planning, fields.planning, "planning")
    end
    def.tasks, def.task = check_tasks(def, spec.tasks or {}, check_texts)
    try_agents(def)
    return def
end
