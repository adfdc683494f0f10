-- Is the model going round in circles? The same call with the same arguments `limit` times in a row, or a cycle
-- of up to four calls that comes round `limit` times.

local parts = ...
local encode = parts.moon_json.encode
local ipairs, concat = ipairs, table.concat

local MAX_CYCLE = 4
local SHOWN_BYTES = 200

local loops = {}

-- Do the last `length` * `limit` entries of the history repeat its last `length`?
local function comes_round(history, length, limit)
    local n = #history
    if n < length * limit then
        return false
    end
    for i = n - length * limit + 1, n - length do
        if history[i].key ~= history[i + length].key then
            return false
        end
    end
    return true
end

local function describe(history, length, limit)
    local names, calls = {}, {}
    for i = #history - length + 1, #history do
        local one = history[i].call
        names[#names + 1] = one.name .. "(" .. parts.moon_text.truncate(encode(one.arguments), SHOWN_BYTES) .. ")"
        calls[#calls + 1] = { name = one.name, arguments = one.arguments }
    end
    return { text = concat(names, ", ") .. ", " .. limit .. " times", calls = calls }
end

-- Adds the calls that are well made to the history. Returns what is repeated, as {text, calls}, or nil.
function loops.find(history, entries, limit)
    for _, entry in ipairs(entries) do
        if not entry.problem then
            history[#history + 1] = { call = entry.call, key = entry.call.name .. " " .. encode(entry.call.arguments) }
            for length = 1, MAX_CYCLE do
                if comes_round(history, length, limit) then
                    return describe(history, length, limit)
                end
            end
        end
    end
end

return loops
