-- The graph as nested statements (README.md says which): if, switch, loop, parallel, try. Within a region
-- (the top, a body, a branch) the paths of a node that branches end, or meet in one place, the one node that it
-- immediately dominates and that several edges lead to. What meets otherwise is reported.

local graph = require "compiler.graph"
local scope = require "compiler.scope"

local M = {}

local MAX_DEPTH = 60 -- Lua reads at most 200 levels

local END = { id = "", title = "the end" } -- of a body or a branch

-- What follows a node within its region: {kind, edge, to}. Loops and parallels count as one node.
local function exits_within(node)
    if node.type == "parallel" then
        node = node.join
    end
    local list = {}
    for _, kind in ipairs(graph.kinds(node)) do
        local edge = node.exits[kind]
        if edge and kind ~= "body" then
            list[#list + 1] = { kind = kind, edge = edge, to = edge.ends and END or edge.target }
        end
    end
    return list
end

-- The nodes of a region that begins with an edge, each with its exits, in an order in which all that leads to
-- a node comes before it.
local function collect(first, order)
    local inside = { [first] = true }
    local list = {}
    for _, node in ipairs(order) do
        if inside[node] then
            list[#list + 1] = { node = node, exits = exits_within(node) }
            for _, exit in ipairs(list[#list].exits) do
                inside[exit.to] = true
            end
        end
    end
    return list
end

local function common(a, b, dominator, rank)
    while a ~= b do
        while rank[a] > rank[b] do
            a = dominator[a]
        end
        while rank[b] > rank[a] do
            b = dominator[b]
        end
    end
    return a
end

-- How many edges lead to each node, and the node that immediately dominates it (Cooper, Harvey, Kennedy; one
-- pass does, for there are no cycles).
local function dominators(list)
    local entries, dominator, rank = {}, {}, {}
    for i, item in ipairs(list) do
        rank[item.node] = i
    end
    rank[END] = #list + 1
    for _, item in ipairs(list) do
        for _, exit in ipairs(item.exits) do
            entries[exit.to] = (entries[exit.to] or 0) + 1
            dominator[exit.to] = dominator[exit.to] and common(dominator[exit.to], item.node, dominator, rank) or item.node
        end
    end
    return entries, dominator
end

-- node -> the places where its paths meet.
local function meetings(list, entries, dominator)
    local places = {}
    local function add(node)
        if (entries[node] or 0) > 1 then
            local by = dominator[node]
            places[by] = places[by] or {}
            table.insert(places[by], node)
        end
    end
    for _, item in ipairs(list) do
        add(item.node)
    end
    add(END)
    return places
end

local sequence, region

local function unstructured(s, from, to)
    s.failed = true
    local where = to == END and "the end of the round" or "'" .. to.title .. "'"
    s.report(from.id, "exits", "the paths from '" .. from.title .. "' meet in " .. where ..
        " in a way that if and else cannot say: one of them meets the others elsewhere before", "unstructured",
        "paths that all meet in one place; give '" .. from.title .. "' one condition for both, or a copy of the node in between")
end

local function check_depth(s, list, depth)
    for _, statement in ipairs(list) do
        local node = statement.node
        if depth > MAX_DEPTH then
            s.failed = true
            s.report(node.id, "exits", "'" .. node.title .. "' lies inside of more than " .. MAX_DEPTH .. " others", "unstructured",
                "a workflow of its own for the inner part")
            return
        end
        for _, inner in ipairs(scope.sequences(statement)) do
            check_depth(s, inner, depth + 1)
        end
    end
end

local BRANCHING = { condition = true, switch = true }

local function inner(s, node)
    local statement = { kind = "node", node = node }
    if node.type == "loop" then
        statement.kind = "loop"
        statement.body = region(s, node.exits.body)
    elseif node.type == "parallel" then
        statement.kind, statement.join, statement.branches = "parallel", node.join, {}
        for i, edge in ipairs(node.branches) do
            statement.branches[i] = { edge = edge, body = edge.ends and {} or region(s, edge) }
        end
    elseif node.type == "output" then
        statement.kind = "output"
    end
    return statement
end

-- The statement of a node that goes several ways: its sequences stand where the ways' kinds say.
local function branching(s, node)
    if node.type == "condition" then
        return { kind = "if", node = node }, function(statement, kind, body)
            statement[kind == "true" and "yes" or "no"] = body
        end
    elseif node.type == "switch" then
        local cases = {}
        for i, case in ipairs(node.params.cases) do
            cases[i] = { name = case.name, equals = case.equals, body = {} }
        end
        return { kind = "switch", node = node, cases = cases, default = {} }, function(statement, kind, body)
            for _, case in ipairs(statement.cases) do
                if kind == "case:" .. case.name then
                    case.body = body
                    return
                end
            end
            statement.default = body
        end
    end
    return { kind = "try", node = node, attempt = inner(s, node) }, function(statement, kind, body)
        statement[kind == "error" and "failed" or "ok"] = body
    end
end

-- What is done on one way out, until `follow`. Returns the list and whether control gets to `follow`.
local function way(s, from, exit, follow)
    if exit.to == follow then
        return {}, true
    elseif s.entries[exit.to] > 1 or exit.to == END then
        unstructured(s, from, exit.to)
        return {}, true
    end
    return sequence(s, exit.to, follow, exit.edge)
end

-- When all ways but one return, what is on that one need not be inside of the statement. When all return, the
-- longest need not be (of a try, what follows success); two that only return are left side by side.
local function way_outside(node, ways)
    local going, longest, others = nil, nil, 0
    for _, one in ipairs(ways) do
        if one.falls then
            going, others = one, others + 1
        end
        local is_more = #one.body > 1 or (one.body[1] and one.body[1].kind ~= "output")
        if is_more and not (longest and #longest.body > #one.body) then
            longest = one
        end
    end
    if others > 0 then
        return others == 1 and going or nil
    end
    if BRANCHING[node.type] then
        return longest
    end
    return ways[1]
end

-- Adds a node that goes several ways. Returns where it goes on, if its paths meet; else whether any gets to
-- `follow`.
local function add_branching(s, list, node, exits, follow, edge)
    local places = s.places[node] or {}
    if #places > 1 then
        unstructured(s, node, places[1])
        return nil, true
    end
    local meet = places[1]
    local statement, put = branching(s, node)
    statement.edge = edge
    list[#list + 1] = statement
    local ways, any = {}, false
    for i, exit in ipairs(exits) do
        local body, falls = way(s, node, exit, meet or follow)
        put(statement, exit.kind, body)
        any = any or falls
        ways[i] = { kind = exit.kind, body = body, falls = falls }
    end
    local outside = meet == nil and way_outside(node, ways)
    if outside then
        put(statement, outside.kind, {})
        for _, following in ipairs(outside.body) do
            list[#list + 1] = following
        end
    end
    return meet, any
end

-- Statements from a node on, until `follow`.
function sequence(s, node, follow, edge)
    local list = {}
    while true do
        local exits = s.exits[node]
        local next_node, falls
        if BRANCHING[node.type] or #exits > 1 then
            next_node, falls = add_branching(s, list, node, exits, follow, edge)
            edge = nil
            if next_node == nil or next_node == END or next_node == follow then
                return list, falls
            end
        else
            local statement = inner(s, node)
            statement.edge = edge
            list[#list + 1] = statement
            local exit = exits[1]
            if not exit or exit.to == follow then
                return list, exit ~= nil
            elseif exit.to == END or s.entries[exit.to] > 1 then
                unstructured(s, node, exit.to)
                return list, true
            end
            next_node, edge = exit.to, exit.edge
        end
        node = next_node
    end
end

-- The statements of a region, from the edge (or node) that it begins with.
function region(s, edge, first)
    first = first or edge.target
    if edge and edge.ends then
        return {}
    end
    local list = collect(first, s.order)
    local entries, dominator = dominators(list)
    local own = setmetatable({ entries = entries, places = meetings(list, entries, dominator), exits = {} }, { __index = s,
        __newindex = s })
    for _, item in ipairs(list) do
        own.exits[item.node] = item.exits
    end
    return (sequence(own, first, END, edge))
end

-- Returns the top's statements, or nil after reporting. Everything else about the graph has to be right.
function M.build(entry, order, report)
    local s = { order = order, report = report, failed = false }
    local exit = entry.exits.next
    local body = region(s, exit)
    check_depth(s, body, 0)
    return not s.failed and body or nil
end

return M
