-- The edges that statements stand for: each way out of a node leads to the first node that control reaches
-- by it.

local M = {}

local function first(list, follow)
    return list[1] and list[1].node.id or follow
end

local walk

local function add(edges, from, kind, to)
    if to then
        edges[#edges + 1] = { from = from.id, kind = kind, to = to }
    end
end

local function loop(edges, statement)
    local node = statement.node
    add(edges, node, "body", first(statement.body, node.id))
    walk(edges, statement.body, node.id)
end

-- "if not x then ..." says the same of x and of not x: what the canvas had decides.
local function choose(statement, follow, canvas)
    if not statement.inverted or #statement.no > 0 then
        return
    end
    local id, inside = statement.node.id, first(statement.yes, follow)
    local yes, no = canvas(id, "true"), canvas(id, "false")
    local is_inverted = no == inside or yes == follow and yes ~= nil
    if is_inverted and not (yes == inside or no == follow) then
        statement.node.params.expression = statement.inverted
        statement.yes, statement.no = statement.no, statement.yes
    end
end

local WALK = {
    node = function(edges, statement, follow) add(edges, statement.node, "next", follow) end,
    output = function() end,
    loop = function(edges, statement, follow)
        loop(edges, statement)
        add(edges, statement.node, "next", follow)
    end,
    ["if"] = function(edges, statement, follow)
        choose(statement, follow, edges.canvas)
        add(edges, statement.node, "true", first(statement.yes, follow))
        add(edges, statement.node, "false", first(statement.no, follow))
        walk(edges, statement.yes, follow)
        walk(edges, statement.no, follow)
    end,
    switch = function(edges, statement, follow)
        local node = statement.node
        for _, case in ipairs(statement.cases) do
            add(edges, node, "case:" .. case.name, first(case.body, follow))
            walk(edges, case.body, follow)
        end
        if statement.has_default or edges.wants_default(node.id) then
            add(edges, node, "case:default", first(statement.default, follow))
            walk(edges, statement.default, follow)
        end
    end,
    parallel = function(edges, statement, follow)
        local join = statement.join
        for _, branch in ipairs(statement.branches) do
            add(edges, statement.node, "branch", first(branch.body, join.id))
            walk(edges, branch.body, join.id)
        end
        add(edges, join, "next", follow)
    end,
    try = function(edges, statement, follow)
        local node = statement.node
        if statement.attempt.kind == "loop" then
            loop(edges, statement.attempt)
        end
        add(edges, node, "next", first(statement.ok, follow))
        add(edges, node, "error", first(statement.failed, follow))
        walk(edges, statement.ok, follow)
        walk(edges, statement.failed, follow)
    end,
}

function walk(edges, list, follow)
    for i, statement in ipairs(list) do
        WALK[statement.kind](edges, statement, list[i + 1] and list[i + 1].node.id or follow)
    end
end

-- canvas: of read_canvas.lua. Returns {{from, kind, to}, ...}.
function M.of(entry, body, canvas)
    local edges = { canvas = canvas.target, wants_default = canvas.wants_default }
    if entry then
        add(edges, entry, "next", first(body, nil))
    end
    walk(edges, body, nil)
    edges.canvas, edges.wants_default = nil, nil
    return edges
end

return M
