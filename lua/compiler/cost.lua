-- What one run costs, in micro-dollars: low, likely and high, from what each node costs and how often it runs.
-- Of ways that part, low takes the cheapest, high the dearest, likely their mean.

local M = {}

local function add(sum, more)
    for i = 1, 3 do
        sum[i] = sum[i] + more[i]
    end
    return sum
end

local of_sequence

local function own_cost(node, cx)
    local once = node.def.cost and node.def.cost(node, cx.context_of(node)) or { 0, 0, 0 }
    local cost = { once[1], once[2], once[3] }
    if node.retry then
        cost[3] = cost[3] * (node.retry.attempts or 1)
    end
    if cost[3] > 0 then
        cx.nodes[node.id] = { low = math.floor(cost[1]), likely = math.ceil(cost[2]), high = math.ceil(cost[3]) }
    end
    return cost
end

local function of_ways(ways, cx)
    local result = { math.huge, 0, 0 }
    for _, body in ipairs(ways) do
        local cost = of_sequence(body, cx)
        result[1] = math.min(result[1], cost[1])
        result[2] = result[2] + cost[2] / #ways
        result[3] = math.max(result[3], cost[3])
    end
    return result
end

local OF = {}

function OF.node(statement, cx)
    return own_cost(statement.node, cx)
end
OF.output = OF.node

OF["if"] = function(statement, cx)
    return of_ways({ statement.yes, statement.no }, cx)
end

function OF.switch(statement, cx)
    local ways = {}
    for i, case in ipairs(statement.cases) do
        ways[i] = case.body
    end
    if statement.node.exits["case:default"] then
        ways[#ways + 1] = statement.default
    end
    return of_ways(ways, cx)
end

function OF.loop(statement, cx)
    local rounds = statement.node.def.rounds(statement.node)
    local once = of_sequence(statement.body, cx)
    return { once[1] * rounds[1], once[2] * rounds[2], once[3] * rounds[3] }
end

function OF.parallel(statement, cx)
    local sum = { 0, 0, 0 }
    for _, branch in ipairs(statement.branches) do
        add(sum, of_sequence(branch.body, cx))
    end
    return sum
end

-- That it goes wrong is not likely.
OF["try"] = function(statement, cx)
    local cost = OF[statement.attempt.kind](statement.attempt, cx)
    local ok, failed = of_sequence(statement.ok, cx), of_sequence(statement.failed, cx)
    return add(cost, { math.min(ok[1], failed[1]), ok[2], math.max(ok[3], failed[3]) })
end

function of_sequence(sequence, cx)
    local sum = { 0, 0, 0 }
    for _, statement in ipairs(sequence) do
        add(sum, OF[statement.kind](statement, cx))
    end
    return sum
end

-- {low, likely, high, nodes = {id = {low, likely, high}, each for one time}}
function M.estimate(body, context_of)
    local cx = { context_of = context_of, nodes = {} }
    local cost = of_sequence(body, cx)
    return { low = math.floor(cost[1]), likely = math.ceil(cost[2]), high = math.ceil(cost[3]), nodes = cx.nodes }
end

return M
