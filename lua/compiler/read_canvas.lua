-- canvas.json, which says where things stand and what they are called: put together with what the Lua
-- says. Where the two differ, the Lua is right.

local emit_json = require "compiler.emit_json"
local json = require "moon.json"
local writers = require "compiler.emit_writer"

local M = {}

local function list_of(value)
    return type(value) == "table" and emit_json.is_list(value) and value or {}
end

-- The file's content; what is no object counts as empty and is reported.
function M.read(text, report)
    local value = {}
    if text then
        local decoded = json.decode(text)
        if type(decoded) == "table" then
            value = decoded
        else
            report("canvas.json", 1, "this is no JSON; nodes lose their places", "JSON")
        end
    end
    local canvas = { value = value, nodes = list_of(value.nodes), edges = list_of(value.edges), by_id = {}, targets = {} }
    for _, node in ipairs(canvas.nodes) do
        if type(node) == "table" and type(node.id) == "string" then
            canvas.by_id[node.id] = node
        end
    end
    for _, edge in ipairs(canvas.edges) do
        if type(edge) == "table" then
            canvas.targets[tostring(edge.from) .. " " .. tostring(edge.kind or "next")] = edge.to
        end
    end
    canvas.target = function(id, kind)
        return canvas.targets[id .. " " .. kind]
    end
    canvas.wants_default = function(id)
        return canvas.by_id[id] == nil or canvas.target(id, "case:default") ~= nil
    end
    return canvas
end

-- What the canvas has of a text, when the Lua's comment says the same as far as it can.
function M.exact(kept, said, shown)
    if type(kept) == "string" and shown(kept) == (said or "") then
        return kept
    end
    return said
end

local function note_shown(note)
    return table.concat(writers.comment_text(note), "\n")
end

local NEEDS_NO_PARAMS = { input = true, join = true, parallel = true }

-- A node of the Lua with what the canvas knows of it.
local function node_of(node, kept)
    local params = node.params
    for name, value in pairs(type(kept.params) == "table" and kept.params or {}) do
        if params[name] == nil then
            params[name] = value
        end
    end
    if next(params) == nil and NEEDS_NO_PARAMS[node.type] and kept.params == nil then
        params = nil
    end
    return {
        id = node.id, type = node.type, title = M.exact(kept.title, node.title, writers.one_line),
        note = M.exact(kept.note, node.note, note_shown), position = kept.position, params = params, retry = node.retry,
        timeout_ms = node.timeout_ms, fallback = node.fallback,
    }
end

-- The document's nodes: in the canvas's order, then the new ones.
function M.nodes(canvas, found)
    local list, by_id = {}, {}
    for _, node in ipairs(found) do
        by_id[node.id] = node
    end
    for _, kept in ipairs(canvas.nodes) do
        local node = by_id[kept.id]
        if node then
            list[#list + 1], by_id[kept.id] = node_of(node, kept), nil
        elseif kept.type == "trigger" then
            list[#list + 1] = kept
        end
    end
    for _, node in ipairs(found) do
        if by_id[node.id] then
            list[#list + 1] = node_of(node, {})
        end
    end
    return json.array(list)
end

local function key_of(edge)
    return edge.from .. " " .. (edge.kind or "next") .. " " .. edge.to
end

-- The document's edges: those of the canvas that are still there, and those from triggers; then the new ones.
function M.edges(canvas, found)
    local waiting, list, ids = {}, {}, {}
    for _, edge in ipairs(found) do
        waiting[key_of(edge)] = (waiting[key_of(edge)] or 0) + 1
    end
    for _, edge in ipairs(canvas.edges) do
        local from = canvas.by_id[edge.from]
        local n = waiting[key_of(edge)] or 0
        if n > 0 or from and from.type == "trigger" then
            waiting[key_of(edge)] = n - 1
            list[#list + 1], ids[edge.id] = edge, true
        end
    end
    local n = 0
    for _, edge in ipairs(found) do
        if waiting[key_of(edge)] > 0 then
            waiting[key_of(edge)] = waiting[key_of(edge)] - 1
            repeat
                n = n + 1
            until not ids["e" .. n]
            list[#list + 1] = { id = "e" .. n, from = edge.from, to = edge.to, kind = edge.kind ~= "next" and edge.kind or nil }
        end
    end
    return json.array(list)
end

return M
