-- A run of another deployment, with a budget of its own cut from this run's.

local fits = require "compiler.fits"
local types = require "compiler.schema"

local M = {
    type = "subworkflow",
    fields = {
        { name = "workflow", kind = "text", needed = true, filled = true, max = 64 },
        { name = "input", kind = "value" },
        { name = "output", kind = "schema" },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, timeout = true, fallback = true },
}

function M.check(node, context)
    local known = context.check_workflow(node.params.workflow, "params.workflow")
    if known and known.input ~= nil then
        local tree = node.params.input or { kind = "object", fields = {} }
        context.report_fit("params.input", fits.tree(tree, types.type(known.input)))
    end
end

function M.output(node, context)
    local schema = node.params.output
    local known = context.workflows and context.workflows[node.params.workflow or ""]
    if schema == nil and known then
        schema = known.output
    end
    return schema == nil and true or schema
end

-- What the other one's runs have cost, when that is known.
function M.cost(node, context)
    local known = context.workflows and context.workflows[node.params.workflow or ""]
    return known and known.cost and { known.cost.low, known.cost.likely, known.cost.high } or { 0, 0, 0 }
end

function M.needs(_, grants)
    grants.tools["agent.run"] = true
end

return M
