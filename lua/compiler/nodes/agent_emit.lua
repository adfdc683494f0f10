-- agent <-> moon.agent({...}):run(input).output

local fields = require "compiler.emit_fields"

local FIELDS = {
    { "model", "text" }, { "instructions", "prompt", main = true }, { "tools", "json" }, { "schema", "json" },
    { "temperature", "number" }, { "max_tokens", "number" }, { "max_steps", "number" }, { "max_cost_micros", "number" },
}
local MAX_STEPS = 10 -- unless given

local M = { calls = { "moon.agent" } }

local function approval(w, tools, indent)
    local entries = {}
    for i, name in ipairs(tools) do
        entries[i] = { name, "true" }
    end
    return w:fields(entries, indent .. w.STEP)
end

function M.emit(node, w, indent)
    local params = node.params
    local shown = { max_steps = MAX_STEPS }
    for name, value in pairs(params) do
        shown[name] = value
    end
    if params.tools and #params.tools == 0 then
        shown.tools = nil
    end
    local entries = fields.entries(w, FIELDS, shown, node.name, indent)
    table.insert(entries, 1, { "name", w:text(node.name) })
    for _, entry in ipairs(entries) do
        entry[1] = entry[1] == "schema" and "output" or entry[1]
    end
    if params.approval and #params.approval > 0 then
        entries[#entries + 1] = { "approval", approval(w, params.approval, indent) }
    end
    return "moon.agent(" .. w:fields(entries, indent) .. "):run(" .. w:value(params.input, indent) .. ")", ".output"
end

-- Params that the Lua does not show because they are what would be anyway.
function M.implied(node)
    local params = node.document.params
    return {
        max_steps = params.max_steps == MAX_STEPS and MAX_STEPS or nil,
        tools = params.tools and #params.tools == 0 and params.tools or nil,
        approval = params.approval and #params.approval == 0 and params.approval or nil,
    }
end

local function read_approval(r, span)
    local list = {}
    for i, entry in ipairs(r:entries(span, "approval")) do
        list[i] = entry.name
        if r.tokens[entry.span.from].value ~= "true" then
            r:report(entry.token, "the canvas can only say that '" .. entry.name .. "' needs consent", "true")
        end
    end
    return r.array(list)
end

function M.read(r, node, args)
    local params = node.params
    for _, entry in ipairs(args[1] and r:entries(args[1], "moon.agent") or {}) do
        if entry.name == "approval" then
            params.approval = read_approval(r, entry.span)
        elseif entry.name == "output" then
            params.schema = r:json(entry.span)
        elseif entry.name ~= "name" then
            r:field(entry, FIELDS, params, "moon.agent")
        end
    end
    if params.max_steps == MAX_STEPS then
        params.max_steps = nil
    end
    r:expect(":")
    r:expect("run")
    local run = r:arguments()
    params.input = run[1] and r:value(run[1])
    r:suffix("output")
end

return M
