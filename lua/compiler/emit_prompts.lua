-- Long texts of nodes as prompts/<name>.md with {{places}}, as moon.prompt fills them, and the Lua that
-- names them.

local expression = require "compiler.expression"
local naming = require "compiler.names"

local LONG_BYTES = 160

local M = {}

-- Can a prompt's file say this text exactly?
local function is_sayable(parts)
    for i, part in ipairs(parts) do
        if type(part) == "string" then
            local before_place = parts[i + 1] ~= nil
            if part:find("{{", 1, true) or (before_place and part:sub(-1) == "{") or part:find("%z") or (i == 1 and part:sub(1, 3) == "---") then
                return false
            end
        end
    end
    return true
end

local function is_long(parts)
    local bytes = 0
    for _, part in ipairs(parts) do
        if type(part) == "string" then
            bytes = bytes + #part
            if part:find("\n", 1, true) then
                return true
            end
        end
    end
    return bytes > LONG_BYTES
end

-- What a place is called: the last name of its path, or of its first argument's.
local function place_name(ast, names)
    if ast.op == "member" then
        local of = ast.of
        if of.op == "name" and (of.name == "nodes" or of.name == "errors") then
            return ((names[of.name][ast.name] or ast.name):gsub("^made%.", ""))
        end
        return expression.is_lua_name(ast.name) and ast.name or place_name(of, names)
    elseif ast.op == "name" then
        return ast.name
    elseif ast.op == "index" then
        return place_name(ast.of, names)
    elseif ast.op == "call" and ast.args[1] and ast.args[1].op ~= "string" then
        return place_name(ast.args[1], names)
    elseif ast.op == "call" then
        return ast.name
    elseif ast.op == "binary" then
        local left = place_name(ast.left, names)
        return left ~= "value" and left or place_name(ast.right, names)
    elseif ast.op == "unary" then
        return place_name(ast.of, names)
    end
    return "value"
end

-- The text with places, and {{name, Lua}, ...} of them, sorted.
local function fill(parts, w)
    local texts, by_source, taken, vars = {}, {}, {}, {}
    for i, part in ipairs(parts) do
        if type(part) == "string" then
            texts[i] = part
        else
            local source = expression.format(part)
            if not by_source[source] then
                local name = naming.free(place_name(part, w.names), taken)
                by_source[source] = name
                vars[#vars + 1] = { name, w:expression(part) }
            end
            texts[i] = "{{ " .. by_source[source] .. " }}"
        end
    end
    table.sort(vars, function(a, b) return a[1] < b[1] end)
    return table.concat(texts), vars
end

-- The Lua of a template that has a file of its own; nil when it needs or can have none.
function M.write(w, tree, name, indent)
    local parts = tree.kind == "literal" and { tree.value } or tree.parts
    if not is_long(parts) or not is_sayable(parts) then
        return nil
    end
    local file = naming.free(name, w.prompt_names)
    local text, vars = fill(parts, w)
    w.files["prompts/" .. file .. ".md"] = text
    if #vars == 0 then
        return "moon.prompt(" .. w:text(file) .. ")"
    end
    return "moon.prompt(" .. w:text(file) .. ", " .. w:fields(vars, indent) .. ")"
end

return M
