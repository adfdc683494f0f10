-- moon.kv: small values that outlive a run.

local parts = ...
local call = parts.call.call

local kv = {}

function kv.get(key)
    local result = call("kv.get", { key = key })
    return result and result.value
end

function kv.set(key, value, opts)
    return call("kv.set", { key = key, value = value, ttl_s = opts and opts.ttl_s })
end

function kv.delete(key)
    return call("kv.delete", { key = key })
end

return kv
