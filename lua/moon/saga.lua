-- moon.saga(function(saga) ... end, opts): steps that are undone, the last first, when a later one fails.
--
-- The steps and what undoes them are ordinary calls, journaled one by one: when the core dies in the
-- middle, of either, the run goes on where it was. What has been undone is not undone again.

local parts = ...
local call, emit, now = parts.call, parts.moon_log.emit, parts.moon_time.now
local type, error, pcall, tostring, pairs, setmetatable = type, error, pcall, tostring, pairs, setmetatable

local MAX_STEPS = 1000

local function check_number(opts, name, default, most)
    local value = opts[name]
    if value == nil then
        return default
    end
    if type(value) ~= "number" or value < 0 or value > most then
        error(name .. " must be a number from 0 to " .. most, 4)
    end
    return value
end

local function check_options(opts)
    if opts ~= nil and type(opts) ~= "table" then
        error("the options must be a table", 3)
    end
    opts = opts or {}
    return {
        retries = check_number(opts, "retries", 3, 10),
        backoff_s = check_number(opts, "backoff_s", 1, 86400),
        name = opts.name,
    }
end

-- As data: what an error says of itself.
local function told(err)
    if type(err) == "table" then
        return { code = err.code or "agent_error", message = err.message or tostring(err) }
    end
    return { code = "agent_error", message = tostring(err) }
end

-- A text is a mistake in the code, which another try repeats; so is what says that it will not pass.
local function may_pass(err)
    return type(err) == "table" and err.retryable ~= false
end

local function undo_one(step, opts)
    for attempt = 0, opts.retries do
        local ok, err = pcall(step.undo, step.result)
        if ok then
            return nil
        end
        if attempt == opts.retries or not may_pass(err) then
            return err
        end
        call.call("sleep", { seconds = opts.backoff_s * 2 ^ attempt })
    end
end

-- The later a step was done, the sooner it is undone. Branches have clocks of their own, which show the
-- same times whenever the run is read again; between equal ones the order of beginning decides.
local function last_first(steps)
    local order = {}
    for i = 1, #steps do
        if steps[i].done_at then
            order[#order + 1] = steps[i]
        end
    end
    table.sort(order, function(a, b)
        if a.done_at ~= b.done_at then
            return a.done_at > b.done_at
        end
        return a.number > b.number
    end)
    return order
end

-- Undoes what was done; the names of what was, and what could not be.
local function compensate(saga, err)
    local order, undone, failed = last_first(saga.steps), {}, {}
    if #order == 0 then
        return undone, failed
    end
    local names = {}
    for i = 1, #order do
        names[i] = order[i].name
    end
    emit("saga.compensating", { saga = saga.opts.name, steps = names, error = told(err) })
    for i = 1, #order do
        local problem = undo_one(order[i], saga.opts)
        if problem ~= nil then
            failed[#failed + 1] = { name = order[i].name, error = told(problem) }
        else
            undone[#undone + 1] = order[i].name
        end
    end
    return undone, failed
end

local function joined(earlier, list)
    local all = {}
    for i = 1, type(earlier) == "table" and #earlier or 0 do
        all[i] = earlier[i]
    end
    for i = 1, #list do
        all[#all + 1] = list[i]
    end
    return parts.moon_json.array(all)
end

-- The error of the body, with what became of its steps: a part that failed has told of its own.
local function raise(err, undone, failed)
    local own, details = told(err), {}
    for key, value in pairs(type(err) == "table" and err or {}) do
        own[key] = value
    end
    if type(own.details) == "table" then
        for key, value in pairs(own.details) do
            details[key] = value
        end
    else
        details.cause = own.details
    end
    details.compensated = joined(details.compensated, undone)
    details.failed_compensations = joined(details.failed_compensations, failed)
    own.details, own.retryable = details, own.retryable or false
    call.raise(own)
end

local Saga = {}
Saga.__index = Saga
Saga.__metatable = false

local function check_step(self, name, action, undo)
    if self.is_over then
        error("the saga is over", 3)
    end
    if type(action) ~= "function" then
        error("step " .. name .. ": a function that does it is expected, not a " .. type(action), 3)
    end
    if undo ~= nil and type(undo) ~= "function" then
        error("step " .. name .. ": what undoes it must be a function, not a " .. type(undo), 3)
    end
    if #self.steps >= MAX_STEPS then
        error("a saga has at most " .. MAX_STEPS .. " steps", 3)
    end
end

-- saga:step(name?, action, undo, opts): the results of action(). undo(result) is called when the saga
-- fails later; with opts.always also when the action itself fails, since it may have happened: then
-- the result is nil.
function Saga:step(name, action, undo, opts)
    if type(name) ~= "string" then
        name, action, undo, opts = nil, name, action, undo
    end
    local number = #self.steps + 1
    name = name or "step " .. number
    check_step(self, name, action, undo)
    local step = { name = name, number = number, undo = undo }
    self.steps[number] = step
    local function finish(ok, ...)
        if undo and (ok or (opts and opts.always)) then
            step.done_at = now()
            step.result = ok and (...) or nil
        end
        if not ok then
            error((...), 0)
        end
        return ...
    end
    return finish(pcall(action))
end

-- What was done in a part is undone with the whole.
local function hand_over(steps, outer)
    for i = 1, #steps do
        local step = steps[i]
        step.number = #outer.steps + 1
        outer.steps[step.number] = step
    end
end

local function finish(saga, outer, ok, ...)
    saga.is_over = true
    if not ok then
        local err = ...
        local undone, failed = compensate(saga, err)
        if #undone + #failed == 0 then
            error(err, 0)
        end
        return raise(err, undone, failed)
    end
    if outer then
        hand_over(saga.steps, outer)
    end
    return ...
end

local function run(body, opts, outer)
    local saga = setmetatable({ steps = {}, opts = opts }, Saga)
    return finish(saga, outer, pcall(body, saga))
end

-- saga:saga(function(inner) ... end, opts): a part that is undone by itself when it fails, and with
-- the rest when something later does.
function Saga:saga(body, opts)
    if type(body) ~= "function" then
        error("a function is expected, not a " .. type(body), 2)
    end
    check_step(self, "saga", body)
    return run(body, check_options(opts), self)
end

return function(body, opts)
    if type(body) ~= "function" then
        error("a function is expected, not a " .. type(body), 2)
    end
    return run(body, check_options(opts), nil)
end
