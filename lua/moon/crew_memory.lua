-- What a crew knows: in a run, sentences of earlier tasks that have to do with the task at hand; from
-- run to run, a collection of moon.memory.

local parts = ...
local text = parts.moon_text
local lower, ipairs, sort, sub = string.lower, ipairs, table.sort, string.sub

local SCANNED_BYTES, PIECE_CHARS, KEPT_CHARS, QUERY_CHARS = 20000, 400, 8000, 1000
local LEAST_LETTERS = 4 -- of a word that says what a text is about

local memory = {}

local function topics(of)
    local set = {}
    for _, word in ipairs(text.words(lower(of))) do
        if #word >= LEAST_LETTERS then
            set[word] = true
        end
    end
    return set
end

-- How many of the topics a piece names.
local function shared(piece, about)
    local count, seen = 0, {}
    for _, word in ipairs(text.words(lower(piece))) do
        if about[word] and not seen[word] then
            count, seen[word] = count + 1, true
        end
    end
    return count
end

local function pieces_of(result)
    local list = {}
    for _, line in ipairs(text.lines(sub(result.text, 1, SCANNED_BYTES))) do
        for _, sentence in ipairs(text.sentences(line)) do
            list[#list + 1] = sentence
        end
    end
    return list
end

-- The best sentences of earlier results, with the task that they are from.
function memory.facts(def, task, results)
    local about, found, facts = topics(task.description .. " " .. task.expected_output), {}, {}
    for _, result in ipairs(def.memory and results or {}) do
        for _, piece in ipairs(pieces_of(result)) do
            local score = shared(piece, about)
            if score > 0 then
                found[#found + 1] = { score = score, at = #found, piece = piece, task = result.task }
            end
        end
    end
    sort(found, function(a, b)
        if a.score ~= b.score then
            return a.score > b.score
        end
        return a.at < b.at
    end)
    for i = 1, math.min(#found, def.memory and def.memory.facts or 0) do
        facts[i] = text.truncate(found[i].piece, PIECE_CHARS) .. " (" .. found[i].task .. ")"
    end
    return facts
end

-- What earlier runs left in the collection about this.
function memory.recall(def, query)
    local list = {}
    if not def.memory or not def.memory.collection then
        return list
    end
    local found = parts.moon_memory.search(def.memory.collection, text.truncate(query, QUERY_CHARS),
        { limit = def.memory.limit })
    for i, document in ipairs(found.documents) do
        list[i] = (document.title and document.title .. ": " or "")
            .. text.truncate(text.squeeze(document.body), PIECE_CHARS)
    end
    return list
end

-- Keeps a task's result for later runs.
function memory.keep(def, query, result)
    if not def.memory or not def.memory.collection or result.text == "" then
        return
    end
    parts.moon_memory.upsert(def.memory.collection, { {
        id = "crew-" .. parts.host.uuid(), title = text.truncate(text.squeeze(query), 200),
        body = text.truncate(result.text, KEPT_CHARS),
        metadata = { crew = def.name, task = result.task, agent = result.agent },
    } })
end

return memory
