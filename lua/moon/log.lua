-- moon.log and moon.emit: what a run tells while it runs.

local parts = ...
local host, text, raise = parts.host, parts.text, parts.call.raise
local type, error, setmetatable = type, error, setmetatable

local LEVELS = { debug = 0, info = 1, warn = 2, error = 3 }

local function write(level, ...)
    local line = text.line(...)
    host.drain()
    host.log(level, line)
end

local by_level = {}
for name, level in pairs(LEVELS) do
    by_level[name] = function(...)
        write(level, ...)
    end
end

-- log(text) and log(level, text).
local function log(_, level, ...)
    if select("#", ...) > 0 and LEVELS[level] then
        write(LEVELS[level], ...)
    else
        write(LEVELS.info, level, ...)
    end
end

local metatable = { __metatable = false, __call = log }

-- opts.live: for whoever follows the run at this moment; not journaled.
local function emit(name, data, opts)
    if type(name) ~= "string" then
        error("an event's name is expected, not a " .. type(name), 2)
    end
    host.drain()
    local ok, err = host.emit({ name = name, data = data }, opts ~= nil and opts.live or false)
    if not ok then
        raise(err)
    end
end

return {
    log = function()
        local own = {}
        for name, fn in pairs(by_level) do
            own[name] = fn
        end
        return setmetatable(own, metatable)
    end,
    emit = emit,
}
