-- What names stand for in Lua that is read: `names` (README.md) turned round, once for each table.

local print = require "compiler.print"

local turned = setmetatable({}, { __mode = "k" })

local function meanings(names)
    if turned[names] then
        return turned[names]
    end
    local back = {}
    for _, root in ipairs({ "nodes", "errors" }) do
        for id, name in pairs(names[root] or {}) do
            back[name] = { root = root, id = id }
        end
    end
    for own, name in pairs(names.locals or {}) do
        back[name] = { name = own }
    end
    local full = print.names(names)
    back[full.input], back[full.config] = { name = "input" }, { name = "config" }
    local result = { back = back, expr = full.expr, text = full.text }
    turned[names] = result
    return result
end

return meanings
