-- Tokens of Lua, for reading a whole file: {kind, value, at, to, line}; kind is name, text, number, op or
-- end. Comments hang on the token that follows them (token.comments: {text, line}) and, when they stand on its line,
-- on the token before them (token.trailing). Nothing is refused: what is no Lua becomes an op of one byte.

local find, match, sub = string.find, string.match, string.sub

local M = {}

local OPERATORS = { ["..."] = true, [".."] = true, ["=="] = true, ["~="] = true, ["<="] = true, [">="] = true, ["::"] = true }

-- The last byte of [[...]] or [=[...]=] at `at`, or nil.
local function long_end(source, at)
    local marks, from = match(source, "^%[(=*)%[()", at)
    if not marks then
        return nil
    end
    local _, to = find(source, "]" .. marks .. "]", from, true)
    return to or #source
end

local function text_end(source, at)
    local quote, here = sub(source, at, at), at + 1
    while true do
        here = find(source, "[\\\n" .. quote .. "]", here)
        if not here then
            return #source
        elseif sub(source, here, here) ~= "\\" then
            return here
        end
        here = here + 2
    end
end

local function operator(source, at)
    for length = 3, 2, -1 do
        local op = sub(source, at, at + length - 1)
        if OPERATORS[op] then
            return op
        end
    end
    return sub(source, at, at)
end

local function read(source, at)
    local name = match(source, "^[%a_][%w_]*", at)
    if name then
        return "name", name, at + #name - 1
    end
    local c = sub(source, at, at)
    if c == '"' or c == "'" then
        return "text", "", text_end(source, at)
    elseif find(source, "^%.?%d", at) then
        local to = select(2, find(source, "^0[xX][%x.]*", at)) or select(2, find(source, "^%d*%.?%d*", at))
        to = select(2, find(source, "^[eEpP][+-]?%d+", to + 1)) or to
        to = select(2, find(source, "^[uUlLiI]+", to + 1)) or to
        return "number", sub(source, at, to), to
    end
    local to = long_end(source, at)
    if to then
        return "text", "", to
    end
    local op = operator(source, at)
    return "op", op, at + #op - 1
end

local function count_lines(source, from, to)
    local n, at = 0, from
    while true do
        at = find(source, "\n", at, true)
        if not at or at > to then
            return n
        end
        n, at = n + 1, at + 1
    end
end

-- The comment at `at`: its text and last byte.
local function comment(source, at)
    local to = long_end(source, at + 2)
    if not to then
        to = (find(source, "\n", at, true) or #source + 1) - 1
    end
    return sub(source, at, to), to
end

-- All tokens; the last is of kind end.
function M.tokens(source)
    local tokens, comments, at, line = {}, {}, 1, 1
    while true do
        local from = find(source, "%S", at) or #source + 1
        line = line + count_lines(source, at, from - 1)
        if sub(source, from, from + 1) == "--" then
            local text, to = comment(source, from)
            local before = tokens[#tokens]
            if before and before.last_line == line and #comments == 0 then
                before.trailing = text
            else
                comments[#comments + 1] = { text = text, line = line }
            end
            line, at = line + count_lines(source, from, to), to + 1
        else
            local token = { kind = "end", value = "", at = from, to = from - 1, line = line, comments = comments }
            comments = {}
            tokens[#tokens + 1] = token
            if from > #source then
                token.last_line = line
                return tokens
            end
            token.kind, token.value, token.to = read(source, from)
            line, at = line + count_lines(source, from, token.to), token.to + 1
            token.last_line = line
        end
    end
end

local OPEN = { ["("] = true, ["{"] = true, ["["] = true, ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local CLOSE = { [")"] = true, ["}"] = true, ["]"] = true, ["end"] = true, ["until"] = true }

-- +1 for what opens, -1 for what closes.
function M.nesting(token)
    if token.kind ~= "op" and token.kind ~= "name" then
        return 0
    end
    return OPEN[token.value] and 1 or CLOSE[token.value] and -1 or 0
end

-- A token in a message.
function M.show(token)
    return token.kind == "end" and "the end" or token.kind == "text" and "a text" or "'" .. token.value .. "'"
end

-- Names of variables that a piece of Lua reads: {name = true}. Quick: the compiler asks it of all that it writes.
function M.names(source)
    local names, at, before, pending = {}, 1, nil, nil
    while true do
        local from = find(source, "%S", at)
        if not from then
            break
        end
        if sub(source, from, from + 1) == "--" then
            local _, to = comment(source, from)
            at = to + 1
        else
            local kind, value, to = read(source, from)
            if pending and not (kind == "op" and value == "=") then
                names[pending] = true
            end
            pending = kind == "name" and before ~= "." and before ~= ":" and value or nil
            before, at = kind == "op" and value or nil, to + 1
        end
    end
    if pending then
        names[pending] = true
    end
    return names
end

return M
