-- An agent (or a crew) as a node: what it is asked comes from the state, what it answers goes there.

local parts = ...
local fail = parts.moon_graph_fail
local type = type

local function messages_field(graph)
    for i = 1, #graph.field_names do
        local field = graph.fields[graph.field_names[i]]
        if field.reducer == parts.moon_graph_messages then
            return field.name
        end
    end
end

-- The default is the conversation if the state keeps one, else the field named as the option is.
local function default_field(graph, name, option)
    local field = graph.fields[option] and option
    if not field then
        fail.invalid(graph.name, name, option, option == "input"
            and "say what the agent is asked: input = \"a field\", or input = function(state, ctx) ... end"
            or "say where its answer goes: output = \"a field\", or output = function(result, state) ... end")
    end
    return field
end

local function check(graph, name, spec, option)
    local value = spec[option]
    if value == nil or type(value) == "function" then
        return value
    end
    if type(value) ~= "string" or not graph.fields[value] then
        fail.invalid(graph.name, name, option, option .. " must be a field of the state or a function"
            .. (type(value) == "string" and fail.instead(graph.fields, value) or ""))
    end
    return value
end

-- What the option says: a function; or a field, and whether that is the conversation.
local function place_of(graph, name, spec, option)
    local given = check(graph, name, spec, option)
    if type(given) == "function" then
        return given
    end
    local messages = messages_field(graph)
    if messages and (given == nil or given == messages) then
        return messages, true
    end
    return given or default_field(graph, name, option), false
end

local function input_of(graph, name, spec)
    local from, is_conversation = place_of(graph, name, spec, "input")
    if type(from) == "function" then
        return from
    elseif is_conversation then
        return function(state)
            return { messages = parts.moon_graph_reduce.new_list(state[from]) } -- the agent may add to it
        end
    end
    return function(state)
        return state[from]
    end
end

-- What an agent answered, or the whole result of something else.
local function answer_of(result)
    if type(result) ~= "table" then
        return result
    end
    if result.output ~= nil then
        return result.output
    end
    return result.text ~= nil and result.text or result
end

local function output_of(graph, name, spec)
    local to, is_conversation = place_of(graph, name, spec, "output")
    if type(to) == "function" then
        return to
    elseif is_conversation then
        return function(result)
            return { [to] = { role = "assistant", content = result.text or parts.moon_json.encode(answer_of(result)) } }
        end
    end
    return function(result)
        return { [to] = answer_of(result) }
    end
end

local function node(graph, name, spec)
    local object = spec.run
    local input, output = input_of(graph, name, spec), output_of(graph, name, spec)
    return function(state, ctx)
        return output(object:run(input(state, ctx)), state, ctx)
    end
end

return { node = node }
