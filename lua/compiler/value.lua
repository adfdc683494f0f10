-- Templates and values of a document into trees (README.md says of which kinds), in canonical form.

local emit_json = require "compiler.emit_json"
local lexer = require "compiler.lexer"
local parser = require "compiler.parser"
local json = require "moon.json"

local find, sub, sort = string.find, string.sub, table.sort

local MAX_DEPTH = 40

local M = {}

local function add_text(parts, text)
    if text == "" then
        return
    elseif type(parts[#parts]) == "string" then
        parts[#parts] = parts[#parts] .. text
    else
        parts[#parts + 1] = text
    end
end

-- Text and places: {text | ast, ...}; neighbouring texts are one. Raises a problem.
local function parts_of(source)
    local parts, at, places = {}, 1, 0
    while true do
        local from = find(source, "{{", at, true)
        add_text(parts, sub(source, at, (from or #source + 1) - 1))
        if not from then
            return parts, places
        end
        local ast
        ast, at = parser.place(source, from + 2)
        places = places + 1
        if ast.op == "string" then
            add_text(parts, ast.value)
        else
            parts[#parts + 1] = ast
        end
    end
end

-- What a template or a text comes to: a literal when it has no places.
local function tree_of_parts(parts)
    if #parts == 0 then
        return { kind = "literal", value = "" }
    elseif #parts == 1 and type(parts[1]) == "string" then
        return { kind = "literal", value = parts[1] }
    end
    return { kind = "template", parts = parts }
end

function M.template(source)
    return tree_of_parts((parts_of(source)))
end

local of_ast

-- An expression as a value: what JSON can say is JSON.
function of_ast(ast)
    if ast.op == "number" or ast.op == "string" or ast.op == "boolean" then
        return { kind = "literal", value = ast.value }
    elseif ast.op == "unary" and ast.operator == "-" and ast.of.op == "number" then
        return { kind = "literal", value = -ast.of.value }
    elseif ast.op == "null" then
        return { kind = "literal", value = json.null }
    elseif ast.op == "object" then
        local fields = {}
        for i, field in ipairs(ast.fields) do
            fields[i] = { name = field.name, value = of_ast(field.value) }
        end
        return { kind = "object", fields = fields }
    elseif ast.op == "list" then
        local items = {}
        for i, item in ipairs(ast.items) do
            items[i] = of_ast(item)
        end
        return { kind = "list", items = items }
    end
    return { kind = "expression", ast = ast }
end
M.of_ast = of_ast
M.of_parts = tree_of_parts

local function text(source)
    local parts, places = parts_of(source)
    if places == 1 and #parts == 1 and type(parts[1]) == "table" and sub(source, 1, 2) == "{{" and sub(source, -2) == "}}" then
        return of_ast(parts[1])
    end
    return tree_of_parts(parts)
end

local function sorted_names(value)
    local names = {}
    for name in pairs(value) do
        names[#names + 1] = tostring(name)
    end
    sort(names)
    return names
end

local read

local function object(value, path, problems, depth)
    local fields = {}
    for i, name in ipairs(sorted_names(value)) do
        fields[i] = { name = name, value = read(value[name], path .. "." .. name, problems, depth + 1) }
    end
    return { kind = "object", fields = fields }
end

function read(value, path, problems, depth)
    if type(value) == "string" then
        local tree, problem = lexer.attempt(text, value)
        if tree then
            tree.source = value
            return tree
        end
        problem.path, problem.at = path:sub(2), lexer.character(value, problem.at)
        problems[#problems + 1] = problem
        return { kind = "literal", value = json.null, broken = true }
    elseif type(value) ~= "table" then
        return { kind = "literal", value = value }
    elseif depth > MAX_DEPTH then
        problems[#problems + 1] = { path = path:sub(2), message = "this is nested too deep", at = 1, code = "syntax",
            expected = "at most " .. MAX_DEPTH .. " levels" }
        return { kind = "literal", value = json.null, broken = true }
    elseif emit_json.is_list(value) then
        local items = {}
        for i = 1, #value do
            items[i] = read(value[i], path .. "." .. i, problems, depth + 1)
        end
        return { kind = "list", items = items }
    end
    return object(value, path, problems, depth)
end

-- JSON as it is: texts are no templates. order(object): the names of its fields, unless they are to be sorted.
function M.plain(value, order)
    if type(value) ~= "table" then
        return { kind = "literal", value = value }
    elseif emit_json.is_list(value) then
        local items = {}
        for i = 1, #value do
            items[i] = M.plain(value[i], order)
        end
        return { kind = "list", items = items }
    end
    local fields = {}
    for i, name in ipairs((order or sorted_names)(value)) do
        fields[i] = { name = name, value = M.plain(value[name], order) }
    end
    return { kind = "object", fields = fields }
end

-- Any JSON: its tree, and the problems of all its texts, each with its path ("" for the whole).
function M.value(value)
    local problems = {}
    return read(value, "", problems, 0), problems
end

return M
