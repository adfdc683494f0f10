-- Loops as Lua: for ... in ipairs(moon.flow.items(...)), and moon.map where rounds go on side by side.
-- sequence(w, statements) writes what is inside.

local lexer = require "compiler.read_lexer"

local M = {}

local function loop_variables(node, body)
    local as, names = node.params.as or "item", lexer.names(body)
    local index = as .. "_index"
    return names[as] and as, names[index] and index
end

local function items(w, node)
    local limit = node.params.limit
    return "moon.flow.items(" .. w:expression(node.params.list) .. (limit and ", " .. limit or "") .. ")"
end

-- The lines of a loop's body, with what collects; collect(text) says how that is written.
local function body_of(w, statement, sequence, collect)
    local node = statement.node
    return w:aside(function()
        w:deeper()
        w.fresh = false
        sequence(w, statement.body)
        if node.params.collect then
            w:blank()
            w:line(collect(w:value(node.params.collect, w.indent)))
        end
        w:higher()
    end)
end

-- for ... do ... end; list is the variable that gains what is collected, or nil.
local function in_turn(w, statement, sequence, list)
    local node = statement.node
    local body = body_of(w, statement, sequence, function(value)
        return list and list .. "[#" .. list .. " + 1] = " .. value or "local _ = " .. value
    end)
    local as, index = loop_variables(node, table.concat(body, "\n"))
    w:line("for " .. (index or "_") .. (as and ", " .. as or "") .. " in ipairs(" .. items(w, node) .. ") do")
    w:lines_of(body)
    w:line("end")
end

-- moon.map(items, function(item) ... end, { limit = n })
local function at_once(w, statement, sequence, before, gather)
    local node = statement.node
    local body = body_of(w, statement, sequence, function(value) return "return " .. value end)
    local as, index = loop_variables(node, table.concat(body, "\n"))
    local parameters = as and as .. (index and ", " .. index or "") or index and "_, " .. index or ""
    w:line(before .. (gather and "moon.flow.gather(" or "") .. "moon.map(" .. items(w, node) .. ", function(" .. parameters .. ")")
    w:lines_of(body)
    w:line("end, { limit = " .. node.params.concurrency .. " })" .. (gather and ")" or ""))
end

local function is_concurrent(node)
    return (node.params.concurrency or 1) > 1
end

-- A loop as a statement of its own; to: "local x = " of what it collects, or nothing.
function M.statement(w, statement, to, sequence)
    local node = statement.node
    if is_concurrent(node) then
        return at_once(w, statement, sequence, to or "", to ~= nil)
    end
    if to then
        w:line(to .. "expr.list()")
    end
    return in_turn(w, statement, sequence, to and w.names.nodes[node.id])
end

-- A loop inside of a function that gives its list.
function M.in_function(w, statement, sequence)
    local node = statement.node
    if is_concurrent(node) then
        return at_once(w, statement, sequence, node.params.collect and "return " or "", node.params.collect ~= nil)
    end
    local list = node.params.collect and w:new_name(node.name .. "_list")
    if list then
        w:line("local " .. list .. " = expr.list()")
    end
    in_turn(w, statement, sequence, list)
    if list then
        w:line("return " .. list)
    end
end

return M
