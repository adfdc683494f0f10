-- Lua names for nodes, from their titles: "Look up order #2" is look_up_order_2. No two alike, no word of
-- Lua, nothing that the Lua calls its own or an expression's functions call their argument.

local words = require "compiler.words"

local MAX_LENGTH = 40

local M = {}

local LETTERS = { ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue", ["ß"] = "ss", ["é"] = "e", ["è"] = "e", ["ê"] = "e", ["á"] = "a",
    ["à"] = "a", ["â"] = "a", ["í"] = "i", ["ó"] = "o", ["ô"] = "o", ["ú"] = "u", ["ñ"] = "n", ["ç"] = "c", ["å"] = "a", ["ø"] = "o",
    ["Ä"] = "ae", ["Ö"] = "oe", ["Ü"] = "ue", ["É"] = "e" }

-- A title as a name; "" when it has no letter that a name may have.
function M.slug(title)
    local text = title:gsub("[\194-\244][\128-\191]+", LETTERS):lower()
    text = text:gsub("[^%w]+", "_"):gsub("^_+", "")
    if #text > MAX_LENGTH then
        text = text:sub(1, MAX_LENGTH):gsub("_[^_]*$", "")
    end
    text = text:gsub("_+$", "")
    return text:find("^%d") and "n" .. text or text
end

-- The name, or with the first number behind it that makes it free. taken: {name = true}; gains it.
function M.free(wanted, taken, reserved)
    local name, n = wanted, 1
    while taken[name] or reserved and reserved[name] do
        n = n + 1
        name = wanted .. "_" .. n
    end
    taken[name] = true
    return name
end

-- A free name for what has this title.
function M.unique(title, id, taken)
    local base = M.slug(title)
    return M.free(base ~= "" and base or id, taken, words.reserved)
end

return M
