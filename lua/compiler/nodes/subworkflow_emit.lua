-- subworkflow <-> moon.run("deployment", {...}, { timeout_s = 60 })

local fields = require "compiler.emit_fields"

local OPTIONS = { { "timeout_s", "number" } }

local M = { calls = { "moon.run" } }

local function is_empty(value)
    return type(value) == "table" and next(value) == nil and getmetatable(value) == nil
end

function M.emit(node, w, indent)
    local text = "moon.run(" .. w:text(node.params.workflow) .. ", " .. (node.params.input and w:value(node.params.input, indent) or "{}")
    if node.timeout_ms then
        text = text .. ", " .. w:fields({ { "timeout_s", w:json(node.timeout_ms / 1000, indent) } }, indent)
    end
    return text .. ")", ""
end

function M.implied(node)
    local params = node.document.params
    return { input = is_empty(params.input) and params.input or nil, output = params.output }
end

function M.read(r, node, args, path)
    local params, how = node.params, {}
    params.workflow = args[1] and r:text(args[1])
    params.input = args[2] and r:value(args[2])
    if is_empty(params.input) then
        params.input = nil
    end
    fields.read(r, args[3], OPTIONS, how, path)
    node.timeout_ms = how.timeout_s and math.floor(how.timeout_s * 1000 + 0.5)
end

return M
