-- llm <-> moon.llm.chat({...}).text, moon.llm.json({...})

local fields = require "compiler.emit_fields"
local options = require "compiler.emit_options"

local FIELDS = {
    { "model", "text" }, { "system", "prompt" }, { "prompt", "prompt", main = true }, { "schema", "json" },
    { "temperature", "number" }, { "max_tokens", "number" },
}

local M = { calls = { "moon.llm.chat", "moon.llm.json" } }

function M.emit(node, w, indent)
    local args = w:fields(fields.entries(w, FIELDS, node.params, node.name, indent), indent)
    local own = options.of_call(w, node, indent)
    local more = #own > 0 and ", " .. w:fields(own, indent) or ""
    if node.params.schema ~= nil then
        return "moon.llm.json(" .. args .. more .. ")", ""
    end
    return "moon.llm.chat(" .. args .. more .. ")", ".text"
end

function M.read(r, node, args, path)
    fields.read(r, args[1], FIELDS, node.params, path)
    options.read_call(r, node, args[2], path)
    r:suffix("text")
end

return M
