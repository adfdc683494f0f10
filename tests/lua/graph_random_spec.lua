-- Random graphs with random finishing orders: whatever ends first, the state, the steps and the events are
-- the same.

local graph_kit = require "tests.lua.graph_kit"

local GRAPHS, ORDERS = 150, 4

-- Numbers of the test's own, so that a failing seed can be run again.
local function numbers(seed)
    local x = seed * 2654435761 % 4294967296
    return function(n)
        x = (x * 1664525 + 1013904223) % 4294967296
        return math.floor(x / 65536) % n + 1
    end
end

-- A graph in layers, in which edges lead on or skip a layer, some nodes are choices, some send, some are
-- deferred or joined, and the last leads to the end.
local function random_graph(seed)
    local random = numbers(seed)
    local layers, nodes, edges = 2 + random(4), {}, {}
    local by_layer = {}
    for layer = 1, layers do
        by_layer[layer] = {}
        for k = 1, random(4) do
            local name = string.char(96 + random(26)) .. layer .. "_" .. k
            by_layer[layer][k] = name
        end
    end
    local function some_after(layer)
        local list, seen = {}, {}
        for _ = 1, random(3) do
            local next_layer = by_layer[layer + random(2)]
            local name = next_layer and next_layer[random(#next_layer)]
            if name and not seen[name] then
                seen[name], list[#list + 1] = true, name
            end
        end
        return list[1] and list or { "end" }
    end
    for layer = 1, layers do
        for k, name in ipairs(by_layer[layer]) do
            local targets, kind = some_after(layer), random(5)
            if kind == 1 and targets[1] ~= "end" then
                edges[name] = { each = "items", to = targets[1] }
            elseif kind == 2 then
                edges[name] = { choose = #targets, to = targets }
            else
                edges[name] = targets
            end
            nodes[name] = { defer = random(6) == 1, calls = random(3) - 1, n = layer * 10 + k }
        end
    end
    return { start = by_layer[1], nodes = nodes, edges = edges }
end

-- The definition, less what the start does not lead to.
local function definition(moon, plan)
    local keep, queue = {}, {}
    local function visit(name)
        if name ~= "end" and not keep[name] then
            keep[name], queue[#queue + 1] = true, name
        end
    end
    for _, name in ipairs(plan.start) do visit(name) end
    while #queue > 0 do
        local edge = plan.edges[table.remove(queue)]
        if edge.each then visit(edge.to) end
        for _, name in ipairs(edge.to and not edge.each and edge.to or edge) do visit(name) end
    end
    local def = { name = "random", start = plan.start, nodes = {}, edges = {}, max_steps = 1000,
        state = { items = { type = "array", default = { "x", "y" } }, log = "append", n = "sum", seen = "merge" } }
    for name in pairs(keep) do
        local node, edge = plan.nodes[name], plan.edges[name]
        def.nodes[name] = { defer = node.defer, run = function(_, ctx)
            local said = ""
            for i = 1, node.calls do
                said = said .. moon.tool("work", { node = name, index = ctx.index, call = i }).said
            end
            return { log = name .. (ctx.index or "") .. #ctx.state.log .. said, n = node.n, seen = { [name] = ctx.step } }
        end }
        def.edges[name] = edge.choose and { to = edge.to, choose = function(state)
            return edge.to[state.n % #edge.to + 1]
        end } or edge
    end
    return def
end

local function run(seed, order)
    local random = numbers(seed * 1000 + order)
    local world = graph_kit.new(function(_, args)
        return true, { said = "/" .. args.call }, order == 0 and 1 or random(50)
    end)
    local plan = random_graph(seed)
    local result = { seed = seed }
    result.state = world:run(function()
        local state, info = world.moon.graph(definition(world.moon, plan)):run({}, { stream = { "updates" }, limit = 1 + seed % 5 })
        result.steps = info.steps
        return state
    end)
    result.events = world.events
    return result
end

describe("random graphs", function()
    it("come to the same state, by the same steps, in whatever order their nodes end", function()
        local most = 0
        for seed = 1, GRAPHS do
            local first = run(seed, 0)
            most = math.max(most, #first.state.log)
            for order = 1, ORDERS do
                assert.same(first, run(seed, order))
            end
        end
        assert.is_true(most > 10, "the graphs are large enough to mean something")
    end)
end)
