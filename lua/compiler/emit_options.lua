-- Tries, timeouts and fallbacks in Lua, and back. What the call itself takes stands there ({ retries = 2 });
-- what it cannot do stands around it: moon.flow.try({ attempts = 3 }, function() ... end).

local emit_fields = require "compiler.emit_fields"

local M = {}

-- Types whose calls take retries, backoff_s and timeout_ms as their last argument.
local TAKES = { llm = true, tool = true, memory = true }

local CALL = { { "retries", "number" }, { "backoff_s", "number" }, { "timeout_ms", "number" } }
local AROUND = { { "attempts", "number" }, { "backoff_s", "number" }, { "on", "json" }, { "timeout_ms", "number" } }

-- {{name, Lua}, ...} for the call's own options.
function M.of_call(w, node, indent)
    local values = {}
    if node.retry and not node.retry.on then
        values.retries, values.backoff_s = node.retry.attempts - 1, node.retry.backoff_s
    end
    values.timeout_ms = node.timeout_ms
    return emit_fields.entries(w, CALL, values, "", indent)
end

-- The end of a call: `how`, its last argument but one (Lua, or nil), and of_call()'s options, where there are any.
function M.close_call(w, text, how, own, indent)
    if how or #own > 0 then
        text = text .. ", " .. (how or "nil")
    end
    if #own > 0 then
        text = text .. ", " .. w:fields(own, indent)
    end
    return text .. ")"
end

-- How a fallback is said: what is made of other things only when it is needed.
local function fallback(w, tree, indent)
    local text = w:value(tree, indent)
    if tree.kind == "literal" then
        return text
    end
    return "function() return " .. text .. " end"
end

-- The options of what stands around the node's call, as a table; nil when nothing has to.
function M.around(w, node, indent)
    local values = {}
    if node.retry and (node.retry.on or not TAKES[node.type]) then
        values.attempts, values.backoff_s, values.on = node.retry.attempts, node.retry.backoff_s, node.retry.on
    end
    if node.type == "agent" then
        values.timeout_ms = node.timeout_ms
    end
    local entries = emit_fields.entries(w, AROUND, values, "", indent)
    if node.fallback then
        entries[#entries + 1] = { "fallback", fallback(w, node.fallback, indent .. w.STEP) }
    end
    return #entries > 0 and w:fields(entries, indent) or nil
end

-- ------------------------------------------------------------------------------ the way back

local function set_retry(node, name, value)
    node.retry = node.retry or {}
    node.retry[name] = value
end

-- One option of a call; false when it is none of these.
function M.read_call_option(r, node, entry)
    if entry.name == "retries" then
        local retries = r:number(entry.span)
        set_retry(node, "attempts", retries and retries + 1)
    elseif entry.name == "backoff_s" then
        set_retry(node, "backoff_s", r:number(entry.span))
    elseif entry.name == "timeout_ms" then
        node.timeout_ms = r:number(entry.span)
    else
        return false
    end
    return true
end

function M.read_call(r, node, span, what)
    for _, entry in ipairs(span and r:entries(span, what) or {}) do
        if not M.read_call_option(r, node, entry) then
            r:report(entry.token, "'" .. entry.name .. "' of " .. what .. " has no place on the canvas", "one of " .. emit_fields.known(CALL))
        end
    end
end

local function read_fallback(r, span)
    local tokens = r.tokens
    local value = span
    if tokens[span.from].value == "function" and tokens[span.from].kind == "name" then
        value = { from = span.from + 4, to = span.to - 1 }
    end
    return { value = r:value(value) }
end

function M.read_around(r, node, span)
    for _, entry in ipairs(r:entries(span, "moon.flow.try")) do
        if entry.name == "attempts" or entry.name == "backoff_s" then
            set_retry(node, entry.name, r:number(entry.span))
        elseif entry.name == "on" then
            set_retry(node, "on", r:json(entry.span))
        elseif entry.name == "timeout_ms" then
            node.timeout_ms = r:number(entry.span)
        elseif entry.name == "fallback" then
            node.fallback = read_fallback(r, entry.span)
        else
            r:report(entry.token, "there is no option '" .. entry.name .. "'", "one of " .. emit_fields.known(AROUND) .. ", fallback")
        end
    end
end

return M
