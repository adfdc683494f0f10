-- One question to a model: the answer's text, or with a schema the value.

local costs = require "compiler.cost_tokens"

local M = {
    type = "llm",
    fields = {
        { name = "prompt", kind = "template", needed = true, filled = true, empty = "the prompt is empty" },
        { name = "system", kind = "template" },
        { name = "model", kind = "text", filled = true, max = 127 },
        { name = "schema", kind = "schema" },
        { name = "temperature", kind = "number", min = 0, max = 2 },
        { name = "max_tokens", kind = "integer", min = 1, max = 1000000 },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, timeout = true, fallback = true },
}

function M.check(node, context)
    context.check_model(node.params.model, "params.model")
    local schema = node.params.schema
    if schema ~= nil and type(schema) ~= "table" then
        context.report("params.schema", "the answer's schema has to be an object", "bad_schema", "an object")
    end
end

function M.output(node)
    return type(node.params.schema) == "table" and node.params.schema or { type = "string" }
end

function M.cost(node, context)
    local texts = { node.params.prompt, node.params.system }
    return costs.estimate(node, context, texts, { questions = { 1, 1, node.params.schema and 3 or 1 } })
end

function M.needs(node, grants)
    grants.tools[node.params.schema and "llm.json" or "llm.chat"] = true
    grants.models[node.params.model or "*"] = true
end

return M
