-- A node that is more than a function: an agent or a graph, or one with retries, a timeout or a
-- fallback. All become one function (state, ctx) -> update, made once.

local parts = ...
local call, raise = parts.call.call, parts.call.raise
local fail = parts.moon_graph_fail
local GO = parts.moon_graph_state.GO
local type, pcall, error, getmetatable, format = type, pcall, error, getmetatable, string.format

local OPTIONS = {
    name = true, run = true, input = true, output = true, to = true, defer = true, retries = true,
    backoff_s = true, retry_on = true, timeout_s = true, fallback = true,
}
local MAX_RETRIES = 10

-- An agent, a crew or a graph: something with a run of its own.
local function is_object(value)
    return type(value) == "table" and getmetatable(value) ~= nil and type(value.run) == "function"
end

local function with_timeout(run, path, name, seconds)
    return function(state, ctx)
        local result, index = parts.branches.race({
            function()
                return { pcall(run, state, ctx) }
            end,
            function()
                call("sleep", { seconds = seconds })
                return false
            end,
        })
        if index == 2 then
            raise({
                code = "node_timeout", retryable = true, details = { graph = path, node = name },
                message = format("node '%s' of graph '%s' took longer than %g s", name, path, seconds),
            })
        end
        if result[1] then
            return result[2]
        end
        return error(result[2], 0)
    end
end

local function may_retry(retry_on, err)
    if type(retry_on) == "function" then
        return retry_on(err)
    end
    if type(err) ~= "table" then
        return retry_on == true
    end
    if type(retry_on) == "table" then
        for i = 1, #retry_on do
            if retry_on[i] == err.code then
                return true
            end
        end
        return false
    end
    return retry_on == true or err.retryable
end

local function with_retries(run, retries, backoff_s, retry_on)
    return function(state, ctx)
        for attempt = 0, retries do
            ctx.attempt = attempt + 1
            local ok, value = pcall(run, state, ctx)
            ctx.attempt = nil
            if ok then
                return value
            end
            if attempt == retries or not may_retry(retry_on, value) then
                return error(value, 0)
            end
            call("sleep", { seconds = backoff_s * 2 ^ attempt })
        end
    end
end

-- `other` is a function (state, ctx, err) -> update, or the name of a node that takes over.
local function with_fallback(run, other)
    return function(state, ctx)
        local ok, value = pcall(run, state, ctx)
        if ok then
            return value
        end
        if type(other) == "function" then
            return other(state, ctx, value)
        end
        return { [GO] = { other }, instead = true, error = value, update = {} }
    end
end

local function check_number(graph, name, spec, field, least, most)
    local value = spec[field]
    if value ~= nil and (type(value) ~= "number" or not (value >= least and value <= most)) then
        fail.invalid(graph.name, name, field, most < math.huge
            and format("%s must be a number from %d to %d", field, least, most)
            or format("%s must be a number of seconds, not below %g", field, least))
    end
end

local function check_retry_on(graph, name, on)
    if on == nil or on == true or type(on) == "function" then
        return
    end
    local good = type(on) == "table" and on[1] ~= nil
    for i = 1, good and #on or 0 do
        good = good and type(on[i]) == "string"
    end
    if not good then
        fail.invalid(graph.name, name, "retry_on",
            "retry_on must be a list of error codes, true for any error, or a function (err) -> boolean")
    end
end

local function check_options(graph, name, spec)
    if spec.cache ~= nil or spec.cache_policy ~= nil then
        fail.invalid(graph.name, name, "cache", "there is no cache of nodes: what their calls answered is in the "
            .. "journal, and moon.kv keeps values from run to run")
    end
    fail.check_keys(graph.name, name, spec, OPTIONS, "a node")
    check_number(graph, name, spec, "retries", 0, MAX_RETRIES)
    check_number(graph, name, spec, "backoff_s", 0, math.huge)
    check_number(graph, name, spec, "timeout_s", 0.001, math.huge)
    check_retry_on(graph, name, spec.retry_on)
    if spec.defer ~= nil then
        fail.expect(graph.name, name, "defer", spec.defer, "boolean")
    end
    if spec.fallback ~= nil and type(spec.fallback) ~= "string" and type(spec.fallback) ~= "function" then
        fail.invalid(graph.name, name, "fallback",
            "fallback must be the name of a node, or a function (state, ctx, err) -> update")
    end
end

-- The numbers of the nodes that this one may name itself.
local function add_gotos(graph, i, name, spec, number_of)
    local to = type(spec.to) == "string" and { spec.to } or spec.to
    if to == nil and type(spec.fallback) ~= "string" then
        return
    end
    if to ~= nil and (type(to) ~= "table" or to[1] == nil) then
        fail.invalid(graph.name, name, "to", "to must list the nodes that ctx.go may name, as in to = { \"a\", \"end\" }")
    end
    local gotos = {}
    for k = 1, to and #to or 0 do
        gotos[k] = number_of(graph, name, to[k], "to")
    end
    if type(spec.fallback) == "string" then
        gotos[#gotos + 1] = number_of(graph, name, spec.fallback, "fallback")
    end
    graph.gotos[i], graph.said[i] = gotos, to and #to or 0
end

local function base(graph, i, name, spec)
    if type(spec.run) == "function" then
        if spec.input ~= nil or spec.output ~= nil then
            fail.invalid(graph.name, name, spec.input ~= nil and "input" or "output",
                "input and output are for agents and graphs; a function takes the state and returns an update")
        end
        return spec.run
    end
    if not is_object(spec.run) then
        fail.invalid(graph.name, name, "run", "run must be a function (state, ctx) -> update, an agent, a crew or a graph, not a "
            .. type(spec.run))
    end
    local inner = parts.moon_graph.compiled(spec.run)
    if inner then
        graph.inner[i] = true
        return parts.moon_graph_sub.node(graph, name, spec, inner)
    end
    return parts.moon_graph_agent.node(graph, name, spec)
end

local function compile(graph, i, name, spec, number_of)
    if is_object(spec) then
        spec = { run = spec }
    end
    if type(spec) ~= "table" then
        fail.invalid(graph.name, name, "run",
            "a node is a function (state, ctx) -> update, an agent, a graph, or { run = one of those, ... }; not a " .. type(spec))
    end
    check_options(graph, name, spec)
    local run = base(graph, i, name, spec)
    if spec.timeout_s then
        run = with_timeout(run, graph.name, name, spec.timeout_s)
    end
    if (spec.retries or 0) > 0 then
        run = with_retries(run, spec.retries, spec.backoff_s or 0.5, spec.retry_on)
    end
    if spec.fallback then
        run = with_fallback(run, spec.fallback)
    end
    add_gotos(graph, i, name, spec, number_of)
    if spec.defer then
        graph.deferred = graph.deferred or {}
        graph.deferred[i] = true
    end
    return run
end

return { compile = compile }
