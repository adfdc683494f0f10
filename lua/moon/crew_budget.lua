-- What a crew's run has used and may still use.
--
-- The ledger is the run's: {cost_micros, steps = limits or nil, spent}. Each task has an account that
-- sees the ledger as it was when the task began, and is added to it when the crew takes the task's
-- outcome in. So what a task may use does not depend on how fast tasks beside it are.

local parts = ...
local raise = parts.call.raise
local type, ipairs, format, min = type, ipairs, string.format, math.min

local COUNTED = { "tokens_in", "tokens_out", "cost_micros", "calls", "steps" }

local budget = {}

local function zero()
    return { tokens_in = 0, tokens_out = 0, cost_micros = 0, calls = 0, steps = 0 }
end

local function add(to, usage)
    for _, name in ipairs(COUNTED) do
        to[name] = to[name] + (type(usage[name]) == "number" and usage[name] or 0)
    end
end

function budget.ledger(def, opts)
    return {
        crew = def.name, spent = zero(),
        cost_micros = opts.max_cost_micros or def.max_cost_micros,
        steps = opts.max_steps or def.max_steps,
    }
end

-- `name` is what the account is for, in errors.
function budget.account(ledger, name)
    local spent = ledger.spent
    return {
        crew = ledger.crew, task = name, spent = zero(),
        limits = { cost_micros = ledger.cost_micros, steps = ledger.steps },
        cost_micros = ledger.cost_micros and ledger.cost_micros - spent.cost_micros,
        steps = ledger.steps and ledger.steps - spent.steps,
    }
end

local function exceed(account, what)
    account.over = {
        code = "crew_budget", retryable = false,
        message = format("task '%s': the crew's budget of %d %s is used up", account.task,
            account.limits[what], what == "steps" and "steps" or "micro-dollars"),
        details = { crew = account.crew, task = account.task, limit = what },
    }
    raise(account.over)
end

-- What is left of the account: cost_micros, steps, each nil when there is no limit. Raises
-- crew_budget when nothing is.
function budget.room(account)
    local left = {}
    for _, what in ipairs({ "cost_micros", "steps" }) do
        if account[what] then
            left[what] = account[what] - account.spent[what]
            if left[what] <= 0 then
                exceed(account, what)
            end
        end
    end
    return left
end

-- An agent's own limit, or the account's when that is nearer.
function budget.nearer(own, left)
    return own and left and min(own, left) or own or left
end

-- Books what an agent's run has used, also one that failed, if its error says so.
function budget.charge(account, outcome)
    local usage = outcome.usage or type(outcome.details) == "table" and outcome.details.usage
    if type(usage) ~= "table" then
        return
    end
    local steps = usage.steps or outcome.steps or type(outcome.details) == "table" and outcome.details.steps
    add(account.spent, usage)
    account.spent.steps = account.spent.steps - (usage.steps or 0)
        + (type(steps) == "table" and #steps or steps or 0)
end

-- Raises crew_budget when more is booked than there was.
function budget.check(account)
    for _, what in ipairs({ "cost_micros", "steps" }) do
        if account[what] and account.spent[what] > account[what] then
            exceed(account, what)
        end
    end
end

-- Takes an account into the ledger.
function budget.close(ledger, account)
    add(ledger.spent, account.spent)
end

-- The error of an agent whose limit was the crew's is the crew's.
local LIMITS = {
    agent_budget = { "cost_micros", "max_cost_micros" }, agent_steps = { "steps", "max_steps" },
}

function budget.blame(account, err, own, left)
    local limit = type(err) == "table" and LIMITS[err.code]
    if not limit then
        return
    end
    local ours, its = left[limit[1]], own[limit[2]]
    if ours and not (its and its < ours) then
        exceed(account, limit[1])
    end
end

budget.zero, budget.add = zero, add
return budget
