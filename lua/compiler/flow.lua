-- What has run when a node is reached: on every path (node.sure) and on some (node.maybe), as sets of
-- "nodes.<id>" and "errors.<id>". Branches of a parallel have all run after its join.

local regions = require "compiler.regions"

local M = {}

local function copy(set)
    local result = {}
    for key in pairs(set) do
        result[key] = true
    end
    return result
end

local function join(a, b)
    for key in pairs(b) do
        a[key] = true
    end
    return a
end

local function meet(a, b)
    for key in pairs(a) do
        if not b[key] then
            a[key] = nil
        end
    end
    return a
end

-- What is there at the end of an edge; field: "sure" or "maybe".
local function along(edge, field)
    local from = edge.source
    local set = copy(from[field])
    if edge.kind == "error" then
        set["errors." .. from.id] = true
    elseif edge.kind ~= "body" then
        set["nodes." .. from.id] = true
    end
    return set
end

local function gather(edges, field, how)
    local result
    for _, edge in ipairs(edges) do
        if edge.source[field] then
            local set = along(edge, field)
            result = result and how(result, set) or set
        end
    end
    return result
end

-- Into a join: paths of one branch meet, branches add up.
local function at_join(node)
    local by_branch, order = {}, {}
    for _, edge in ipairs(node.entries) do
        local branch = edge.ends
        if branch then
            if not by_branch[branch] then
                by_branch[branch], order[#order + 1] = {}, branch
            end
            table.insert(by_branch[branch], edge)
        end
    end
    local sure = {}
    for _, branch in ipairs(order) do
        sure = join(sure, gather(by_branch[branch], "sure", meet) or {})
    end
    return sure
end

local function usable(node)
    local list = {}
    for _, edge in ipairs(node.entries) do
        local is_back = edge.ends and node.type == "loop"
        if not edge.broken and not is_back and edge.source.type ~= "trigger" then
            list[#list + 1] = edge
        end
    end
    return list
end

-- nodes: in the order of regions.order
function M.run(nodes)
    for _, node in ipairs(nodes) do
        local edges = usable(node)
        node.sure = node.type == "join" and at_join(node) or gather(edges, "sure", meet) or {}
        node.maybe = gather(edges, "maybe", join) or {}
    end
end

-- What is there at the end of a round of a loop: {sure, maybe}.
function M.at_end_of(loop)
    local edges = {}
    for _, edge in ipairs(loop.entries) do
        if edge.ends and edge.ends.owner == loop then
            edges[#edges + 1] = edge
        end
    end
    return gather(edges, "sure", meet) or {}, gather(edges, "maybe", join) or {}
end

-- The loop whose body holds `node` but not what lies in `region`; nil when there is none.
function M.loop_between(node, region)
    local at = node.region
    while at and at.kind ~= "top" do
        if at.kind == "body" and not regions.is_within(region, at) then
            return at.owner
        end
        at = at.parent
    end
    return nil
end

return M
