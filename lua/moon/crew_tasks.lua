-- The tasks of a crew's definition: who does each, what it needs of which others, in which order.

local parts = ...
local fields = parts.moon_crew_fields
local wrong, check = fields.wrong, fields.check
local type, ipairs, concat, tostring = type, ipairs, table.concat, tostring

local RETRIES, MAX_RETRIES, ROUNDS = 3, 20, 3
local ON_DEADLINE = { reject = true, approve = true, fail = true }

local function check_agent(def, task, where)
    if task.agent and not def.agent[task.agent] then
        wrong(where, "agent", "there is no agent '" .. task.agent .. "'; the crew has: "
            .. concat(def.agents, ", "))
    end
    if not task.agent and not def.manager then
        if #def.agents > 1 then
            wrong(where, "agent", "who does it? One of: " .. concat(def.agents, ", "))
        end
        task.agent = def.agents[1]
    end
end

-- Guardrails as a list; each is a function, or a rule that a model judges by.
local function check_guardrails(task, where)
    local rails = task.guardrail
    if type(rails) ~= "table" then
        rails = { rails }
    end
    for i, rail in ipairs(rails) do
        if type(rail) ~= "function" and (type(rail) ~= "string" or not rail:find("%S")) then
            wrong(where, "guardrail", "guardrail " .. i .. " must be a function or a text, not a "
                .. type(rail))
        end
    end
    task.guardrails, task.guardrail = rails, nil
    local retries = task.guardrail_retries or RETRIES
    if retries < 0 or retries > MAX_RETRIES or retries % 1 ~= 0 then
        wrong(where, "guardrail_retries", "a whole number from 0 to " .. MAX_RETRIES .. " is expected")
    end
    task.guardrail_retries = retries
end

local function check_review(task, where)
    if task.review == false then
        task.review = nil
    end
    if not task.review then
        return
    end
    local review = task.review == true and {} or check(where, task.review, fields.review, "review")
    if review.on_deadline and not ON_DEADLINE[review.on_deadline] then
        wrong(where, "review.on_deadline", "'reject', 'approve' or 'fail' is expected")
    end
    if review.deadline_s and review.deadline_s <= 0 then
        wrong(where, "review.deadline_s", "a number of seconds above 0 is expected")
    end
    review.rounds = review.rounds or ROUNDS
    task.review = review
end

-- Does `from` need `to`, directly or by way of others?
local function reaches(tasks, from, to, seen)
    seen[from] = true
    local context = type(from.context) == "string" and { from.context } or from.context or {}
    for _, name in ipairs(context) do
        local next_one = tasks[name]
        if next_one == to or next_one and not seen[next_one] and reaches(tasks, next_one, to, seen) then
            return true
        end
    end
    return false
end

-- context: nil = the task before it that is not async; false or {} = nothing; a name or names.
local function check_context(tasks, task, where)
    local context, seen = task.context, {}
    if type(context) == "string" then
        context = { context }
    elseif context == false then
        context = {}
    elseif context == true then
        wrong(where, "context", "a list of the names of earlier tasks is expected, or false for none")
    end
    for _, name in ipairs(context or {}) do
        local other = tasks[name]
        if not other then
            wrong(where, "context", "there is no task '" .. tostring(name) .. "'; earlier ones are: "
                .. concat(tasks.names, ", ", 1, task.at - 1))
        elseif other == task then
            wrong(where, "context", "the task names itself; only earlier tasks can be its context")
        elseif other.at > task.at then
            wrong(where, "context", reaches(tasks, other, task, {})
                and "a cycle: '" .. name .. "' needs '" .. task.name .. "' in turn"
                or "task '" .. name .. "' comes later; put it before '" .. task.name .. "'")
        elseif seen[name] then
            wrong(where, "context", "task '" .. name .. "' is named twice")
        end
        seen[name] = true
    end
    return context
end

local function check_order(list, name)
    local first, last = list[1], #list
    if first.condition then
        wrong({ crew = name, task = first.name }, "condition",
            "the first task has no earlier output to look at: it cannot be conditional")
    end
    for _, task in ipairs(list) do
        if task.async and task.condition then
            wrong({ crew = name, task = task.name }, "async", "a conditional task cannot be async")
        end
    end
    if last > 1 and list[last].async and list[last - 1].async then
        wrong({ crew = name, task = list[last - 1].name }, "async", "a crew ends with at most one async "
            .. "task, or which is its output? Put a task after '" .. list[last].name .. "' that needs both")
    end
end

local function read(def, spec, i, check_texts)
    local where = { crew = def.name, task = "task_" .. i }
    if type(spec) == "table" and type(spec.name) == "string" then
        where.task = spec.name
    end
    local task = check(where, spec, fields.task)
    task.name, task.at = where.task, i
    for _, field in ipairs({ "description", "expected_output" }) do
        if not task[field] then
            wrong(where, field, "a text is expected")
        end
    end
    check_texts(where, task, { "description", "expected_output", "output_file" }, def.inputs)
    check_agent(def, task, where)
    check_guardrails(task, where)
    check_review(task, where)
    return task, where
end

-- The tasks in order, and by name.
return function(def, specs, check_texts)
    local list, by_name, places = {}, { names = {} }, {}
    if #specs == 0 then
        wrong({ crew = def.name }, "tasks", "a list of at least one task is expected")
    end
    for i, spec in ipairs(specs) do
        local task, where = read(def, spec, i, check_texts)
        if by_name[task.name] then
            wrong(where, "name", "another task has this name")
        end
        list[i], by_name[task.name], by_name.names[i], places[i] = task, task, task.name, where
    end
    local contexts = {}
    for i, task in ipairs(list) do
        contexts[i] = check_context(by_name, task, places[i])
    end
    for i, task in ipairs(list) do
        task.context = contexts[i]
    end
    check_order(list, def.name)
    by_name.names = nil
    return list, by_name
end
