-- A graph as a node of another. What goes in and comes out is said by the node's `input` and `output`;
-- without them, fields of the same name are shared: the inner graph begins with their values and hands
-- back what it changed, and only that, so that a list that both append to does not get its items twice.

local parts = ...
local fail, run = parts.moon_graph_fail, parts.moon_graph_run
local reduce = parts.moon_graph_reduce
local reducers, OVERWRITE, copy = reduce.reducers, reduce.OVERWRITE, reduce.copy
local NULL = parts.host.NULL
local type, next, pairs, ipairs, sort, tostring, rawequal = type, next, pairs, ipairs, table.sort, tostring, rawequal

local function shared_fields(graph, inner)
    local names = {}
    for _, name in ipairs(inner.field_names) do
        if graph.fields[name] then
            names[#names + 1] = name
        end
    end
    return names
end

-- Checks { [field of `to`] = field of `from` } and gives its keys in order.
local function check_map(graph, name, option, map, to, from)
    local keys = {}
    for key in pairs(map) do
        keys[#keys + 1] = key
    end
    sort(keys, function(a, b)
        return tostring(a) < tostring(b)
    end)
    for _, key in ipairs(keys) do
        for _, side in ipairs({ { to, key }, { from, map[key] } }) do
            local fields, field = side[1].fields, side[2]
            if not fields[field] then
                fail.invalid(graph.name, name, option, option .. " names '" .. tostring(field) .. "', which is no field of graph '"
                    .. side[1].name .. "'" .. fail.instead(fields, field))
            end
        end
    end
    return keys
end

local function mapper(keys, map)
    return function(values)
        if type(values) ~= "table" then
            parts.call.fail("invalid_input", "a graph that is sent a " .. type(values)
                .. " needs input = function(value) ... end")
        end
        local result = {}
        for _, key in ipairs(keys) do
            result[key] = values[map[key]]
        end
        return result
    end
end

local function input_of(graph, name, spec, inner, shared)
    if type(spec.input) == "function" then
        return spec.input
    end
    if type(spec.input) == "table" then
        return mapper(check_map(graph, name, "input", spec.input, inner, graph), spec.input)
    end
    if spec.input ~= nil then
        fail.invalid(graph.name, name, "input", "input must be { [field of the inner graph] = field of this one }, "
            .. "or a function (state, ctx) -> input")
    end
    local same = {}
    for _, field in ipairs(shared) do
        same[field] = field
    end
    return mapper(shared, same)
end

local function changed_list(before, now)
    local same = #now >= #before
    for i = 1, same and #before or 0 do
        same = same and rawequal(before[i], now[i])
    end
    if not same then
        return { [OVERWRITE] = true, value = now }
    end
    local new = {}
    for i = #before + 1, #now do
        new[#new + 1] = now[i]
    end
    return #new > 0 and new or nil
end

local function changed_object(before, now)
    local new = {}
    for key, value in next, now do
        if before[key] ~= value then
            new[key] = value
        end
    end
    for key in next, before do
        if now[key] == nil then
            new[key] = NULL
        end
    end
    return next(new) ~= nil and new or nil
end

-- The update that turns a field's value before into its value now.
local function change(field, before, now)
    if field.reducer == reducers.merge then
        return changed_object(before, now)
    elseif field.reducer.growing then
        return changed_list(before, now)
    elseif rawequal(before, now) then
        return nil
    elseif field.reducer == reducers.sum then
        return now - before
    end
    return now == nil and NULL or now
end

local function remember(self, shared)
    local before = {}
    for _, name in ipairs(shared) do
        local value = self.state[name]
        before[name] = self.graph.fields[name].reducer.growing and copy(value) or value
    end
    return before
end

local function node(graph, name, spec, inner)
    local shared = shared_fields(graph, inner)
    if #shared == 0 and (spec.input == nil or spec.output == nil) then
        fail.invalid(graph.name, name, spec.input == nil and "input" or "output", "graph '" .. inner.name
            .. "' shares no field with this one; say what goes in and what comes out: input = { ... }, output = { ... }")
    end
    local input, output, mapped = input_of(graph, name, spec, inner, shared), spec.output, nil
    if type(output) == "table" then
        mapped = mapper(check_map(graph, name, "output", output, graph, inner), output)
    elseif output ~= nil and type(output) ~= "function" then
        fail.invalid(graph.name, name, "output", "output must be { [field of this graph] = field of the inner one }, "
            .. "or a function (result, state, ctx) -> update")
    end
    return function(state, ctx)
        local self = run.new(inner, input(state, ctx), nil, ctx)
        local before = not output and remember(self, shared)
        run.go(self)
        if mapped then
            return mapped(self.state)
        elseif output then
            return output(run.result(self), state, ctx)
        end
        local update = {}
        for _, field in ipairs(shared) do
            update[field] = change(inner.fields[field], before[field], self.state[field])
        end
        return update
    end
end

return { node = node }
