-- Its body once for each item of a list; gives the list of what the rounds collect.

local fits = require "compiler.fits"
local types = require "compiler.schema"
local words = require "compiler.words"

local function read_name(value, _, path, cx)
    if type(value) ~= "string" or not value:find("^[a-z][a-z0-9_]*$") or #value > 48 then
        cx.report(path, "'" .. tostring(value) .. "' is no name: small letters, digits and _", "bad_name", "a name")
        return nil
    elseif words.reserved[value] then
        cx.report(path, "'" .. value .. "' means something else in expressions or in Lua", "name_taken", "another name")
        return nil
    end
    return value
end

local M = {
    type = "loop",
    fields = {
        { name = "list", kind = "expression", needed = true },
        { name = "as", kind = "any", read = read_name },
        { name = "collect", kind = "value" },
        { name = "limit", kind = "integer", min = 1, max = 10000 },
        { name = "concurrency", kind = "integer", min = 1, max = 100 },
    },
    exits = { "body", "next", "error" }, must = { "body", "next" },
    may = { fallback = true },
    inside = { "collect" }, -- these see what the body's nodes give
}

local LIKELY_ROUNDS, LIMIT = 10, 1000

-- The names that expressions in the body have besides, and their types.
function M.locals(node)
    local ast, as = node.params.list, node.params.as or "item"
    local item = ast and ast.type and types.items(ast.type) or types.any
    return { [as] = item, [as .. "_index"] = types.of("integer") }
end

function M.check(node, context)
    local ast = node.params.list
    if ast then
        context.need(ast, { array = true }, "params.list", "a loop")
    end
end

function M.output(node)
    if node.params.collect then
        return types.embed(types.list(types.without_null(fits.type_of(node.params.collect))))
    end
    return nil
end

-- How often the body runs: at least, likely, at most.
function M.rounds(node)
    local most, list = node.params.limit or LIMIT, node.params.list
    local a = list and list.type and list.type.alternatives[1]
    local schema = a and a.schema or {}
    local least = type(schema.minItems) == "number" and schema.minItems or 0
    if type(schema.maxItems) == "number" then
        most = math.min(most, schema.maxItems)
    end
    return { math.min(least, most), math.max(least, math.min(most, LIKELY_ROUNDS)), most }
end

return M
