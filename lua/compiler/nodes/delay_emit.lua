-- delay <-> moon.sleep(seconds)

local M = { calls = { "moon.sleep" } }

function M.emit(node, w)
    return "moon.sleep(" .. w:expression(node.params.seconds) .. ")", ""
end

function M.read(r, node, args)
    local source = args[1] and r:expression(args[1])
    node.params.seconds = tonumber(source) or source
end

return M
