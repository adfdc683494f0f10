-- interrupt_before and interrupt_after: nodes that a person lets pass. The run waits at no cost, and
-- goes on from here: what ran before does not run again.

local parts = ...
local call, raise = parts.call.call, parts.call.raise
local fail = parts.moon_graph_fail
local GO = parts.moon_graph_state.GO
local type, next, sort, tostring, format = type, next, table.sort, tostring, string.format

local OPTIONS = { title = true, details = true, roles = true, form = true, deadline_s = true, on_deadline = true }

-- Names, or { [name] = true or {title, ...} }, as number -> {title, ...}.
local function parse(graph, option, spec)
    local by_number, names, abouts = {}, {}, {}
    if spec == nil then
        return by_number
    end
    spec = type(spec) == "string" and { spec } or spec
    fail.expect(graph.name, nil, option, spec, "table")
    for key, value in next, spec do
        local name = type(key) == "number" and value or key
        names[#names + 1], abouts[name] = name, type(value) == "table" and value or {}
    end
    sort(names, function(a, b)
        return tostring(a) < tostring(b)
    end)
    for k = 1, #names do
        local name = names[k]
        if (graph.index[name] or 0) == 0 then
            fail.invalid(graph.name, nil, option, option .. " names '" .. tostring(name) .. "', and there is no such node"
                .. fail.instead(graph.index, name))
        end
        fail.check_keys(graph.name, name, abouts[name], OPTIONS, option)
        by_number[graph.index[name]] = abouts[name]
    end
    return by_number
end

local function ask(about, graph, name, title, details)
    local answer = call("approve", {
        title = about.title or title, details = details, roles = about.roles, form = about.form,
        deadline_s = about.deadline_s, on_deadline = about.on_deadline,
    })
    if answer.approved then
        return answer
    end
    return raise({
        code = "rejected", retryable = false, details = { graph = graph.name, node = name, by = answer.by },
        message = format("node '%s' of graph '%s' was rejected%s", name, graph.name,
            type(answer.comment) == "string" and ": " .. answer.comment or ""),
    })
end

-- What the person is shown: as the author says, else the node and what it wants to write.
local function details_of(about, graph, name, state, update)
    if type(about.details) == "function" then
        return about.details(state, update)
    elseif about.details ~= nil then
        return about.details
    end
    return { graph = graph.name, node = name, update = update and parts.moon_graph_stream.plain(update) }
end

local function before(run, graph, name, about)
    local title = format("Run node '%s' of graph '%s'?", name, graph.name)
    return function(state, ctx)
        ctx.decision = ask(about, graph, name, title, details_of(about, graph, name, state))
        local update = run(state, ctx)
        ctx.decision = nil
        return update
    end
end

-- The update with what the person filled in laid over it.
local function amend(update, data)
    local go = update and update[GO]
    local merged = {}
    for field, value in next, go and update.update or update or {} do
        merged[field] = value
    end
    for field, value in next, data do
        merged[field] = value
    end
    return go and { [GO] = go, instead = update.instead, error = update.error, update = merged } or merged
end

local function after(run, graph, name, about)
    local title = format("Go on after node '%s' of graph '%s'?", name, graph.name)
    return function(state, ctx)
        local update = run(state, ctx)
        local answer = ask(about, graph, name, title, details_of(about, graph, name, state, update))
        if type(answer.data) == "table" and answer.data[1] == nil then
            return amend(update, answer.data)
        end
        return update
    end
end

-- `runs` with the interrupts around them.
return function(graph, runs, interrupt_before, interrupt_after)
    local befores = parse(graph, "interrupt_before", interrupt_before)
    local afters = parse(graph, "interrupt_after", interrupt_after)
    local wrapped = {}
    for i = 1, #runs do
        local run, name = runs[i], graph.names[i]
        if befores[i] then
            run = before(run, graph, name, befores[i])
        end
        if afters[i] then
            run = after(run, graph, name, afters[i])
        end
        wrapped[i] = run
    end
    return wrapped
end
