-- require: the platform's modules first, then the package's own files. Each run has its own.

local parts = ...
local host = parts.host
local loaded_modules, chunk, platform_chunk = host.loaded, host.chunk, host.platform_chunk
local error, type, match = error, type, string.match

-- name -> function that makes the module for a run; filled by the files that offer one.
local platform = {}

local LOADING = {} -- stands for a module whose file is being executed

local function require(name)
    if type(name) ~= "string" then
        error("a module's name is expected, not a " .. type(name), 2)
    end
    local loaded = loaded_modules()
    local module = loaded[name]
    if module == LOADING then
        error("module '" .. name .. "' requires itself, or failed before", 2)
    end
    if module ~= nil then
        return module
    end
    local part = match(name, "^moon%.([%w_]+)$")
    if platform[name] then
        module = platform[name]()
    elseif part then
        module = require("moon")[part]
        if module == nil then
            error("the kit has no part '" .. part .. "'", 2)
        end
    else
        local body = chunk(name) or platform_chunk(name)
        if not body then
            error("module '" .. name .. "' is not in the package", 2)
        end
        loaded[name] = LOADING
        module = body(name)
        if module == nil then
            module = true
        end
    end
    loaded[name] = module
    return module
end

return { require = require, platform = platform }
