-- moon.graph{...}: a state graph. Checks the definition at once and turns it into arrays; :run(input,
-- opts) runs it, :mermaid() draws it. What the words mean is in README.md beside this file.

local parts = ...
local fail = parts.moon_graph_fail
local define_fields, define, check = parts.moon_graph_fields, parts.moon_graph_define, parts.moon_graph_check
local type, next, error, setmetatable, rawget = type, next, error, setmetatable, rawget

local WORDS = {
    name = true, state = true, nodes = true, edges = true, start = true, max_steps = true, limit = true,
    input = true, output = true, interrupt_before = true, interrupt_after = true,
}

local GRAPH = {} -- key of what is compiled, in the object that authors hold

local function compiled(object)
    return rawget(object, GRAPH)
end

local function of(object)
    local graph = type(object) == "table" and rawget(object, GRAPH)
    if not graph then
        error("call it with a colon: graph:run(input)", 3)
    end
    return graph
end

local methods = {}

function methods.run(object, input, opts)
    local run = parts.moon_graph_run
    local self = run.go(run.new(of(object), input, opts))
    return run.result(self), { steps = self.steps }
end

function methods.mermaid(object)
    return parts.moon_graph_mermaid(of(object))
end

local metatable = { __index = methods, __metatable = false }

-- input and output: one field, or a list of them that also becomes a set.
local function fields_named(graph, word, spec)
    if spec == nil then
        return nil
    end
    local names = type(spec) == "string" and { spec } or spec
    if type(names) ~= "table" or names[1] == nil then
        fail.invalid(graph.name, nil, word, word .. " must name a field of the state, or a list of them")
    end
    local set = { names = {} }
    for k = 1, #names do
        if not graph.fields[names[k]] then
            fail.invalid(graph.name, nil, word, word .. " names '" .. tostring(names[k]) .. "', which is no field of the state"
                .. fail.instead(graph.fields, names[k]))
        end
        set.names[k], set[names[k]] = names[k], true
    end
    return type(spec) == "string" and spec or set
end

local function check_count(graph, word, value)
    if value ~= nil and (type(value) ~= "number" or value < 1 or value % 1 ~= 0) then
        fail.invalid(graph.name, nil, word, word .. " must be a whole number from 1")
    end
    return value
end

local function graph_of(def)
    if type(def) ~= "table" then
        error("a graph is defined by a table: moon.graph{ state = ..., nodes = ..., edges = ..., start = ... }", 2)
    end
    local graph = { name = type(def.name) == "string" and def.name or "graph" }
    for word in next, def do
        if not WORDS[word] then
            fail.check_keys(graph.name, nil, def, WORDS, "a graph")
        end
    end
    define_fields(graph, def.state)
    graph.max_steps = check_count(graph, "max_steps", def.max_steps)
    graph.limit = check_count(graph, "limit", def.limit)
    graph.input, graph.output = fields_named(graph, "input", def.input), fields_named(graph, "output", def.output)
    define(graph, def)
    check(graph)
    if def.interrupt_before or def.interrupt_after then
        graph.runs = parts.moon_graph_interrupt(graph, graph.runs, def.interrupt_before, def.interrupt_after)
    end
    local start = graph.start
    if #start.targets == 1 and #start.choices + #start.eaches == 0 then
        graph.first = start.targets[1] ~= 0 and start.targets[1] or nil
    end
    return setmetatable({ name = graph.name, [GRAPH] = graph }, metatable)
end

return { graph = graph_of, compiled = compiled }
