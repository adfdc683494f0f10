-- A document into errors, warnings, cost and the model that is printed as Lua. README.md says what each is.

local analysis = require "compiler.analysis"
local cost = require "compiler.cost"
local document_reader = require "compiler.document"
local flow = require "compiler.flow"
local graph = require "compiler.graph"
local names = require "compiler.names"
local problem_list = require "compiler.problems"
local regions = require "compiler.regions"
local scope = require "compiler.scope"
local structure = require "compiler.structure"
local suggest = require "compiler.suggest"

local M = {}

-- The input node; reports when there is none or more than one.
local function find_entry(top, report)
    local entry
    for _, node in ipairs(top.all) do
        if node.type == "input" and entry then
            report(node.id, "type", "'" .. entry.title .. "' is the input node already", "no_input", "one input node")
        elseif node.type == "input" then
            entry = node
        end
    end
    if not entry then
        report(nil, "nodes", "there is no input node", "no_input", "one node of type input")
    end
    return entry
end

-- Nodes that would be reached if some edge were right: it has been reported, so they need not be.
local function would_be_reached(top)
    local list, seen = {}, {}
    for _, node in ipairs(top.all) do
        if node.lost or not node.def then
            list[#list + 1], seen[node] = node, true
        end
    end
    local at = 1
    while list[at] do
        for _, edge in ipairs(list[at].def and regions.exits_of(list[at]) or {}) do
            if not seen[edge.target] then
                list[#list + 1], seen[edge.target] = edge.target, true
            end
        end
        at = at + 1
    end
    return seen
end

local function check_reached(top, entry, report)
    local others, has_output, seen = {}, false, would_be_reached(top)
    for _, node in ipairs(top.all) do
        has_output = has_output or node.type == "output"
        if node.def and not node.region then
            others[#others + 1] = node
            if entry and node.type ~= "trigger" and node.type ~= "input" and not seen[node] then
                report(node.id, "id", "no path leads from the input to '" .. node.title .. "'", "unreachable", "an edge that leads to it")
            end
        end
    end
    if not has_output then
        report(nil, "nodes", "there is no output node", "no_output_node", "an output node at the end of every path")
    end
    return others
end

-- Edges, regions, order; returns the nodes that paths reach, as they run, and the others.
local function hang_together(top, problems)
    local report = problems.report
    if not top.nodes or top.nodes ~= top.document.nodes or not top.edges or top.edges ~= top.document.edges then
        return nil, {}, {} -- nothing can be said of what hangs together
    end
    graph.connect(top.edge_list, top.by_id, report)
    local entry, order = find_entry(top, report), {}
    if entry then
        regions.assign(entry, report)
        order = regions.order(entry, report)
    end
    local others = check_reached(top, entry, report)
    for _, node in ipairs(top.all) do
        if node.def then
            graph.check_exits(node, report)
            if node.region then
                regions.check(node, report)
            end
        end
    end
    flow.run(order)
    return entry, order, others
end

local function sorted(set, more)
    for _, name in ipairs(more or {}) do
        set[name] = true
    end
    return suggest.keys(set)
end

local function grants_of(top)
    local needs, given = { tools = {}, models = {} }, top.grants or {}
    for _, node in ipairs(top.all) do
        if node.def and node.def.needs then
            node.def.needs(node, needs)
        end
    end
    local models = sorted(needs.models, given.models)
    for _, name in ipairs(models) do
        if name == "*" then
            models = { "*" }
        end
    end
    return { tools = sorted(needs.tools, given.tools), models = models, hosts = sorted({}, given.hosts), secrets = sorted({}, given.secrets) }
end

local function name_nodes(order, taken)
    for _, node in ipairs(order) do
        if node.type == "loop" then
            local as = node.params.as or "item"
            taken[as], taken[as .. "_index"] = true, true
        end
    end
    for _, node in ipairs(order) do
        node.name = names.unique(node.title, node.id, taken)
    end
end

-- Loops in loops call their items differently.
local function check_loop_names(order, report)
    for _, node in ipairs(order) do
        local as, region = node.type == "loop" and (node.params.as or "item"), node.region
        while as and region and region.kind ~= "top" do
            local owner = region.owner
            if region.kind == "body" and (owner.params.as or "item") == as then
                report(node.id, "params.as", "the loop '" .. owner.title .. "' around this one calls its items '" .. as .. "', too",
                    "name_taken", "another name")
            end
            region = region.parent
        end
    end
end

local function finish(model, entry, order, others, reads)
    model.body = structure.build(entry, order, model.report)
    model.report = nil
    if not model.body then
        return false
    end
    model.triggers, model.order = {}, {}
    for _, node in ipairs(others) do
        if node.type == "trigger" then
            table.insert(model.triggers, node)
            table.insert(model.order, node.id)
        end
    end
    table.insert(model.order, entry.id)
    for _, id in ipairs(scope.declare(model.body, reads)) do
        table.insert(model.order, id)
    end
    model.entry = entry
    return true
end

local function schema_or_any(schema)
    return schema == nil and true or schema
end

local function new_model(document, top)
    return {
        document = document, version = top.version, name = top.name, title = top.title, summary = top.summary,
        category = top.category, input = schema_or_any(top.input), output = schema_or_any(top.output),
        config = schema_or_any(top.config), nodes = top.by_id,
    }
end

local function warn_unused(order, report)
    for _, node in ipairs(order) do
        local is_pure = node.type == "llm" or node.type == "transform" or node.type == "memory"
        if is_pure and not node.read then
            report(node.id, "id", "nothing uses what '" .. node.title .. "' gives", "unused", "nodes." .. node.id .. " somewhere", nil, true)
        end
    end
end

-- given: {tools, models, past, workflows}; all may be absent, and what is absent is not checked.
function M.check(document, given)
    local problems = problem_list.new()
    local top = document_reader.read(document, problems)
    if not top then
        return { errors = problems.finish(), warnings = {} }
    end
    local model = new_model(document, top)
    top.document = document
    local entry, order, others = hang_together(top, problems)
    local a = { problems = problems, model = model, nodes = top.by_id, given = given or {} }
    check_loop_names(order, problems.report)
    analysis.run(a, order, others)
    local result = {}
    if #problems.errors == 0 then
        model.report = problems.report
        if finish(model, entry, order, others, a.reads) then
            model.grants = grants_of(top)
            name_nodes(top.all, a.taken)
            warn_unused(order, problems.report)
            result.cost = cost.estimate(model.body, a.context_of)
            result.model = model
        end
    end
    result.errors, result.warnings = problems.finish()
    if #result.errors > 0 then
        result.model, result.cost = nil, nil
    end
    return result
end

return M
