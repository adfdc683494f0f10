-- Does a value of a document fit a type? Only what cannot be right is an error: what is not known passes, and
-- what may be null where something is needed is a warning. Problems: {path, message, expected, warning, code}.

local types = require "compiler.schema"
local format = require "compiler.format"
local literals = require "compiler.fits_literal"
local suggest = require "compiler.suggest"

local MAX_DEPTH = 16

local M = {}

local function add(out, path, message, expected, warning)
    out[#out + 1] = { path = path, message = message, expected = expected, warning = warning,
        code = warning and "may_be_null" or "type_mismatch" }
end

-- A type in a message; that something may be left out is not worth saying.
local function show(t)
    return types.show(types.without_null(t))
end

local function errors_in(list)
    local n = 0
    for _, problem in ipairs(list) do
        n = n + (problem.warning and 0 or 1)
    end
    return n
end

-- Takes the problems of the alternative that has the fewest errors.
local function best_of(alternatives, kinds, out, check)
    local best
    for _, a in ipairs(alternatives) do
        if not a.kind then
            return true
        elseif kinds[a.kind] then
            local problems = {}
            check(a, problems)
            if not best or errors_in(problems) < errors_in(best) then
                best = problems
            end
        end
    end
    for _, problem in ipairs(best or {}) do
        out[#out + 1] = problem
    end
    return best ~= nil
end

local type_fits

local OBJECT, ARRAY = { object = true }, { array = true }

-- One object's members {name = {type, certain}} against one flat schema. each(name, target) checks a member.
local function members(names, is_certain, to, path, out, each, shown)
    local required = type(to.schema.required) == "table" and to.schema.required or {}
    for _, name in ipairs(required) do
        local there = is_certain(name)
        if there == nil then
            add(out, path, shown and shown .. " has no '" .. name .. "'" or "'" .. name .. "' is missing", "the field '" .. name .. "'")
        elseif there == false then
            local what = shown and shown .. " may be without '" .. name .. "'" or "'" .. name .. "' may be null"
            add(out, path, what .. ", which is needed", "the field '" .. name .. "'", true)
        end
    end
    for _, name in ipairs(names) do
        local target = types.member_of(to, name)
        if target then
            each(name, target)
        elseif to.schema.additionalProperties == false then
            local known = suggest.keys(to.schema.properties)
            add(out, path == "" and name or path .. "." .. name, "there is no field '" .. name .. "'" .. suggest.hint(name, known),
                #known > 0 and "one of " .. table.concat(known, ", ") or "no field")
        end
    end
end

local function join_path(path, name)
    return path == "" and tostring(name) or path .. "." .. name
end

local function object_fits(from, to, path, out, shown, depth)
    local of = { alternatives = { from } }
    members(types.properties(of), function(name)
        local t, certain = types.property(of, name)
        if t == nil then
            return nil
        end
        return certain
    end, to, path, out, function(name, target)
        type_fits(types.without_null((types.property(of, name))), target, join_path(path, name), out,
            shown:find("'$") and shown:sub(1, -2) .. "." .. name .. "'" or name .. " of " .. shown, depth + 1)
    end, shown)
end

-- Do values limited to a list meet another list?
local function enum_fits(from, to, path, out, shown)
    local allowed = to.schema.const ~= nil and { to.schema.const } or to.schema.enum
    local given = from.schema.const ~= nil and { from.schema.const } or from.schema.enum
    if type(allowed) ~= "table" or type(given) ~= "table" then
        return
    end
    local texts = {}
    for i, value in ipairs(allowed) do
        texts[i] = tostring(value)
        for _, one in ipairs(given) do
            if one == value then
                return
            end
        end
    end
    add(out, path, shown .. " is never one of the values that are allowed", "one of " .. table.concat(texts, ", "))
end

local SAME = {
    string = { string = true }, number = { number = true, integer = true }, integer = { number = true, integer = true },
    boolean = { boolean = true }, object = OBJECT, array = ARRAY, null = { null = true },
}

local function one_fits(from, to, path, out, shown, depth)
    if from.kind == "object" then
        object_fits(from, to, path, out, shown, depth)
    elseif from.kind == "array" then
        type_fits(types.type(from.schema.items, from.root), types.type(to.schema.items, to.root), path, out,
            "an item of " .. shown, depth + 1)
    else
        enum_fits(from, to, path, out, shown)
    end
end

-- from, to: types. `shown` names the value in messages.
function type_fits(from, to, path, out, shown, depth)
    if types.is_any(from) or types.is_any(to) or depth > MAX_DEPTH then
        return
    end
    local passed, first = false, nil
    for _, a in ipairs(from.alternatives) do
        if a.kind ~= "null" then
            local problems = {}
            if not best_of(to.alternatives, SAME[a.kind] or {}, problems, function(b, found)
                one_fits(a, b, path, found, shown, depth)
            end) then
                add(problems, path, shown .. " is " .. types.show(types.without_null(from)) .. ", not " .. show(to), show(to))
            end
            first = first or problems
            if errors_in(problems) == 0 then
                passed = true
                first = #problems > 0 and problems or first
            end
        end
    end
    for _, problem in ipairs(first or {}) do
        if not passed or problem.warning then
            out[#out + 1] = problem
        end
    end
    if types.may_be_null(from) and not types.may_be_null(to) then
        local only_null = #from.alternatives == 1
        add(out, path, shown .. (only_null and " is null" or " may be null, which is not allowed here"), show(to), not only_null)
    end
end

local tree_fits

-- May a tree be null? true, false; nil when it is null for certain.
local function is_there(tree)
    if tree.kind ~= "expression" then
        return not (tree.kind == "literal" and tree.value == literals.null) and true or nil
    end
    return not types.may_be_null(tree.ast.type or types.any)
end

local function object_tree(tree, to, path, out)
    local by_name, names = {}, {}
    for i, field in ipairs(tree.fields) do
        by_name[field.name], names[i] = field.value, field.name
    end
    local fine = best_of(to.alternatives, OBJECT, out, function(a, found)
        members(names, function(name)
            if not by_name[name] then
                return nil
            end
            return is_there(by_name[name])
        end, a, path, found, function(name, target)
            tree_fits(by_name[name], types.nullable(target), join_path(path, name), found)
        end)
    end)
    if not fine then
        add(out, path, "this is an object, not " .. show(to), show(to))
    end
end

local function list_tree(tree, to, path, out)
    local fine = best_of(to.alternatives, ARRAY, out, function(a, found)
        local schema = a.schema
        if type(schema.minItems) == "number" and #tree.items < schema.minItems then
            add(found, path, "this has " .. literals.count(#tree.items, "item"), "at least " .. schema.minItems .. " items")
        elseif type(schema.maxItems) == "number" and #tree.items > schema.maxItems then
            add(found, path, "this has " .. literals.count(#tree.items, "item"), "at most " .. schema.maxItems .. " items")
        end
        for i, item in ipairs(tree.items) do
            tree_fits(item, types.type(schema.items, a.root), join_path(path, i), found)
        end
    end)
    if not fine then
        add(out, path, "this is a list, not " .. show(to), show(to))
    end
end

function tree_fits(tree, to, path, out)
    if types.is_any(to) or tree.broken then
        return
    end
    if tree.kind == "object" and #tree.fields == 0 and types.has(to, "array") and not types.has(to, "object") then
        tree.kind, tree.items = "list", {} -- JSON that was read without its marks does not tell {} from []
    end
    if tree.kind == "object" then
        object_tree(tree, to, path, out)
    elseif tree.kind == "list" then
        list_tree(tree, to, path, out)
    elseif tree.kind == "expression" then
        type_fits(tree.ast.type or types.any, to, path, out, "'" .. format.expression(tree.ast) .. "'", 0)
    elseif tree.kind == "template" then
        if not types.has(to, "string") then
            add(out, path, "this is text, not " .. show(to), show(to))
        end
    else
        best_of(to.alternatives, literals.kinds, out, function(a, found)
            local message, expected = literals.check(a, tree.value)
            if message then
                add(found, path, message, expected)
            end
        end)
    end
end

-- A tree (inferred) against a type.
function M.tree(tree, to)
    local out = {}
    tree_fits(tree, to, "", out)
    return out
end

local tree_type

-- The type of what a tree gives.
function tree_type(tree)
    if tree.kind == "expression" then
        return tree.ast.type or types.any
    elseif tree.kind == "template" then
        return types.of("string")
    elseif tree.kind == "list" then
        local item
        for _, of in ipairs(tree.items) do
            local t = types.without_null(tree_type(of))
            item = item and types.union(item, t) or t
        end
        return types.list(item or types.any)
    elseif tree.kind == "object" then
        local fields = {}
        for _, field in ipairs(tree.fields) do
            fields[field.name] = tree_type(field.value)
        end
        return types.object(fields)
    end
    return literals.type(tree.value)
end
M.type_of = tree_type

return M
