-- How nodes of the types that are one call are written and read: nodes/<type>_emit.lua by type, and by
-- what their Lua begins with.

local M = { of_type = {}, of_call = {} }

for _, name in ipairs({ "llm", "agent", "tool", "human", "transform", "code", "memory", "subworkflow", "delay" }) do
    local emitter = require("compiler.nodes." .. name .. "_emit")
    M.of_type[name] = emitter
    for _, path in ipairs(emitter.calls or {}) do
        M.of_call[path] = { type = name, emitter = emitter }
    end
end

return M
