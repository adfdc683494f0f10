-- A search in one of the customer's collections: {documents = [{id, title, body, snippet, score}]}.

local M = {
    type = "memory",
    fields = {
        { name = "collection", kind = "text", needed = true, pattern = "^[a-z][a-z0-9_-]*$", most = 64, shown = "the name of a collection" },
        { name = "query", kind = "template", needed = true, filled = true, empty = "the query is empty" },
        { name = "limit", kind = "integer", min = 1, max = 100 },
        { name = "filter", kind = "value" },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, timeout = true, fallback = true },
}

local RESULT = {
    type = "object", required = { "documents" },
    properties = {
        documents = {
            type = "array",
            items = {
                type = "object", required = { "id", "body" }, additionalProperties = true,
                properties = {
                    id = { type = "string" }, title = { type = "string" }, body = { type = "string" }, snippet = { type = "string" },
                    score = { type = "number" }, metadata = { type = "object" },
                },
            },
        },
    },
}

-- What the tool's manifest says, when it is given.
function M.output(_, context)
    local manifest = context.tools["memory.search"]
    return manifest and type(manifest.result) == "table" and manifest.result or RESULT
end

function M.cost(_, context)
    return context.cost_of_tool("memory.search")
end

function M.needs(_, grants)
    grants.tools["memory.search"] = true
end

return M
