-- moon.prompt("name", {...}) back into the template that it was made of: the file's places are the
-- expressions that the Lua gives them.

local format = require "compiler.format"
local value = require "compiler.value"

local M = {}

-- What a place stands for: a path from one of the variables, or a text in quotes.
local function place_of(place, vars)
    local quoted = place:match('^%s*"(.*)"%s*$')
    if quoted then
        return quoted
    end
    local path = place:match("^%s*([%w_.-]+)%s*$")
    local name, rest = (path or ""):match("^([^.]+)(.*)$")
    local ast = name and vars[name]
    if not ast then
        return nil, path and "no variable '" .. name .. "' is given to this prompt" or
            "filters are not known on the canvas; write an expression into the Lua that calls the prompt"
    end
    if ast.op == "string" and rest == "" then
        return ast.value
    end
    for step in rest:gmatch("[^.]+") do
        local index = tonumber(step)
        ast = index and { op = "index", of = ast, index = { op = "number", value = index } } or { op = "member", of = ast, name = step }
    end
    return ast
end

local function parts_of(r, path, source, vars)
    local parts, at = {}, 1
    local function add(part)
        if type(part) == "string" and type(parts[#parts]) == "string" then
            parts[#parts] = parts[#parts] .. part
        elseif part ~= "" then
            parts[#parts + 1] = part
        end
    end
    while true do
        local from, to, place = source:find("{{(.-)}}", at)
        add(source:sub(at, (from or 0) - 1))
        if not from then
            return parts
        end
        local part, problem = place_of(place, vars)
        if problem then
            local _, lines = source:sub(1, from):gsub("\n", "")
            r:report_at(path, lines + 1, problem, "{{ name }}")
        else
            add(part)
        end
        at = to + 1
    end
end

-- The template's text; nil after reporting.
function M.read(r, span)
    local token = r.tokens[span.from]
    local outer = r.at
    r.at = span.from + 3
    local args = r:arguments()
    r.at = outer
    local name = args[1] and r:text(args[1])
    local path = "prompts/" .. (name or "?") .. ".md"
    local source = name and r.files[path]
    if type(source) ~= "string" then
        r:report(token, "the package has no " .. path, "a prompt of the package")
        return nil
    end
    local vars = {}
    for _, entry in ipairs(args[2] and r:entries(args[2], "moon.prompt") or {}) do
        local _, ast = r:expression(entry.span)
        vars[entry.name] = ast
    end
    r.used[path] = true
    return format.template(value.of_parts(parts_of(r, path, source, vars)))
end

M.is_path = function(path)
    return path:find("^prompts/.*%.md$") ~= nil
end

return M
