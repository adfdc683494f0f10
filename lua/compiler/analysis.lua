-- Types of all that nodes refer to, node by node in the order in which they run; then each node type's own
-- check, and what each node gives. Notes who reads what (model.reads).

local fits = require "compiler.fits"
local flow = require "compiler.flow"
local infer = require "compiler.infer"
local lexer = require "compiler.lexer"
local operators = require "compiler.infer_operators"
local suggest = require "compiler.suggest"
local types = require "compiler.schema"
local lookup = require "compiler.lookup"

local M = {}

local OBJECT = types.of("object")

local function object_type(schema)
    local t = types.type(schema)
    return types.is_any(t) and OBJECT or t
end

-- Names that loops around a node bring.
local function locals_of(region)
    local names = {}
    while region and region.kind ~= "top" do
        if region.kind == "body" then
            for name, t in pairs(region.owner.def.locals(region.owner)) do
                names[name] = names[name] or t
            end
        end
        region = region.parent
    end
    return names
end

local function note(a, kind, id, reader)
    local readers = a.reads[kind]
    readers[id] = readers[id] or {}
    readers[id][reader.id] = true
    a.nodes[id][kind == "nodes" and "read" or "error_read"] = true
end

-- What a reference to a node comes to for a reader. sure, maybe: what has run there.
local function state_of(node, reader, key, sure, maybe)
    if not reader.region then
        return "ok" -- no path leads here, which is reported once
    elseif sure[key] then
        return "ok"
    elseif maybe[key] then
        return "some"
    end
    local loop = node.region and flow.loop_between(node, reader.region)
    return "never", loop and "is in the body of '" .. loop.title .. "'; what leaves a body is collected: nodes." .. loop.id or nil
end

local function gives_nothing(node)
    return node.def and (not node.def.output or (node.def.inside and not node.params.collect)) or false
end

local function find(a, id, kind, reader, sure, maybe)
    local node = a.nodes[id]
    if not node then
        return nil
    elseif kind == "nodes" and gives_nothing(node) then
        local why = node.type == "input" and "gives the run's input, which is written input" or nil
        return { state = "nothing", title = node.title, why = why }
    end
    local state, why = state_of(node, reader, kind .. "." .. id, sure, maybe)
    if state ~= "never" and reader.region then
        note(a, kind, id, reader)
    end
    local t = kind == "nodes" and state ~= "never" and M.output_of(a, node) or nil
    return { state = state, type = t, title = node.title, why = why }
end

local function scope_of(a, reader, region, sure, maybe)
    return {
        input = a.input, config = a.config, node_ids = a.node_ids, locals = locals_of(region),
        node = function(id) return find(a, id, "nodes", reader, sure, maybe) end,
        error = function(id) return find(a, id, "errors", reader, sure, maybe) end,
        lambda = function(name) a.taken[name] = true end,
    }
end

-- Is this field one that sees what the body of the loop gives?
local function is_inside(node, field)
    for _, name in ipairs(node.def.inside or {}) do
        local path = "params." .. name
        if field == path or field:sub(1, #path + 1) == path .. "." then
            return true
        end
    end
    return false
end

local function is_fallback(_, field)
    return field:sub(1, 8) == "fallback"
end

local function is_own(node, field)
    return not is_inside(node, field) and not is_fallback(node, field)
end

-- Infers those of the node's expressions whose fields are wanted(node, field).
local function infer_where(wanted, a, node, scope)
    for _, e in ipairs(node.expressions) do
        if wanted(node, e.field) then
            infer.infer(e.ast, scope, function(message, at, code, expected, is_warning)
                a.problems.report(node.id, e.field, message, code, expected, lexer.character(e.source, at), is_warning)
            end)
        end
    end
end

-- The type of what a node gives; nil for none. A loop's is known when its body's are.
function M.output_of(a, node)
    if node.output_known then
        return node.output_type
    end
    node.output_known = true
    if not node.def or not node.def.output then
        return nil
    end
    if node.def.inside then
        local sure, maybe = flow.at_end_of(node)
        infer_where(is_inside, a, node, scope_of(a, node, node.body_region, sure, maybe))
    end
    node.output = node.def.output(node, a.context_of(node))
    node.output_type = node.output ~= nil and types.type(node.output) or nil
    return node.output_type
end

local function report_fits(a, node, prefix, problems)
    for _, problem in ipairs(problems) do
        local field = problem.path == "" and prefix or prefix .. "." .. problem.path
        a.problems.report(node.id, field, problem.message, problem.code, problem.expected, nil, problem.warning)
    end
end

local function need(a, node, ast, kinds, field, by, hint)
    if not ast.type then
        return true
    end
    return operators.need({
        report = function(message, _, code, expected, is_warning)
            a.problems.report(node.id, field, message, code, expected, nil, is_warning)
        end,
    }, ast, ast.type, kinds, by, hint)
end

local function make_context(a, node)
    local context = lookup.new(a.given, function(field, message, code, expected, at, is_warning)
        return a.problems.report(node.id, field, message, code, expected, at, is_warning)
    end)
    context.model = a.model
    context.report_fit = function(prefix, problems)
        report_fits(a, node, prefix, problems)
    end
    context.need = function(ast, kinds, field, by, hint)
        return need(a, node, ast, kinds, field, by, hint)
    end
    return context
end

local function check_fallback(a, node)
    if not node.fallback then
        return
    elseif node.exits.error then
        a.problems.report(node.id, "fallback", "a node has a fallback or an error edge, not both", "conflict", "one of them")
    end
    local t = node.output_type
    if t then
        report_fits(a, node, "fallback.value", fits.tree(node.fallback, t))
    end
end

-- order: nodes that paths reach, as they run; others: those that none does.
function M.run(a, order, others)
    a.reads, a.taken, a.node_ids = { nodes = {}, errors = {} }, {}, suggest.keys(a.nodes)
    a.input, a.config = object_type(a.model.input), object_type(a.model.config)
    local contexts = {}
    a.context_of = function(node)
        contexts[node] = contexts[node] or make_context(a, node)
        return contexts[node]
    end
    local all = {}
    for _, list in ipairs({ order, others }) do
        for _, node in ipairs(list) do
            all[#all + 1] = node
        end
    end
    for _, node in ipairs(all) do
        local scope = scope_of(a, node, node.region, node.sure or {}, node.maybe or {})
        infer_where(is_own, a, node, scope)
        infer_where(is_fallback, a, node, scope) -- it is made of what is there before the node
        if not node.def.inside then
            M.output_of(a, node)
        end
    end
    for _, node in ipairs(all) do
        M.output_of(a, node)
        if node.def.check then
            node.def.check(node, a.context_of(node))
        end
        check_fallback(a, node)
    end
end

return M
