-- A tree of the expression language as text, in the one way that README.md calls canonical.

local format, gsub, match = string.format, string.gsub, string.match

local LEVEL = {
    ["or"] = 1, ["and"] = 2, ["not"] = 3,
    ["=="] = 4, ["!="] = 4, ["<"] = 4, ["<="] = 4, [">"] = 4, [">="] = 4,
    [".."] = 5, ["+"] = 6, ["-"] = 6, ["*"] = 7, ["/"] = 7, ["%"] = 7, negate = 8,
}
local ATOM = 9

local M = {}

-- The shortest decimal that reads back as the same number.
function M.number(value)
    for digits = 14, 17 do
        local text = format("%." .. digits .. "g", value)
        if tonumber(text) == value then
            return text
        end
    end
    return format("%.17g", value)
end

local ESCAPES = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

-- In single quotes, unless that takes more escapes: documents are JSON, where double quotes cost one.
function M.text(value)
    local quote = "'"
    if value:find("'", 1, true) and not value:find('"', 1, true) then
        quote = '"'
    end
    return quote .. gsub(gsub(value, "[\\\n\t\r]", ESCAPES), quote, "\\" .. quote) .. quote
end

function M.is_name(text)
    return match(text, "^[%a_][%w_]*$") ~= nil
end

-- How tightly an operator binds, and how tightly its left and its right side have to, by a table of levels: ".." groups
-- from the right, comparisons do not chain.
function M.binding(levels, operator)
    local level = levels[operator]
    if operator == ".." then
        return level, level + 1, level
    end
    return level, level == levels["=="] and level + 1 or level, level + 1
end

local write

local function list_of(items)
    local texts = {}
    for i, item in ipairs(items) do
        texts[i] = write(item, 0)
    end
    return table.concat(texts, ", ")
end

local OPS = {}

function OPS.number(ast) return M.number(ast.value), ATOM end
function OPS.string(ast) return M.text(ast.value), ATOM end
function OPS.boolean(ast) return tostring(ast.value), ATOM end
function OPS.null() return "null", ATOM end
function OPS.name(ast) return ast.name, ATOM end
function OPS.list(ast) return "[" .. list_of(ast.items) .. "]", ATOM end
function OPS.call(ast) return ast.name .. "(" .. list_of(ast.args) .. ")", ATOM end
function OPS.lambda(ast) return ast.param .. " => " .. write(ast.body, 0), ATOM end

function OPS.object(ast)
    local fields = {}
    for i, field in ipairs(ast.fields) do
        local name = M.is_name(field.name) and field.name or M.text(field.name)
        fields[i] = name .. ": " .. write(field.value, 0)
    end
    return "{" .. table.concat(fields, ", ") .. "}", ATOM
end

function OPS.member(ast)
    local of = write(ast.of, ATOM)
    if M.is_name(ast.name) then
        return of .. "." .. ast.name, ATOM
    end
    return of .. "[" .. M.text(ast.name) .. "]", ATOM
end

function OPS.index(ast)
    return write(ast.of, ATOM) .. "[" .. write(ast.index, 0) .. "]", ATOM
end

function OPS.unary(ast)
    if ast.operator == "not" then
        return "not " .. write(ast.of, LEVEL["not"]), LEVEL["not"]
    end
    return "-" .. write(ast.of, LEVEL.negate), LEVEL.negate
end

function OPS.binary(ast)
    local level, left, right = M.binding(LEVEL, ast.operator)
    return write(ast.left, left) .. " " .. ast.operator .. " " .. write(ast.right, right), level
end

-- The text, in brackets when it binds less tightly than `level`.
function write(ast, level)
    local text, own = OPS[ast.op](ast)
    return own < level and "(" .. text .. ")" or text
end

function M.expression(ast)
    return write(ast, 0)
end

-- Text of a template as it stands between places: two braces need a place of their own.
local function plain(text)
    return (gsub(text, "{{", '{{ "{{" }}'))
end

function M.template(tree)
    if tree.kind == "literal" then
        return plain(tree.value)
    end
    local texts = {}
    for i, part in ipairs(tree.parts) do
        texts[i] = type(part) == "string" and plain(part) or "{{ " .. write(part, 0) .. " }}"
    end
    return table.concat(texts)
end

local json = require "moon.json"

-- The JSON that a value's tree stands for.
function M.value(tree)
    if tree.kind == "literal" then
        return type(tree.value) == "string" and plain(tree.value) or tree.value
    elseif tree.kind == "template" then
        return M.template(tree)
    elseif tree.kind == "expression" then
        return "{{ " .. write(tree.ast, 0) .. " }}"
    elseif tree.kind == "object" then
        local object = {}
        for _, field in ipairs(tree.fields) do
            object[field.name] = M.value(field.value)
        end
        return object
    end
    local list = {}
    for i, item in ipairs(tree.items) do
        list[i] = M.value(item)
    end
    return json.array(list)
end

return M
