-- The articles that may answer the ticket: one search.

local moon = require "moon"
local clean = require "clean"

local MAX_QUERY_BYTES = 400

-- English key words, and the subject for articles in the ticket's own language.
local function query_of(input, facts)
  local words = table.concat(facts.search_terms, " ")
  local subject = clean.line(input.subject or "")
  local query = (words .. " " .. subject):gsub("[^%w\128-\255 ]", " "):gsub("%s+", " ")
  return clean.cut(query, MAX_QUERY_BYTES)
end

-- Articles in the ticket's language first, when the articles say which language they are in.
local function own_language_first(documents, language, n)
  local list = {}
  for pass = 1, 2 do
    for _, document in ipairs(documents) do
      local is_own = document.metadata ~= nil and document.metadata.language == language
      if #list < n and is_own == (pass == 1) then list[#list + 1] = document end
    end
  end
  return list
end

return function(input, facts, settings)
  local query = query_of(input, facts)
  if not query:find("%S") then return {} end
  local found = moon.memory.search(settings.collection, query, { limit = settings.passages * 2 }).documents
  return own_language_first(found, facts.language, settings.passages)
end
