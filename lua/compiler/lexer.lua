-- Tokens of the expression language: {kind, value, at, to}, kind being number, text, name, op or end;
-- at and to are the first and last byte.

local byte, find, match, sub = string.byte, string.find, string.match, string.sub

local ESCAPES = { n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

-- What people write who come from other languages -> what is right here.
local WRONG = {
    ["==="] = "==", ["!=="] = "!=", ["~="] = "!=", ["<>"] = "!=", ["&&"] = "and", ["||"] = "or",
    ["="] = "==", ["!"] = "not", ["&"] = "..", ["**"] = "* (there is no power)",
    ["?"] = "when(condition, x, y)", ["??"] = "default(x, y)", ["?."] = ".", ["|"] = "a function",
}

local OPERATORS = {}
for operator in ("== != <= >= => .. < > + - * / % . , : ( ) [ ] { }"):gmatch("%S+") do
    OPERATORS[operator] = true
end

local lexer = {}

-- Raises a problem; attempt() catches it.
function lexer.fail(at, message, expected, code)
    error({ problem = true, at = at, message = message, expected = expected, code = code or "syntax" }, 0)
end

local fail = lexer.fail

-- What read(...) returns; nil and the problem when it raises one.
function lexer.attempt(read, ...)
    local ok, tree, to = pcall(read, ...)
    if ok then
        return tree, to
    elseif type(tree) ~= "table" or not tree.problem then
        error(tree, 0)
    end
    return nil, tree
end

-- The letter of UTF-8 at a byte, for messages.
local function letter(source, at)
    local c = match(source, "^[%z\1-\127\194-\244][\128-\191]*", at) or "?"
    return find(c, "^%c") and "a control character" or "'" .. c .. "'"
end

local function text(source, at)
    local quote, parts, from = sub(source, at, at), {}, at + 1
    local here = from
    while true do
        here = find(source, "[\\\n" .. quote .. "]", here)
        local c = here and sub(source, here, here)
        if not here or c == "\n" then
            fail(at, "this text has no closing " .. quote, quote)
        end
        parts[#parts + 1] = sub(source, from, here - 1)
        if c == quote then
            return { kind = "text", value = table.concat(parts), at = at, to = here }
        end
        local escape = sub(source, here + 1, here + 1)
        if not ESCAPES[escape] then
            fail(here, "there is no escape '\\" .. escape .. "' in texts", "\\n \\t \\\\ \\\" or \\'")
        end
        parts[#parts + 1] = ESCAPES[escape]
        here, from = here + 2, here + 2
    end
end

local function number(source, at)
    local to = select(2, find(source, "^%d+", at))
    to = select(2, find(source, "^%.%d+", to + 1)) or to
    to = select(2, find(source, "^[eE][+-]?%d+", to + 1)) or to
    if find(source, "^[%a_]", to + 1) then
        fail(at, "a name cannot begin with a digit, and a number not end with a letter", "a number")
    end
    local value = tonumber(sub(source, at, to))
    if not value or value == math.huge then
        fail(at, "this number is too large", "a number below 1e308")
    end
    return { kind = "number", value = value, at = at, to = to }
end

local function operator(source, at)
    for length = 3, 1, -1 do
        local op = sub(source, at, at + length - 1)
        if #op == length then
            if WRONG[op] then
                fail(at, "'" .. op .. "' is not written here; write " .. WRONG[op], WRONG[op])
            end
            if OPERATORS[op] then
                return { kind = "op", value = op, at = at, to = at + length - 1 }
            end
        end
    end
    return fail(at, letter(source, at) .. " has no meaning here", "an expression")
end

-- The token that begins at or after byte `at`.
function lexer.next(source, at)
    at = find(source, "[^ \t\r\n]", at)
    if not at then
        return { kind = "end", value = "", at = #source + 1, to = #source }
    end
    local c = byte(source, at)
    if c >= 48 and c <= 57 then
        return number(source, at)
    elseif c == 34 or c == 39 then
        return text(source, at)
    end
    local name = match(source, "^[%a_][%w_]*", at)
    if name then
        return { kind = "name", value = name, at = at, to = at + #name - 1 }
    end
    return operator(source, at)
end

-- A token in a message.
function lexer.show(token)
    if token.kind == "end" then
        return "the end"
    elseif token.kind == "text" then
        return "a text"
    end
    return "'" .. tostring(token.value) .. "'"
end

-- The number of the character at a byte, from 1.
function lexer.character(source, at)
    local n = 1
    for i = 1, math.min(at - 1, #source) do
        local c = byte(source, i)
        if c < 128 or c >= 192 then
            n = n + 1
        end
    end
    return n
end

return lexer
