-- The kit as a whole: what `require "moon"` gives. Each run gets a table of its own.

local parts = ...

local values = {
    tool = parts.moon_tool.tool,
    parallel = parts.branches.parallel,
    map = parts.branches.map,
    race = parts.branches.race,
    emit = parts.moon_log.emit,
}
for name, value in pairs(parts.moon_time) do
    values[name] = value
end

local makers = {
    tools = parts.moon_tool.tools,
    log = parts.moon_log.log,
    approve = function()
        return parts.moon_people.approve
    end,
    ask = function()
        return parts.moon_people.ask
    end,
    run = function()
        return parts.moon_run.run()
    end,
    graph = function()
        return parts.moon_graph.graph
    end,
}
for _, name in ipairs({ "prompt", "agent", "crew", "saga" }) do
    makers[name] = function()
        return parts["moon_" .. name]
    end
end

local copy = parts.shelf.copy
local libraries =
    { "llm", "memory", "kv", "file", "json", "csv", "text", "date", "template", "schema", "expr", "flow" }
for _, name in ipairs(libraries) do
    makers[name] = function()
        return copy(parts["moon_" .. name])
    end
end

local metatable = parts.shelf.metatable(values, {}, makers)

parts.modules.platform.moon = function()
    return setmetatable({}, metatable)
end

-- What tools in the toolbox have besides: `require "host"`.
if parts.host.is_toolbox then
    parts.modules.platform.host = function()
        local host = { call = parts.call.call }
        for _, name in ipairs({ "http", "llm", "kv", "file", "sql", "smtp", "memory" }) do
            host[name] = function(args)
                return parts.call.call(name, args)
            end
        end
        return host
    end
end

return metatable
