-- The built-in word lists, ready to be looked up: which concepts a text speaks of, how strongly, and in
-- which language the words were. Look-up is linear in the number of words.

local tokenize = require "local.tokenize"

local M = {}

local LANGUAGES = { "en", "de", "fr", "es", "it", "nl", "pt" }
local MAX_PHRASE_WORDS = 5
local MIN_PREFIX, MAX_PREFIX = 3, 20
local FOREIGN_SHARE = 0.25 -- what a term counts when the text is clearly in another language

M.concepts = {} -- id -> {id, order, topics = {topic = share}, search, tone = bool}
M.order = {}    -- ids in the order of the rows
M.topics = {}   -- names of all topics, sorted

local exact, prefixes, suffixes = {}, {}, {} -- key -> list of {concept, weight, language}
local phrase_words = {}                      -- first word -> most words of a phrase that begins so

local function add(index, key, entry)
  local list = index[key]
  if list then list[#list + 1] = entry else index[key] = { entry } end
end

local function add_phrase(term, is_prefix, entry)
  local words, first, n = "", nil, 0
  for word in term:gmatch("[%w\128-\255]+") do
    first, n, words = first or word, n + 1, n == 0 and word or words .. " " .. word
  end
  if n > 1 then
    phrase_words[first] = math.max(phrase_words[first] or 0, n)
    add(exact, is_prefix and words .. "*" or words, entry)
  elseif n == 1 then
    add(is_prefix and prefixes or exact, words, entry)
  end
end

-- German is also written without umlauts.
local UMLAUTS = { ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue" }

-- This runs whenever the model is loaded: one pass over the folded text, one entry per weight.
local function load_terms(concept, language, terms, is_respelled)
  local entries = {}
  for before, term, after, weight in tokenize.fold(terms):gmatch("(%*?)([^%s,=%*][^,=%*]*)(%*?)=?([%d%.]*)") do
    local entry = entries[weight]
    if not entry then
      entry = { concept = concept, weight = tonumber(weight) or 2, language = language }
      entries[weight] = entry
    end
    if term:find("[^%w\128-\255]") then
      add_phrase(term, after ~= "", entry)
    else
      add(before ~= "" and suffixes or after ~= "" and prefixes or exact, term, entry)
    end
  end
  if language ~= "de" or is_respelled then return end
  local spelled, count = terms:gsub("\195[\164\182\188]", UMLAUTS)
  if count > 0 then load_terms(concept, "de", spelled, true) end
end

local function load_rows(rows, is_tone)
  for _, row in ipairs(rows) do
    local concept = { id = row[1], order = #M.order + 1, topics = {}, search = row[3], tone = is_tone }
    for topic, share in row[2]:gmatch("([%w_]+)=([%d%.]+)") do concept.topics[topic] = tonumber(share) end
    M.concepts[concept.id] = concept
    M.order[concept.order] = concept.id
    for i, language in ipairs(LANGUAGES) do load_terms(concept.id, language, row[3 + i] or "") end
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

-- Appends the entries found to `found` as one occurrence.
local function hit(hits, list, from, to, kind)
  hits[#hits + 1] = { entries = list, from = from, to = to, kind = kind }
end

local function phrase_hit(words, i, hits)
  local longest = phrase_words[words[i]]
  if not longest then return nil end
  for n = math.min(longest, MAX_PHRASE_WORDS, #words - i + 1), 2, -1 do
    local key = table.concat(words, " ", i, i + n - 1)
    local list = exact[key]
    if list then
      hit(hits, list, i, i + n - 1, "phrase")
      return n
    end
    local last = words[i + n - 1]
    local head = table.concat(words, " ", i, i + n - 2) .. " "
    for size = MIN_PREFIX, math.min(#last, MAX_PREFIX) do
      list = exact[head .. last:sub(1, size) .. "*"]
      if list then
        hit(hits, list, i, i + n - 1, "phrase")
        return n
      end
    end
  end
end

local function word_hit(words, i, hits)
  local word = words[i]
  if exact[word] then hit(hits, exact[word], i, i, "word") end
  for size = MIN_PREFIX, math.min(#word, MAX_PREFIX) do
    local list = prefixes[word:sub(1, size)]
    if list then hit(hits, list, i, i, "word") end
  end
  if #word >= 9 then
    for size = 5, math.min(#word - 3, MAX_PREFIX) do
      local list = suffixes[word:sub(-size)]
      if list then hit(hits, list, i, i, "word") end
    end
  end
end

-- All places where terms occur in a list of folded words: {{entries, from, to, kind}}. Words inside a
-- phrase count on their own too, as part of it, so that "card declined" is also a card.
function M.find(words)
  local hits = {}
  for i = 1, #words do
    phrase_hit(words, i, hits)
    word_hit(words, i, hits)
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

-- Adds up what the hits say: {concept = score}. `language` (or nil) discounts terms of other languages than
-- it and English; `weight(i)` (or nil) is how much the word at place i counts. The same term counts less each
-- time, and further terms of a concept a little less, so that length does not decide.
function M.scores(hits, language, weight)
  local scores, seen = {}, {}
  for _, one in ipairs(hits) do
    local best = {}
    for _, entry in ipairs(one.entries) do
      local share = (not language or entry.language == language or entry.language == "en") and 1 or FOREIGN_SHARE
      local value = entry.weight * share
      if value > (best[entry.concept] or 0) then best[entry.concept] = value end
    end
    for concept, value in pairs(best) do
      local place = weight and weight(one.from) or 1
      local counts = seen[concept] or { terms = 0 }
      seen[concept] = counts
      local times = counts[one.entries] or 0
      counts[one.entries], counts.terms = times + 1, counts.terms + (times == 0 and 1 or 0)
      scores[concept] = (scores[concept] or 0) + value * place / (1 + times * 0.7 + (counts.terms - 1) * 0.25)
    end
  end
  return scores
end

return M
