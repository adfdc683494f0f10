-- What is wrong with the definition of a graph, said so that its author can mend it.

local parts = ...
local raise, names_of = parts.call.raise, parts.moon_names
local type, tostring, format = type, tostring, string.format

-- Raises invalid_definition. node and field may be nil.
local function invalid(graph, node, field, message)
    local place = format("graph '%s': ", graph)
    if node then
        place = place .. format("node '%s': ", node)
    end
    return raise({
        code = "invalid_definition", message = place .. message, retryable = false,
        details = { graph = graph, node = node, field = field },
    })
end

-- "; did you mean 'x'?" or what there is to choose from.
local function instead(set, name)
    local keys = names_of(set)
    local best, best_score = nil, 0.5
    for i = 1, #keys do
        local score = parts.moon_text.similarity(keys[i], tostring(name))
        if score > best_score then
            best, best_score = keys[i], score
        end
    end
    if best then
        return format("; did you mean '%s'?", best)
    end
    return "; there are " .. table.concat(keys, ", ")
end

-- Raises for the first key of `given`, by name, that is not in `known`.
local function check_keys(graph, node, given, known, what)
    local keys = names_of(given)
    for i = 1, #keys do
        if not known[keys[i]] then
            invalid(graph, node, keys[i], format("%s has no '%s'%s", what, keys[i], instead(known, keys[i])))
        end
    end
end

-- Raises unless a value is of the Lua type that is expected.
local function expect(graph, node, field, value, wanted)
    if type(value) ~= wanted then
        invalid(graph, node, field, format("%s must be a %s, not a %s", field, wanted, type(value)))
    end
end

return { invalid = invalid, instead = instead, check_keys = check_keys, expect = expect }
