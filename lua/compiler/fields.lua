-- Reads the fields of an object of the document by a list of what there may be, and reports all that is
-- wrong. A field: {name, kind, needed, default, ...}; kinds and their own settings stand at READ below.

local expression = require "compiler.expression"
local schemas = require "compiler.fields_schema"
local suggest = require "compiler.suggest"
local types = require "compiler.schema"

local M = {}

-- cx: report(field, message, code, expected, at, is_warning), and expressions, a list that gains
-- {field, ast, source} for every expression met.

local function wrong_kind(cx, path, value, expected)
    local kind = types.kind_of_value(value)
    cx.report(path, "this is " .. types.show_kind(kind or type(value)) .. ", not " .. expected, "wrong_kind", expected)
end

local function add_expression(cx, path, ast, source)
    cx.expressions[#cx.expressions + 1] = { field = path, ast = ast, source = source }
end

-- Notes all expressions of a tree; its texts are where they stand in the document.
local function add_tree(cx, path, tree, source)
    source = tree.source or source
    if tree.kind == "expression" then
        add_expression(cx, path, tree.ast, source)
    elseif tree.kind == "template" then
        for _, part in ipairs(tree.parts) do
            if type(part) == "table" then
                add_expression(cx, path, part, source)
            end
        end
    elseif tree.kind == "object" then
        for _, field in ipairs(tree.fields) do
            add_tree(cx, source and path or path .. "." .. field.name, field.value, source)
        end
    elseif tree.kind == "list" then
        for i, item in ipairs(tree.items) do
            add_tree(cx, source and path or path .. "." .. i, item, source)
        end
    end
end

local function within(field, value, path, cx, unit)
    local what = unit and "this has " .. value .. " " .. unit or "this is " .. value
    if field.min and value < field.min then
        cx.report(path, what, "out_of_range", "at least " .. field.min .. (unit and " " .. unit or ""))
    elseif field.above and value <= field.above then
        cx.report(path, what, "out_of_range", "more than " .. field.above)
    elseif field.max and value > field.max then
        cx.report(path, what, "out_of_range", "at most " .. field.max .. (unit and " " .. unit or ""))
    end
end

local function text(value, field, path, cx)
    if type(value) ~= "string" then
        return wrong_kind(cx, path, value, "text")
    elseif field.filled and not value:find("%S") then
        cx.report(path, field.empty or "this is empty", "empty", "a text")
    elseif field.max and #value > field.max then
        within({ max = field.max }, #value, path, cx, "characters")
    elseif field.pattern and not (value:find(field.pattern) and #value <= (field.most or #value)) then
        cx.report(path, "'" .. value .. "' is not written as " .. field.shown, "bad_name", field.right or field.shown)
    end
    return value
end

local READ = {}
M.READ = READ

-- text: filled, max, pattern (of Lua) with shown
READ.text = text

function READ.lua(value, field, path, cx)
    return text(value, { filled = true, max = field.max }, path, cx)
end

-- template: filled
function READ.template(value, field, path, cx)
    if not text(value, { filled = field.filled, empty = field.empty, max = field.max }, path, cx) then
        return nil
    end
    local tree, problem = expression.template(value)
    if not tree then
        cx.report(path, problem.message, problem.code, problem.expected, problem.at)
        return { kind = "literal", value = "", broken = true }
    end
    add_tree(cx, path, tree)
    return tree
end

function READ.expression(value, _, path, cx)
    if type(value) ~= "string" then
        return wrong_kind(cx, path, value, "an expression")
    elseif not value:find("%S") then
        cx.report(path, "this is empty", "empty", "an expression")
        return nil
    end
    local ast, problem = expression.parse(value)
    if not ast then
        cx.report(path, problem.message, problem.code, problem.expected, problem.at)
        return nil
    end
    add_expression(cx, path, ast, value)
    return ast
end

function READ.value(value, _, path, cx)
    local tree, problems = expression.value(value)
    for _, problem in ipairs(problems) do
        cx.report(problem.path == "" and path or path .. "." .. problem.path, problem.message, problem.code, problem.expected,
            problem.at)
    end
    add_tree(cx, path, tree)
    return tree
end

-- values: an object of values -> {{name, value}, ...} sorted; filled
function READ.values(value, field, path, cx)
    if types.kind_of_value(value) ~= "object" then
        return wrong_kind(cx, path, value, "an object")
    end
    local tree = READ.value(value, field, path, cx)
    if field.filled and next(value) == nil then
        cx.report(path, "this has no fields", "empty", "at least one field")
    end
    return tree.kind == "object" and tree.fields or {}
end

-- schema: one that is none is taken for {}, which fits everything.
function READ.schema(value, _, path, cx)
    local fine = true
    schemas.check(value, path, {
        report = function(...)
            fine = cx.report(...)
        end,
    })
    if not fine then
        return {}
    end
    return value
end

-- number, integer: min, max, above
function READ.number(value, field, path, cx)
    if type(value) ~= "number" or value ~= value then
        return wrong_kind(cx, path, value, "a number")
    end
    within(field, value, path, cx)
    return value
end

function READ.integer(value, field, path, cx)
    if type(value) ~= "number" or value % 1 ~= 0 then
        if type(value) == "number" then
            cx.report(path, "this is " .. value .. ", not a whole number", "wrong_kind", "a whole number")
            return nil
        end
        return wrong_kind(cx, path, value, "a whole number")
    end
    within(field, value, path, cx)
    return value
end

function READ.boolean(value, _, path, cx)
    if type(value) ~= "boolean" then
        return wrong_kind(cx, path, value, "true or false")
    end
    return value
end

-- enum: of (a list)
function READ.enum(value, field, path, cx)
    for _, one in ipairs(field.of) do
        if one == value then
            return value
        end
    end
    local hint = type(value) == "string" and suggest.hint(value, field.of) or ""
    local what = type(value) == "table" and "a list or an object" or "'" .. tostring(value) .. "'"
    cx.report(path, what .. " is not allowed here" .. hint, field.code or "not_allowed",
        "one of " .. table.concat(field.of, ", "))
    return nil
end

-- texts: a list of different texts; pattern and shown of each, max of them, filled
function READ.texts(value, field, path, cx)
    if type(value) ~= "table" or (value[1] == nil and next(value) ~= nil) then
        return wrong_kind(cx, path, value, "a list of texts")
    end
    local seen, list = {}, {}
    for i, one in ipairs(value) do
        if text(one, { filled = true, pattern = field.pattern, shown = field.shown }, path .. "." .. i, cx) then
            if seen[one] then
                cx.report(path .. "." .. i, "'" .. one .. "' is there twice", "duplicate", "each once")
            end
            seen[one], list[#list + 1] = true, one
        end
    end
    within({ max = field.max, min = field.min }, #value, path, cx, "entries")
    return list
end

-- json: an object, as it is
function READ.json(value, _, path, cx)
    if types.kind_of_value(value) ~= "object" then
        return wrong_kind(cx, path, value, "an object")
    end
    return value
end

-- object: fields of its own
function READ.object(value, field, path, cx)
    return M.read(value, field.fields, path, cx)
end

-- any: read(value, field, path, cx) of the field's own
function READ.any(value, field, path, cx)
    return field.read(value, field, path, cx)
end

local by_list = setmetatable({}, { __mode = "k" })

-- The names of a list of fields, in order and as a set; found once for each list.
local function known_names(list)
    local found = by_list[list]
    if not found then
        found = { names = {}, known = {} }
        for i, field in ipairs(list) do
            found.names[i], found.known[field.name] = field.name, field
        end
        by_list[list] = found
    end
    return found.names, found.known
end

-- Reads the fields of `given` (at path); what is absent or wrong stays absent.
function M.read(given, list, path, cx)
    if types.kind_of_value(given) ~= "object" then
        wrong_kind(cx, path, given, "an object")
        return {}
    end
    local names, known = known_names(list)
    local prefix, result = path == "" and "" or path .. ".", {}
    for _, name in ipairs(suggest.keys(given)) do
        if not known[name] then
            cx.report(prefix .. name, "there is no field '" .. name .. "'" .. suggest.hint(name, names), "unknown_field",
                #names > 0 and "one of " .. table.concat(names, ", ") or "no fields")
        end
    end
    for _, field in ipairs(list) do
        local value = given[field.name]
        if value ~= nil then
            result[field.name] = READ[field.kind](value, field, prefix .. field.name, cx)
        elseif field.needed then
            cx.report(prefix .. field.name, "'" .. field.name .. "' is missing", "missing_field", field.right or field.kind)
        end
    end
    return result
end

return M
