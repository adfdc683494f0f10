-- Tokens of Lua, as far as expressions go: {kind, value, at, to}; kind is number, text, name, op or end.

local byte, char, find, match, sub = string.byte, string.char, string.find, string.match, string.sub

local M = {}

function M.fail(at, message)
    error({ problem = true, at = at, message = message, code = "lua" }, 0)
end

local fail = M.fail

local ESCAPES = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'",
    ["\n"] = "\n" }

-- The character of an escape whose backslash is at `at`, and the byte after it.
local function escape(source, at)
    local c = sub(source, at + 1, at + 1)
    if ESCAPES[c] then
        return ESCAPES[c], at + 2
    elseif c == "z" then
        return "", find(source, "%S", at + 2) or #source + 1
    end
    local hex = match(source, "^x(%x%x)", at + 1)
    if hex then
        return char(tonumber(hex, 16)), at + 4
    end
    local digits = match(source, "^%d%d?%d?", at + 1)
    if not digits or tonumber(digits) > 255 then
        fail(at, "this escape is not known")
    end
    return char(tonumber(digits)), at + 1 + #digits
end

local function text(source, at)
    local quote, parts, here = sub(source, at, at), {}, at + 1
    while true do
        local from, to = find(source, "^[^\\\n" .. quote .. "]+", here)
        if from then
            parts[#parts + 1], here = sub(source, from, to), to + 1
        end
        local c = sub(source, here, here)
        if c == quote then
            return { kind = "text", value = table.concat(parts), at = at, to = here }
        elseif c ~= "\\" then
            fail(at, "this text has no end")
        end
        parts[#parts + 1], here = escape(source, here)
    end
end

-- [[...]] or [==[...]==] at `at`; nil when it is not one.
local function long_text(source, at)
    local marks, from = match(source, "^%[(=*)%[()", at)
    if not marks then
        return nil
    end
    from = match(source, "^\r?\n()", from) or from
    local stop, to = find(source, "]" .. marks .. "]", from, true)
    if not stop then
        fail(at, "this text has no end")
    end
    return { kind = "text", value = sub(source, from, stop - 1), at = at, to = to }
end

local function number(source, at)
    local to = select(2, find(source, "^0[xX]%x+", at)) or select(2, find(source, "^%d*%.?%d*", at))
    to = select(2, find(source, "^[eE][+-]?%d+", to + 1)) or to
    local value = tonumber(sub(source, at, to))
    if not value then
        fail(at, "this is no number")
    end
    return { kind = "number", value = value, at = at, to = to }
end

-- The first byte at or after `at` that is neither white space nor comment.
function M.skip(source, at)
    while true do
        at = find(source, "%S", at) or #source + 1
        if sub(source, at, at + 1) ~= "--" then
            return at
        end
        local long = long_text(source, at + 2)
        at = long and long.to + 1 or find(source, "\n", at, true) or #source + 1
    end
end

function M.next(source, at)
    at = M.skip(source, at)
    if at > #source then
        return { kind = "end", value = "", at = at, to = #source }
    end
    local c = byte(source, at)
    local name = match(source, "^[%a_][%w_]*", at)
    if name then
        return { kind = "name", value = name, at = at, to = at + #name - 1 }
    elseif c == 34 or c == 39 then
        return text(source, at)
    elseif (c >= 48 and c <= 57) or find(source, "^%.%d", at) then
        -- "1..2" is not a number, but "1 .. 2" is what is printed
        return number(source, at)
    end
    local long = c == 91 and long_text(source, at)
    if long then
        return long
    end
    for length = 3, 1, -1 do
        local op = match(source, "^%p+", at) or ""
        op = sub(op, 1, length)
        if op == "..." or op == ".." or op == "==" or op == "~=" or op == "<=" or op == ">=" or #op == 1 then
            return { kind = "op", value = op, at = at, to = at + #op - 1 }
        end
    end
    return fail(at, "this letter is not Lua's")
end

return M
