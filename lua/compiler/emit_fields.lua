-- Fields of a node's params as fields of a table in Lua, and back. A list of {name, kind}; kinds:
-- prompt and template (trees), value (a tree), text, number, boolean, json (as they are).

local M = {}

local WRITE = {
    text = function(w, value) return w:text(value) end,
    json = function(w, value, _, indent) return w:json(value, indent) end,
    number = function(w, value, _, indent) return w:json(value, indent) end,
    boolean = function(_, value) return tostring(value) end,
    value = function(w, tree, _, indent) return w:value(tree, indent) end,
    template = function(w, tree) return w:template(tree) end,
    prompt = function(w, tree, name, indent) return w:prompt(tree, name, indent) end,
}

-- Entries for w:fields(). name: of the node; the files of prompts are called after it.
function M.entries(w, list, params, name, indent)
    local entries = {}
    for _, field in ipairs(list) do
        local value = params[field[1]]
        if value ~= nil then
            local file = field.main and name or name .. "_" .. field[1]
            entries[#entries + 1] = { field[1], WRITE[field[2]](w, value, file, indent .. w.STEP) }
        end
    end
    return entries
end

function M.known(list)
    local names = {}
    for i, field in ipairs(list) do
        names[i] = field[1]
    end
    table.sort(names)
    return table.concat(names, ", ")
end

-- Reads one field; ignored: names that may be there and say nothing to the canvas.
function M.read_entry(r, entry, list, params, what, ignored)
    for _, field in ipairs(list) do
        if field[1] == entry.name then
            local read = field[2] == "prompt" and "template" or field[2]
            params[field[1]] = r[read](r, entry.span)
            return
        end
    end
    if not (ignored and ignored[entry.name]) then
        r:report(entry.token, "'" .. entry.name .. "' of " .. what .. " has no place on the canvas", "one of " .. M.known(list))
    end
end

-- The table at a span into params.
function M.read(r, span, list, params, what, ignored)
    if not span then
        return
    end
    for _, entry in ipairs(r:entries(span, what)) do
        M.read_entry(r, entry, list, params, what, ignored)
    end
end

return M
