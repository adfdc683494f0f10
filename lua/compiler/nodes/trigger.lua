-- What starts runs besides people and programs: a clock or a webhook. Stored beside the package.

local cron = require "compiler.cron"
local fits = require "compiler.fits"
local types = require "compiler.schema"
local expression = require "compiler.expression"

local M = {
    type = "trigger",
    fields = {
        { name = "kind", kind = "enum", of = { "manual", "cron", "webhook" }, needed = true },
        { name = "schedule", kind = "text", filled = true, max = 100 },
        { name = "input", kind = "json" },
        { name = "secret", kind = "text", pattern = "^[A-Z][A-Z0-9_]*$", most = 64, shown = "the name of a secret" },
    },
    exits = { "next" }, must = { "next" },
}

-- Which field goes with which kind.
local OF = { schedule = { cron = true }, input = { cron = true, manual = true }, secret = { webhook = true } }

local function check_schedule(node, context)
    local schedule = node.params.schedule
    if node.params.kind == "cron" and not schedule then
        context.report("params.schedule", "'schedule' is missing", "missing_field", "five fields, like 0 7 * * 1")
    elseif schedule then
        local problem, expected = cron.check(schedule)
        if problem then
            context.report("params.schedule", problem, "bad_schedule", expected)
        end
    end
end

function M.check(node, context)
    local params = node.params
    for _, name in ipairs({ "input", "schedule", "secret" }) do
        if params[name] ~= nil and params.kind and not OF[name][params.kind] then
            context.report("params." .. name, "a " .. params.kind .. " trigger has no '" .. name .. "'", "unknown_field", "no '" .. name .. "'")
        end
    end
    check_schedule(node, context)
    if params.kind == "cron" or params.input then
        local tree = expression.plain(params.input or {})
        context.report_fit("params.input", fits.tree(tree, types.type(context.model.input)))
    end
end

return M
