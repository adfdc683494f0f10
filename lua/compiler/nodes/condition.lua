-- One of two ways, by an expression that is true or false.

local M = {
    type = "condition",
    fields = { { name = "expression", kind = "expression", needed = true } },
    exits = { "true", "false" }, must = { "true", "false" },
}

function M.check(node, context)
    local ast = node.params.expression
    if ast then
        context.need(ast, { boolean = true, null = true }, "params.expression", "a condition", "compare it with something")
    end
end

return M
