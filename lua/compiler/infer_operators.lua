-- Types of operators: what their sides have to be, and what comes out.

local types = require "compiler.schema"
local suggest = require "compiler.suggest"
local format = require "compiler.format"

local BOOLEAN, NUMBER, INTEGER, TEXT = types.of("boolean"), types.of("number"), types.of("integer"), types.of("string")
local SCALAR = { string = true, number = true, boolean = true, null = true }

local M = {}

local function show_kinds(kinds)
    local list = {}
    for _, kind in ipairs(suggest.keys(kinds)) do
        list[#list + 1] = kind ~= "null" and types.show_kind(kind) or nil
    end
    return table.concat(list, " or ")
end

local function has_any(t, kinds)
    if types.is_any(t) then
        return true
    end
    for kind in pairs(kinds) do
        if types.has(t, kind) then
            return true
        end
    end
    return false
end
M.has_any = has_any

-- Reports when a part cannot be of one of these kinds, warns when it may be null. `by` needs it.
function M.need(cx, ast, t, kinds, by, hint)
    if not has_any(t, kinds) then
        local shown = ast.op == "null" and "null" or "'" .. format.expression(ast) .. "'"
        local is = ast.op == "null" and "" or " is " .. types.show(t)
        cx.report(by .. " takes " .. show_kinds(kinds) .. ", and " .. shown .. (is == "" and " is none" or is) ..
            (hint and "; " .. hint or ""), ast.at, "type_mismatch", show_kinds(kinds))
        return false
    end
    if types.may_be_null(t) and not kinds.null then
        cx.report("'" .. format.expression(ast) .. "' may be null, and " .. by .. " would fail; say default(" ..
            format.expression(ast) .. ", ...)", ast.at, "may_be_null", show_kinds(kinds), true)
    end
    return true
end

function M.unary(ast, cx, infer)
    local t = infer(ast.of, cx)
    if ast.operator == "not" then
        M.need(cx, ast.of, t, { boolean = true, null = true }, "'not'")
        return BOOLEAN
    end
    M.need(cx, ast.of, t, { number = true }, "'-'")
    return types.only(t, { integer = true }) and INTEGER or NUMBER
end

local function arithmetic(ast, cx, left, right)
    local hint
    if ast.operator == "+" and (types.only(left, { string = true }) or types.only(right, { string = true })) then
        hint = "texts are joined by '..'"
    end
    local fine = M.need(cx, ast.left, left, { number = true }, "'" .. ast.operator .. "'", hint)
    if fine or not hint then
        M.need(cx, ast.right, right, { number = true }, "'" .. ast.operator .. "'", hint)
    end
    local whole = ast.operator ~= "/" and types.only(left, { integer = true }) and types.only(right, { integer = true })
    return whole and INTEGER or NUMBER
end

local function concat(ast, cx, left, right)
    for _, side in ipairs({ { ast.left, left }, { ast.right, right } }) do
        M.need(cx, side[1], side[2], { string = true, number = true }, "'..'", "string(...) makes a text of it")
    end
    return TEXT
end

local function order(ast, cx, left, right)
    local by = "'" .. ast.operator .. "'"
    local kinds = { number = true, string = true }
    local fine = M.need(cx, ast.left, left, kinds, by)
    fine = M.need(cx, ast.right, right, kinds, by) and fine
    local number_text = types.only(types.without_null(left), { number = true })
        and types.only(types.without_null(right), { string = true })
    local text_number = types.only(types.without_null(left), { string = true })
        and types.only(types.without_null(right), { number = true })
    if fine and (number_text or text_number) then
        local wrong = number_text and ast.right or ast.left
        cx.report("a number cannot be compared with a text ('" .. format.expression(wrong) .. "'); number(...) makes a number of it",
            ast.at, "type_mismatch", "two numbers or two texts")
    end
    return BOOLEAN
end

-- A constant that the other side, limited to some values, can never be.
local function never_equal(cx, constant, other, t)
    local values = constant.value ~= nil and types.enum(types.without_null(t))
    if not values or types.is_any(t) then
        return
    end
    local shown, texts = {}, {}
    for _, value in ipairs(values) do
        if value == constant.value then
            return
        end
        shown[#shown + 1] = tostring(value)
        texts[#texts + 1] = type(value) == "string" and value or nil
    end
    local hint = type(constant.value) == "string" and suggest.hint(constant.value, texts) or ""
    cx.report("'" .. format.expression(other) .. "' is never " .. format.expression(constant) .. hint, constant.at, "never_equal",
        "one of " .. table.concat(shown, ", "))
end

local function shares_kind(left, right)
    for kind in pairs(SCALAR) do
        if types.has(left, kind) and types.has(right, kind) then
            return true
        end
    end
    return false
end

local CONSTANT = { string = true, number = true, boolean = true }

local function equality(ast, cx, left, right)
    if ast.left.op == "null" or ast.right.op == "null" then
        return BOOLEAN
    end
    for _, side in ipairs({ { ast.left, left }, { ast.right, right } }) do
        if not has_any(side[2], SCALAR) then
            cx.report("'" .. format.expression(side[1]) .. "' is " .. types.show(side[2]) ..
                ", which cannot be compared; compare a field of it, or len(...)", side[1].at, "type_mismatch", "a plain value")
            return BOOLEAN
        end
    end
    if types.is_any(left) or types.is_any(right) then
        return BOOLEAN
    end
    if not shares_kind(types.without_null(left), types.without_null(right)) then
        cx.report("'" .. format.expression(ast.left) .. "' is " .. types.show(left) .. " and '" .. format.expression(ast.right) ..
            "' is " .. types.show(right) .. "; they are never equal", ast.at, "type_mismatch", types.show(left))
    elseif CONSTANT[ast.right.op] then
        never_equal(cx, ast.right, ast.left, left)
    elseif CONSTANT[ast.left.op] then
        never_equal(cx, ast.left, ast.right, right)
    end
    return BOOLEAN
end

local function logic(ast, cx, left, right)
    for _, side in ipairs({ { ast.left, left }, { ast.right, right } }) do
        local hint = "compare it with something" -- "a == 1 or 2" is what people write
        M.need(cx, side[1], side[2], { boolean = true, null = true }, "'" .. ast.operator .. "'", hint)
    end
    return BOOLEAN
end

local BINARY = {
    ["+"] = arithmetic, ["-"] = arithmetic, ["*"] = arithmetic, ["/"] = arithmetic, ["%"] = arithmetic, [".."] = concat,
    ["<"] = order, ["<="] = order, [">"] = order, [">="] = order, ["=="] = equality, ["!="] = equality,
    ["and"] = logic, ["or"] = logic,
}

function M.binary(ast, cx, infer)
    local left = infer(ast.left, cx)
    return BINARY[ast.operator](ast, cx, left, infer(ast.right, cx))
end

return M
