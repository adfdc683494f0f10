-- moon.template: text with {{places}}. A place is a path into the variables ("ticket.subject",
-- "items.1.name"), then filters: {{name | trim | default: "nobody"}}.

local parts = ...
local encode, text = parts.moon_json.encode, parts.moon_text
local type, tostring, tonumber, error = type, tostring, tonumber, error
local gsub, match, gmatch, upper, lower, find = string.gsub, string.match, string.gmatch, string.upper,
    string.lower, string.find

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
    return (gsub(source, "{{(.-)}}", function(place)
        local pieces = pieces_of(place)
        local value = look_up(vars, pieces[1])
        for i = 2, #pieces do
            value = apply(value, pieces[i])
        end
        return show(value)
    end))
end

return template
