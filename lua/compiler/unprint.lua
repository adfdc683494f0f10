-- The way back: Lua that print.lua wrote, or a person near it, into trees. Precedence and texts are Lua's
-- own; names and calls are those of `names`. What the expression language cannot say is a problem with its byte.

local lexer = require "compiler.lua_lexer"
local functions = require "compiler.functions"
local unprint_tree = require "compiler.unprint_tree"
local meanings = require "compiler.unprint_names"
local words = require "compiler.words"
local attempt = require("compiler.lexer").attempt

local fail, next_token = lexer.fail, lexer.next

local MAX_DEPTH = 60

local BINARY = {
    ["or"] = { 1, 2 }, ["and"] = { 3, 4 },
    ["=="] = { 5, 6 }, ["~="] = { 5, 6 }, ["<"] = { 5, 6 }, ["<="] = { 5, 6 }, [">"] = { 5, 6 }, [">="] = { 5, 6 },
    [".."] = { 8, 7 }, ["+"] = { 9, 10 }, ["-"] = { 9, 10 }, ["*"] = { 11, 12 }, ["/"] = { 11, 12 }, ["%"] = { 11, 12 },
}
local UNARY = 13

local expression

local function advance(p)
    local token = p.token
    p.last, p.token = token.to, next_token(p.source, token.to + 1)
    return token
end

local function is(p, value)
    return p.token.value == value and (p.token.kind == "op" or p.token.kind == "name")
end

local function expect(p, value)
    if not is(p, value) then
        fail(p.token.at, "expected '" .. value .. "'")
    end
    return advance(p)
end

local function name(p, token)
    local meaning = p.params[token.value] and { name = token.value } or p.names.back[token.value]
    if not meaning then
        fail(token.at, "'" .. token.value .. "' is no variable that the canvas knows")
    elseif meaning.name then
        return { op = "name", name = meaning.name, at = token.at }
    end
    return { op = "member", of = { op = "name", name = meaning.root, at = token.at }, name = meaning.id, at = token.at }
end

local function list_until(p, close, item)
    local list = {}
    while not is(p, close) do
        list[#list + 1] = item(p)
        if not is(p, close) then
            if not is(p, ",") and not (close == "}" and is(p, ";")) then
                fail(p.token.at, "expected ',' or '" .. close .. "'")
            end
            advance(p)
        end
    end
    advance(p)
    return list
end

-- function(x) return ... end, or function() return ... end
local function lambda(p, token)
    expect(p, "(")
    local param
    if p.token.kind == "name" then
        param = advance(p).value
    end
    expect(p, ")")
    expect(p, "return")
    local outer = p.params
    if param then
        p.params = setmetatable({ [param] = true }, { __index = outer })
    end
    local body = expression(p, 0)
    p.params = outer
    expect(p, "end")
    return { op = param and "lambda" or "thunk", param = param, body = body, at = token.at }
end

local function entry(p)
    local token = p.token
    local following = token.kind == "name" and not words.keywords[token.value] and next_token(p.source, token.to + 1)
    if following and following.kind == "op" and following.value == "=" then
        advance(p)
        advance(p)
        return { name = token.value, value = expression(p, 0), at = token.at }
    elseif is(p, "[") then
        advance(p)
        local key = advance(p)
        if key.kind ~= "text" then
            fail(key.at, "a field's name has to be a text")
        end
        expect(p, "]")
        expect(p, "=")
        return { name = key.value, value = expression(p, 0), at = token.at }
    end
    return { value = expression(p, 0), at = token.at }
end

local function constructor(p, token)
    local fields, items = {}, {}
    for _, e in ipairs(list_until(p, "}", entry)) do
        local into = e.name and fields or items
        into[#into + 1] = e.name and e or e.value
    end
    if #fields > 0 and #items > 0 then
        fail(token.at, "a table is either a list or an object")
    end
    table.sort(fields, function(a, b) return a.name < b.name end)
    return #items > 0 and { op = "list", items = items, at = token.at } or { op = "object", fields = fields, at = token.at }
end

local function argument(p)
    return expression(p, 0)
end

-- expr.get(a, "b", 1): steps, one after the other
local function get(p, args, at)
    local result = args[1]
    if not result or #args < 2 then
        fail(at, "get takes a value and at least one step")
    end
    for i = 2, #args do
        result = p.step(result, args[i], at)
    end
    return result
end

local function without_thunks(args)
    for i, arg in ipairs(args) do
        args[i] = arg.op == "thunk" and arg.body or arg
    end
    return args
end

-- expr.<function>(...), expr.list(...), expr.get(...), expr.null
local function kit(p, token)
    expect(p, ".")
    local called = advance(p)
    if called.value == "null" and not is(p, "(") then
        return { op = "null", at = token.at }
    end
    local known = functions.table[called.value] or called.value == "get" or called.value == "list"
    if not known or not is(p, "(") then
        fail(called.at, "the language has no function '" .. tostring(called.value) .. "'")
    end
    advance(p)
    local args = list_until(p, ")", argument)
    if called.value == "get" then
        return get(p, args, token.at)
    elseif called.value == "list" then
        return { op = "list", items = args, at = token.at }
    end
    return { op = "call", name = called.value, args = called.value == "when" and without_thunks(args) or args, at = token.at }
end

local CONSTANTS = { ["true"] = true, ["false"] = false }

local function word(p, token)
    local value = token.value
    if CONSTANTS[value] ~= nil then
        return { op = "boolean", value = CONSTANTS[value], at = token.at }
    elseif value == "nil" then
        return { op = "null", at = token.at }
    elseif value == "function" then
        return lambda(p, token)
    elseif value == p.names.expr and is(p, ".") and not p.params[value] then
        return kit(p, token)
    elseif value == p.names.text and is(p, "(") and not p.params[value] then
        advance(p)
        return { op = "text", parts = list_until(p, ")", argument), at = token.at }
    elseif words.keywords[value] then
        fail(token.at, "expected a value, found '" .. value .. "'")
    end
    return name(p, token)
end

local function primary(p)
    local token = advance(p)
    if token.kind == "number" then
        return { op = "number", value = token.value, at = token.at }
    elseif token.kind == "text" then
        return { op = "string", value = token.value, at = token.at }
    elseif token.kind == "name" then
        return word(p, token)
    elseif token.value == "(" then
        local inner = expression(p, 0)
        expect(p, ")")
        return inner
    elseif token.value == "{" then
        return constructor(p, token)
    end
    return fail(token.at, "expected a value")
end

local function step(of, index, at)
    if index.op == "string" then
        return { op = "member", of = of, name = index.value, at = at }
    end
    return { op = "index", of = of, index = index, at = at }
end

local function postfix(p)
    local left = primary(p)
    while is(p, ".") or is(p, "[") do
        local at = p.token.at
        if advance(p).value == "." then
            local field = advance(p)
            if field.kind ~= "name" then
                fail(field.at, "expected a name after '.'")
            end
            left = { op = "member", of = left, name = field.value, at = field.at }
        else
            left = step(left, expression(p, 0), at)
            expect(p, "]")
        end
    end
    if is(p, "(") or is(p, ":") or p.token.value == "{" and p.token.at == p.last + 1 then
        fail(p.token.at, "the canvas knows no calls but those of the expression language")
    end
    return left
end

local function prefix(p)
    local token = p.token
    if is(p, "not") or is(p, "-") then
        advance(p)
        return { op = "unary", operator = token.value, of = expression(p, UNARY), at = token.at }
    elseif is(p, "#") then
        advance(p)
        return { op = "call", name = "len", args = { expression(p, UNARY) }, at = token.at }
    end
    return postfix(p)
end

function expression(p, power)
    p.depth = p.depth + 1
    if p.depth > MAX_DEPTH then
        fail(p.token.at, "this is nested too deep")
    end
    local left = prefix(p)
    while true do
        local token = p.token
        local binds = token.kind ~= "text" and BINARY[token.value]
        if not binds or binds[1] < power then
            break
        end
        advance(p)
        left = { op = "binary", operator = token.value == "~=" and "!=" or token.value, left = left,
            right = expression(p, binds[2]), at = token.at }
    end
    p.depth = p.depth - 1
    return left
end

local M = {}

-- Reads one expression of Lua; convert(tree) makes of it what is wanted.
local function read(source, at, names, convert)
    local tree, to = attempt(function()
        local p = { source = source, names = meanings(names), params = {}, depth = 0, step = step }
        p.token = next_token(source, at)
        local tree = convert(expression(p, 0))
        return tree, p.last + 1
    end)
    if tree then
        return tree, to
    end
    return nil, { message = to.message, at = to.at, code = to.code }
end

function M.value(source, at, names)
    return read(source, at, names, unprint_tree.value)
end

function M.template(source, at, names)
    return read(source, at, names, unprint_tree.template)
end

function M.expression(source, at, names)
    return read(source, at, names, unprint_tree.expression)
end

return M
