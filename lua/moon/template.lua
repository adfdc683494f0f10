-- moon.template: text with {{places}}. A place is a path into the variables ("ticket.subject",
-- "items.1.name") or a text in quotes, then filters: {{name | trim | default: "nobody"}}.

local parts = ...
local encode, text = parts.moon_json.encode, parts.moon_text
local type, tostring, tonumber, error = type, tostring, tonumber, error
local gsub, match, gmatch, upper, lower, find = string.gsub, string.match, string.gmatch, string.upper,
    string.lower, string.find

local MOST_PROBLEMS = 20 -- each may mean a look at all of the rest of the text

local function show(value)
    if value == nil or type(value) == "userdata" then
        return ""
    elseif type(value) == "table" then
        return encode(value)
    elseif type(value) == "number" and value % 1 == 0 and value < 2 ^ 53 and value > -2 ^ 53 then
        return encode(value)
    end
    return tostring(value)
end

local filters = {
    upper = function(value) return upper(show(value)) end,
    lower = function(value) return lower(show(value)) end,
    trim = function(value) return text.trim(show(value)) end,
    json = function(value) return encode(value) end,
    truncate = function(value, n) return text.truncate(show(value), tonumber(n) or 100) end,
    default = function(value, other)
        if value == nil or value == "" or type(value) == "userdata" then
            return other or ""
        end
        return value
    end,
    join = function(value, between)
        if type(value) ~= "table" then
            return value
        end
        local shown = {}
        for i = 1, #value do
            shown[i] = show(value[i])
        end
        return table.concat(shown, between or ", ")
    end,
}

local function look_up(vars, path)
    local value = vars
    for key in gmatch(path, "[^.]+") do
        if type(value) ~= "table" then
            return nil
        end
        local found = rawget(value, key)
        if found == nil then
            found = rawget(value, tonumber(key) or key)
        end
        value = found
    end
    return value
end

local function apply(value, filter)
    local name, argument = match(filter, "^([%w_]+)%s*:%s*(.*)$")
    name = name or filter
    if not filters[name] then
        error("there is no filter '" .. name .. "'", 0)
    end
    return filters[name](value, argument and (match(argument, '^"(.*)"$') or argument))
end

-- Splits "path | filter | filter" at bars outside of quotes.
local function pieces_of(place)
    local pieces, at, quoted, from = {}, 1, false, 1
    while true do
        local here = find(place, '[|"]', at)
        if not here then
            break
        end
        if place:byte(here) == 34 then
            quoted = not quoted
        elseif not quoted then
            pieces[#pieces + 1] = text.trim(place:sub(from, here - 1))
            from = here + 1
        end
        at = here + 1
    end
    pieces[#pieces + 1] = text.trim(place:sub(from))
    return pieces
end

local template = {}

function template.render(source, vars)
    if type(source) ~= "string" then
        error("a text is expected, not a " .. type(source), 2)
    end
    vars = vars or {}
    local rest = match(source, "^.*}}()") or 1 -- from here on nothing closes
    local filled = gsub(source:sub(1, rest - 1), "{{(.-)}}", function(place)
        local pieces = pieces_of(place)
        local value = match(pieces[1], '^"(.*)"$') or look_up(vars, pieces[1])
        for i = 2, #pieces do
            value = apply(value, pieces[i])
        end
        return show(value)
    end)
    return filled .. source:sub(rest)
end

-- The front matter of a prompt, and what follows it:
--
--     ---
--     vars: ticket, tone
--     ---
--
-- Returns {"ticket", "tone"} (nil when there is none), the body, and how many lines stand before it; or nil, nil and
-- {line, message}.
function template.front(source)
    local head, body = match(source, "^%-%-%-\r?\n(.-)\n?%-%-%-[ \t]*\r?\n(.*)$")
    if not head then
        return nil, source, 0
    end
    local names, line = nil, 1
    for row in gmatch(head .. "\n", "(.-)\r?\n") do
        line = line + 1
        local list = match(row, "^%s*vars%s*:(.*)$")
        if not list and find(row, "%S") then
            return nil, nil, { line = line, message = "the front matter knows only 'vars: name, name'" }
        end
        for name in gmatch(list or "", "[^,%s]+") do
            if not find(name, "^[%a_][%w_-]*$") then
                return nil, nil, { line = line, message = "'" .. name .. "' is no name of a variable" }
            end
            names = names or {}
            names[#names + 1] = name
        end
        names = names or list and {}
    end
    return names, body, line + 1
end

local function check_place(place, declared)
    local pieces = pieces_of(place)
    local path = pieces[1]
    if path == "" then
        return "the place is empty"
    elseif not find(path, '^".*"$') and not find(path, "^[%w_-]+[%w_.-]*$") then
        return "'" .. text.truncate(path, 60) .. "' is no path to a variable"
    elseif declared and not find(path, '^"') and not declared[match(path, "^[^.]+")] then
        return "the variable '" .. match(path, "^[^.]+") .. "' is not declared in 'vars:'"
    end
    for i = 2, #pieces do
        local name = match(pieces[i], "^([%w_]+)%s*:") or pieces[i]
        if not filters[name] then
            return "there is no filter '" .. text.truncate(name, 60) .. "'"
        end
    end
end

-- What is wrong with a text with places: a list of {line, message}, the first few, empty when nothing is. names: of the
-- variables that there are; nil = any.
function template.check(source, names)
    local problems, at, line, declared = {}, 1, 1, nil
    for _, name in ipairs(names or {}) do
        declared = declared or {}
        declared[name] = true
    end
    declared = declared or names and {}
    while true do
        local first, last = find(source, "{{", at, true)
        if not first or #problems == MOST_PROBLEMS then
            return problems
        end
        line = line + select(2, gsub(source:sub(at, first), "\n", ""))
        local close, after = find(source, "}}", last + 1, true)
        local again = find(source, "{{", last + 1, true)
        local what
        local inner = close and source:sub(last + 1, close - 1)
        if not close or (again and again < close and not find(inner, '"[^"]*{{[^"]*"')) then
            what, after = "a place does not close: {{ without }}", last
        else
            what = check_place(inner, declared)
        end
        if what then
            problems[#problems + 1] = { line = line, message = what }
        end
        line = line + select(2, gsub(source:sub(first + 1, after), "\n", ""))
        at = after + 1
    end
end

return template
