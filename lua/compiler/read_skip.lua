-- Where a statement ends that is not understood: where the next one begins.

local lexer = require "compiler.read_lexer"

local M = {}

local KEYWORDS = {}
for word in ([[and break do else elseif for function goto if in local not or repeat return then until while]]):gmatch("%S+") do
    KEYWORDS[word] = true
end
local BEGIN = { ["local"] = true, ["if"] = true, ["for"] = true, ["while"] = true, ["repeat"] = true, ["return"] = true, ["break"] = true,
    ["do"] = true, ["goto"] = true, ["function"] = true }
local STOP = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }
local CLOSING = { [")"] = true, ["]"] = true, ["}"] = true, ["..."] = true, [";"] = true }

local function ends_expression(token)
    if token.kind == "name" then
        return not KEYWORDS[token.value]
    end
    return token.kind ~= "op" or CLOSING[token.value] or false
end

local function begins_statement(before, token)
    if token.kind == "end" or token.kind == "name" and STOP[token.value] then
        return true
    end
    return token.kind == "name" and ends_expression(before) and (BEGIN[token.value] or not KEYWORDS[token.value]) or before.value == ";"
end

-- Does a sequence end here?
function M.is_stop(token)
    return token.kind == "end" or token.kind == "name" and STOP[token.value] or false
end

-- Goes behind the statement here.
function M.statement(r)
    local depth, heads = 0, 0
    repeat
        local token = r:peek()
        if token.kind == "end" then
            return
        elseif token.kind == "name" and (token.value == "while" or token.value == "for") then
            heads, depth = heads + 1, depth + 1
        elseif token.kind == "name" and token.value == "do" and heads > 0 then
            heads = heads - 1
        else
            depth = depth + lexer.nesting(token)
        end
        r.at = r.at + 1
    until depth <= 0 and begins_statement(token, r:peek())
end

return M
