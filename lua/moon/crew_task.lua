-- One task of a crew: its text, the agent's answer, the checks that it must pass, what becomes of it.

local parts = ...
local team, prompt, checks = parts.moon_crew_team, parts.moon_crew_prompt, parts.moon_crew_checks
local memory, tell = parts.moon_crew_memory, parts.moon_crew_tell.tell
local render, truncate, raise = parts.moon_template.render, parts.moon_text.truncate, parts.call.raise
local type, error, pcall, ipairs, pairs = type, error, pcall, ipairs, pairs

-- Results that are the task's context, and those that are not: list, list.
local function split(def, task, seen)
    local named, context, others = {}, {}, {}
    for _, name in ipairs(task.context or {}) do
        named[name] = true
    end
    if not task.context then -- the task before it that was done and is not async
        for i = #seen, 1, -1 do
            if not seen[i].skipped and not def.task[seen[i].task].async then
                named[seen[i].task] = true
                break
            end
        end
    end
    for _, result in ipairs(seen) do
        local list = named[result.task] and context or others
        if not result.skipped then
            list[#list + 1] = result
        end
    end
    return context, others
end

-- Asks until an answer passes; the agent is told each time what was wrong with the last.
local function draft_of(run, work, spec, text)
    local draft, input = { attempt = 0, refusals = 0, rounds = 0, agent = spec.name }, text
    while true do
        local result = team.ask(run, spec, work, input)
        draft.attempt = draft.attempt + 1
        draft.output, draft.text = result.output, prompt.text(result.output)
        local why = checks.guard(run, work, draft) or checks.review(run, work, draft)
        if not why then
            return draft
        end
        input = prompt.again(result.messages, why)
    end
end

local function finish(run, work, draft, query)
    local task = work.task
    local result = {
        task = task.name, agent = draft.agent, output = draft.output, text = draft.text,
        attempts = draft.attempt, usage = work.account.spent,
    }
    if task.output_file then
        result.file = render(task.output_file, run.inputs)
        parts.moon_file.write(result.file, draft.text)
    end
    memory.keep(run.def, query, result)
    for _, callback in ipairs({ task.callback or false, run.def.task_callback or false }) do
        if callback then
            callback(result)
        end
    end
    tell(run, "task_done", {
        task = task.name, agent = result.agent, attempts = result.attempts,
        usage = result.usage, text = truncate(draft.text, 500),
    })
    return result
end

local function skip(run, task)
    tell(run, "task_done", { task = task.name, skipped = true })
    return { task = task.name, skipped = true, text = "", attempts = 0, usage = parts.moon_crew_budget.zero() }
end

local function wanted(task, run, seen)
    local by_name = {}
    for _, result in ipairs(task.condition and seen or {}) do
        by_name[result.task] = result
    end
    return not task.condition or task.condition(by_name, run.inputs)
end

local function perform(run, work, seen)
    local def, task = run.def, work.task
    if not wanted(task, run, seen) then
        return skip(run, task)
    end
    local spec = def.manager or def.agent[task.agent]
    tell(run, "task_started", { task = task.name, agent = spec.name })
    local context, others = split(def, task, seen)
    local query = render(task.description, run.inputs)
    local text = prompt.task(task, run.inputs, {
        context = context, plan = run.plans[task.name], facts = memory.facts(def, task, others),
        memories = memory.recall(def, query),
    })
    return finish(run, work, draft_of(run, work, spec, text), query)
end

-- work as crew_team.lua has it; seen = results of earlier tasks, in order. Returns the result of the
-- task; what is raised says which task it was.
return function(run, work, seen)
    local ok, result = pcall(perform, run, work, seen)
    if ok then
        return result
    end
    if type(result) ~= "table" or result.code == "crew_budget" then
        error(result, 0)
    end
    local told = {}
    for name, value in pairs(result) do
        told[name] = value
    end
    told.message = "task '" .. work.name .. "': " .. tostring(result.message)
    told.details = {
        crew = run.def.name, task = work.name, agent = run.def.manager and run.def.manager.name or work.task.agent,
        cause = result.details,
    }
    return raise(told)
end
