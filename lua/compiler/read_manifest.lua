-- agent.json back into the document's own fields: name, summary, category, schemas, and the grants that its
-- nodes do not need by themselves.

local json = require "moon.json"
local more_needs = require "compiler.emit_needs"

local M = {}

local GRANTS = { "tools", "models", "hosts", "secrets" }

local function set_of(list)
    local set = {}
    for _, name in ipairs(type(list) == "table" and list or {}) do
        set[type(name) == "table" and name.name or name] = true
    end
    return set
end

-- What the nodes need: {tools = {name = true}, models}.
local function needs_of(nodes)
    local needs = { tools = {}, models = {} }
    for _, node in ipairs(nodes) do
        local def = require("compiler.nodes." .. node.type)
        if def.needs then
            def.needs({ params = node.params or {} }, needs)
        end
        more_needs.add(node, needs.tools)
    end
    return needs
end

-- One list of grants: those that the canvas lists and the manifest still has, then what nobody needs and is there.
local function grants_of(granted, needed, kept)
    local has, list, seen = set_of(granted), {}, {}
    local all = has["*"]
    for _, name in ipairs(type(kept) == "table" and kept or {}) do
        if (has[name] or all) and not seen[name] then
            list[#list + 1], seen[name] = name, true
        end
    end
    local more = {}
    for name in pairs(has) do
        if not seen[name] and not (needed or {})[name] then
            more[#more + 1] = name
        end
    end
    table.sort(more)
    for _, name in ipairs(more) do
        list[#list + 1] = name
    end
    return (#list > 0 or kept ~= nil) and json.array(list) or nil
end

local function all_grants(manifest, nodes, kept)
    local needs, grants = needs_of(nodes), {}
    for _, name in ipairs(GRANTS) do
        grants[name] = grants_of(manifest[name], needs[name], kept and kept[name])
    end
    return (next(grants) or kept) and grants or nil
end

function M.read(text, report)
    local manifest = text and json.decode(text)
    if type(manifest) ~= "table" then
        report("agent.json", 1, "the package's agent.json is missing or no JSON", "agent.json")
        return {}
    end
    return manifest
end

-- Fills the document's fields in. canvas: of read_canvas.lua.
function M.fill(document, manifest, canvas)
    local kept = type(canvas.value.document) == "table" and canvas.value.document or {}
    for _, name in ipairs({ "name", "category", "input", "output", "config" }) do
        document[name] = manifest[name]
    end
    document.title = document.title or manifest.summary or manifest.name
    document.summary = manifest.summary
    if manifest.summary == document.title then
        document.summary = kept.summary
    end
    document.grants = all_grants(manifest, document.nodes, type(canvas.value.grants) == "table" and canvas.value.grants or nil)
end

return M
