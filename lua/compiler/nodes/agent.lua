-- A model that uses tools until it is done: its last text, or with a schema the value.

local costs = require "compiler.cost_tokens"

local TOOL = { pattern = "^[a-z][a-z0-9_.]*$", shown = "the name of a tool" }

local M = {
    type = "agent",
    fields = {
        { name = "instructions", kind = "template", needed = true, filled = true, empty = "the instructions are empty" },
        { name = "input", kind = "value", needed = true },
        { name = "tools", kind = "texts", max = 50, pattern = TOOL.pattern, shown = TOOL.shown },
        { name = "approval", kind = "texts", max = 50, pattern = TOOL.pattern, shown = TOOL.shown },
        { name = "model", kind = "text", filled = true, max = 127 },
        { name = "schema", kind = "schema" },
        { name = "temperature", kind = "number", min = 0, max = 2 },
        { name = "max_tokens", kind = "integer", min = 1, max = 1000000 },
        { name = "max_steps", kind = "integer", min = 1, max = 100 },
        { name = "max_cost_micros", kind = "integer", min = 1 },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, timeout = true, fallback = true },
}

local STEPS = 10

function M.check(node, context)
    local params, has = node.params, {}
    context.check_model(params.model, "params.model")
    for i, name in ipairs(params.tools or {}) do
        has[name] = true
        context.check_tool(name, "params.tools." .. i)
    end
    for i, name in ipairs(params.approval or {}) do
        if not has[name] then
            context.report("params.approval." .. i, "'" .. name .. "' is none of the agent's tools", "unknown_tool",
                "one of its tools: " .. table.concat(params.tools or {}, ", "))
        end
    end
    local input = params.input
    if input and input.kind == "literal" and type(input.value) == "string" and not input.value:find("%S") then
        context.report("params.input", "the agent is asked nothing", "empty", "a text or an object")
    end
end

function M.output(node)
    return type(node.params.schema) == "table" and node.params.schema or { type = "string" }
end

function M.cost(node, context)
    local steps = node.params.max_steps or STEPS
    local likely = math.min(steps, node.params.tools and #node.params.tools > 0 and 3 or 1)
    local cost = costs.estimate(node, context, { node.params.instructions, node.params.input },
        { questions = { 1, likely, steps }, growing = true })
    for i = 1, 3 do
        cost[i] = math.min(cost[i], node.params.max_cost_micros or cost[i])
    end
    return cost
end

function M.needs(node, grants)
    grants.tools["llm.chat"] = true
    if node.params.schema then
        grants.tools["llm.json"] = true
    end
    for _, name in ipairs(node.params.tools or {}) do
        grants.tools[name] = true
    end
    grants.models[node.params.model or "*"] = true
end

return M
