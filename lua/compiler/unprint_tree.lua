-- What was read from Lua (unprint.lua) as a value, a template or an expression of a document: text(...) is
-- a template where one may stand, elsewhere texts that are joined.

local lexer = require "compiler.lua_lexer"
local value = require "compiler.value"
local json = require "moon.json"

local M = {}

local expression

local function all(list)
    local result = {}
    for i, ast in ipairs(list) do
        result[i] = expression(ast)
    end
    return result
end

local function joined(ast)
    local result
    for _, part in ipairs(ast.parts) do
        local of = expression(part)
        if of.op ~= "string" then
            of = { op = "call", name = "string", args = { of }, at = of.at }
        end
        result = result and { op = "binary", operator = "..", left = result, right = of, at = ast.at } or of
    end
    return result or { op = "string", value = "", at = ast.at }
end

local OPS = {
    text = joined,
    thunk = function(ast)
        lexer.fail(ast.at, "a function without a name for its argument can only stand in expr.when")
    end,
    list = function(ast) return { op = "list", items = all(ast.items), at = ast.at } end,
    call = function(ast) return { op = "call", name = ast.name, args = all(ast.args), at = ast.at } end,
    lambda = function(ast) return { op = "lambda", param = ast.param, body = expression(ast.body), at = ast.at } end,
    member = function(ast) return { op = "member", of = expression(ast.of), name = ast.name, at = ast.at } end,
    index = function(ast)
        return { op = "index", of = expression(ast.of), index = expression(ast.index), at = ast.at }
    end,
    unary = function(ast) return { op = "unary", operator = ast.operator, of = expression(ast.of), at = ast.at } end,
    binary = function(ast)
        return { op = "binary", operator = ast.operator, left = expression(ast.left), right = expression(ast.right), at = ast.at }
    end,
    object = function(ast)
        local fields = {}
        for i, field in ipairs(ast.fields) do
            fields[i] = { name = field.name, value = expression(field.value), at = field.at }
        end
        return { op = "object", fields = fields, at = ast.at }
    end,
}

function expression(ast)
    local convert = OPS[ast.op]
    return convert and convert(ast) or ast
end
M.expression = expression

local function parts(ast)
    local list = {}
    for _, part in ipairs(ast.op == "text" and ast.parts or { ast }) do
        local of = expression(part)
        if of.op ~= "string" then
            list[#list + 1] = of
        elseif type(list[#list]) == "string" then
            list[#list] = list[#list] .. of.value
        elseif of.value ~= "" then
            list[#list + 1] = of.value
        end
    end
    return list
end

function M.template(ast)
    return value.of_parts(parts(ast))
end

function M.value(ast)
    if ast.op == "object" then
        local fields = {}
        for i, field in ipairs(ast.fields) do
            fields[i] = { name = field.name, value = M.value(field.value) }
        end
        return { kind = "object", fields = fields }
    elseif ast.op == "list" then
        local items = {}
        for i, item in ipairs(ast.items) do
            items[i] = M.value(item)
        end
        return { kind = "list", items = items }
    elseif ast.op == "text" then
        local list = parts(ast)
        if #list == 1 and type(list[1]) == "table" then
            return { kind = "expression", ast = { op = "call", name = "string", args = { list[1] }, at = ast.at } }
        end
        return value.of_parts(list)
    elseif ast.op == "null" then
        return { kind = "literal", value = json.null }
    end
    return value.of_ast(expression(ast))
end

return M
