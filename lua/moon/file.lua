-- moon.file: the customer's files.

local parts = ...
local call = parts.call.call

local file = {}

function file.read(path)
    local result = call("file.read", { path = path })
    return result.content, result
end

function file.write(path, content, opts)
    return call("file.write", { path = path, content = content, content_type = opts and opts.content_type })
end

function file.list(prefix)
    local result = call("file.list", { prefix = prefix })
    return result.files, result
end

return file
