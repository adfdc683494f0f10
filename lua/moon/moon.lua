-- The kit as a whole: what `require "moon"` gives. Each run gets a table of its own.

local parts = ...

local values = {
    tool = parts.moon_tool.tool,
    prompt = parts.moon_prompt,
    parallel = parts.branches.parallel,
    map = parts.branches.map,
    race = parts.branches.race,
    approve = parts.moon_people.approve,
    ask = parts.moon_people.ask,
    emit = parts.moon_log.emit,
}
for name, value in pairs(parts.moon_time) do
    values[name] = value
end

local tables = {}
for _, name in ipairs({ "llm", "memory", "kv", "file", "json", "csv", "text", "date", "template", "schema" }) do
    tables[name] = parts["moon_" .. name]
end

local metatable = parts.shelf(values, tables, {
    tools = parts.moon_tool.tools,
    log = parts.moon_log.log,
})

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
