-- tool <-> moon.tool("name", {...}, { retries = 2, approval = {...} })

local fields = require "compiler.emit_fields"
local options = require "compiler.emit_options"

local APPROVAL = { { "title", "template" }, { "roles", "json" } }

local M = { calls = { "moon.tool" } }

function M.emit(node, w, indent)
    local params = node.params
    local own = options.of_call(w, node, indent)
    if type(params.approval) == "table" then
        own[#own + 1] = { "approval", w:fields(fields.entries(w, APPROVAL, params.approval, "", indent .. w.STEP), indent .. w.STEP) }
    elseif params.approval then
        own[#own + 1] = { "approval", "true" }
    end
    local args = params.args and w:value({ kind = "object", fields = params.args }, indent)
    return options.close_call(w, "moon.tool(" .. w:text(params.tool), args, own, indent), ""
end

function M.implied(node)
    return { approval = node.document.params.approval == false and false or nil }
end

local function read_approval(r, span)
    if r.tokens[span.from].value == "true" or r.tokens[span.from].value == "false" then
        return r:boolean(span)
    end
    local approval = {}
    fields.read(r, span, APPROVAL, approval, "approval")
    return approval
end

function M.read(r, node, args)
    local params = node.params
    params.tool = args[1] and r:text(args[1])
    if r:is_given(args[2]) then
        params.args = r:value(args[2])
    end
    for _, entry in ipairs(args[3] and r:entries(args[3], "moon.tool") or {}) do
        if entry.name == "approval" then
            params.approval = read_approval(r, entry.span)
        elseif not options.read_call_option(r, node, entry) then
            r:report(entry.token, "'" .. entry.name .. "' of moon.tool has no place on the canvas", "one of approval, backoff_s, retries, timeout_ms")
        end
    end
end

return M
