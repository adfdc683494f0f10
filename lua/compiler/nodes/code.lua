-- Lua: the body of function(input, state). It is compiled here to find its mistakes, and never run here.

local M = {
    type = "code",
    fields = {
        { name = "code", kind = "lua", needed = true, max = 100000 },
        { name = "input", kind = "value" },
        { name = "output", kind = "schema" },
    },
    exits = { "next", "error" }, must = { "next" },
    may = { retry = true, fallback = true },
}

-- Both as a chunk and as a body: so that it cannot end the function that it is put into.
local function compile(code)
    for _, text in ipairs({ code .. "\n", "return function(input, state)\n" .. code .. "\nend" }) do
        local ok, err = load(text, "=code", "t")
        if not ok then
            return tostring(err)
        end
    end
    return nil
end

function M.check(node, context)
    local code = node.params.code
    if not code then
        return
    elseif code:sub(1, 1) == "\27" then
        context.report("params.code", "compiled code is not accepted", "bad_code", "Lua as text")
        return
    end
    local problem = compile(code)
    if problem then
        local line, message = problem:match(":(%d+): (.*)$")
        context.report("params.code", "line " .. (line or "?") .. ": " .. (message or problem), "bad_code", "Lua")
    end
end

function M.output(node)
    local schema = node.params.output
    return schema == nil and true or schema
end

return M
