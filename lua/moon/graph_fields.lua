-- The fields of a graph's state, as its definition declares them:
--
--     name = "string"                     a type; the newest update replaces the value
--     name = "append"                     a reducer
--     name = function(old, new) ... end   a reducer of one's own
--     name = { type = ..., reducer = ..., default = ..., and words of JSON Schema }

local parts = ...
local reduce = parts.moon_graph_reduce
local reducers, SCALARS, FITS = reduce.reducers, reduce.SCALARS, reduce.FITS
local NULL = parts.host.NULL
local type, next, pairs, sort, tostring = type, next, pairs, table.sort, tostring

local OWN = { type = true, reducer = true, default = true }

local function fail(graph, name, message)
    parts.moon_graph_fail.invalid(graph.name, nil, "state." .. tostring(name), "field '" .. tostring(name)
        .. "' of the state: " .. message)
end

local function names_of_reducers()
    return { append = true, merge = true, messages = true, replace = true, sum = true }
end

-- What a field may be declared as: types, and reducers unless it is a table that names both.
local function known_words(with_reducers)
    local words = with_reducers and names_of_reducers() or {}
    for name in pairs(FITS) do
        words[name] = true
    end
    return words
end

-- A reducer by its name; "messages" is loaded when it is first used.
local function reducer_of(name)
    if name == "messages" then
        return parts.moon_graph_messages
    end
    return name ~= "custom" and reducers[name] or nil
end

local function add_schema(graph, field, spec)
    local words = {}
    for key, value in pairs(spec) do
        if key == "type" and value ~= "any" or not OWN[key] then
            words[key] = value
        end
    end
    local ok, err = parts.moon_check.inspect(words)
    if not ok then
        fail(graph, field.name, (err.path == "" and "" or err.path .. " ") .. err.message
            .. "; beside words of JSON Schema a field has type, reducer and default")
    end
    field.schema = words
end

local function set_reducer(graph, field, named)
    local reducer = named and reducer_of(named) or reducers.replace
    if type(named) == "function" then
        field.custom, reducer = named, reducers.custom
        graph.custom[#graph.custom + 1] = field
    elseif named and not reducer_of(named) then
        fail(graph, field.name, "there is no reducer '" .. tostring(named) .. "'"
            .. parts.moon_graph_fail.instead(names_of_reducers(), named) .. " or a function (old, new) -> value")
    end
    field.problem, field.apply, field.empty = reducer.problem, reducer.apply, reducer.empty
    field.reducer = reducer
    field.single = reducer == reducers.replace
    if reducer.growing then
        graph.growing[#graph.growing + 1] = field.name
    end
    if reducer.kind then
        if field.kind and field.kind ~= "any" and field.kind ~= reducer.kind
            and not (field.kind == "integer" and reducer.kind == "number") then
            fail(graph, field.name, "the reducer '" .. named .. "' is for fields of type " .. reducer.kind
                .. ", not " .. field.kind)
        end
        field.kind = field.kind or reducer.kind
    end
end

local function check_default(graph, field)
    local value = field.default
    if value == nil then
        return
    end
    local what = value == NULL and "must not be null; leave it out"
        or field.reducer.kind and field.problem(field, value) or reduce.misfit(field, value)
    if what then
        fail(graph, field.name, "its default " .. what)
    end
end

local function add_field(graph, name, spec)
    local field = { name = name }
    local kind, reducer = spec, nil
    if type(spec) == "table" then
        kind, reducer, field.default = spec.type, spec.reducer, spec.default
        for key in next, spec do
            if not OWN[key] then
                add_schema(graph, field, spec)
                break
            end
        end
        if type(kind) == "table" then
            add_schema(graph, field, spec)
            kind = nil
        end
    elseif type(spec) == "function" or spec == "replace" or type(spec) == "string" and reducer_of(spec) then
        kind, reducer = nil, spec
    end
    if kind ~= nil and kind ~= true then
        if not FITS[kind] then
            fail(graph, name, "there is no type '" .. tostring(kind) .. "'"
                .. parts.moon_graph_fail.instead(known_words(type(spec) ~= "table"), kind))
        end
        field.kind = kind ~= "any" and kind or nil
    end
    set_reducer(graph, field, reducer)
    field.adds = field.reducer == reducers.sum
    if (field.single or field.adds) and not field.schema then
        field.want = SCALARS[field.kind]
    end
    check_default(graph, field)
    return field
end

-- Adds to graph: fields by name, field_names in order, and which of them grow or are custom.
return function(graph, state)
    if type(state) ~= "table" or next(state) == nil then
        parts.moon_graph_fail.invalid(graph.name, nil, "state",
            "state must name the fields, as in state = { question = \"string\", notes = \"append\" }")
    end
    local names, fields = {}, {}
    for name in next, state do
        if type(name) ~= "string" then
            parts.moon_graph_fail.invalid(graph.name, nil, "state",
                "the fields of state must have names, as in state = { question = \"string\" }")
        end
        names[#names + 1] = name
    end
    sort(names)
    graph.fields, graph.field_names, graph.growing, graph.custom = fields, names, {}, {}
    for i = 1, #names do
        fields[names[i]] = add_field(graph, names[i], state[names[i]])
    end
end
