-- The edges of a document: each checked by itself and by the types of its ends, then hung on the nodes:
-- node.exits {kind = edge}, node.branches and node.entries (lists of edges).

local suggest = require "compiler.suggest"

local MAX_EDGES = 2000

local M = {}

local SHOWN = { branch = "a branch", body = "the body", error = "the error", next = "the next node" }

-- Kinds of edges that may leave a node, in the order of the Lua.
function M.kinds(node)
    local kinds = {}
    for _, kind in ipairs(node.def.exits) do
        if kind == "case" then
            for _, case in ipairs(node.params.cases or {}) do
                kinds[#kinds + 1] = "case:" .. (case.name or "")
            end
            kinds[#kinds + 1] = "case:default"
        else
            kinds[#kinds + 1] = kind
        end
    end
    return kinds
end

local function has(list, value)
    for _, one in ipairs(list) do
        if one == value then
            return true
        end
    end
    return false
end

local function is_kind(text)
    return text:find("^case:[a-z][a-z0-9_]*$") or text:find("^[a-z]+$")
end

local function check_kind(edge, from, report)
    local kinds = M.kinds(from)
    if has(kinds, edge.kind) then
        return true
    elseif #kinds == 0 then
        return report(from.id, "edges." .. edge.id, "nothing follows an " .. from.type .. " node", "wrong_edge", "no edge")
    end
    local case = edge.kind:match("^case:(.*)$")
    if case and from.type == "switch" then
        return report(from.id, "edges." .. edge.id, "the switch has no case '" .. case .. "'" .. suggest.hint(edge.kind, kinds),
            "missing_case", "one of " .. table.concat(kinds, ", "))
    end
    return report(from.id, "edges." .. edge.id, "no edge of kind '" .. edge.kind .. "' leaves a node of type " .. from.type,
        "wrong_edge", "one of " .. table.concat(kinds, ", "))
end

local function check_ends(edge, from, to, report)
    local field = "edges." .. edge.id
    if from == to then
        return report(from.id, field, "the edge leads from the node to itself", "wrong_edge", "another node")
    elseif to.type == "trigger" or (to.type == "input" and from.type ~= "trigger") then
        return report(from.id, field, "nothing leads to " .. (to.type == "input" and "the input node but triggers" or "a trigger"),
            "wrong_edge", "another node")
    elseif from.type == "trigger" and to.type ~= "input" then
        return report(from.id, field, "a trigger leads to the input node", "wrong_edge", "the input node")
    end
    return true
end

local function add(edge, from, to, report)
    local taken = from.exits[edge.kind]
    if edge.kind == "branch" then
        from.branches[#from.branches + 1] = edge
    elseif taken then
        to.lost = true
        return report(from.id, "edges." .. edge.id, "'" .. edge.kind .. "' leads to '" .. taken.target.title ..
            "' already; a parallel goes several ways at once", "wrong_edge", "one edge of this kind")
    else
        from.exits[edge.kind] = edge
    end
    edge.source, edge.target = from, to
    to.entries[#to.entries + 1] = edge
end

local function read_edge(given, i, nodes, ids, node_ids, report)
    local edge = { id = given.id, from = given.from, to = given.to, kind = given.kind or "next" }
    local field = "edges." .. (type(given.id) == "string" and given.id or tostring(i))
    if ids[edge.id] then
        report(nil, field .. ".id", "two edges have the id '" .. edge.id .. "'", "duplicate", "each id once")
    end
    ids[edge.id] = true
    local fine = is_kind(edge.kind) ~= nil -- else it has been told
    for _, name in ipairs({ "from", "to" }) do
        if not nodes[edge[name]] then
            fine = report(name == "to" and nodes[edge.from] and edge.from or nil, field .. "." .. name,
                "there is no node '" .. edge[name] .. "'" .. suggest.hint(edge[name], node_ids), "unknown_node", "the id of a node")
        end
    end
    local from, to = nodes[edge.from], nodes[edge.to]
    if fine and from.def and to.def and check_kind(edge, from, report) and check_ends(edge, from, to, report) then
        add(edge, from, to, report)
        return
    end
    M.lose(from, to)
end

-- What is said of an edge need not be said of its ends again.
function M.lose(from, to)
    if from then
        from.lost_exits = true
    end
    if to then
        to.lost = true
    end
end

-- given: the edges whose fields are right, with their places in the document.
function M.connect(given, nodes, report)
    local ids, node_ids = {}, suggest.keys(nodes)
    if #given > MAX_EDGES then
        report(nil, "edges", "there are " .. #given .. " edges", "too_many", "at most " .. MAX_EDGES)
    end
    for i, edge in ipairs(given) do
        if edge.broken then
            M.lose(nodes[edge.from], nodes[edge.to])
        else
            read_edge(edge, i, nodes, ids, node_ids, report)
        end
    end
end

-- Ways out that lead nowhere. Called when the regions are known, so that it can be said where they should lead.
function M.check_exits(node, report)
    local region = node.region
    local where = "another node, or an output node at the end"
    if region and region.kind == "body" then
        where = "'" .. region.owner.title .. "', to end the round"
    elseif region and region.kind == "branch" then
        where = "the join of '" .. region.owner.title .. "'"
    end
    for _, kind in ipairs(node.def.must) do
        if not node.exits[kind] and not node.lost_exits then
            report(node.id, "exits." .. kind, (SHOWN[kind] and SHOWN[kind] or "the way '" .. kind .. "'") .. " is missing: lead it to " ..
                where, "missing_edge", "an edge of kind " .. kind)
        end
    end
    if node.type == "parallel" and #node.branches < 2 and not node.lost_exits then
        report(node.id, "exits.branch", "a parallel has at least two branches, and this has " .. #node.branches, "missing_edge",
            "two edges of kind branch")
    end
end

return M
