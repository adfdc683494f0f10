-- One call of a tool, with arguments that fit its manifest.

local fields = require "compiler.fields"
local fits = require "compiler.fits"
local types = require "compiler.schema"

local APPROVAL = {
    { name = "title", kind = "template", filled = true },
    { name = "roles", kind = "texts", max = 20 },
}

local function approval(value, _, path, cx)
    if type(value) == "boolean" then
        return value
    end
    return fields.read(value, APPROVAL, path, cx)
end

local M = {
    type = "tool",
    fields = {
        { name = "tool", kind = "text", needed = true, filled = true, max = 64 },
        { name = "args", kind = "values" },
        { name = "approval", kind = "any", read = approval },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, timeout = true, fallback = true },
}

function M.check(node, context)
    local manifest = context.check_tool(node.params.tool, "params.tool")
    if manifest then
        local tree = { kind = "object", fields = node.params.args or {} }
        context.report_fit("params.args", fits.tree(tree, types.type(manifest.args)))
    end
end

function M.output(node, context)
    local manifest = context.tools[node.params.tool or ""]
    return manifest and manifest.result or true
end

function M.cost(node, context)
    return context.cost_of_tool(node.params.tool)
end

function M.needs(node, grants)
    if node.params.tool then
        grants.tools[node.params.tool] = true
    end
end

return M
