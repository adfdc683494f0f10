-- A run of a crew: the tasks in their order, async ones beside those after them.
--
-- Each task is a branch of its own. Branches are begun in the order of the tasks, and their outcome
-- is taken in at a place that the definition fixes: a task's own place, or for an async task where it
-- is first needed, at the latest the end. So nothing depends on which of them is faster.

local parts = ...
local host = parts.host
local spawn, wait, advance = host.spawn, host.wait, host.advance
local perform = parts.moon_crew_task
local prompt, budget = parts.moon_crew_prompt, parts.moon_crew_budget
local error, ipairs = error, ipairs

-- Begins task i with the results taken in so far.
local function begin(run, i)
    local task, seen = run.def.tasks[i], {}
    for at = 1, i - 1 do
        seen[#seen + 1] = run.results[at]
    end
    local account = budget.account(run.ledger, task.name)
    run.accounts[i] = account
    spawn(function()
        return perform(run, { name = task.name, account = account, task = task }, seen)
    end, i)
end

local function await(run, i)
    while not run.ended[i] do
        local index, ok, value, clock = wait()
        run.ended[index] = { ok = ok, value = value, clock = clock }
    end
end

-- What is under way is waited for: what it did is done. Then the first error by the tasks' order.
local function give_up(run)
    for i in ipairs(run.def.tasks) do
        if run.accounts[i] then
            await(run, i)
        end
    end
    for i in ipairs(run.def.tasks) do
        if run.ended[i] and not run.ended[i].ok then
            error(run.ended[i].value, 0)
        end
    end
end

local function take_in(run, i)
    if run.results[i] then
        return
    end
    await(run, i)
    local ended = run.ended[i]
    if not ended.ok then
        give_up(run)
    end
    advance(ended.clock)
    budget.close(run.ledger, run.accounts[i])
    run.results[i] = ended.value
end

local function do_tasks(run)
    local at = {}
    for i, task in ipairs(run.def.tasks) do
        at[task.name] = i
        for _, name in ipairs(task.context or {}) do
            take_in(run, at[name])
        end
        begin(run, i)
        if not task.async then
            take_in(run, i)
        end
    end
    for i in ipairs(run.def.tasks) do
        take_in(run, i)
    end
end

local function outcome(run)
    local result = { crew = run.def.name, tasks = {}, usage = run.ledger.spent }
    for _, done in ipairs(run.results) do
        result.tasks[done.task] = done
        if not done.skipped then
            result.output, result.text = done.output, done.text
        end
    end
    return result
end

-- is_kept: its events go into the run's record.
return function(def, inputs, opts, is_kept)
    prompt.check_inputs(def, inputs)
    local run = {
        def = def, inputs = inputs, ledger = budget.ledger(def, opts), plans = {}, accounts = {}, ended = {},
        results = {}, is_kept = is_kept,
    }
    if def.planning then
        local account = budget.account(run.ledger, "planning")
        run.plans = parts.moon_crew_plan(run, account)
        budget.close(run.ledger, account)
    end
    do_tasks(run)
    return outcome(run)
end
