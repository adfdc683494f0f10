-- One of several ways, by the value of an expression.

local fields = require "compiler.fields"
local suggest = require "compiler.suggest"
local types = require "compiler.schema"

local CASE = {
    { name = "name", kind = "text", needed = true, pattern = "^[a-z][a-z0-9_]*$", most = 48, shown = "a case's name: small letters, digits and _" },
    { name = "equals", kind = "any", needed = true, right = "text, a number, true or false", read = function(value, _, path, cx)
        if type(value) == "table" then
            cx.report(path, "this is no plain value", "wrong_kind", "text, a number, true or false")
            return nil
        end
        return value
    end },
}

local function check_case(case, path, cx, names, values)
    if case.name == "default" then
        cx.report(path .. ".name", "'default' is what no other case equals", "bad_name", "another name")
    elseif case.name and names[case.name] then
        cx.report(path .. ".name", "the case '" .. case.name .. "' is there twice", "duplicate", "each name once")
    end
    if case.equals ~= nil and values[case.equals] then
        cx.report(path .. ".equals", "the case '" .. tostring(values[case.equals]) .. "' takes this value already", "duplicate",
            "each value once")
    end
    names[case.name or 0] = true
    if case.equals ~= nil then
        values[case.equals] = case.name or true
    end
end

local function read_cases(value, _, path, cx)
    if types.kind_of_value(value) ~= "array" then
        local empty = type(value) == "table" and next(value) == nil
        cx.report(path, empty and "there are no cases" or "this is not a list of cases", empty and "empty" or "wrong_kind", "a list of cases")
        return {}
    end
    local cases, names, values = {}, {}, {}
    for i, given in ipairs(value) do
        cases[i] = fields.read(given, CASE, path .. "." .. i, cx)
        check_case(cases[i], path .. "." .. i, cx, names, values)
    end
    if #value > 50 then
        cx.report(path, "this has " .. #value .. " cases", "out_of_range", "at most 50 cases")
    end
    return cases
end

local M = {
    type = "switch",
    fields = {
        { name = "expression", kind = "expression", needed = true },
        { name = "cases", kind = "any", needed = true, read = read_cases, right = "a list of cases" },
    },
    exits = { "case" }, must = {},
}

local SCALAR = { string = true, number = true, boolean = true, null = true }

-- Cases that the expression can never be, and values that no case takes.
local function check_values(node, context, ast, cases)
    local values = types.enum(types.without_null(ast.type))
    if not values or types.is_any(ast.type) then
        return false
    end
    local left, texts = {}, {}
    for i, value in ipairs(values) do
        left[value], texts[i] = true, tostring(value)
    end
    for i, case in ipairs(cases) do
        if case.equals ~= nil and not left[case.equals] then
            context.report("params.cases." .. i .. ".equals", "the expression is never '" .. tostring(case.equals) .. "'" ..
                suggest.hint(tostring(case.equals), texts), "never_equal", "one of " .. table.concat(texts, ", "))
        end
    end
    for _, case in ipairs(cases) do
        if case.equals ~= nil then
            left[case.equals] = nil
        end
    end
    node.complete = next(left) == nil and not types.may_be_null(ast.type)
end

local function check_kinds(context, ast, cases)
    for i, case in ipairs(cases) do
        local kind = types.kind_of_value(case.equals)
        if case.equals ~= nil and not types.is_any(ast.type) and not types.has(ast.type, kind) then
            context.report("params.cases." .. i .. ".equals", "this is " .. types.show_kind(kind) .. ", and the expression is " ..
                types.show(ast.type), "type_mismatch", types.show(ast.type))
            return false
        end
    end
    return true
end

function M.check(node, context)
    local ast, cases = node.params.expression, node.params.cases or {}
    if ast and context.need(ast, SCALAR, "params.expression", "a switch") and check_kinds(context, ast, cases) then
        check_values(node, context, ast, cases)
    end
    for i, case in ipairs(cases) do
        if case.name and case.name ~= "default" and not node.exits["case:" .. case.name] then
            context.report("params.cases." .. i, "the case '" .. case.name .. "' leads nowhere", "missing_edge",
                "an edge case:" .. case.name)
        end
    end
    if not node.exits["case:default"] and not node.complete then
        context.report("params.cases", "what none of the cases equals leads nowhere", "missing_case", "an edge case:default")
    end
end

return M
