-- Reads a document: its own fields, its nodes with their params, its edges; reports every field that is
-- wrong. Gives nodes as README.md says, before anything is known of how they hang together.

local fields = require "compiler.fields"
local type_names = require "compiler.types"
local types = require "compiler.schema"

local MAX_NODES = 500

local ID = { pattern = "^[a-z][a-z0-9_]*$", most = 48, shown = "an id: small letters, digits and _, a letter first" }

local function field(name, kind, settings)
    local result = { name = name, kind = kind }
    for key, value in pairs(settings or {}) do
        result[key] = value
    end
    return result
end

local function with_id(name)
    return field(name, "text", { needed = true, pattern = ID.pattern, most = ID.most, shown = ID.shown })
end

local function list(value, _, path, cx)
    if type(value) ~= "table" or (value[1] == nil and next(value) ~= nil) then
        cx.report(path, "this is not a list", "wrong_kind", "a list")
        return {}
    end
    return value
end

local function version(value, _, path, cx)
    if value ~= 1 then
        cx.report(path, "this compiler knows version 1 only", "not_allowed", "1")
    end
    return 1
end

local POSITION = { field("x", "number", { needed = true }), field("y", "number", { needed = true }) }

local GRANTS = {
    field("tools", "texts", { max = 100 }), field("models", "texts", { max = 50 }), field("hosts", "texts", { max = 100 }),
    field("secrets", "texts", { max = 50, pattern = "^[A-Z][A-Z0-9_]*$", shown = "the name of a secret" }),
}

local DOCUMENT = {
    field("version", "any", { needed = true, right = "1", read = version }),
    field("name", "text", { needed = true, pattern = "^[a-z][a-z0-9_]+$", most = 64, shown = "a name: small letters, digits and _" }),
    field("title", "text", { needed = true, filled = true, max = 120 }),
    field("summary", "text", { max = 300 }),
    field("category", "text", { pattern = "^[a-z][a-z0-9_-]*$", most = 32, shown = "a category: small letters, digits, - and _" }),
    field("input", "schema"), field("output", "schema"), field("config", "schema"),
    field("grants", "object", { fields = GRANTS }),
    field("nodes", "any", { needed = true, read = list, right = "a list of nodes" }),
    field("edges", "any", { needed = true, read = list, right = "a list of edges" }),
    field("notes", "any", { read = list }),
}

local RETRY = {
    field("attempts", "integer", { needed = true, min = 2, max = 11 }),
    field("backoff_s", "number", { min = 0, max = 3600 }),
    field("on", "texts", { min = 1, max = 20, pattern = "^[a-z][a-z0-9_]*$", shown = "an error's code" }),
}

local NODE = {
    with_id("id"),
    field("type", "enum", { needed = true, of = type_names, code = "unknown_type" }),
    field("title", "text", { needed = true, filled = true, max = 80 }),
    field("note", "text", { max = 5000 }),
    field("position", "object", { fields = POSITION }),
    field("params", "any", { read = function(value) return value end }),
    field("retry", "object", { fields = RETRY }),
    field("timeout_ms", "integer", { min = 1, max = 600000 }),
    field("fallback", "object", { fields = { field("value", "value", { needed = true }) } }),
}

local EDGE = {
    with_id("id"), with_id("from"), with_id("to"),
    field("kind", "text", { pattern = "^[a-z]+:?[a-z0-9_]*$", most = 64, shown = "a kind of edge",
        right = "next, true, false, case:<name>, body, branch or error" }),
}

local NOTE = { with_id("id"), field("text", "text", { needed = true, max = 5000 }), field("position", "object", { fields = POSITION }) }

local M = {}

local function context(problems, node, prefix)
    return {
        expressions = {},
        report = function(path, message, code, expected, at, is_warning)
            return problems.report(node, prefix .. path, message, code, expected, at, is_warning)
        end,
    }
end

-- The fields that not every type of node has.
local MAY = { retry = "retry", timeout_ms = "timeout", fallback = "fallback" }

local function check_extras(node, cx)
    local may = node.def.may or {}
    for _, name in ipairs({ "fallback", "retry", "timeout_ms" }) do
        if node[name] ~= nil and not may[MAY[name]] then
            cx.report(name, "a node of type " .. node.type .. " has no '" .. name .. "'", "unknown_field", "no '" .. name .. "'")
        end
    end
end

local function read_node(given, i, problems)
    local id = type(given) == "table" and type(given.id) == "string" and given.id or nil
    local cx = context(problems, id, id and "" or "nodes." .. i .. ".")
    if types.kind_of_value(given) ~= "object" then
        problems.report(nil, "nodes." .. i, "this is not a node", "wrong_kind", "an object")
        return nil
    end
    local node = fields.read(given, NODE, "", cx)
    node.document, node.exits, node.branches, node.entries = given, {}, {}, {}
    node.title, node.expressions = node.title or id or "?", cx.expressions
    node.fallback = node.fallback and node.fallback.value
    if node.type then
        node.def = require("compiler.nodes." .. node.type)
        node.params = fields.read(given.params == nil and {} or given.params, node.def.fields, "params", cx)
        check_extras(node, cx)
    else
        node.params = {}
    end
    return node.id and node
end

local function check_alike(node, nodes, titles, problems)
    if nodes[node.id] then
        problems.report(node.id, "id", "two nodes have the id '" .. node.id .. "'", "duplicate", "each id once")
        return false
    end
    local same = titles[node.title]
    if same then
        problems.report(node.id, "title", "'" .. same .. "' has the same title", "duplicate", "a title of its own")
    end
    titles[node.title] = titles[node.title] or node.id
    return true
end

local function read_nodes(given, problems)
    local nodes, all, titles = {}, {}, {}
    if #given > MAX_NODES then
        problems.report(nil, "nodes", "there are " .. #given .. " nodes", "too_many", "at most " .. MAX_NODES)
    end
    for i = 1, math.min(#given, MAX_NODES) do
        local node = read_node(given[i], i, problems)
        if node and check_alike(node, nodes, titles, problems) then
            nodes[node.id], all[#all + 1] = node, node
            problems.order[node.id] = #all
        end
    end
    return nodes, all
end

-- Reads things of a list by their fields; those that lack some are marked as broken.
local function read_list(given, name, list_fields, problems)
    local result = {}
    for i, one in ipairs(given) do
        local id = type(one) == "table" and type(one.id) == "string" and one.id or tostring(i)
        local cx = context(problems, nil, name .. "." .. id .. ".")
        if types.kind_of_value(one) ~= "object" then
            problems.report(nil, name .. "." .. i, "this is not an object", "wrong_kind", "an object")
        else
            local item = fields.read(one, list_fields, "", cx)
            local whole = true
            for _, f in ipairs(list_fields) do
                whole = whole and not (f.needed and item[f.name] == nil)
            end
            item.broken = not whole or nil
            result[#result + 1] = item
        end
    end
    return result
end

local function check_notes(notes, problems)
    local seen = {}
    for _, note in ipairs(notes) do
        if note.id and seen[note.id] then
            problems.report(nil, "notes." .. note.id .. ".id", "two notes have the id '" .. note.id .. "'", "duplicate", "each id once")
        end
        seen[note.id or 0] = true
    end
end

-- The document's fields, {nodes by id, all nodes in order}, and edges; nil when it is no object.
function M.read(document, problems)
    if types.kind_of_value(document) ~= "object" then
        problems.report(nil, "", "this is not a workflow document", "wrong_kind", "an object")
        return nil
    end
    local cx = context(problems, nil, "")
    local top = fields.read(document, DOCUMENT, "", cx)
    for _, name in ipairs({ "input", "config" }) do
        local schema = top[name]
        if type(schema) == "table" and not types.has(types.type(schema), "object") and not types.is_any(types.type(schema)) then
            cx.report(name, "the run's " .. name .. " is an object", "bad_schema", "a schema of type object")
        end
    end
    top.by_id, top.all = read_nodes(top.nodes or {}, problems)
    top.edge_list = read_list(top.edges or {}, "edges", EDGE, problems)
    check_notes(read_list(top.notes or {}, "notes", NOTE, problems), problems)
    return top
end

return M
