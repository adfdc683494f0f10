-- The model's statements as Lua: if, switch, loops, parallel, error edges, and one node after the other.
-- read_statements.lua is the way back.

local emitters = require "compiler.emitters"
local loops = require "compiler.emit_loops"
local options = require "compiler.emit_options"

local M = {}

local sequence

-- ------------------------------------------------------------------------------ variables

-- Declares what is made inside of a statement and read behind it.
local function declare(w, statement)
    local names = {}
    for _, kind in ipairs({ "nodes", "errors" }) do
        for _, id in ipairs(statement[kind == "nodes" and "declare" or "declare_errors"] or {}) do
            local own = kind == "nodes" and statement.kind == "try" and id == statement.node.id
            if not own and not w.crowded then
                w.declared[kind .. id], names[#names + 1] = true, w.names[kind][id]
            end
        end
    end
    if #names > 0 then
        w.variables = w.variables + #names
        w:line("local " .. table.concat(names, ", "))
    end
end

-- "local x = ", "x = " or nil when nobody reads it.
local function target(w, node)
    local name = w.names.nodes[node.id]
    if not node.read then
        return nil
    elseif w.declared["nodes" .. node.id] or w.crowded then
        return name .. " = "
    end
    w.variables = w.variables + 1
    return "local " .. name .. " = "
end

-- ------------------------------------------------------------------------------ one node

-- before .. opening(options, function() ... end)
local function around(w, statement, before, call, given)
    local node = statement.node
    w:line(before .. call .. "(" .. (given and given .. ", " or "") .. "function()")
    w:deeper()
    if statement.kind == "loop" then
        loops.in_function(w, statement, sequence)
    else
        local text, suffix = emitters.of_type[node.type].emit(node, w, w.indent)
        w:line("return " .. text .. suffix)
    end
    w:higher()
    w:line("end)")
end

local function one_node(w, statement)
    local node = statement.node
    local given = options.around(w, node, w.indent)
    if given then
        return around(w, statement, target(w, node) or "", "moon.flow.try", given)
    elseif statement.kind == "loop" then
        return loops.statement(w, statement, node.params.collect and target(w, node), sequence)
    end
    local to = target(w, node)
    local emitter = emitters.of_type[node.type]
    local text, suffix = emitter.emit(node, w, w.indent)
    if to then
        return w:line(to .. text .. suffix)
    end
    return w:line((emitter.is_table and "local _ = " or "") .. text)
end

-- ------------------------------------------------------------------------------ branching

local function block(w, list)
    w:deeper()
    w.fresh = true
    sequence(w, list)
    w.fresh = false
    w:higher()
end

local EMPTY_BRANCH = " -- luacheck: ignore 542"

local STATEMENTS = { node = one_node, loop = one_node }

local OPPOSITE = { ["=="] = "!=", ["!="] = "==" }

-- What is true when the expression is not.
local function negated(w, ast)
    if ast.op == "binary" and OPPOSITE[ast.operator] then
        return w:expression({ op = "binary", operator = OPPOSITE[ast.operator], left = ast.left, right = ast.right })
    end
    local condition = w:expression(ast)
    return "not " .. (condition:find("[^%w_.]") and "(" .. condition .. ")" or condition)
end

STATEMENTS["if"] = function(w, statement)
    local ast = statement.node.params.expression
    if #statement.yes == 0 and #statement.no > 0 then
        w:line("if " .. negated(w, ast) .. " then")
        block(w, statement.no)
        return w:line("end")
    end
    w:line("if " .. w:expression(ast) .. " then" .. (#statement.yes == 0 and EMPTY_BRANCH or ""))
    block(w, statement.yes)
    if #statement.no > 0 then
        w:line("else")
        block(w, statement.no)
    end
    return w:line("end")
end

local function case_text(w, value)
    return type(value) == "string" and w:text(value) or w:json(value, w.indent)
end

STATEMENTS["switch"] = function(w, statement)
    local node = statement.node
    local name = w.names.nodes[node.id]
    w.variables = w.variables + 1
    w:line((w.crowded and "" or "local ") .. name .. " = " .. w:expression(node.params.expression))
    for i, case in ipairs(statement.cases) do
        local said = case.name == case.equals
        local comment = #case.body == 0 and EMPTY_BRANCH or said and "" or " -- case " .. case.name
        w:line((i == 1 and "if " or "elseif ") .. name .. " == " .. case_text(w, case.equals) .. " then" .. comment)
        if #case.body == 0 and not said then
            w:line(w.STEP .. "-- case " .. case.name)
        end
        block(w, case.body)
    end
    if #statement.default > 0 then
        w:line("else")
        block(w, statement.default)
    end
    w:line("end")
end

STATEMENTS.parallel = function(w, statement)
    w:line("moon.parallel({")
    w:deeper()
    for _, branch in ipairs(statement.branches) do
        w:line("function()")
        block(w, branch.body)
        w:line("end,")
    end
    w:higher()
    local limit = statement.node.params.concurrency
    w:line("}" .. (limit and ", { limit = " .. limit .. " }" or "") .. ")")
    w:blank()
    w:header(statement.join)
end

-- The variables of a node with an error edge, before the "=".
local function try_targets(w, statement)
    local node = statement.node
    local needed = node.error_read or #statement.ok + #statement.failed > 0
    local value = node.read and w.names.nodes[node.id] or needed and "_" or nil
    local err = needed and w.names.errors[node.id] or nil
    if not value then
        return ""
    end
    local list = value .. (err and ", " .. err or "")
    local has_value, has_error = w.declared["nodes" .. node.id], w.declared["errors" .. node.id]
    if w.crowded then
        if value == "_" then
            w:line("local _")
        end
        return list .. " = "
    elseif not has_value and not has_error then
        w.variables = w.variables + 2
        return "local " .. list .. " = "
    end
    if not has_value or err and not has_error then
        w:line("local " .. (has_value and err or value))
    end
    return list .. " = "
end

STATEMENTS["try"] = function(w, statement)
    local node = statement.node
    local given = options.around(w, node, w.indent)
    around(w, statement.attempt, try_targets(w, statement), "moon.flow.attempt", given)
    local err = w.names.errors[node.id]
    if #statement.failed > 0 then
        w:line("if " .. err .. " then")
        block(w, statement.failed)
        if #statement.ok > 0 then
            w:line("else")
            block(w, statement.ok)
        end
        w:line("end")
    elseif #statement.ok > 0 then
        w:line("if not " .. err .. " then")
        block(w, statement.ok)
        w:line("end")
    end
end

function STATEMENTS.output(w, statement)
    w:line("return " .. w:value(statement.node.params.value, w.indent))
end

function sequence(w, list)
    for i, statement in ipairs(list) do
        if i > 1 then
            w:blank()
        end
        w.fresh = false
        w:header(statement.node)
        declare(w, statement)
        STATEMENTS[statement.kind](w, statement)
    end
end

M.sequence = sequence

return M
