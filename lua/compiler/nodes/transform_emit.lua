-- transform <-> { name = value, ... }

local M = { is_table = true }

function M.emit(node, w, indent)
    return w:value({ kind = "object", fields = node.params.fields }, indent), ""
end

function M.read_table(r, node)
    local from = r.at
    r:skip_brackets()
    node.params.fields = r:value({ from = from, to = r.at - 1 })
end

return M
