-- moon.llm: model calls. Arguments and results are those of the tools llm.chat, llm.json, llm.embed.

local parts = ...
local tool, check = parts.moon_tool.tool, parts.moon_tool.arguments

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
