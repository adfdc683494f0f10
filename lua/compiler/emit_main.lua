-- main.lua of a workflow: the head, the functions of code nodes, and the function of the run.

local lexer = require "compiler.read_lexer"
local statements = require "compiler.emit_statements"
local writers = require "compiler.emit_writer"

local MAX_VARIABLES, MAX_UPVALUES = 150, 45

local M = {}

-- Do the functions inside see more variables than a closure of Lua can hold?
local function holds_too_many(names, w)
    local known, outer = {}, 0
    for _, kind in ipairs({ "nodes", "errors" }) do
        for _, name in pairs(w.names[kind]) do
            known[name] = true
        end
    end
    for name in pairs(names) do
        outer = outer + (known[name] and 1 or 0)
    end
    return outer > MAX_UPVALUES
end

-- Returns the writer, the body's text and the names in it.
local function write(model, crowded)
    local w = writers.new(model, crowded)
    statements.sequence(w, model.body)
    local text = table.concat(w.lines, "\n")
    local names = lexer.names(text)
    if not crowded and (w.variables > MAX_VARIABLES or (text:find("function(", 1, true) and holds_too_many(names, w))) then
        return write(model, true)
    end
    return w, text, names
end

-- Locals at the top of the file: of the kit, and what expressions need.
local function kit(names, lines)
    if names.expr and names.text then
        lines[#lines + 1] = "local expr = moon.expr"
        lines[#lines + 1] = "local text = expr.text"
    elseif names.expr then
        lines[#lines + 1] = "local expr = moon.expr"
    elseif names.text then
        lines[#lines + 1] = "local text = moon.expr.text"
    end
end

-- "not (x > y)" is what the canvas says; luacheck would have it said otherwise.
local IGNORED = "-- luacheck: ignore 581 582"

local function head(model, w, names, body)
    local lines = { "-- " .. writers.one_line(model.title), "--",
        "-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the",
        "-- functions may be changed here, and what the canvas cannot show is listed when it is read back.", "" }
    if body:find("not (", 1, true) then
        table.insert(lines, IGNORED)
    end
    local code_names = lexer.names(table.concat(w.functions, "\n"))
    if names.moon or names.expr or names.text or code_names.moon then
        lines[#lines + 1] = 'local moon = require("moon")'
    end
    if #w.functions == 0 then
        kit(names, lines)
    end
    for _, text in ipairs(w.functions) do
        lines[#lines + 1] = (lines[#lines] == "" and "" or "\n") .. text
    end
    if #w.functions > 0 and (names.expr or names.text) then
        lines[#lines + 1] = ""
        kit(names, lines)
    end
    if lines[#lines] ~= "" then
        lines[#lines + 1] = ""
    end
    return lines
end

local function parameters(names)
    if names.config then
        return names.input and "input, ctx" or "_, ctx"
    end
    return names.input and "input" or ""
end

-- The text of main.lua, and the prompts' files: {path = text}.
function M.write(model)
    local w, body, names = write(model, false)
    local lines = head(model, w, names, body)
    local top = w:aside(function()
        w.indent = ""
        w:header(model.entry)
        w:line("return function(" .. parameters(names) .. ")")
    end)
    for _, line in ipairs(top) do
        lines[#lines + 1] = line
    end
    local locals = {}
    locals[#locals + 1] = names.config and "    local config = ctx.config" or nil
    locals[#locals + 1] = names.state and "    local state = {}" or nil
    locals[#locals + 1] = w.crowded and "    local made = {}" or nil
    for _, line in ipairs(locals) do
        lines[#lines + 1] = line
    end
    if #locals > 0 then
        lines[#lines + 1] = ""
    end
    lines[#lines + 1] = body
    lines[#lines + 1] = "end"
    return table.concat(lines, "\n") .. "\n", w.files
end

return M
