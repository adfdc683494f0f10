-- Finds, before a graph runs, what can never work: no start, nodes that nothing leads to, nodes that
-- lead nowhere, and cycles without a way out.

local parts = ...
local next = next

-- Per node, the numbers that may follow it; 0 is the end.
local function add_all(list, graph, i, out)
    for k = 1, #out.targets do
        list[#list + 1] = out.targets[k]
    end
    for k = 1, #out.choices do
        for _, to in next, out.choices[k].map do
            list[#list + 1] = to
        end
    end
    for k = 1, #out.eaches do
        list[#list + 1] = out.eaches[k].to
    end
    for k = 1, #out.joins do
        list[#list + 1] = out.joins[k].to
    end
    for _, to in next, graph.gotos[i] or {} do
        list[#list + 1] = to
    end
    return list
end

local NOTHING = { targets = {}, choices = {}, eaches = {}, joins = {} }

local function followers(graph)
    local lists = {}
    for i = 1, #graph.names do
        local to = graph.nexts[i]
        if to and not graph.gotos[i] then
            lists[i] = { to }
        else
            lists[i] = add_all(to and { to } or {}, graph, i, graph.outs[i] or NOTHING)
        end
    end
    lists[0] = add_all({}, graph, 0, graph.start)
    return lists
end

-- The nodes that the start leads to, in the order in which they are met; `seen` by number.
local function reachable(lists)
    local order, seen, n = {}, {}, 0
    local stack, top = { 0 }, 1
    local first = true
    while top > 0 do
        local i = stack[top]
        top = top - 1
        if i ~= 0 or first then
            first = false
            local list = lists[i]
            for k = 1, #list do
                local to = list[k]
                if to ~= 0 and not seen[to] then
                    n = n + 1
                    seen[to], order[n] = true, to
                    top = top + 1
                    stack[top] = to
                end
            end
        end
    end
    return order, seen
end

-- Which nodes have a way to the end.
local function that_end(lists, order)
    local ends, found = { [0] = true }, true
    while found do
        found = false
        for k = #order, 1, -1 do
            local i = order[k]
            if not ends[i] then
                local list = lists[i]
                for j = 1, #list do
                    if ends[list[j]] then
                        ends[i], found = true, true
                        break
                    end
                end
            end
        end
    end
    return ends
end

local function names_of(graph, list)
    local names, seen = {}, {}
    for k = 1, #list do
        local name = graph.names[list[k]]
        if name and not seen[name] then
            seen[name], names[#names + 1] = true, name
        end
    end
    table.sort(names)
    return table.concat(names, ", ")
end

return function(graph)
    local invalid = parts.moon_graph_fail.invalid
    local lists = followers(graph)
    if #lists[0] == 0 then
        invalid(graph.name, nil, "start", "start must name the first node, as in start = \""
            .. graph.names[1] .. "\"")
    end
    local order, seen = reachable(lists)
    for i = 1, #graph.names do
        if not seen[i] then
            invalid(graph.name, graph.names[i], "edges",
                "nothing leads here from the start; give it an edge from another node, or take it out")
        end
    end
    for i = 1, #graph.names do
        if not (graph.nexts[i] or graph.outs[i] or (graph.said[i] or 0) > 0) then
            invalid(graph.name, graph.names[i], "edges",
                "nothing follows it; add an edge from it, to \"end\" if it is the last")
        end
    end
    local ends = that_end(lists, order)
    for i = 1, #graph.names do
        if not ends[i] then
            invalid(graph.name, graph.names[i], "edges", "no way leads from here to the end, only to "
                .. names_of(graph, lists[i]) .. "; add an edge that leaves the cycle")
        end
    end
end
