-- Reads Lua as tokens: {kind = "name" | "string" | "number" | "mark", text, line}, comments left out. The text of a
-- string is what stands between its quotes. The file is one that compiles.

local M = {}

local function long_end(text, at, level)
    local _, last = text:find("]" .. ("="):rep(level) .. "]", at, true)
    return last or #text
end

-- The level of a long bracket that begins at `at`, and where its text begins; nil when there is none.
local function long_start(text, at)
    local equals, from = text:match("^%[(=*)%[()", at)
    return equals and #equals, from
end

local function quoted_end(text, at, quote)
    while true do
        local place = text:find("[\\" .. quote .. "]", at)
        if not place then return #text end
        if text:sub(place, place) == quote then return place end
        at = place + 2
    end
end

-- kind, text and end of what begins at `at`; kind nil: a comment or space.
local function read(text, at)
    local char = text:sub(at, at)
    if text:find("^%-%-", at) then
        local level, from = long_start(text, at + 2)
        return nil, nil, level and long_end(text, from, level) or (text:find("\n", at, true) or #text + 1) - 1
    elseif char:find("%s") then
        return nil, nil, select(2, text:find("^%s+", at))
    elseif char:find("[%a_]") then
        local word = text:match("^[%w_]+", at)
        return "name", word, at + #word - 1
    elseif char == '"' or char == "'" then
        local last = quoted_end(text, at + 1, char)
        return "string", text:sub(at + 1, last - 1), last
    elseif char:find("%d") then
        local number = text:match("^[%w.]+", at)
        return "number", number, at + #number - 1
    end
    local level, from = long_start(text, at)
    if level then
        local last = long_end(text, from, level)
        return "string", text:sub(from, last - level - 2), last
    end
    local mark = text:match("^%.%.%.?", at) or char
    return "mark", mark, at + #mark - 1
end

function M.tokens(text)
    local tokens, at, line = {}, 1, 1
    if text:sub(1, 1) == "#" then at = (text:find("\n", 1, true) or #text) + 1 end
    while at <= #text do
        local kind, word, last = read(text, at)
        if kind then tokens[#tokens + 1] = { kind = kind, text = word, line = line } end
        line = line + select(2, text:sub(at, last):gsub("\n", ""))
        at = last + 1
    end
    return tokens
end

return M
