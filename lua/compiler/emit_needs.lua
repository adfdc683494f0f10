-- Tools that the Lua of a node calls besides those that its type says: pauses between tries, timeouts that the
-- kit watches, questions to people.

local M = {}

-- Does somebody have to consent? true or a table for a tool, a list of tools for an agent.
local function asks(node, approval)
    if node.type == "tool" then
        return approval ~= nil and approval ~= false
    end
    return node.type == "agent" and approval ~= nil and #approval > 0
end

-- node: of the model or of a document; tools: {name = true}, gains names.
function M.add(node, tools)
    local params = node.params or {}
    if node.retry or (node.type == "agent" and node.timeout_ms) then
        tools.sleep = true
    end
    if asks(node, params.approval) then
        tools.approve = true
    end
end

return M
