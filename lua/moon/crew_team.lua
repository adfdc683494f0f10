-- The agents of a crew at work: each is a moon.agent made from its role, with tools by which it gives
-- work to others where it may.
--
-- A co-worker that was given work gives none on: what could go round in circles cannot begin.
--
-- work = {name, account, task}: whose work it is, what it is charged to, and for whoever does a task
-- itself the task, whose tools and output schema apply.

local parts = ...
local new_agent, object, text = parts.moon_agent, parts.moon_schema.object, parts.moon_schema.string
local prompt, budget = parts.moon_crew_prompt, parts.moon_crew_budget
local render, squeeze = parts.moon_template.render, parts.moon_text.squeeze
local tell, fail = parts.moon_crew_tell.tell, parts.call.fail
local pcall, ipairs, error, type = pcall, ipairs, error, type
local concat, lower, gsub, sub, find_text = table.concat, string.lower, string.gsub, string.sub, string.find

local team = {}

local PASSED = {
    "temperature", "max_tokens", "approval", "parallel_tools", "loop_limit", "retries",
}

-- Who may be given work by `spec` in a task: a manager's are the task's own agent, or all.
local function coworkers(def, spec, task)
    local list = {}
    if not task or spec ~= def.manager and not spec.delegation then
        return list
    elseif spec == def.manager and task.agent then
        return { def.agent[task.agent] }
    end
    for _, name in ipairs(def.agents) do
        if name ~= spec.name then
            list[#list + 1] = def.agent[name]
        end
    end
    return list
end

local function briefing(def, spec, list, vars)
    local lines = {}
    for i, other in ipairs(list) do
        lines[i] = "- " .. other.name .. ": " .. render(other.role, vars)
            .. (other.goal and "; " .. render(other.goal, vars) or "")
    end
    local who = "Your co-workers:\n" .. concat(lines, "\n") .. "\nA co-worker knows only what you write. "
    if spec ~= def.manager then
        return who .. "You may give them parts of your work, or ask them, by your tools; the answer is yours."
    end
    return who .. "Give the work to whoever can do it best, by your tools. Check what comes back against what "
        .. "is expected; if it falls short, give it back and say what is wrong. Your answer is the task's "
        .. "result, whole and in its final form."
end

local function fold(name)
    return lower(squeeze((gsub(name, "[\"'`*]", ""))))
end

-- By name or role, as models write them.
local function find(list, name, vars)
    local wanted, names = type(name) == "string" and fold(name), {}
    for i, spec in ipairs(list) do
        names[i] = spec.name
        if fold(spec.name) == wanted or fold(render(spec.role, vars)) == wanted then
            return spec
        end
    end
    return fail("unknown_coworker", "there is no co-worker '" .. tostring(name) .. "'; there are: "
        .. concat(names, ", "))
end

-- One of the tools by which work is given to others: tool name, argument, description.
local function tool(run, work, from, list, name, what, description)
    return {
        name = name, description = description,
        args = object({
            coworker = text({ description = "the name of one of your co-workers" }),
            [what] = text({ description = "what is wanted, in full" }),
            context = text({ description = "all that the co-worker needs to know for it" }),
        }),
        run = function(args)
            local spec = find(list, args.coworker, run.inputs)
            tell(run, "delegated", { task = work.name, from = from.name, to = spec.name, tool = name }, true)
            local context = args.context and args.context ~= "" and "\n\n# What you need to know\n"
                .. args.context or ""
            return team.ask(run, spec, { name = work.name, account = work.account }, args[what] .. context).text
        end,
    }
end

local function tools_of(run, spec, work, list)
    local tools = {}
    for i, one in ipairs(work.task and work.task.tools or spec.tools or {}) do
        tools[i] = one
    end
    if #list > 0 then
        tools[#tools + 1] = tool(run, work, spec, list, "delegate_work", "task",
            "Gives a piece of work to a co-worker and returns the result.")
        tools[#tools + 1] = tool(run, work, spec, list, "ask_question", "question",
            "Asks a co-worker a question and returns the answer.")
    end
    return tools
end

-- What moon.agent takes as a name.
local function plain(name)
    name = sub(gsub(name, "[^%w_-]+", "_"), 1, 48)
    return find_text(name, "^[%a_]") and name or "_" .. sub(name, 1, 47)
end

-- The moon.agent of `spec` for a piece of work; left = limits (budget.room) or nil.
function team.make(run, spec, work, left)
    local list, vars = coworkers(run.def, spec, work.task), run.inputs or {}
    local made = {
        name = plain(spec.name), model = spec.model,
        instructions = prompt.instructions(spec, vars, #list > 0 and briefing(run.def, spec, list, vars)),
        tools = tools_of(run, spec, work, list),
        output = work.task and work.task.output or spec.output,
        max_steps = budget.nearer(spec.max_steps, left and left.steps),
        max_cost_micros = budget.nearer(spec.max_cost_micros, left and left.cost_micros),
    }
    for _, name in ipairs(PASSED) do
        made[name] = spec[name]
    end
    return new_agent(made)
end

-- Runs an agent on a text and books what it used: moon.agent's result. Raises crew_budget.
function team.ask(run, spec, work, input)
    local account = work.account
    local left = budget.room(account)
    local agent = team.make(run, spec, work, left)
    local ok, result = pcall(agent.run, agent, input)
    if type(result) == "table" then
        budget.charge(account, result)
    end
    if account.over then -- by a co-worker: what a tool raises only the model is told
        error(account.over, 0)
    end
    if not ok then
        budget.blame(account, result, spec, left)
        error(result, 0)
    end
    budget.check(account)
    return result
end

return team
