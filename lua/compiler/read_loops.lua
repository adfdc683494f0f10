-- Loops back into nodes: for ... in ipairs(moon.flow.items(...)), moon.map(moon.flow.items(...)).

local M = {}

-- Does a loop's Lua begin here?
function M.begins(r, path)
    return r:is("for") or path == "moon.map" or path == "moon.flow.gather" or (path == "expr.list" and r:is("(", 3) and r:is(")", 4)
        and r:is("for", 5))
end

-- moon.flow.items(list, limit)
local function items(r, node)
    local path, count = r:path()
    if path ~= "moon.flow.items" then
        r:fail(r:peek(), "a loop of the canvas goes through moon.flow.items(list)", "moon.flow.items(")
    end
    r.at = r.at + count
    local args = r:arguments()
    node.params.list = args[1] and r:expression(args[1])
    node.params.limit = args[2] and r:number(args[2])
end

-- The names of the item and its number, and what the document calls the item.
local function variables(node, item, index)
    local as = item or index and index:match("^(.*)_index$")
    if not as and index then
        as = index
    end
    node.params.as = as ~= "item" and as or nil
    as = as or "item"
    return { [as] = item, [as .. "_index"] = index }
end

local function named(name)
    return name ~= "_" and name or nil
end

-- The body; loop says what collects in it.
local function body(r, node, locals, loop, statements)
    local outer = r.names
    statements.bind(r, { locals = locals })
    loop.node = node
    statements.reserve(r, node)
    local list = statements.sequence(r, loop)
    r.names = outer
    r:expect("end")
    return { kind = "loop", node = node, body = list }
end

local function in_turn(r, node, list, statements)
    r:expect("for")
    local index, item = named(r:name()), nil
    if r:accept(",") then
        item = named(r:name())
    end
    r:expect("in")
    r:expect("ipairs")
    r:expect("(")
    items(r, node)
    r:expect(")")
    r:expect("do")
    return body(r, node, variables(node, item, index), { list = list, in_turn = true }, statements)
end

local function parameters(r)
    local list = {}
    for i, part in ipairs(r:parts()) do
        list[i] = named(r.tokens[part.from].value)
    end
    return list[1], list[2]
end

local function at_once(r, node, statements)
    local path, count = r:path()
    local gathers = path == "moon.flow.gather"
    if gathers then
        r.at = r.at + count
        r:expect("(")
        path, count = r:path()
    end
    if path ~= "moon.map" then
        r:fail(r:peek(), "moon.flow.gather is known around moon.map only", "moon.map(")
    end
    r.at = r.at + count
    r:expect("(")
    items(r, node)
    r:expect(",")
    r:expect("function")
    local item, index = parameters(r)
    local statement = body(r, node, variables(node, item, index), { is_map = true }, statements)
    node.params.concurrency = 16 -- what moon.map does unless told
    if r:accept(",") then
        local from = r.at
        r:skip_brackets()
        for _, entry in ipairs(r:entries({ from = from, to = r.at - 1 }, "moon.map")) do
            if entry.name == "limit" then
                node.params.concurrency = r:number(entry.span)
            end
        end
    end
    r:expect(")")
    if gathers then
        r:expect(")")
    end
    return statement
end

-- A loop as a statement; name: of the variable that it is assigned to.
function M.statement(r, node, name, statements)
    node.type = "loop"
    if r:is("for") then
        return in_turn(r, node, nil, statements)
    elseif r:path() == "expr.list" then
        r.at = r.at + 5
        return in_turn(r, node, name, statements)
    end
    return at_once(r, node, statements)
end

-- A loop inside of a function; nil when there is something else.
function M.in_function(r, node, statements)
    node.type = "loop"
    if r:is("for") then
        return in_turn(r, node, nil, statements)
    elseif r:is("local") and r:path(3) == "expr.list" then
        local list = r.tokens[r.at + 1].value
        r.at = r.at + 8
        local statement = in_turn(r, node, list, statements)
        r:expect("return")
        r:expect(list)
        return statement
    end
    local returns = r:is("return") and 1 or 0
    local path = r:path(returns)
    if path == "moon.map" or path == "moon.flow.gather" then
        r.at = r.at + returns
        return at_once(r, node, statements)
    end
    node.type = nil
    return nil
end

-- Is the statement here what a body collects?
function M.collects(r, loop)
    if loop.is_map then
        return r:is("return")
    elseif loop.list then
        return r:is(loop.list) and r:is("[", 1)
    end
    return loop.in_turn and r:is("local") and r:is("_", 1) and r:is("=", 2)
end

function M.collect(r, loop)
    if loop.is_map then
        r:expect("return")
    elseif loop.list then
        for _, token in ipairs({ loop.list, "[", "#", loop.list, "+" }) do
            r:expect(token)
        end
        r.at = r.at + 1
        r:expect("]")
        r:expect("=")
    else
        r.at = r.at + 3
    end
    loop.node.params.collect = r:value_here()
end

return M
