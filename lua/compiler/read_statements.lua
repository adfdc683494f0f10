-- Lua that emit_statements.lua wrote, or a person near it, into statements: {kind, node, ...}, as the
-- model has them, with nodes as documents hold them. What is not understood is reported and left out.

local branches = require "compiler.read_branches"
local emitters = require "compiler.emitters"
local headers = require "compiler.read_headers"
local loops = require "compiler.read_loops"
local options = require "compiler.emit_options"
local skip = require "compiler.read_skip"
local lexer = require "compiler.read_lexer"

local M = {}

local NO_STEP = "no step of the canvas says this; what it does can stand in a code node"

-- ------------------------------------------------------------------------------ nodes

local function free_id(r, wanted)
    local base = wanted:lower():gsub("[^a-z0-9_]", "_"):gsub("^[^a-z]+", ""):sub(1, 40)
    base = base == "" and "step" or base
    local id, n = base, 1
    while r.ids[id] do
        n = n + 1
        id = base .. "_" .. n
    end
    return id
end

-- The node that a comment announces; without one it is called after its variable.
function M.new_node(r, block, token)
    if not block then
        return { params = {}, token = token }
    elseif r.ids[block.id] then
        r:fail({ line = block.line }, "there are two steps [" .. block.id .. "]", "an id of its own")
    end
    local title = block.title ~= "" and block.title or block.id
    return { id = block.id, title = title, note = block.note, params = {}, token = token }
end

-- Makes it one of the document's; those inside come after it.
function M.add(r, node, kind)
    if node.type == kind and r.ids[node.id or false] == node then
        return
    end
    node.type = kind
    if not node.id then
        node.id = free_id(r, node.called or kind)
        node.title = headers.title_of(node.called or kind)
    end
    r.ids[node.id], r.nodes[#r.nodes + 1] = node, node
    node.called, node.token = nil, nil
end

function M.reserve(r, node)
    M.add(r, node, node.type)
end

-- Says what variables stand for; the tables are new ones, as they are turned round once.
function M.bind(r, changes)
    local names = {}
    for _, kind in ipairs({ "nodes", "errors", "locals" }) do
        names[kind] = r.names[kind]
        if changes[kind] then
            names[kind] = {}
            for key, name in pairs(r.names[kind]) do
                names[kind][key] = name
            end
            for key, name in pairs(changes[kind]) do
                names[kind][key] = name
            end
        end
    end
    r.names = names
end

-- ------------------------------------------------------------------------------ targets

-- Names at a place separated by commas, and the place behind them.
local function name_list(r, at)
    local names = {}
    while true do
        local token = r.tokens[at]
        if not token or token.kind ~= "name" then
            return nil
        end
        names[#names + 1], at = token.value, at + 1
        if r.tokens[at].value ~= "," or r.tokens[at].kind ~= "op" then
            return names, at
        end
        at = at + 1
    end
end

-- Goes over "local a, b" without values; over "local a =" or "a =" too, whose names it returns.
local function targets(r)
    while true do
        local is_local = r:is("local")
        local names, after = name_list(r, r.at + (is_local and 1 or 0))
        local assigns = names and r.tokens[after].value == "=" and r.tokens[after].kind == "op"
        if assigns then
            r.at = after + 1
            return names
        elseif not is_local or not names or names[1] == "function" then
            return {}
        end
        r.at = after
    end
end

-- ------------------------------------------------------------------------------ right sides

local right_side

-- The options and the function of moon.flow.try and attempt; the node's own call stands in it.
local function around(r, node)
    r:expect("(")
    if r:is("{") then
        local from = r.at
        r:skip_brackets()
        options.read_around(r, node, { from = from, to = r.at - 1 })
        r:expect(",")
    end
    r:expect("function")
    r:expect("(")
    r:expect(")")
    local statement = loops.in_function(r, node, M)
    if not statement then
        r:expect("return")
        statement = right_side(r, node, {})
    end
    r:expect("end")
    r:expect(")")
    return statement
end

local function switch(r, node, names)
    local token, ast = node.token, r:expression_here()
    local follows = r:is("if") and #r:peek().comments == 0 and r:is(names[1], 1) and r:is("==", 2)
    if not ast or not names[1] or not follows then
        r:fail(token, NO_STEP, "a step")
    end
    return branches.switch(r, node, names[1], ast, M)
end

local SPECIAL = {
    ["moon.flow.try"] = function(r, node) return around(r, node) end,
    ["moon.flow.attempt"] = function(r, node, names)
        local attempt = around(r, node)
        return branches.try(r, node, names, attempt, M)
    end,
    ["moon.parallel"] = function(r, node) return branches.parallel(r, node, M) end,
}

-- What follows "x =" or stands alone, as a statement.
function right_side(r, node, names)
    node.called = node.called or names[1] ~= "_" and names[1] or nil
    local path, count = r:path()
    if r:is("{") then
        emitters.of_type.transform.read_table(r, node)
        node.type = "transform"
        return { kind = "node", node = node }
    elseif loops.begins(r, path) then
        return loops.statement(r, node, names[1], M)
    elseif path and SPECIAL[path] then
        r.at = r.at + count
        return SPECIAL[path](r, node, names)
    end
    local call = path and emitters.of_call[path]
    if not call and path and r.functions[path] and r:is("(", count) then
        call = { type = "code", emitter = emitters.of_type.code }
        r.called[path] = true
    end
    if not call then
        return switch(r, node, names)
    end
    r.at, node.type = r.at + count, call.type
    call.emitter.read(r, node, r:arguments(), path)
    return { kind = "node", node = node }
end

-- ------------------------------------------------------------------------------ statements

local function output(r, node)
    r.at = r.at + 1
    node.params.value = r:value_here()
    node.type = "output"
    if not skip.is_stop(r:peek()) then
        r:fail(r:peek(), "the expression language cannot say this " .. lexer.show(r:peek()), "a value that the expression language can say")
    end
    return { kind = "output", node = node }
end

local function statement(r, block)
    local node = M.new_node(r, block, r:peek())
    local names = targets(r)
    local result
    if r:is("if") and #names == 0 then
        result = branches.condition(r, node, M)
    elseif r:is("return") and #names == 0 then
        result = output(r, node)
    else
        result = right_side(r, node, names)
    end
    if result.kind ~= "try" then
        M.add(r, node, node.type)
        if names[1] and names[1] ~= "_" then
            M.bind(r, { nodes = { [node.id] = names[1] } })
        end
    end
    r:accept(";")
    return result
end

-- A comment that announces a node without Lua: the join of the parallel above.
local function bare(r, block, list)
    local last = list[#list]
    if block.id and last and last.kind == "parallel" and not last.join then
        local ok, node = pcall(M.new_node, r, block, { line = block.line })
        if ok then
            M.add(r, node, "join")
            last.join = node
        end
    elseif block.id then
        r:report({ line = block.line }, "no statement follows the comment of [" .. block.id .. "]; the step is gone", "its statement")
    elseif not headers.is_case(block.text) then
        r:report({ line = block.line }, "this comment belongs to no step and is not kept", "a note below a step's title")
    end
end

-- The block that announces the statement at a token; the others are done with.
local function announce(r, list)
    local token = r:peek()
    local blocks, chosen = headers.blocks(token), nil
    if not skip.is_stop(token) then
        for i = #blocks, 1, -1 do
            if blocks[i].id then
                chosen = i
                break
            end
        end
        local last = list[#list]
        local waits = last and last.kind == "parallel" and not last.join
        local first_id = blocks[1] and blocks[1].id
        if chosen == 1 and waits and first_id and blocks[1].last < token.line - 1 then
            chosen = nil
        end
    end
    for i, block in ipairs(blocks) do
        if i ~= chosen then
            bare(r, block, list)
        end
    end
    return chosen and blocks[chosen]
end

local function complete_join(r, list)
    local last = list[#list]
    if last and last.kind == "parallel" and not last.join then
        last.join = { params = {}, called = last.node.id .. "_join" }
        M.add(r, last.join, "join")
    end
end

-- Drops the nodes of a statement that was given up.
function M.forget(r, count)
    for i = #r.nodes, count + 1, -1 do
        r.ids[r.nodes[i].id], r.nodes[i] = nil, nil
    end
end

-- Statements until one that ends the block. loop: what collects in the body that this is, or nil.
function M.sequence(r, loop)
    local list = {}
    while true do
        local block = announce(r, list)
        complete_join(r, list)
        if skip.is_stop(r:peek()) then
            return list
        end
        local start, names, count = r.at, r.names, #r.nodes
        local ok, result
        if not block and loop and loops.collects(r, loop) then
            ok, result = pcall(loops.collect, r, loop)
        else
            ok, result = pcall(statement, r, block)
            list[#list + 1] = ok and result or nil
        end
        if not ok then
            if type(result) ~= "table" or not result.given_up then
                error(result, 0)
            end
            M.forget(r, count)
            r.at, r.names = start, names
            skip.statement(r)
        end
    end
end

return M
