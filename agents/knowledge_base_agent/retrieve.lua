-- Several searches in several collections, merged by reciprocal rank: what stands high in many lists comes first.

local moon = require "moon"
local words = require "words"
local glossary = require "glossary"
local versions = require "versions"

local M = {}

local PER_SEARCH = 8 -- documents of one search
local RANK = 60      -- so many ranks count about the same; the usual constant of reciprocal rank fusion

-- One for each query and collection.
function M.plan(queries, settings)
  local list = {}
  for _, query in ipairs(queries) do
    for _, collection in ipairs(settings.collections) do
      list[#list + 1] = { collection = collection, query = query }
    end
  end
  return list
end

function M.search(item, filters)
  local opts = { limit = PER_SEARCH }
  if filters and next(filters) ~= nil then opts.filter = filters end
  return { collection = item.collection, documents = moon.memory.search(item.collection, item.query, opts).documents }
end

-- The documents of all hits, the best first, each once.
function M.merge(hits)
  local by_key, list = {}, {}
  for _, hit in ipairs(hits) do
    for rank, document in ipairs(hit.documents) do
      local key = hit.collection .. "/" .. document.id
      local one = by_key[key]
      if not one then
        one = { id = document.id, title = document.title or document.id, body = document.body,
          metadata = document.metadata, collection = hit.collection, score = 0, order = #list + 1 }
        by_key[key], list[#list + 1] = one, one
      end
      one.score = one.score + 1 / (RANK + rank)
    end
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.order < b.order
  end)
  return list
end

local function stems_of(document)
  return (words.stems(document.title .. "\n" .. document.body))
end

-- How much of the question a document speaks of: rare words count more, the title's twice. Words of the glossary count
-- for those that the question has.
local function cover(documents, question, settings)
  local wanted, all, counts = words.stems(question .. " " .. table.concat(glossary(question, settings.glossary), " ")),
    {}, {}
  for i, document in ipairs(documents) do
    all[i] = stems_of(document)
    for stem in pairs(wanted) do counts[stem] = (counts[stem] or 0) + (all[i][stem] and 1 or 0) end
  end
  for i, document in ipairs(documents) do
    local title, score = words.stems(document.title), 0
    for _, stem in ipairs(words.sorted(wanted)) do
      local worth = math.log(1 + #documents / math.max(counts[stem], 1))
      if all[i][stem] then score = score + worth end
      if title[stem] then score = score + worth end
    end
    document.cover = score
  end
end

local function in_language(document, language)
  local own = document.metadata and document.metadata.language
  return own == nil or own == language
end

-- The best `n` that are in force: by rank in the searches and by the question's words. Those in the question's own language
-- come first when they are alike.
function M.sift(hits, question, language, settings)
  local found, n = M.merge(hits), settings.passages
  local kept, dropped = versions(found)
  cover(kept, question, settings)
  local most = 1e-9
  for _, document in ipairs(kept) do most = math.max(most, document.cover) end
  for _, document in ipairs(kept) do
    local own = in_language(document, language) and 0.2 or 0
    document.rank = document.cover / most + document.score * RANK / 4 + own
  end
  table.sort(kept, function(a, b)
    if a.rank ~= b.rank then return a.rank > b.rank end
    return a.order < b.order
  end)
  local passages = {}
  for i = 1, math.min(n, #kept) do
    local one = kept[i]
    passages[i] = { id = one.id, title = one.title, body = one.body, metadata = one.metadata,
      cover = one.cover / most }
  end
  return passages, dropped, #found
end

return M
