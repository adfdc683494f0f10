-- Puts the platform's Lua together, once per state: boot(host, file). `host` holds the C functions
-- (core/vm/host.h), file(name) gives an embedded file as a function. Returns what the C side needs:
-- the body of a run, the metatable of a run's globals, and tostring.

local host, file = ...

local FILES = {
    shelf = "host/shelf.lua",
    text = "host/text.lua",
    coroutine = "host/coroutine.lua",
    call = "host/call.lua",
    branches = "host/branches.lua",
    modules = "host/modules.lua",
    surface = "host/surface.lua",
    pattern = "local/pattern.lua",
}

-- All files get the same table of parts, in which each part is made when it is first asked for:
-- what most agents need is made here, before sandboxes are forked; the rest by who uses it.
local parts = setmetatable({ host = host }, {
    __index = function(parts, name)
        local path = FILES[name] or "moon/" .. name:match("^moon_(.*)$") .. ".lua"
        local part = file(path)(parts)
        parts[name] = part
        return part
    end,
})

-- Collected after each, so that they come to lie close together: sandboxes copy the pages that hold
-- them as soon as they collect garbage themselves.
local early = {
    "shelf", "text", "coroutine", "call", "branches", "modules", "surface", "moon_tool", "moon_llm",
    "moon_json", "moon_log", "moon_time", "moon_moon",
}
for _, name in ipairs(early) do
    assert(parts[name])
    collectgarbage()
end

return {
    start = file("host/start.lua")(parts),
    globals = parts.surface.globals,
    label = parts.text.tostring,
}
