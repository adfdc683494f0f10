-- if, switch, parallel and error edges back into nodes.

local headers = require "compiler.read_headers"

local M = {}

local function block(r, statements)
    local outer = r.names.locals
    local list = statements.sequence(r, nil)
    assert(r.names.locals == outer)
    return list
end

-- The span from here to the "then" that belongs to it; goes behind it.
local function condition_span(r)
    local from, depth = r.at, 0
    while not (depth == 0 and r:is("then")) do
        local token = r:peek()
        if token.kind == "end" then
            r:fail(token, "an if has no 'then'", "then")
        end
        depth = depth + r.nesting(token)
        r.at = r.at + 1
    end
    r.at = r.at + 1
    return { from = from, to = r.at - 2 }
end

-- { yes, no } up to and with the "end"
local function two_ways(r, statements)
    local yes, no = block(r, statements), {}
    if r:accept("else") then
        no = block(r, statements)
    elseif r:is("elseif") then
        r:fail(r:peek(), "the canvas knows elseif in a switch only", "else, with an if in it")
    end
    r:expect("end")
    return yes, no
end

local OPPOSITE = { ["=="] = "!=", ["!="] = "==" }

-- The expression whose opposite this is, when it is said as one.
local function opposite(r, ast)
    if ast.op == "unary" and ast.operator == "not" then
        return r.format(ast.of)
    elseif ast.op == "binary" and OPPOSITE[ast.operator] then
        return r.format({ op = "binary", operator = OPPOSITE[ast.operator], left = ast.left, right = ast.right })
    end
    return nil
end

function M.condition(r, node, statements)
    r:expect("if")
    local source, ast = r:expression(condition_span(r))
    node.type, node.params.expression = "condition", source
    local statement = { kind = "if", node = node }
    statement.inverted = ast and opposite(r, ast)
    statements.reserve(r, node)
    statement.yes, statement.no = two_ways(r, statements)
    return statement
end

local function equals(r, name)
    r:expect(name)
    r:expect("==")
    return r:json(condition_span(r))
end

local function case_of(r, name, n, statements)
    local value = equals(r, name)
    local told = headers.case_name(r.tokens[r.at - 1], r:peek())
    local own = type(value) == "string" and value:find("^[a-z][a-z0-9_]*$") and #value <= 48 and value
    return { name = told or own or "case_" .. n, equals = value, body = block(r, statements) }
end

function M.switch(r, node, name, ast, statements)
    node.type, node.params.expression = "switch", r.format(ast)
    statements.reserve(r, node)
    local statement = { kind = "switch", node = node, cases = {}, default = {} }
    r:expect("if")
    repeat
        statement.cases[#statement.cases + 1] = case_of(r, name, #statement.cases + 1, statements)
    until not r:accept("elseif")
    if r:accept("else") then
        statement.has_default = true
        statement.default = block(r, statements)
    end
    r:expect("end")
    local cases = {}
    for i, case in ipairs(statement.cases) do
        cases[i] = { name = case.name, equals = case.equals }
    end
    node.params.cases = r.array(cases)
    return statement
end

function M.parallel(r, node, statements)
    node.type = "parallel"
    statements.reserve(r, node)
    local statement = { kind = "parallel", node = node, branches = {} }
    r:expect("(")
    r:expect("{")
    while r:accept("function") do
        r:expect("(")
        r:expect(")")
        statement.branches[#statement.branches + 1] = { body = block(r, statements) }
        r:expect("end")
        if not r:accept(",") then
            break
        end
    end
    r:expect("}")
    if r:accept(",") then
        local from = r.at
        r:skip_brackets()
        for _, entry in ipairs(r:entries({ from = from, to = r.at - 1 }, "moon.parallel")) do
            node.params.concurrency = entry.name == "limit" and r:number(entry.span) or node.params.concurrency
        end
    end
    r:expect(")")
    return statement
end

-- What follows moon.flow.attempt: if err then ... else ... end. names: of the value and the error.
function M.try(r, node, names, attempt, statements)
    local value, err = names[1], names[2]
    statements.add(r, node, node.type)
    statements.bind(r, {
        nodes = value and value ~= "_" and { [node.id] = value } or nil, errors = err and { [node.id] = err } or nil,
    })
    local statement = { kind = "try", node = node, attempt = attempt, ok = {}, failed = {} }
    local is_not = r:is("not", 1)
    if err and r:is("if") and #r:peek().comments == 0 and r:is(err, is_not and 2 or 1) and r:is("then", is_not and 3 or 2) then
        r.at = r.at + (is_not and 4 or 3)
        local yes, no = two_ways(r, statements)
        statement.failed, statement.ok = is_not and no or yes, is_not and yes or no
    end
    return statement
end

return M
