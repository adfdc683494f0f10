-- Waits; the run costs nothing meanwhile.

local fields = require "compiler.fields"

local MOST = 31536000 -- a year, as the tool sleep allows

local function read_seconds(value, _, path, cx)
    if type(value) == "number" then
        fields.READ.number(value, { min = 0, max = MOST }, path, cx)
        return { op = "number", value = value, at = 1 }
    end
    return fields.READ.expression(value, nil, path, cx)
end

local M = {
    type = "delay",
    fields = { { name = "seconds", kind = "any", needed = true, read = read_seconds, right = "a number or an expression" } },
    exits = { "next" }, must = { "next" },
}

function M.check(node, context)
    local ast = node.params.seconds
    if ast and ast.type then
        context.need(ast, { number = true }, "params.seconds", "a delay")
    end
end

function M.needs(_, grants)
    grants.tools.sleep = true
end

return M
