-- Ends the run with a value, which has to fit the document's output schema.

local fits = require "compiler.fits"
local types = require "compiler.schema"

local M = { type = "output", fields = { { name = "value", kind = "value", needed = true } }, exits = {}, must = {} }

function M.check(node, context)
    if node.params.value then
        context.report_fit("params.value", fits.tree(node.params.value, types.type(context.model.output)))
    end
end

return M
