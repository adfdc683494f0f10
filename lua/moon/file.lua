-- moon.file: the customer's files.

local parts = ...
local call = parts.call.call

local file = {}

-- The content as text, and the whole result. Of a file that is no text the content is nil, and
-- result.base64 holds it.
function file.read(path)
    local result = call("file.read", { path = path })
    return result.content, result
end

-- opts.content_type; opts.base64 = true: content is base64.
function file.write(path, content, opts)
    opts = opts or {}
    return call("file.write", {
        path = path,
        content = not opts.base64 and content or nil,
        base64 = opts.base64 and content or nil,
        content_type = opts.content_type,
    })
end

-- The list of files, and the whole result. opts.limit.
function file.list(prefix, opts)
    local result = call("file.list", { prefix = prefix, limit = opts and opts.limit })
    return result.files, result
end

return file
