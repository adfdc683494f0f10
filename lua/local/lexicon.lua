-- The built-in word lists, ready to be looked up: which concepts a text speaks of, how strongly, and in
-- which language the words were. A language's words are indexed when they are first needed: the model is
-- loaded for every request. Look-up is linear in the number of words.

local tokenize = require "local.tokenize"

local M = {}

local LANGUAGES = { "en", "de", "fr", "es", "it", "nl", "pt" }
local MAX_PHRASE_WORDS = 5
local MIN_PREFIX, MAX_PREFIX = 3, 20

M.concepts = {} -- id -> {id, order, topics = {topic = share}, search, tone = bool}
M.order = {}    -- ids in the order of the rows
M.topics = {}   -- names of all topics, sorted

local rows_of = {} -- id -> its row
local indexes = {} -- language -> {exact, prefixes, suffixes, phrase_words}

local function load_rows(rows, is_tone)
  for _, row in ipairs(rows) do
    local concept = { id = row[1], order = #M.order + 1, topics = {}, search = row[3], tone = is_tone }
    for topic, share in row[2]:gmatch("([%w_]+)=([%d%.]+)") do concept.topics[topic] = tonumber(share) end
    M.concepts[concept.id], M.order[concept.order], rows_of[concept.id] = concept, concept.id, row
  end
end

load_rows(require "local.topics", false)
load_rows(require "local.tone", true)

do
  local seen = {}
  for _, id in ipairs(M.order) do
    for topic in pairs(M.concepts[id].topics) do
      if not seen[topic] then
        seen[topic] = true
        M.topics[#M.topics + 1] = topic
      end
    end
  end
  table.sort(M.topics)
end

-- ---------------------------------------------------------------------------- the index

local function add(list_of, key, entry)
  local list = list_of[key]
  if list then list[#list + 1] = entry else list_of[key] = { entry } end
end

local function add_phrase(index, term, is_prefix, entry)
  local words, first, n = "", nil, 0
  for word in term:gmatch("[%w\128-\255]+") do
    first, n, words = first or word, n + 1, n == 0 and word or words .. " " .. word
  end
  if n > 1 then
    index.phrase_words[first] = math.max(index.phrase_words[first] or 0, n)
    add(index.exact, is_prefix and words .. "*" or words, entry)
  elseif n == 1 then
    add(is_prefix and index.prefixes or index.exact, words, entry)
  end
end

-- German is also written without umlauts.
local UMLAUTS = { ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue" }

local function add_terms(index, concept, terms)
  local entries = {} -- one per weight
  for before, term, after, weight in tokenize.fold(terms):gmatch("(%*?)([^%s,=%*][^,=%*]*)(%*?)=?([%d%.]*)") do
    local entry = entries[weight]
    if not entry then
      entry = { concept = concept, weight = tonumber(weight) or 2, language = index.language }
      entries[weight] = entry
    end
    if term:find("[^%w\128-\255]") then
      add_phrase(index, term, after ~= "", entry)
    else
      add(before ~= "" and index.suffixes or after ~= "" and index.prefixes or index.exact, term, entry)
    end
  end
end

local function index_of(language)
  local index, column = indexes[language], nil
  if index then return index end
  for i, name in ipairs(LANGUAGES) do column = name == language and 3 + i or column end
  if not column then return nil end
  index = { language = language, exact = {}, prefixes = {}, suffixes = {}, phrase_words = {} }
  indexes[language] = index
  for _, id in ipairs(M.order) do
    local terms = rows_of[id][column] or ""
    add_terms(index, id, terms)
    local spelled, count = terms, 0
    if language == "de" then spelled, count = terms:gsub("\195[\164\182\188]", UMLAUTS) end
    if count > 0 then add_terms(index, id, spelled) end
  end
  return index
end

-- ---------------------------------------------------------------------------- looking up

local function find_phrase(index, words, i, hit)
  local longest = index.phrase_words[words[i]]
  if not longest then return end
  for n = math.min(longest, MAX_PHRASE_WORDS, #words - i + 1), 2, -1 do
    local key = table.concat(words, " ", i, i + n - 1)
    if index.exact[key] then return hit(index.exact[key], i, i + n - 1, key) end
    local last, head = words[i + n - 1], table.concat(words, " ", i, i + n - 2) .. " "
    for size = MIN_PREFIX, math.min(#last, MAX_PREFIX) do
      key = head .. last:sub(1, size) .. "*"
      if index.exact[key] then return hit(index.exact[key], i, i + n - 1, key) end
    end
  end
end

local function find_word(index, words, i, hit)
  local word = words[i]
  if index.exact[word] then hit(index.exact[word], i, i, word) end
  for size = MIN_PREFIX, math.min(#word, MAX_PREFIX) do
    local key = word:sub(1, size)
    if index.prefixes[key] then hit(index.prefixes[key], i, i, key) end
  end
  if #word >= 9 then
    for size = 5, math.min(#word - 3, MAX_PREFIX) do
      local key = word:sub(-size)
      if index.suffixes[key] then hit(index.suffixes[key], i, i, key) end
    end
  end
end

-- All places where terms occur in a list of folded words: {{entries, from, to, key}}. `language`: the text's; its
-- words and English ones are looked up. nil: those of all languages. Words inside a phrase count on their own too, so
-- that "card declined" is also a card.
function M.find(words, language)
  local hits, chosen, last = {}, {}, {}
  for _, name in ipairs(LANGUAGES) do
    if not language or name == "en" or name == language then chosen[#chosen + 1] = index_of(name) end
  end
  -- the same term in two languages is one hit
  local function hit(entries, from, to, key)
    local known = last[key]
    if known and known.from == from then
      local all = {}
      for _, entry in ipairs(known.entries) do all[#all + 1] = entry end
      for _, entry in ipairs(entries) do all[#all + 1] = entry end
      known.entries = all
      return
    end
    last[key] = { entries = entries, from = from, to = to, key = key }
    hits[#hits + 1] = last[key]
  end
  for i = 1, #words do
    for k = 1, #chosen do
      find_phrase(chosen[k], words, i, hit)
      find_word(chosen[k], words, i, hit)
    end
  end
  return hits
end

-- Which language the terms found speak for: {language = weight}; words that several languages share say little.
function M.languages(hits)
  local evidence = {}
  for _, one in ipairs(hits) do
    local seen, count = {}, 0
    for _, entry in ipairs(one.entries) do
      if not seen[entry.language] then seen[entry.language], count = true, count + 1 end
    end
    if count <= 2 then
      for language in pairs(seen) do evidence[language] = (evidence[language] or 0) + 0.8 / count end
    end
  end
  return evidence
end

-- Adds up what the hits say: {concept = score}. `weight(i)` (or nil) is how much the word at place i counts. The same
-- term counts less each time, and further terms of a concept a little less, so that length does not decide.
function M.scores(hits, weight)
  local scores, seen = {}, {}
  for _, one in ipairs(hits) do
    local best = {}
    for _, entry in ipairs(one.entries) do
      if entry.weight > (best[entry.concept] or 0) then best[entry.concept] = entry.weight end
    end
    for concept, value in pairs(best) do
      local place = weight and weight(one.from) or 1
      local counts = seen[concept] or { terms = 0 }
      seen[concept] = counts
      local times = counts[one.key] or 0
      counts[one.key], counts.terms = times + 1, counts.terms + (times == 0 and 1 or 0)
      scores[concept] = (scores[concept] or 0) + value * place / (1 + times * 0.7 + (counts.terms - 1) * 0.25)
    end
  end
  return scores
end

-- The concepts of a short text: {concept = score}.
function M.concepts_in(text, language)
  return M.scores(M.find(tokenize.words(text), language))
end

return M
