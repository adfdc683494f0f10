-- What a document names and the host knows: tools, models, other workflows. What the host was not asked
-- about is not checked.

local suggest = require "compiler.suggest"

local M = {}

-- given: {tools, models, workflows} as check.check takes them; report(field, message, code, expected).
function M.new(given, report)
    local context = { tools = given.tools or {}, workflows = given.workflows, models = given.models, past = given.past or {},
        report = report }

    local function check(known, name, field, what, code)
        if not known or name == nil then
            return nil
        elseif known[name] == nil then
            report(field, "there is no " .. what .. " '" .. name .. "'" .. suggest.hint(name, suggest.keys(known)), code,
                "the name of a " .. what)
            return nil
        end
        return known[name]
    end

    -- The manifest of a tool.
    function context.check_tool(name, field)
        return check(given.tools, name, field, "tool", "unknown_tool")
    end

    -- What one call costs: low, likely, high.
    function context.cost_of_tool(name)
        local manifest = context.tools[name or ""]
        local price = manifest and manifest.price_micros or 0
        return { price, price, price }
    end

    function context.check_workflow(name, field)
        return check(given.workflows, name, field, "workflow", "unknown_workflow")
    end

    -- A listed model, or "provider/name" of a provider that is known.
    function context.check_model(name, field)
        local models = given.models
        if not models or type(models.models) ~= "table" or name == nil or models.models[name] then
            return
        end
        local provider = name:match("^([^/]+)/.+")
        if not (provider and models.providers and models.providers[provider]) then
            check(models.models, name, field, "model", "unknown_model")
        end
    end

    return context
end

return M
