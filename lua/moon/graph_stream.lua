-- What a graph tells while it runs: graph.task, graph.update and graph.values events, as opts.stream
-- asks for.

local parts = ...
local emit = parts.moon_log.emit
local OVERWRITE, GO = parts.moon_graph_reduce.OVERWRITE, parts.moon_graph_state.GO
local type, next, pcall, sort = type, next, pcall, table.sort

local MODES = { updates = true, values = true, tasks = true }

-- An update as JSON can show it.
local function plain(update)
    local shown = {}
    for name, value in next, type(update) == "table" and update[GO] and update.update or update or {} do
        if type(value) == "table" and value[OVERWRITE] then
            value = value.value
        end
        shown[name] = value
    end
    return shown
end

-- Says only which fields there are when the values are too large or no JSON: telling must not fail a run.
local function tell(name, data, what, values)
    data[what] = values
    if pcall(emit, name, data) then
        return
    end
    local fields = {}
    for field in next, values do
        fields[#fields + 1] = field
    end
    sort(fields)
    data[what], data.fields = nil, fields
    pcall(emit, name, data)
end

-- The modes that are on, and the functions that tell.
local Stream = {}

function Stream:task(run, name)
    if self.tasks then
        tell("graph.task", { graph = run.path, node = name, step = run.steps }, "input", {})
    end
end

function Stream:update(run, name, update)
    if self.updates then
        tell("graph.update", { graph = run.path, node = name, step = run.steps }, "update", plain(update))
    end
end

function Stream:state(run)
    if self.values then
        tell("graph.values", { graph = run.path, step = run.steps }, "values", run.state)
    end
end

local metatable = { __index = Stream }

-- opts.stream is one mode or a list of them.
local function new(stream)
    local modes = {}
    for _, mode in ipairs(type(stream) == "table" and stream or { stream }) do
        if not MODES[mode] then
            error("stream is \"updates\", \"values\", \"tasks\" or a list of those", 4)
        end
        modes[mode] = true
    end
    return setmetatable(modes, metatable)
end

return { new = new, plain = plain }
