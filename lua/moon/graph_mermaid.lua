-- A graph as a Mermaid flowchart. Choices, sends and what a node may say itself are dotted.

local type, next, sort, tostring, format, concat = type, next, table.sort, tostring, string.format, table.concat

local function text_of(name)
    return (tostring(name):gsub("[\"#<>|]", function(c)
        return format("#%d;", c:byte())
    end))
end

local function id_of(graph, i)
    if i == 0 then
        return "graph_end"
    end
    local name = graph.names[i]
    return name:find("^[%a][%w_]*$") and "n_" .. name or "n" .. i
end

-- Edges as sorted lists of {to, label}, so that the text is always the same.
local function labelled(map)
    local list = {}
    for key, to in next, map do
        list[#list + 1] = { to = to, label = tostring(key) }
    end
    sort(list, function(a, b)
        return a.label < b.label
    end)
    return list
end

local function add(lines, from, to, label)
    if label then
        lines[#lines + 1] = format("    %s -. \"%s\" .-> %s", from, text_of(label), to)
    else
        lines[#lines + 1] = format("    %s --> %s", from, to)
    end
end

local function add_out(graph, lines, from, out)
    for k = 1, #out.targets do
        add(lines, from, id_of(graph, out.targets[k]))
    end
    for k = 1, #out.choices do
        for _, edge in next, labelled(out.choices[k].map) do
            add(lines, from, id_of(graph, edge.to), edge.label)
        end
    end
    for k = 1, #out.eaches do
        local each = out.eaches[k].each
        add(lines, from, id_of(graph, out.eaches[k].to), "each" .. (type(each) == "string" and " of " .. each or ""))
    end
    for k = 1, #out.joins do
        add(lines, from, id_of(graph, out.joins[k].to))
    end
end

return function(graph)
    local lines = { "flowchart TD", "    graph_start([start])" }
    for i = 1, #graph.names do
        local shape = graph.deferred and graph.deferred[i] and "%s{{\"%s\"}}"
            or graph.inner[i] and "%s[[\"%s\"]]" or "%s[\"%s\"]"
        lines[#lines + 1] = "    " .. format(shape, id_of(graph, i), text_of(graph.names[i]))
    end
    lines[#lines + 1] = "    graph_end([end])"
    add_out(graph, lines, "graph_start", graph.start)
    for i = 1, #graph.names do
        local from = id_of(graph, i)
        if graph.nexts[i] then
            add(lines, from, id_of(graph, graph.nexts[i]))
        end
        if graph.outs[i] then
            add_out(graph, lines, from, graph.outs[i])
        end
        for k = 1, #(graph.gotos[i] or {}) do
            add(lines, from, id_of(graph, graph.gotos[i][k]), k > graph.said[i] and "fallback" or "go")
        end
    end
    return concat(lines, "\n") .. "\n"
end
