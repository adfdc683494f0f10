-- A graph's definition, turned into arrays by the number of a node, so that a step looks nothing up
-- by name. Number 0 is the end.
--
--     names[i], runs[i]      a node's name, and its function (state, ctx) -> update
--     nexts[i]               the number of the one node that follows, when there is nothing to decide
--     choices[i]             the one choice that follows: {choose, map}
--     outs[i]                all that leads on, when it is neither of those
--     gotos[i], said[i]      the nodes that it may go to by itself: those of its `to`, so many, and `fallback`
--     inner[i]               it is a graph

local parts = ...
local fail = parts.moon_graph_fail
local invalid = fail.invalid
local type, next, pairs, sort, tostring, format = type, next, pairs, table.sort, tostring, string.format

local RESERVED = { start = true, ["end"] = true }

local function add_name(graph, name)
    if type(name) ~= "string" or name == "" then
        invalid(graph.name, nil, "nodes", "every node must have a name")
    end
    if RESERVED[name] then
        invalid(graph.name, name, "nodes", "'" .. name .. "' is taken: it stands for the graph's own " .. name)
    end
    if graph.index[name] then
        invalid(graph.name, name, "nodes", "there are two nodes of this name; rename one")
    end
    local i = #graph.names + 1
    graph.names[i], graph.index[name] = name, i
    return i
end

-- Nodes by name are numbered in the order of their names, those of a list as they stand in it.
local function add_nodes(graph, nodes)
    if type(nodes) ~= "table" or next(nodes) == nil then
        invalid(graph.name, nil, "nodes",
            "nodes must name the nodes, as in nodes = { plan = function(state, ctx) ... end }")
    end
    local specs = {}
    if nodes[1] ~= nil then
        for i = 1, #nodes do
            fail.expect(graph.name, nil, "nodes[" .. i .. "]", nodes[i], "table")
            specs[add_name(graph, nodes[i].name)] = nodes[i]
        end
        return specs
    end
    local names = {}
    for name in next, nodes do
        names[#names + 1] = type(name) == "string" and name or ""
    end
    sort(names)
    for i = 1, #names do
        specs[add_name(graph, names[i])] = nodes[names[i]]
    end
    return specs
end

-- The number of the node that `from` leads to.
local function number_of(graph, from, name, field)
    local i = graph.index[name]
    if not i then
        if name == "start" then
            invalid(graph.name, from, field, "nothing can lead back to the start; name the node to go to")
        end
        invalid(graph.name, from, field, format("%s leads to '%s', and there is no such node%s", field,
            tostring(name), fail.instead(graph.index, name)))
    end
    return i
end

local function new_choice(graph, from, spec)
    fail.expect(graph.name, from, "choose", spec.choose, "function")
    fail.check_keys(graph.name, from, spec, { choose = true, to = true }, "a choice")
    local to = type(spec.to) == "string" and { spec.to } or spec.to
    if type(to) ~= "table" or next(to) == nil then
        invalid(graph.name, from, "to", "a choice must say where it can lead: to = { \"a\", \"b\" }, or "
            .. "to = { [result] = \"a\" } for what choose returns")
    end
    local map, wrong = {}, nil
    for key, name in pairs(to) do
        if to[1] ~= nil then
            key = name
        end
        map[key] = graph.index[name]
        if not map[key] then
            wrong = (wrong == nil or tostring(name) < tostring(wrong)) and name or wrong
        end
    end
    if wrong ~= nil then
        number_of(graph, from, wrong, "to")
    end
    return { choose = spec.choose, map = map, from = from }
end

local function new_each(graph, from, spec)
    fail.check_keys(graph.name, from, spec, { each = true, to = true, as = true }, "an edge with each")
    if type(spec.each) == "string" then
        if not graph.fields[spec.each] then
            invalid(graph.name, from, "each", format("each names '%s', which is no field of the state%s",
                spec.each, fail.instead(graph.fields, spec.each)))
        end
    elseif type(spec.each) ~= "function" then
        invalid(graph.name, from, "each", "each must be a field of the state, or a function (state, ctx) -> list")
    end
    if spec.as ~= nil then
        fail.expect(graph.name, from, "as", spec.as, "string")
    end
    local to = number_of(graph, from, spec.to, "to")
    if to == 0 then
        invalid(graph.name, from, "to", "each must lead to a node, not to the end")
    end
    return { each = spec.each, to = to, as = spec.as }
end

-- Adds what an edge says to `out`: a name, {choose, to}, {each, to}, or a list of those.
local function add_target(graph, out, from, spec, depth)
    if type(spec) == "string" then
        out.targets[#out.targets + 1] = number_of(graph, from, spec, "an edge")
    elseif type(spec) ~= "table" or next(spec) == nil or depth > 1 then
        invalid(graph.name, from, "edges", "an edge must lead to a name, { choose, to }, { each, to }, or a list of those")
    elseif spec.choose ~= nil then
        out.choices[#out.choices + 1] = new_choice(graph, from, spec)
    elseif spec.each ~= nil then
        out.eaches[#out.eaches + 1] = new_each(graph, from, spec)
    else
        if spec[1] == nil then
            fail.check_keys(graph.name, from, spec, { choose = true, each = true, to = true, as = true }, "an edge")
            invalid(graph.name, from, "edges", "an edge with `to` needs choose or each")
        end
        for i = 1, #spec do
            add_target(graph, out, from, spec[i], depth + 1)
        end
    end
end

local function out_of(graph, i)
    local out = graph.outs[i] or { targets = {}, choices = {}, eaches = {}, joins = {} }
    graph.outs[i] = out
    return out
end

-- edge {{"a", "b"}, "c"}: c runs when both have.
local function add_join(graph, sources, spec)
    local join = { to = 0, sources = {}, n = 0 }
    for k = 1, #sources do
        local i = number_of(graph, nil, sources[k], "edges")
        if not join.sources[i] and i ~= 0 then
            join.sources[i], join.n = true, join.n + 1
            local out = out_of(graph, i)
            out.joins[#out.joins + 1] = join
        end
    end
    if type(spec) ~= "string" or join.n < 2 then
        invalid(graph.name, nil, "edges", "an edge from several nodes, as in { { \"a\", \"b\" }, \"c\" }, leads from two or more to one name")
    end
    join.to = number_of(graph, sources[1], spec, "an edge")
end

local function refuse_source(graph, from)
    invalid(graph.name, nil, "edges", format("an edge leads from '%s', %s", tostring(from), from == "end"
        and "and nothing follows the end" or "and there is no such node" .. fail.instead(graph.index, from)))
end

local function add_edge(graph, from, spec)
    if from == "start" then
        add_target(graph, graph.start, from, spec, 0)
        return
    end
    if from == "end" or not graph.index[from] then
        refuse_source(graph, from)
    end
    local i = graph.index[from]
    if type(spec) == "string" and not graph.outs[i] and not graph.nexts[i] then
        graph.nexts[i] = number_of(graph, from, spec, "an edge")
        return
    end
    local out = out_of(graph, i)
    if graph.nexts[i] then
        out.targets[1], graph.nexts[i] = graph.nexts[i], false
    end
    add_target(graph, out, from, spec, 0)
end

local function add_edges_by_name(graph, edges)
    local wrong
    for from in next, edges do
        if from ~= "start" and (graph.index[from] or 0) == 0 then
            wrong = (wrong == nil or tostring(from) < tostring(wrong)) and from or wrong
        end
    end
    if wrong ~= nil then
        refuse_source(graph, wrong)
    end
    if edges.start ~= nil then
        add_edge(graph, "start", edges.start)
    end
    for i = 1, #graph.names do
        local spec = edges[graph.names[i]]
        if spec ~= nil then
            add_edge(graph, graph.names[i], spec)
        end
    end
end

local function add_edges(graph, edges)
    if type(edges) ~= "table" then
        invalid(graph.name, nil, "edges", "edges must say what follows what, as in edges = { plan = \"write\", write = \"end\" }")
    end
    if edges[1] == nil then
        return add_edges_by_name(graph, edges)
    end
    for k = 1, #edges do
        local edge = edges[k]
        if type(edge) ~= "table" or #edge ~= 2 then
            invalid(graph.name, nil, "edges[" .. k .. "]", "edges[" .. k .. "]: an edge of a list is { from, to }, as in { \"plan\", \"write\" }")
        end
        if type(edge[1]) == "table" then
            add_join(graph, edge[1], edge[2])
        else
            add_edge(graph, edge[1], edge[2])
        end
    end
end

-- Edges that need no thought get their short forms.
local function shorten(graph)
    for i = 1, #graph.names do
        local out = graph.outs[i]
        if out and #out.joins == 0 and #out.eaches == 0 then
            local targets, choices = #out.targets, #out.choices
            if targets == 1 and choices == 0 then
                graph.nexts[i], graph.outs[i] = out.targets[1], nil
            elseif targets == 0 and choices == 1 then
                graph.choices[i] = out.choices[1]
            end
        end
    end
end

-- Fills in names, edges and nodes; the fields are there.
return function(graph, def)
    graph.names, graph.index = {}, { ["end"] = 0 }
    graph.runs, graph.nexts, graph.choices, graph.outs = {}, {}, {}, {}
    graph.gotos, graph.said, graph.inner = {}, {}, {}
    graph.start = { targets = {}, choices = {}, eaches = {}, joins = {} }
    local specs = add_nodes(graph, def.nodes)
    if def.start ~= nil then
        add_edge(graph, "start", def.start)
    end
    if def.edges ~= nil then
        add_edges(graph, def.edges)
    end
    shorten(graph)
    for i = 1, #graph.names do
        local spec = specs[i]
        graph.runs[i] = type(spec) == "function" and spec
            or parts.moon_graph_node.compile(graph, i, graph.names[i], spec, number_of)
    end
end
