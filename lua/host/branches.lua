-- moon.parallel, map and race: branches of a run that wait for their calls side by side.
--
-- Branches start in order and run until they wait; when several are answered, they go on in the
-- order of the answers. Results are gathered by name or number, and each branch has a clock and
-- random numbers of its own, so what comes out does not depend on that order.

local parts = ...
local host = parts.host
local spawn, wait, ended, cancel, pass, advance =
    host.spawn, host.wait, host.ended, host.cancel, host.pass, host.advance
local error, type, pcall, sort, tostring, pairs = error, type, pcall, table.sort, tostring, pairs

local DEFAULT_LIMIT = 16

local function check_limit(opts)
    local limit = DEFAULT_LIMIT
    if opts ~= nil then
        if type(opts) ~= "table" then
            error("the options must be a table", 3)
        end
        limit = opts.limit or limit
    end
    if type(limit) ~= "number" or limit < 1 then
        error("limit must be a number from 1", 3)
    end
    return limit
end

local function check_function(fn, name)
    if type(fn) ~= "function" then
        error("branch " .. tostring(name) .. " is a " .. type(fn) .. ", not a function", 3)
    end
end

local function start(body, index)
    local ok, err = pcall(spawn, body, index)
    if not ok then
        cancel()
        error(err, 0)
    end
end

-- Runs body(1) .. body(n), at most `limit` at a time; results and errors by number. After an error
-- no more are started, but those that run are waited for: what they did is done.
local function run(n, body, limit)
    local results, errors, failed = {}, {}, false
    local next_one, running = 1, 0
    while true do
        while next_one <= n and running < limit and not failed do
            start(body(next_one), next_one)
            next_one, running = next_one + 1, running + 1
        end
        if running == 0 then
            break
        end
        local index, ok, value, clock = wait()
        running = running - 1
        advance(clock)
        if ok then
            results[index] = value
        else
            errors[index], failed = { value }, true
        end
    end
    for i = 1, failed and n or 0 do
        if errors[i] then
            error(errors[i][1], 0)
        end
    end
    return results
end

-- Names of a table of functions: 1 to n, or its string keys in order.
local function names_of(functions)
    local names = {}
    if type(functions) ~= "table" then
        error("a table of functions is expected, not a " .. type(functions), 3)
    end
    for name in pairs(functions) do
        names[#names + 1] = name
    end
    sort(names, function(a, b)
        if type(a) == type(b) then
            return a < b
        end
        return type(a) == "number"
    end)
    return names
end

local function parallel(functions, opts)
    local names, limit = names_of(functions), check_limit(opts)
    for i = 1, #names do
        check_function(functions[names[i]], names[i])
    end
    local by_number = run(#names, function(i)
        return functions[names[i]]
    end, limit)
    local results = {}
    for i = 1, #names do
        results[names[i]] = by_number[i]
    end
    return results
end

local function map(list, fn, opts)
    if type(list) ~= "table" then
        error("a list is expected, not a " .. type(list), 2)
    end
    check_function(fn, "map")
    return run(#list, function(i)
        local item = list[i]
        return function()
            return fn(item, i)
        end
    end, check_limit(opts))
end

-- The better of two branches that have ended: one that succeeded, then the earlier, then the first.
local function better(a, b)
    if not a or a.ok ~= b.ok then
        return (not a or b.ok) and b or a
    end
    if a.clock ~= b.clock then
        return b.clock < a.clock and b or a
    end
    return b.index < a.index and b or a
end

local function race(functions)
    local n = type(functions) == "table" and #functions or 0
    if n == 0 then
        error("a list of functions is expected", 2)
    end
    for i = 1, n do
        check_function(functions[i], i)
    end
    for i = 1, n do
        start(functions[i], i)
    end
    local best
    local function consider(index, ok, value, clock)
        if index then
            best = better(best, { index = index, ok = ok, value = value, clock = clock })
        end
        return index
    end
    repeat
        local any = consider(wait())
        pass() -- whoever was answered together with the winner may end, too
        while consider(ended()) do end -- luacheck: ignore 542
    until not any or best.ok
    cancel()
    advance(best.clock)
    if not best.ok then
        error(best.value, 0)
    end
    return best.value, best.index
end

return { parallel = parallel, map = map, race = race }
