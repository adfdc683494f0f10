-- memory <-> moon.memory.search("collection", query, { limit = 5 }, { retries = 2 })

local fields = require "compiler.emit_fields"
local options = require "compiler.emit_options"

local FIELDS = { { "limit", "number" }, { "filter", "value" } }

local M = { calls = { "moon.memory.search" } }

function M.emit(node, w, indent)
    local params = node.params
    local text = "moon.memory.search(" .. w:text(params.collection) .. ", " .. w:template(params.query)
    local how = fields.entries(w, FIELDS, params, node.name, indent)
    local own = options.of_call(w, node, indent)
    return options.close_call(w, text, #how > 0 and w:fields(how, indent), own, indent), ""
end

function M.read(r, node, args, path)
    local params = node.params
    params.collection = args[1] and r:text(args[1])
    params.query = args[2] and r:template(args[2])
    if r:is_given(args[3]) then
        fields.read(r, args[3], FIELDS, params, path)
    end
    options.read_call(r, node, args[4], path)
end

return M
