-- canvas.json: how the workflow looks on the canvas, and what the Lua cannot say: where nodes stand, what
-- edges are called, triggers, schemas of results that are believed. What it does stands in main.lua.

local emit_json = require "compiler.emit_json"
local emitters = require "compiler.emitters"
local writers = require "compiler.emit_writer"

local ORDER = { "about", "document", "grants", "nodes", "edges", "notes" }
local ABOUT = "Where things stand on the canvas. What the workflow does is in main.lua and prompts/."

local M = {}

-- Params that the Lua leaves out because they are what would be anyway.
local IMPLIED = {}

function IMPLIED.loop(node)
    local given = node.document.params
    return { as = given.as, concurrency = given.concurrency == 1 and 1 or nil }
end

local function implied(node)
    local emitter = emitters.of_type[node.type] or {}
    local of = emitter.implied or IMPLIED[node.type]
    return of and of(node) or {}
end

local function node_entry(node)
    local given = node.document
    if node.type == "trigger" then
        return given
    end
    local entry = { id = node.id, position = given.position, params = implied(node) }
    if writers.one_line(given.title) ~= given.title then
        entry.title = given.title
    end
    if given.note and table.concat(writers.comment_text(given.note), "\n") ~= given.note then
        entry.note = given.note
    end
    local is_empty = given.params ~= nil and next(given.params) == nil
    if next(entry.params) == nil and not is_empty then
        entry.params = nil
    end
    return entry
end

-- What agent.json says of the document in other words.
local function document_fields(document)
    local fields = {}
    if document.summary == "" or document.summary == document.title then
        fields.summary = document.summary
    end
    if writers.one_line(document.title) ~= document.title then
        fields.title = document.title
    end
    return next(fields) and fields or nil
end

function M.write(model)
    local document, nodes = model.document, {}
    for i, given in ipairs(document.nodes) do
        nodes[i] = node_entry(model.nodes[given.id])
    end
    return emit_json.encode({
        about = ABOUT, document = document_fields(document), grants = document.grants, nodes = nodes, edges = document.edges,
        notes = document.notes,
    }, ORDER)
end

return M
