-- The types of an expression's parts, found from the schemas of what it refers to. Sets ast.type on every
-- part; print.lua relies on it. Reports all that cannot be right, and what may fail when it runs.
--
-- scope: input, config (types), locals {name = type}, node(id) and error(id) -> {state, type, title},
-- node_ids (sorted). States: ok; some (not on every path that leads here); never (on no path); nothing (it gives
-- no output). report(message, at, code, expected, is_warning).

local types = require "compiler.schema"
local suggest = require "compiler.suggest"
local functions = require "compiler.functions"
local format = require "compiler.format"
local words = require "compiler.words"
local operators = require "compiler.infer_operators"
local calls = require "compiler.infer_calls"

local ANY, NULL = types.any, types.of("null")

local infer

local ERROR_TYPE = types.type({
    type = "object", required = { "code", "message", "retryable" }, additionalProperties = false,
    properties = { code = { type = "string" }, message = { type = "string" }, retryable = { type = "boolean" }, details = {} },
})

local STATES = {
    never = { "not_available", "has not run when this is reached" },
    some = { "not_on_all_paths", "has not run on every path that leads here" },
    nothing = { "no_output", "gives nothing that could be used" },
}

local function refuse_state(cx, id, root, found, at)
    local code, why = STATES[found.state][1], found.why or STATES[found.state][2]
    if root == "errors" then
        why = found.state == "some" and "has not failed on every path that leads here"
            or "has no error edge that leads here"
    end
    local fix = found.state == "some" and root .. "." .. id .. " may only stand in default(...) here" or nil
    cx.report("'" .. found.title .. "' " .. why .. (fix and "; " .. fix or ""), at, code,
        fix and "default(" .. root .. "." .. id .. ", ...)" or "a node that has run on every path")
end

-- nodes.<id> and errors.<id>
local function reference(ast, cx, lenient)
    local root, id = ast.of.name, ast.name
    local found = cx.scope[root == "nodes" and "node" or "error"](id)
    ast.reference = true
    if not found then
        cx.report("there is no node '" .. id .. "'" .. suggest.hint(id, cx.scope.node_ids), ast.at, "unknown_node",
            "the id of a node")
        return ANY
    end
    local t = root == "errors" and ERROR_TYPE or found.type or ANY
    if found.state == "ok" then
        return t
    elseif found.state == "some" and lenient then
        return types.nullable(t)
    end
    refuse_state(cx, id, root, found, ast.at)
    return t
end

local function no_members(cx, ast, t)
    local what = "'" .. format.expression(ast.of) .. "' is " .. types.show(t)
    local expected = "an object"
    if types.has(t, "array") then
        what, expected = what .. "; take an item of it with [1], first(...) or map(...)", "an item of the list"
    end
    cx.report(what .. ", which has no field '" .. ast.name .. "'", ast.at, "type_mismatch", expected)
    return ANY
end

local function member(ast, cx, lenient)
    if ast.of.op == "name" and (ast.of.name == "nodes" or ast.of.name == "errors") and not cx.scope.locals[ast.of.name] then
        return reference(ast, cx, lenient)
    end
    local of = infer(ast.of, cx, lenient)
    if types.is_any(of) then
        return ANY
    elseif not types.has(of, "object") then
        return no_members(cx, ast, of)
    end
    local t, certain = types.property(of, ast.name)
    if not t then
        local there = types.properties(of)
        cx.report("'" .. format.expression(ast.of) .. "' has no field '" .. ast.name .. "'" .. suggest.hint(ast.name, there),
            ast.at, "unknown_field", #there > 0 and "one of " .. table.concat(there, ", ") or "no field")
        return ANY
    end
    return certain and t or types.nullable(t)
end

local function index(ast, cx, lenient)
    if ast.of.op == "name" and (ast.of.name == "nodes" or ast.of.name == "errors") then
        cx.report("write " .. ast.of.name .. ".<id>: which node is meant has to be known before it runs", ast.at, "syntax",
            ast.of.name .. ".<id>")
        infer(ast.index, cx)
        return ANY
    end
    local of, at = infer(ast.of, cx, lenient), infer(ast.index, cx)
    if types.is_any(of) then
        return ANY
    elseif types.has(of, "array") then
        operators.need(cx, ast.index, at, { number = true }, "a list's index")
        if ast.index.op == "number" and (ast.index.value < 1 or ast.index.value % 1 ~= 0) then
            cx.report("lists count from 1", ast.index.at, "type_mismatch", "a whole number from 1")
        end
        return types.nullable(types.items(of))
    elseif types.has(of, "object") then
        operators.need(cx, ast.index, at, { string = true }, "an object's index")
        return ANY
    end
    cx.report("'" .. format.expression(ast.of) .. "' is " .. types.show(of) .. "; only lists and objects have [...]", ast.at,
        "type_mismatch", "a list")
    return ANY
end

local function name(ast, cx)
    local scope = cx.scope
    if scope.locals[ast.name] then
        return scope.locals[ast.name]
    elseif ast.name == "input" or ast.name == "config" then
        return scope[ast.name]
    end
    local message, expected
    if ast.name == "nodes" or ast.name == "errors" then
        message, expected = "say which node: " .. ast.name .. ".<id>", ast.name .. ".<id>"
    elseif scope.node(ast.name) then
        message, expected = "write nodes." .. ast.name .. " for what that node gives", "nodes." .. ast.name
    elseif functions.table[ast.name] then
        message, expected = "'" .. ast.name .. "' is a function: write " .. ast.name .. "(...)", ast.name .. "(...)"
    else
        local known = suggest.keys(scope.locals)
        for _, root in ipairs({ "config", "errors", "input", "nodes" }) do
            known[#known + 1] = root
        end
        message, expected = "there is no '" .. ast.name .. "' here" .. suggest.hint(ast.name, known),
            "one of " .. table.concat(known, ", ")
    end
    cx.report(message, ast.at, "unknown_name", expected)
    return ANY
end

-- A function of one name, on items of this type; gives its body's type.
local function lambda(ast, cx, of)
    local param, locals = ast.param, {}
    if words.reserved[param] or cx.scope.locals[param] then
        cx.report("'" .. param .. "' means something else here; choose another name", ast.at, "name_taken", "another name")
    end
    for key, t in pairs(cx.scope.locals) do
        locals[key] = t
    end
    locals[param] = of
    local scope = setmetatable({ locals = locals }, { __index = cx.scope })
    if cx.scope.lambda then
        cx.scope.lambda(param)
    end
    return infer(ast.body, { scope = scope, report = cx.report })
end

local function list(ast, cx)
    local of
    for _, item in ipairs(ast.items) do
        local t = types.without_null(infer(item, cx))
        if item.op == "null" then
            cx.report("null cannot be in a list", item.at, "type_mismatch", "a value")
        end
        of = of and types.union(of, t) or t
    end
    return types.list(of or ANY)
end

local function object(ast, cx)
    local fields = {}
    for _, field in ipairs(ast.fields) do
        fields[field.name] = infer(field.value, cx)
    end
    return types.object(fields)
end

local OPS = {
    number = function(ast)
        return types.type({ type = ast.value % 1 == 0 and "integer" or "number", const = ast.value })
    end,
    string = function(ast) return types.type({ type = "string", const = ast.value }) end,
    boolean = function(ast) return types.type({ type = "boolean", const = ast.value }) end,
    null = function() return NULL end,
    member = member, index = index, name = name, list = list, object = object,
    unary = function(ast, cx) return operators.unary(ast, cx, infer) end,
    binary = function(ast, cx) return operators.binary(ast, cx, infer) end,
    call = function(ast, cx) return calls.call(ast, cx, infer, lambda) end,
    lambda = function(ast, cx)
        cx.report("'=>' can only be an argument of map, filter and their like", ast.at, "syntax", "a value")
        return ANY
    end,
}

-- lenient: what has not run on every path is null instead of wrong.
function infer(ast, cx, lenient)
    local t = OPS[ast.op](ast, cx, lenient) or ANY
    ast.type = t
    return t
end

local M = {}

function M.infer(ast, scope, report)
    return infer(ast, { scope = scope, report = report })
end

return M
