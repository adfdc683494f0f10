-- An object whose fields are values: texts with places, expressions, constants.

local fits = require "compiler.fits"
local types = require "compiler.schema"

local M = {
    type = "transform",
    fields = { { name = "fields", kind = "values", needed = true, filled = true } },
    exits = { "next", "error" }, must = { "next" },
    may = { fallback = true },
}

function M.output(node)
    return types.embed(fits.type_of({ kind = "object", fields = node.params.fields or {} }))
end

return M
