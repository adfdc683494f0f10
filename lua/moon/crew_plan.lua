-- The planning step: before the first task, one look at all of them gives each a plan.

local parts = ...
local team, prompt, schema = parts.moon_crew_team, parts.moon_crew_prompt, parts.moon_schema
local render = parts.moon_template.render
local ipairs, concat, tostring, type = ipairs, table.concat, tostring, type

local ROLE = {
    role = "the planner of a crew", goal = "A short plan for each task, by which its agent gets it right at once.",
    background = "You plan with the agents and tools that there are, step by step, and do no task yourself.",
}

local function planner_of(def)
    return {
        name = "planner", role = ROLE.role, goal = ROLE.goal, background = ROLE.background,
        model = def.planning.model or def.manager and def.manager.model or def.model,
        output = schema.object({
            plans = schema.array(schema.object({
                task = schema.string({ description = "the task's name" }),
                plan = schema.string({ description = "its steps, in order" }),
            }), { description = "one for each task" }),
        }),
    }
end

local function tools_said(task, spec)
    local names = {}
    for _, tool in ipairs(task.tools or spec and spec.tools or {}) do
        names[#names + 1] = type(tool) == "table" and tostring(tool.name) or tostring(tool)
    end
    return #names > 0 and "\nTools: " .. concat(names, ", ") or ""
end

local function task_said(run, task)
    local def = run.def
    local spec = task.agent and def.agent[task.agent]
    return "## " .. task.name .. "\n" .. render(task.description, run.inputs) .. "\nExpected: "
        .. render(task.expected_output, run.inputs)
        .. (spec and "\nAgent: " .. render(spec.role, run.inputs)
            .. (spec.goal and "; " .. render(spec.goal, run.inputs) or "") or "")
        .. (task.context and #task.context > 0 and "\nGets the results of: " .. concat(task.context, ", ") or "")
        .. tools_said(task, spec)
end

-- Plans by the tasks' names.
return function(run, account)
    local said, plans = {}, {}
    for i, task in ipairs(run.def.tasks) do
        said[i] = task_said(run, task)
    end
    local input = "Plan these tasks, which are done in this order.\n\n" .. concat(said, "\n\n")
    local answer = team.ask(run, planner_of(run.def), { name = "planning", account = account }, input).output
    for _, plan in ipairs(answer.plans) do
        plans[plan.task] = plans[plan.task] or prompt.text(plan.plan)
    end
    return plans
end
