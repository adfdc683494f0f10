-- A person's decision (approve) or answer (ask). The run waits for it, for months if need be.

local M = {
    type = "human",
    fields = {
        { name = "mode", kind = "enum", of = { "approve", "ask" }, needed = true },
        { name = "title", kind = "template", needed = true, filled = true, empty = "the title is empty" },
        { name = "details", kind = "value" },
        { name = "form", kind = "schema" },
        { name = "roles", kind = "texts", max = 20 },
        { name = "deadline_s", kind = "number", above = 0, max = 31536000 },
        { name = "on_deadline", kind = "enum", of = { "reject", "approve", "fail" } },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { fallback = true },
}

function M.check(node, context)
    local params = node.params
    if params.mode == "ask" and params.form == nil then
        context.report("params.form", "'form' is missing: what is the person asked?", "missing_field", "a JSON Schema")
    end
    if params.on_deadline and not params.deadline_s then
        context.report("params.on_deadline", "without deadline_s there is no deadline", "conflict", "deadline_s")
    elseif params.mode == "ask" and params.on_deadline == "approve" then
        context.report("params.on_deadline", "nobody can be taken to have answered a question", "conflict", "reject or fail")
    end
end

-- Is data certainly there? Without a deadline somebody has answered.
function M.output(node)
    local params = node.params
    local properties = {
        approved = { type = "boolean" }, by = { type = { "string", "null" } }, comment = { type = { "string", "null" } },
    }
    local required = { "approved" }
    if params.form ~= nil then
        properties.data = params.form
        local dated = params.deadline_s and params.on_deadline ~= "fail"
        if params.mode == "ask" and not dated then
            required[2] = "data"
        end
    end
    return { type = "object", required = required, properties = properties, additionalProperties = false }
end

function M.needs(node, grants)
    if node.params.mode then
        grants.tools[node.params.mode] = true
    end
end

return M
