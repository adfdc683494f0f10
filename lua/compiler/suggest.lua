-- "Did you mean": the nearest of some names.

local byte, floor, min, sub = string.byte, math.floor, math.min, string.sub

local MAX_LENGTH = 64

-- Edits (insert, delete, replace, swap neighbours) between two short texts.
local function distance(a, b)
    local before, previous = {}, {}
    for j = 0, #b do
        previous[j] = j
    end
    for i = 1, #a do
        local current = { [0] = i }
        for j = 1, #b do
            local same = byte(a, i) == byte(b, j)
            local best = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same and 0 or 1))
            if i > 1 and j > 1 and byte(a, i) == byte(b, j - 1) and byte(a, i - 1) == byte(b, j) then
                best = min(best, before[j - 2] + 1)
            end
            current[j] = best
        end
        before, previous = previous, current
    end
    return previous[#b]
end

local suggest = {}

-- The candidate nearest to the word, nil when none is near. Of equals the first in order.
function suggest.nearest(word, candidates)
    if #word > MAX_LENGTH then
        return nil
    end
    local best, best_distance = nil, floor(#word / 3) + 1
    for _, candidate in ipairs(candidates) do
        if #candidate <= MAX_LENGTH and candidate ~= word then
            local d = distance(word:lower(), candidate:lower())
            if #word >= 3 and sub(candidate, 1, #word) == word then
                d = min(d, 1)
            end
            if d < best_distance then
                best, best_distance = candidate, d
            end
        end
    end
    return best
end

-- "; did you mean 'x'?", or nothing.
function suggest.hint(word, candidates)
    local nearest = suggest.nearest(word, candidates)
    return nearest and "; did you mean '" .. nearest .. "'?" or ""
end

-- The keys of a table, sorted: candidates, and an order for what has none.
function suggest.keys(of)
    local list = {}
    for key in pairs(type(of) == "table" and of or {}) do
        if type(key) == "string" then
            list[#list + 1] = key
        end
    end
    table.sort(list)
    return list
end

return suggest
