-- Types of calls: how many arguments a function takes, of which kinds, and what it gives.

local types = require "compiler.schema"
local functions = require "compiler.functions"
local operators = require "compiler.infer_operators"
local format = require "compiler.format"
local suggest = require "compiler.suggest"

local KINDS = {
    text = "string", number = "number", boolean = "boolean", list = "array", numbers = "array", object = "object",
}

local M = {}

local function count(n, what)
    return n .. " " .. what .. (n == 1 and "" or "s")
end

local function check_count(ast, row, cx)
    local n = #ast.args
    if n >= row.least and n <= row.most then
        return
    end
    local takes
    if row.most == math.huge then
        takes = "at least " .. count(row.least, "argument")
    elseif row.least == row.most then
        takes = row.most == 0 and "no arguments" or count(row.most, "argument")
    else
        takes = row.least .. " to " .. count(row.most, "argument")
    end
    cx.report(ast.name .. "() takes " .. takes .. ", not " .. n, ast.at, "arguments", takes)
end

local function check_lambda(ast, arg, parameter, cx, of, lambda)
    if arg.op ~= "lambda" then
        cx.report(ast.name .. "() takes 'x => ...' here", arg.at, "type_mismatch", "x => ...")
        return types.any
    end
    arg.type = types.any
    local body = lambda(arg, cx, of)
    if parameter.lambda == "boolean" then
        operators.need(cx, arg.body, body, { boolean = true, null = true }, ast.name .. "()")
    end
    return body
end

local function check_numbers(ast, arg, t, cx)
    local item = types.items(t)
    if types.has(t, "array") and not operators.has_any(item, { number = true }) then
        cx.report(ast.name .. "() takes a list of numbers, and '" .. format.expression(arg) .. "' is a list of " .. types.show(item),
            arg.at, "type_mismatch", "a list of numbers")
    end
end

local function check_argument(ast, arg, parameter, cx, t)
    local kinds, free = {}, false
    for kind in pairs(parameter.kinds) do
        kinds[KINDS[kind] or kind] = true
        free = free or kind == "any"
    end
    kinds.null = parameter.null or nil
    if not free and operators.need(cx, arg, t, kinds, ast.name .. "()") and parameter.kinds.numbers then
        check_numbers(ast, arg, t, cx)
    end
end

-- What is wrong in the arguments of a function that there is not is told, too.
local function unknown(ast, cx, infer)
    for _, arg in ipairs(ast.args) do
        if arg.op ~= "lambda" then
            infer(arg, cx)
        end
    end
    return types.any
end

function M.call(ast, cx, infer, lambda)
    local row, args = functions.table[ast.name], {}
    if not row then
        cx.report("there is no function '" .. ast.name .. "'" .. suggest.hint(ast.name, functions.names), ast.at, "unknown_function",
            "a function")
        return unknown(ast, cx, infer)
    end
    check_count(ast, row, cx)
    for i, arg in ipairs(ast.args) do
        local parameter = row.takes[i] or row.takes[#row.takes]
        if parameter and parameter.lambda then
            args[i] = check_lambda(ast, arg, parameter, cx, types.items(args[1] or types.any), lambda)
        else
            args[i] = infer(arg, cx, ast.name == "default")
            if parameter then
                check_argument(ast, arg, parameter, cx, args[i])
            end
        end
    end
    if #args < row.least then
        return types.any
    end
    return type(row.gives) == "function" and row.gives(args) or row.gives
end

return M
