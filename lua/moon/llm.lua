-- moon.llm: model calls. Arguments and results are those of the tools llm.chat, llm.json, llm.embed.

local parts = ...
local tool = parts.moon_tool.tool
local type, error = type, error

local function check(args, wanted)
    if type(args) == "string" then
        args = { [wanted] = args }
    end
    if type(args) ~= "table" then
        error("a table of arguments is expected, not a " .. type(args), 3)
    end
    return args
end

local llm = {}

function llm.chat(args, opts)
    return tool("llm.chat", check(args, "prompt"), opts)
end

function llm.json(args, opts)
    local result = tool("llm.json", check(args, "prompt"), opts)
    return result.value, result
end

function llm.embed(args, opts)
    local result = tool("llm.embed", check(args, "input"), opts)
    return result.vectors, result
end

return llm
