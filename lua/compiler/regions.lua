-- Which loop's body and which parallel's branch each node lies in: node.region is {kind = "top", "body" or
-- "branch", owner, edge, parent}. Marks edges that end a round (edge.ends = the region) or lead into a join, and finds
-- paths that leave or enter sideways, cycles that are no loops and nodes that no path reaches.

local graph = require "compiler.graph"

local M = {}

local function place(region)
    if region.kind == "top" then
        return "outside"
    end
    return (region.kind == "body" and "the body of '" or "a branch of '") .. region.owner.title .. "'"
end

local function is_within(region, outer)
    while region do
        if region == outer then
            return true
        end
        region = region.parent
    end
    return false
end
M.is_within = is_within

local function sideways(edge, from, to, report)
    local inner = is_within(to, from) and to or from
    local expected = inner.kind == "body" and "back to '" .. inner.owner.title .. "'" or "to the join of '" .. inner.owner.title .. "'"
    local places = place(from) == place(to) and "more than one branch of '" .. inner.owner.title .. "'" or
        place(from) .. " and from " .. place(to)
    local message = "'" .. edge.target.title .. "' is reached from " .. places .. "; what is in " .. place(inner) .. " has to lead " .. expected
    edge.broken = true
    report(edge.source.id, "edges." .. edge.id, message, "leaves_region", expected)
end

-- An edge into a join ends the branch that it comes from.
local function into_join(edge, region, report)
    local join = edge.target
    if region.kind ~= "branch" then
        edge.broken, join.lost = true, true
        local why = region.kind == "body" and "; the body of '" .. region.owner.title .. "' ends at its loop" or ""
        report(edge.source.id, "edges." .. edge.id, "'" .. join.title .. "' joins the branches of a parallel, and this path is in none" .. why,
            "no_parallel", "a node that is no join")
        return nil
    end
    local parallel = region.owner
    parallel.join = parallel.join or join
    join.parallel = join.parallel or parallel
    if parallel.join ~= join or join.parallel ~= parallel then
        edge.broken, join.lost = true, true
        local message = parallel.join ~= join and "the branches of '" .. parallel.title .. "' meet in '" .. parallel.join.title ..
            "', not in '" .. join.title .. "'" or "'" .. join.title .. "' joins the branches of '" .. join.parallel.title .. "'"
        report(edge.source.id, "edges." .. edge.id, message, "no_join", "the same join for all branches of one parallel")
        return nil
    end
    edge.ends = region
    return region.parent
end

-- The region that an edge's target lies in; nil when the edge ends a round or is wrong.
local function follow(edge, region, report)
    local from, to = edge.source, edge.target
    if from.type == "loop" and edge.kind == "body" then
        from.body_region = from.body_region or { kind = "body", owner = from, edge = edge, parent = region }
        region = from.body_region
    elseif from.type == "parallel" then
        region = { kind = "branch", owner = from, edge = edge, parent = region }
        edge.branch_region = region
    end
    edge.region = region
    if to.type == "loop" and region.kind == "body" and region.owner == to then
        edge.ends = region
        return nil
    elseif to.type == "join" then
        return into_join(edge, region, report)
    end
    return region
end

local function exits_of(node)
    local list = {}
    for _, kind in ipairs(graph.kinds(node)) do
        list[#list + 1] = node.exits[kind]
    end
    for _, edge in ipairs(node.branches) do
        list[#list + 1] = edge
    end
    return list
end
M.exits_of = exits_of

-- Gives every node that can be reached from the entry its region.
function M.assign(entry, report)
    entry.region = { kind = "top" }
    local queue, at = { entry }, 1
    while queue[at] do
        local node = queue[at]
        at = at + 1
        for _, edge in ipairs(exits_of(node)) do
            local region, to = follow(edge, node.region, report), edge.target
            if region and not to.region then
                to.region = region
                queue[#queue + 1] = to
            elseif region and to.region ~= region then
                sideways(edge, region, to.region, report)
            end
        end
    end
end

-- Depth first, without recursion. Returns the nodes in the order of the Lua: all that comes before first.
-- Edges that close a cycle are marked and reported.
function M.order(entry, report)
    local state, finished = { [entry] = "open" }, {}
    local stack = { { node = entry, edges = exits_of(entry), at = #exits_of(entry) } }
    while #stack > 0 do
        local top = stack[#stack]
        local edge = top.edges[top.at]
        top.at = top.at - 1
        if not edge then
            state[top.node] = "done"
            table.insert(finished, 1, top.node)
            stack[#stack] = nil
        elseif not (edge.ends and edge.target.type == "loop") and not edge.broken then
            local to = edge.target
            if state[to] == "open" then
                edge.broken = true
                report(edge.source.id, "edges." .. edge.id, "this path comes back to '" .. to.title .. "'; only a loop node goes round",
                    "cycle", "a loop over a list")
            elseif not state[to] then
                state[to] = "open"
                local edges = exits_of(to)
                stack[#stack + 1] = { node = to, edges = edges, at = #edges }
            end
        end
    end
    return finished
end

-- What only shows when all regions are known.
function M.check(node, report)
    local region = node.region
    if node.type == "parallel" and #node.branches >= 2 and not node.join then
        report(node.id, "exits.branch", "the branches do not meet in a join", "no_join", "a join at the end of all branches")
    elseif node.type == "output" and region.kind ~= "top" then
        report(node.id, "type", "an output ends the run, and this is in " .. place(region), "leaves_region",
            region.kind == "body" and "what leaves a body is collected" or "an output after the join")
    end
end

return M
