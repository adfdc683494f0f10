-- Puts the platform's Lua together, once per state: boot(host, file). `host` holds the C functions
-- (core/vm/host.h), file(name) gives an embedded file as a function. Returns what the C side needs:
-- the body of a run, the metatable of a run's globals, and tostring.

local host, file = ...

-- All files get the same table of parts; each returns the part that it is named after.
local parts = { host = host }

local function part(name, path)
    parts[name] = file(path)(parts)
    return parts[name]
end

part("shelf", "host/shelf.lua")
part("text", "host/text.lua")
part("coroutine", "host/coroutine.lua")
part("call", "host/call.lua")
part("branches", "host/branches.lua")
part("modules", "host/modules.lua")
local surface = part("surface", "host/surface.lua")

local kit = {
    "tool", "json", "text", "template", "prompt", "llm", "memory", "kv", "file", "time", "log",
    "people", "csv", "date", "schema",
}
for _, name in ipairs(kit) do
    part("moon_" .. name, "moon/" .. name .. ".lua")
end
part("moon", "moon/moon.lua")

return {
    start = file("host/start.lua")(parts),
    globals = surface.globals,
    label = parts.text.tostring,
}
