-- human <-> moon.approve({...}), moon.ask({...})

local fields = require "compiler.emit_fields"

local FIELDS = {
    { "title", "template" }, { "details", "value" }, { "form", "json" }, { "roles", "json" }, { "deadline_s", "number" },
    { "on_deadline", "text" },
}

local M = { calls = { "moon.approve", "moon.ask" } }

function M.emit(node, w, indent)
    return "moon." .. node.params.mode .. "(" .. w:fields(fields.entries(w, FIELDS, node.params, node.name, indent), indent) .. ")", ""
end

function M.read(r, node, args, path)
    node.params.mode = path:match("%w+$")
    fields.read(r, args[1], FIELDS, node.params, path)
end

return M
