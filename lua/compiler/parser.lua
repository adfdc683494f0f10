-- Text of the expression language into a tree (README.md says of which nodes): operator precedence
-- parsing after Pratt. Problems are raised as tables by lexer.fail.

local lexer = require "compiler.lexer"

local fail, next_token, show = lexer.fail, lexer.next, lexer.show

local MAX_DEPTH = 50

-- How tightly an operator binds its left and its right side.
local BINARY = {
    ["or"] = { 1, 2 }, ["and"] = { 3, 4 },
    ["=="] = { 7, 8 }, ["!="] = { 7, 8 }, ["<"] = { 7, 8 }, ["<="] = { 7, 8 }, [">"] = { 7, 8 }, [">="] = { 7, 8 },
    [".."] = { 10, 9 }, ["+"] = { 11, 12 }, ["-"] = { 11, 12 }, ["*"] = { 13, 14 }, ["/"] = { 13, 14 }, ["%"] = { 13, 14 },
}
local COMPARISON, NOT, NEGATE = 7, 5, 15

local WORDS = { ["and"] = true, ["or"] = true, ["not"] = true, ["true"] = true, ["false"] = true, null = true }
local OTHERS = { ["nil"] = "null", none = "null", None = "null", undefined = "null", True = "true", False = "false" }

local expression

local function advance(p)
    local token = p.token
    p.last, p.token = token.to, next_token(p.source, token.to + 1)
    return token
end

local function is(p, op)
    return p.token.kind == "op" and p.token.value == op
end

local function expect(p, op, why)
    if not is(p, op) then
        fail(p.token.at, "expected '" .. op .. "' " .. why .. ", found " .. show(p.token), op)
    end
    return advance(p)
end

-- Items between the token that was just read and `close`.
local function items(p, close, why, item)
    local list = {}
    while not is(p, close) do
        if #list > 0 then
            if not is(p, ",") then
                fail(p.token.at, "expected ',' or '" .. close .. "' " .. why .. ", found " .. show(p.token), ", or " .. close)
            end
            advance(p)
        end
        list[#list + 1] = item(p)
    end
    advance(p)
    return list
end

local function argument(p)
    local token = p.token
    if token.kind == "name" and not WORDS[token.value] then
        local following = next_token(p.source, token.to + 1)
        if following.kind == "op" and following.value == "=>" then
            advance(p)
            advance(p)
            return { op = "lambda", param = token.value, body = expression(p, 0), at = token.at }
        end
    end
    return expression(p, 0)
end

local function call(p, name)
    advance(p)
    return { op = "call", name = name.value, args = items(p, ")", "after an argument", argument), at = name.at }
end

local function field(p)
    local token = advance(p)
    if token.kind ~= "name" and token.kind ~= "text" then
        fail(token.at, "expected a name of a field, found " .. show(token), "a name")
    end
    expect(p, ":", "after the field's name")
    return { name = token.value, value = expression(p, 0), at = token.at }
end

local function object(p, token)
    local fields, seen = items(p, "}", "after a field", field), {}
    for _, f in ipairs(fields) do
        if seen[f.name] then
            fail(f.at, "the field '" .. f.name .. "' is there twice", "each field once")
        end
        seen[f.name] = true
    end
    table.sort(fields, function(a, b) return a.name < b.name end)
    return { op = "object", fields = fields, at = token.at }
end

local function word(p, token)
    local value = token.value
    if value == "true" or value == "false" then
        return { op = "boolean", value = value == "true", at = token.at }
    elseif value == "null" then
        return { op = "null", at = token.at }
    elseif is(p, "(") then
        return call(p, token)
    elseif OTHERS[value] then
        fail(token.at, "write " .. OTHERS[value] .. " instead of " .. value, OTHERS[value])
    elseif is(p, "=>") then
        fail(token.at, "'" .. value .. " => ...' can only be an argument of map, filter and their like", "an expression")
    end
    return { op = "name", name = value, at = token.at }
end

local function primary(p)
    local token = p.token
    if token.kind == "end" then
        fail(token.at, "the expression ends where a value is expected", "a value")
    elseif token.kind == "name" and (token.value == "and" or token.value == "or") then
        fail(token.at, "'" .. token.value .. "' needs a value on its left", "a value")
    end
    advance(p)
    if token.kind == "number" then
        return { op = "number", value = token.value, at = token.at }
    elseif token.kind == "text" then
        return { op = "string", value = token.value, at = token.at }
    elseif token.kind == "name" then
        return word(p, token)
    elseif token.value == "(" then
        local inner = expression(p, 0)
        expect(p, ")", "to close this bracket")
        return inner
    elseif token.value == "[" then
        return { op = "list", items = items(p, "]", "after an item", function() return expression(p, 0) end), at = token.at }
    elseif token.value == "{" then
        return object(p, token)
    end
    return fail(token.at, "expected a value, found " .. show(token), "a value")
end

local function member(p, of)
    advance(p)
    local name = advance(p)
    if name.kind ~= "name" then
        fail(name.at, "expected a name after '.', found " .. show(name), "a name")
    end
    return { op = "member", of = of, name = name.value, at = name.at }
end

local function postfix(p)
    local left, depth = primary(p), 0
    while is(p, ".") or is(p, "[") do
        depth = depth + 1
        if depth > MAX_DEPTH then
            fail(p.token.at, "this path is longer than " .. MAX_DEPTH .. " steps", "a shorter path")
        elseif is(p, ".") then
            left = member(p, left)
        else
            local at = advance(p).at
            local index = expression(p, 0)
            expect(p, "]", "after the index")
            left = index.op == "string" and { op = "member", of = left, name = index.value, at = index.at }
                or { op = "index", of = left, index = index, at = at }
        end
    end
    if is(p, "(") then
        fail(p.token.at, "only functions can be called, by their names", "an operator")
    end
    return left
end

local function prefix(p, power)
    local token = p.token
    if token.kind == "name" and token.value == "not" then
        if power > NOT then
            fail(token.at, "write brackets around 'not ...' here", "(")
        end
        advance(p)
        return { op = "unary", operator = "not", of = expression(p, NOT), at = token.at }
    elseif is(p, "-") then
        advance(p)
        return { op = "unary", operator = "-", of = expression(p, NEGATE), at = token.at }
    end
    return postfix(p)
end

-- An expression whose operators bind at least as tightly as `power`.
function expression(p, power)
    p.depth = p.depth + 1
    if p.depth > MAX_DEPTH then
        fail(p.token.at, "the expression is nested too deep", "at most " .. MAX_DEPTH .. " levels")
    end
    local left, chained, compared = prefix(p, power), 0, false
    while true do
        local token = p.token
        local binds = (token.kind == "op" or WORDS[token.value]) and token.kind ~= "text" and BINARY[token.value]
        if not binds or binds[1] < power then
            break
        end
        chained = chained + 1
        if chained > MAX_DEPTH * 4 then
            fail(token.at, "the expression has too many parts", "a shorter expression")
        end
        if binds[1] == COMPARISON and compared then
            fail(token.at, "comparisons cannot be chained; join two of them by 'and'", "and")
        end
        advance(p)
        left = { op = "binary", operator = token.value, left = left, right = expression(p, binds[2]), at = token.at }
        compared = binds[1] == COMPARISON
    end
    p.depth = p.depth - 1
    return left
end

local parser = {}

local function begin(source, at)
    return { source = source, token = next_token(source, at), depth = 0 }
end

-- The whole of a text. Raises a problem.
function parser.whole(source)
    if source:find("^%s*{{") and source:find("}}%s*$") then
        fail(1, "an expression is written without {{ and }} here", "an expression")
    end
    local p = begin(source, 1)
    local ast = expression(p, 0)
    if p.token.kind ~= "end" then
        fail(p.token.at, "expected an operator or the end, found " .. show(p.token), "an operator")
    end
    return ast
end

-- The expression after "{{" at byte `at`; returns it and the byte after its "}}".
function parser.place(source, at)
    local p = begin(source, at)
    if is(p, "}") then
        fail(p.token.at, "there is nothing between {{ and }}", "an expression")
    end
    local ast = expression(p, 0)
    if not is(p, "}") or source:sub(p.token.to + 1, p.token.to + 1) ~= "}" then
        local what = p.token.kind == "end" and "'{{' has no '}}'" or "expected '}}', found " .. show(p.token)
        fail(p.token.kind == "end" and at - 2 or p.token.at, what, "}}")
    end
    return ast, p.token.to + 2
end

return parser
