-- moon.memory: the customer's collections of documents.

local parts = ...
local call, tool = parts.call.call, parts.moon_tool.tool
local pairs = pairs

local memory = {}

-- The options are members of the tool's arguments, beside those that have a place of their own.
local function merge(args, opts)
    for name, value in pairs(opts or {}) do
        if args[name] == nil then
            args[name] = value
        end
    end
    return args
end

-- call_opts: as moon.tool takes them.
function memory.search(collection, query, opts, call_opts)
    return tool("memory.search", merge({ collection = collection, query = query }, opts), call_opts)
end

function memory.upsert(collection, documents)
    return call("memory.upsert", { collection = collection, documents = documents })
end

function memory.delete(collection, ids)
    return call("memory.delete", { collection = collection, ids = ids })
end

return memory
