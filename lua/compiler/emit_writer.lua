-- What the emission of all nodes writes with: lines, values as Lua, names of variables, prompts.

local expression = require "compiler.expression"
local prompts = require "compiler.emit_prompts"
local emit_json = require "compiler.emit_json"
local naming = require "compiler.names"

local STEP = "    "
local LINE = 80 -- of a table: a call stands before it

local M = { STEP = STEP }

local writer = {}
local metatable = { __index = writer }

-- ------------------------------------------------------------------------------ lines

function writer:line(text)
    self.lines[#self.lines + 1] = text == "" and "" or self.indent .. text
end

function writer:blank()
    local last = self.lines[#self.lines]
    if last and last ~= "" and not self.fresh then
        self:line("")
    end
end

function writer:deeper()
    self.indent = self.indent .. STEP
end

function writer:higher()
    self.indent = self.indent:sub(1, -#STEP - 1)
end

-- The lines that fn() writes, instead of writing them.
function writer:aside(fn)
    local outer = self.lines
    self.lines = {}
    fn()
    local lines = self.lines
    self.lines = outer
    return lines
end

function writer:lines_of(lines)
    for _, line in ipairs(lines) do
        self.lines[#self.lines + 1] = line
    end
end

-- A title or a note as a comment can say it: without what no line of a comment holds.
function M.comment_text(text)
    local lines = {}
    for line in (text .. "\n"):gmatch("(.-)\n") do
        lines[#lines + 1] = line:gsub("%c", " "):gsub("%s+$", "")
    end
    while lines[#lines] == "" do
        lines[#lines] = nil
    end
    return lines
end

function M.one_line(text)
    return (text:gsub("%c", " "):gsub("^%s+", ""):gsub("%s+$", ""))
end

-- The comment above a node's Lua.
function writer:header(node)
    self:line("-- " .. M.one_line(node.title) .. " [" .. node.id .. "]")
    for _, line in ipairs(M.comment_text(node.note or "")) do
        self:line(line == "" and "--" or "-- " .. line)
    end
end

-- ------------------------------------------------------------------------------ values

writer.STEP = STEP

function writer.text(_, value)
    return expression.text_to_lua(value)
end

function writer:value(tree, indent)
    return expression.value_to_lua(tree, self.names, indent)
end

function writer:expression(ast)
    return expression.to_lua(ast, self.names)
end

function writer:template(tree)
    return expression.template_to_lua(tree, self.names)
end

-- A long text goes to a file of its own: moon.prompt("name", {...}).
function writer:prompt(tree, name, indent)
    return prompts.write(self, tree, name, indent) or self:template(tree)
end

-- JSON that holds no templates: schemas, lists of names.
function writer:json(value, indent)
    return self:value(expression.plain(value, emit_json.keys), indent)
end

-- {{name, text}, ...} as a table constructor; texts that have several lines are printed for indent .. STEP.
function writer.fields(_, entries, indent)
    if #entries == 0 then
        return "{}"
    end
    local pieces = {}
    for i, entry in ipairs(entries) do
        pieces[i] = expression.field_to_lua(entry[1], entry[2])
    end
    return expression.constructor_to_lua(pieces, indent, LINE)
end

-- ------------------------------------------------------------------------------ names

-- A name that nothing else in the file has.
function writer:new_name(wanted)
    return naming.free(wanted, self.taken)
end

local function note_lambdas(value, taken, seen)
    if type(value) ~= "table" or seen[value] then
        return
    end
    seen[value] = true
    if value.op == "lambda" then
        taken[value.param] = true
    end
    for _, key in ipairs({ "of", "index", "left", "right", "body", "value" }) do
        note_lambdas(value[key], taken, seen)
    end
    for _, key in ipairs({ "items", "args", "fields" }) do
        for _, inner in ipairs(type(value[key]) == "table" and value[key] or {}) do
            note_lambdas(inner.op and inner or inner.value, taken, seen)
        end
    end
end

local function taken_names(model)
    local taken = {}
    for _, id in ipairs(model.order) do
        local node = model.nodes[id]
        taken[node.name] = true
        if node.type == "loop" then
            local as = node.params.as or "item"
            taken[as], taken[as .. "_index"] = true, true
        end
        for _, e in ipairs(node.expressions or {}) do
            note_lambdas(e.ast, taken, {})
        end
    end
    return taken
end

-- crowded: there are more variables than Lua has room for, so that they are fields of one table.
function M.new(model, crowded)
    local w = setmetatable({
        model = model, lines = {}, indent = STEP, crowded = crowded, taken = taken_names(model), declared = {}, files = {},
        functions = {}, prompt_names = {}, names = { nodes = {}, errors = {}, locals = {} }, variables = 0,
    }, metatable)
    local prefix = crowded and "made." or ""
    for _, id in ipairs(model.order) do
        local node = model.nodes[id]
        w.names.nodes[id] = prefix .. node.name
    end
    for _, id in ipairs(model.order) do
        local node = model.nodes[id]
        w.names.errors[id] = node.exits.error and prefix .. w:new_name(node.name .. "_error") or nil
    end
    return w
end

return M
