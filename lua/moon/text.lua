-- moon.text: small work on text. Text is UTF-8; lengths count characters, case is ASCII's.

local error, type, select = error, type, select
local byte, find, gsub, gmatch, lower, match, sub = string.byte, string.find, string.gsub, string.gmatch,
    string.lower, string.match, string.sub
local concat = table.concat

local text = {}

local function check(value)
    if type(value) ~= "string" then
        error("a text is expected, not a " .. type(value), 3)
    end
    return value
end

function text.trim(s)
    check(s)
    local from = match(s, "^%s*()")
    return from > #s and "" or match(s, ".*%S", from)
end

-- One space for every run of white space, none at the ends.
function text.squeeze(s)
    return text.trim((gsub(check(s), "%s+", " ")))
end

-- The parts of s between separators (plain text); at most `limit` parts, the last one being the rest.
function text.split(s, separator, limit)
    check(s)
    separator = separator or ","
    if separator == "" then
        error("the separator is empty", 2)
    end
    local list, at = {}, 1
    while not limit or #list < limit - 1 do
        local from, to = find(s, separator, at, true)
        if not from then
            break
        end
        list[#list + 1] = sub(s, at, from - 1)
        at = to + 1
    end
    list[#list + 1] = sub(s, at)
    return list
end

function text.lines(s)
    local list = {}
    for line in gmatch((gsub(check(s), "\r\n?", "\n")) .. "\n", "(.-)\n") do
        list[#list + 1] = line
    end
    if list[#list] == "" then
        list[#list] = nil
    end
    return list
end

-- Letters, digits and everything beyond ASCII; apostrophes and hyphens within.
function text.words(s)
    local list = {}
    for word in gmatch(check(s), "[%w\128-\255][%w\128-\255'-]*") do
        list[#list + 1] = gsub(word, "['-]+$", "")
    end
    return list
end

-- The sentences of s, by the marks that end them.
function text.sentences(s)
    local list, rest = {}, text.squeeze(s)
    while rest ~= "" do
        local to = find(rest, "[.!?]+[\"')%]]*%s")
        if to then
            to = select(2, find(rest, "^[.!?]+[\"')%]]*", to))
        end
        list[#list + 1] = sub(rest, 1, to or #rest)
        rest = text.trim(sub(rest, (to or #rest) + 1))
    end
    return list
end

-- The byte at which character n + 1 begins, or nil when s has no more than n.
local function offset_after(s, n)
    local at = 1
    for _ = 1, n do
        if at > #s then
            return nil
        end
        repeat
            at = at + 1
            local b = byte(s, at)
        until not b or b < 128 or b >= 192
    end
    return at <= #s and at or nil
end

function text.length(s)
    local _, continued = gsub(check(s), "[\128-\191]", "")
    return #s - continued
end

-- At most n characters, of which the last are `mark` if something was cut off.
function text.truncate(s, n, mark)
    check(s)
    mark = mark or "..."
    if not offset_after(s, n) then
        return s
    end
    local keep = n - text.length(mark)
    if keep < 0 then
        keep, mark = n, ""
    end
    local cut = sub(s, 1, (offset_after(s, keep) or #s + 1) - 1)
    return (gsub(cut, "%s+$", "")) .. mark
end

function text.starts_with(s, prefix)
    return sub(check(s), 1, #prefix) == prefix
end

function text.ends_with(s, suffix)
    return suffix == "" or sub(check(s), -#suffix) == suffix
end

-- Plain text; without regard to case unless opts.case is true.
function text.contains(s, needle, opts)
    check(s)
    check(needle)
    if not (opts and opts.case) then
        s, needle = lower(s), lower(needle)
    end
    return find(s, needle, 1, true) ~= nil
end

local FOLDED = {
    ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue", ["Ä"] = "ae", ["Ö"] = "oe", ["Ü"] = "ue", ["ß"] = "ss",
    ["à"] = "a", ["á"] = "a", ["â"] = "a", ["ã"] = "a", ["å"] = "a", ["ç"] = "c", ["è"] = "e", ["é"] = "e",
    ["ê"] = "e", ["ë"] = "e", ["ì"] = "i", ["í"] = "i", ["î"] = "i", ["ï"] = "i", ["ñ"] = "n", ["ò"] = "o",
    ["ó"] = "o", ["ô"] = "o", ["õ"] = "o", ["ø"] = "o", ["ù"] = "u", ["ú"] = "u", ["û"] = "u", ["ý"] = "y",
}

-- For addresses and names of files: lower case, digits and hyphens only.
function text.slug(s)
    local folded = gsub(check(s), "[\194-\244][\128-\191]*", FOLDED)
    return (gsub(gsub(lower(folded), "[^%w]+", "-"), "^%-*(.-)%-*$", "%1"))
end

-- Lines of at most `width` characters, broken at spaces; a longer word has a line of its own.
function text.wrap(s, width)
    width = width or 80
    local out = {}
    for _, paragraph in ipairs(text.lines(s)) do
        local line, length = {}, -1
        for word in gmatch(paragraph, "%S+") do
            local n = text.length(word)
            if #line > 0 and length + 1 + n > width then
                out[#out + 1] = concat(line, " ")
                line, length = {}, -1
            end
            line[#line + 1] = word
            length = length + 1 + n
        end
        out[#out + 1] = concat(line, " ")
    end
    return concat(out, "\n")
end

local function pairs_of_letters(s)
    local counts, total = {}, 0
    for _, word in ipairs(text.words(lower(s))) do
        word = " " .. word .. " "
        for i = 1, #word - 1 do
            local two = sub(word, i, i + 1)
            counts[two] = (counts[two] or 0) + 1
            total = total + 1
        end
    end
    return counts, total
end

-- From 0 to 1: the share of neighbouring letters that both have (Dice's coefficient).
function text.similarity(a, b)
    local counts, n = pairs_of_letters(check(a))
    local others, m = pairs_of_letters(check(b))
    if n + m == 0 then
        return a == b and 1 or 0
    end
    local shared = 0
    for two, count in pairs(others) do
        shared = shared + math.min(count, counts[two] or 0)
    end
    return 2 * shared / (n + m)
end

return text
