-- moon.flow: what a step of a workflow may need around its call: tries, a timeout, a fallback, the error as a
-- value; and lists that are gone through.

local parts = ...
local call, raise, fail, NULL = parts.call.call, parts.call.raise, parts.call.fail, parts.moon_json.null
local array, names_of = parts.moon_json.array, parts.moon_names
local type, pairs, pcall, error, tostring, sort = type, pairs, pcall, error, tostring, table.sort

local MAX_ATTEMPTS, MOST_ITEMS = 11, 1000

local OPTIONS = { attempts = "number", backoff_s = "number", on = "table", timeout_ms = "number" }

local function check(opts, fn)
    if type(fn) ~= "function" then
        error("a function is expected, not a " .. type(fn), 3)
    end
    for _, name in ipairs(names_of(opts)) do
        if name ~= "fallback" and not OPTIONS[name] then
            error("there is no option '" .. name .. "'; there are attempts, backoff_s, fallback, on and timeout_ms", 3)
        elseif name ~= "fallback" and type(opts[name]) ~= OPTIONS[name] then
            error(name .. " must be a " .. OPTIONS[name], 3)
        end
    end
    local attempts = opts.attempts or 1
    if attempts < 1 or attempts > MAX_ATTEMPTS then
        error("attempts must be a number from 1 to " .. MAX_ATTEMPTS, 3)
    elseif opts.backoff_s and opts.backoff_s < 0 or opts.timeout_ms and opts.timeout_ms <= 0 then
        error("times must be positive", 3)
    end
end

-- Any error as {code, message, retryable, details}: texts get the code that they end a run with.
local function as_error(value)
    if type(value) ~= "table" then
        return { code = "agent_error", message = tostring(value), retryable = false }
    elseif value.code == nil or value.message == nil or value.retryable == nil then
        return { code = value.code or "agent_error", message = value.message or "the step failed",
            retryable = value.retryable == true, details = value.details }
    end
    return value
end

-- Calls fn, for at most so many milliseconds. Returns ok and its first result, or the error.
local function within(timeout_ms, fn)
    if not timeout_ms then
        return pcall(fn)
    end
    local result, index = parts.branches.race({
        function()
            return { pcall(fn) }
        end,
        function()
            call("sleep", { seconds = timeout_ms / 1000 })
        end,
    })
    if index == 2 then
        return pcall(raise, { code = "timeout", message = "no answer within " .. timeout_ms .. " ms", retryable = true })
    end
    return result[1], result[2]
end

local function may_retry(on, err)
    if not on then
        return type(err) == "table" and err.retryable == true
    end
    local code = as_error(err).code
    for i = 1, #on do
        if on[i] == code then
            return true
        end
    end
    return false
end

-- ok, value: after all tries, and with the fallback.
local function run(opts, fn)
    local attempts = opts.attempts or 1
    for attempt = 1, attempts do
        local ok, value = within(opts.timeout_ms, fn)
        if ok then
            return true, value
        elseif attempt == attempts or not may_retry(opts.on, value) then
            if opts.fallback == nil then
                return false, value
            end
            break
        end
        call("sleep", { seconds = (opts.backoff_s or 0.5) * 2 ^ (attempt - 1) })
    end
    local value = opts.fallback
    if type(value) == "function" then
        value = value()
    end
    if value == NULL then
        value = nil
    end
    return true, value
end

local flow = {}

-- The function's first result. opts: attempts, backoff_s, on (codes to try again for; those that say they are
-- retryable unless given), timeout_ms of each try, fallback (a value, or a function that makes it when it is needed).
function flow.try(opts, fn)
    check(type(opts) == "table" and opts or error("a table of options is expected", 2), fn)
    local ok, value = run(opts, fn)
    if ok then
        return value
    end
    return error(value, 0)
end

-- The same, but an error is the second result: value, nil or nil, {code, message, retryable, details}.
function flow.attempt(opts, fn)
    if fn == nil and type(opts) == "function" then
        opts, fn = {}, opts
    end
    check(type(opts) == "table" and opts or error("a table of options is expected", 2), fn)
    local ok, value = run(opts, fn)
    if ok then
        return value, nil
    end
    return nil, as_error(value)
end

-- The list, which may have at most `most` items. Raises loop_limit.
function flow.items(list, most)
    if type(list) ~= "table" then
        fail("expression_failed", "a loop takes a list, not " .. (list == nil and "null" or "a " .. type(list)))
    end
    most = most or MOST_ITEMS
    if #list > most then
        fail("loop_limit", "the list has " .. #list .. " items, and the loop takes at most " .. most)
    end
    return list
end

-- What moon.map gave, as a list: in order, without what is nil.
function flow.gather(results)
    local places, list = {}, {}
    for place in pairs(results) do
        places[#places + 1] = place
    end
    sort(places)
    for i = 1, #places do
        list[i] = results[places[i]]
    end
    return array(list)
end

return flow
