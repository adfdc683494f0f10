-- Trees of the expression language as Lua. Operators are Lua's; functions, and steps through what may be
-- absent, are calls of the kit's part `expr`. infer.lua has to have seen the tree.

local types = require "compiler.schema"
local format = require "compiler.format"
local words = require "compiler.words"
local json = require "moon.json"

local rep, gsub, find, byte = string.rep, string.gsub, string.find, string.byte

local LEVEL = {
    ["or"] = 1, ["and"] = 2, ["=="] = 3, ["!="] = 3, ["<"] = 3, ["<="] = 3, [">"] = 3, [">="] = 3,
    [".."] = 4, ["+"] = 5, ["-"] = 5, ["*"] = 6, ["/"] = 6, ["%"] = 6,
}
local UNARY, ATOM = 7, 8
local LUA = { ["!="] = "~=" }
local LINE = 100

local M = {}

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

-- A text as Lua writes it: one line.
function M.text(value)
    return '"' .. gsub(value, '[%c\\"\127]', function(c)
        return ESCAPES[c] or ("\\%03d"):format(byte(c))
    end) .. '"'
end

-- A text in long brackets: as it is, over several lines; nil where that cannot be said.
function M.long_text(value)
    if find(value, "[%z\1-\8\11-\31\127]") then
        return nil
    end
    local level = 0
    while find(value .. "]", "]" .. rep("=", level) .. "]", 1, true) do
        level = level + 1
    end
    local marks = rep("=", level)
    return "[" .. marks .. "[\n" .. value .. "]" .. marks .. "]"
end

function M.is_name(text)
    return format.is_name(text) and not words.keywords[text]
end

-- A field of a constructor; its value is Lua already.
function M.field(name, text)
    return (M.is_name(name) and name or "[" .. M.text(name) .. "]") .. " = " .. text
end

local CERTAIN = { object = true, array = true }

-- Is it certainly a table, so that Lua's own dot does?
local function is_certain(ast)
    return ast.type and types.only(ast.type, CERTAIN) or false
end

local write

local function arguments(args, names)
    local texts = {}
    for i, arg in ipairs(args) do
        texts[i] = write(arg, 0, names)
    end
    return table.concat(texts, ", ")
end

-- May evaluating it raise? Operators on what is not known, and most calls.
local function may_raise(ast)
    local op = ast.op
    return not (op == "number" or op == "string" or op == "boolean" or op == "null" or op == "name" or op == "member")
end

local function when(ast, names)
    local texts = { write(ast.args[1], 0, names) }
    for i = 2, #ast.args do
        local text = write(ast.args[i], 0, names)
        texts[i] = may_raise(ast.args[i]) and "function() return " .. text .. " end" or text
    end
    return table.concat(texts, ", ")
end

local PREFIX = { name = true, member = true, index = true, call = true }

-- What Lua lets stand before a dot.
local function base(ast, names)
    local text = write(ast, ATOM, names)
    return PREFIX[ast.op] and text or "(" .. text .. ")"
end

local function is_reference(ast)
    return ast.op == "member" and ast.of.op == "name" and (ast.of.name == "nodes" or ast.of.name == "errors")
end

-- a.b.c where a is not certainly a table: expr.get(a, "b", "c")
local function get(ast, names)
    local steps = {}
    while (ast.op == "member" or ast.op == "index") and not is_reference(ast) and not is_certain(ast.of) do
        table.insert(steps, 1, ast.op == "member" and M.text(ast.name) or write(ast.index, 0, names))
        ast = ast.of
    end
    return names.expr .. ".get(" .. write(ast, 0, names) .. ", " .. table.concat(steps, ", ") .. ")", ATOM
end

local OPS = {}

function OPS.number(ast) return format.number(ast.value), ATOM end
function OPS.string(ast) return M.text(ast.value), ATOM end
function OPS.boolean(ast) return tostring(ast.value), ATOM end
function OPS.null() return "nil", ATOM end

function OPS.name(ast, names)
    return names.locals[ast.name] or names[ast.name == "input" and "input" or ast.name == "config" and "config" or "none"]
        or ast.name, ATOM
end

function OPS.member(ast, names)
    if is_reference(ast) then
        return names[ast.of.name][ast.name] or ast.name, ATOM
    elseif not is_certain(ast.of) then
        return get(ast, names)
    elseif M.is_name(ast.name) then
        return base(ast.of, names) .. "." .. ast.name, ATOM
    end
    return base(ast.of, names) .. "[" .. M.text(ast.name) .. "]", ATOM
end

function OPS.index(ast, names)
    if not is_certain(ast.of) then
        return get(ast, names)
    end
    return base(ast.of, names) .. "[" .. write(ast.index, 0, names) .. "]", ATOM
end

function OPS.call(ast, names)
    return names.expr .. "." .. ast.name .. "(" .. (ast.name == "when" and when or arguments)(
        ast.name == "when" and ast or ast.args, names) .. ")", ATOM
end

function OPS.lambda(ast, names)
    return "function(" .. ast.param .. ") return " .. write(ast.body, 0, names) .. " end", ATOM
end

function OPS.list(ast, names)
    if #ast.items == 0 then
        return names.expr .. ".list()", ATOM
    end
    for _, item in ipairs(ast.items) do
        if not item.type or types.is_any(item.type) or types.may_be_null(item.type) then
            return names.expr .. ".list(" .. arguments(ast.items, names) .. ")", ATOM
        end
    end
    return "{ " .. arguments(ast.items, names) .. " }", ATOM
end

function OPS.object(ast, names)
    local fields = {}
    for i, field in ipairs(ast.fields) do
        fields[i] = M.field(field.name, write(field.value, 0, names))
    end
    return #fields == 0 and "{}" or "{ " .. table.concat(fields, ", ") .. " }", ATOM
end

function OPS.unary(ast, names)
    local of = write(ast.of, UNARY, names)
    if ast.operator == "not" then
        return "not " .. of, UNARY
    end
    return find(of, "^%-") and "-(" .. of .. ")" or "-" .. of, UNARY -- two dashes begin a comment
end

function OPS.binary(ast, names)
    local level, left, right = format.binding(LEVEL, ast.operator)
    return write(ast.left, left, names) .. " " .. (LUA[ast.operator] or ast.operator) .. " " .. write(ast.right, right, names),
        level
end

function write(ast, level, names)
    local text, own = OPS[ast.op](ast, names)
    return own < level and "(" .. text .. ")" or text
end

local EMPTY = {}

-- Fills in what things are called unless the caller says otherwise.
function M.names(names)
    names = names or EMPTY
    return {
        nodes = names.nodes or EMPTY, errors = names.errors or EMPTY, locals = names.locals or EMPTY,
        input = names.input or "input", config = names.config or "config", expr = names.expr or "expr",
        text = names.text or "text",
    }
end

function M.expression(ast, names)
    return write(ast, 0, M.names(names))
end

local function shown_text(value)
    local is_clean = not find(value, "[ \t]\n") -- what nobody sees at a line's end is better seen
    return is_clean and find(value, "\n.*%S") and M.long_text(value) or M.text(value)
end

-- text("Dear ", input.name, ":"), or the text itself when nothing has to be filled in.
function M.template(tree, names)
    if tree.kind == "literal" then
        return shown_text(tree.value)
    end
    names = M.names(names)
    local texts = {}
    for i, part in ipairs(tree.parts) do
        texts[i] = type(part) == "string" and shown_text(part) or write(part, 0, names)
    end
    return names.text .. "(" .. table.concat(texts, ", ") .. ")"
end

local value

local function literal(tree, names)
    local v = tree.value
    if type(v) == "string" then
        return shown_text(v)
    elseif type(v) == "number" then
        return format.number(v)
    end
    return v == json.null and names.expr .. ".null" or tostring(v)
end

-- A table of these entries: in one line when they fit, else one a line.
function M.constructor(entries, indent, most)
    local line = "{ " .. table.concat(entries, ", ") .. " }"
    if #line + #indent <= (most or LINE) and not find(line, "\n", 1, true) then
        return line
    end
    local inner = indent .. "    "
    return "{\n" .. inner .. table.concat(entries, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

local function list(tree, names, indent)
    local entries, holes = {}, #tree.items == 0
    for i, item in ipairs(tree.items) do
        entries[i] = value(item, names, indent .. "    ")
        local t = item.kind == "expression" and item.ast.type
        holes = holes or (item.kind == "expression" and (not t or types.is_any(t) or types.may_be_null(t)))
    end
    if holes then
        return names.expr .. ".list(" .. table.concat(entries, ", ") .. ")"
    end
    return M.constructor(entries, indent)
end

function value(tree, names, indent)
    if tree.kind == "literal" then
        return literal(tree, names)
    elseif tree.kind == "expression" then
        return write(tree.ast, 0, names)
    elseif tree.kind == "template" then
        return M.template(tree, names)
    elseif tree.kind == "list" then
        return list(tree, names, indent)
    end
    local entries = {}
    for i, field in ipairs(tree.fields) do
        entries[i] = M.field(field.name, value(field.value, names, indent .. "    "))
    end
    return #entries == 0 and "{}" or M.constructor(entries, indent)
end

function M.value(tree, names, indent)
    return value(tree, M.names(names), indent or "")
end

return M
