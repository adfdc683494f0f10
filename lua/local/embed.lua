-- Vectors without a model: hashed words, pieces of words and concepts in 256 places (or as many as wanted),
-- of length 1. Texts that share words, spelling or subject (in any of the seven languages) lie near each other.

local tokenize = require "local.tokenize"
local stopwords = require "local.stopwords"
local lexicon = require "local.lexicon"
local analysis = require "local.analysis"

local M = {}

M.DIMENSIONS = 256
local MAX_WORDS = 4000
local CONCEPT, WORD, PIECE = 1.2, 1.0, 0.35

-- FNV-like over bytes in plain arithmetic: below 2^32 times 65599 plus a byte stays exact in a double.
local function hash(text, seed)
  local h = seed
  for i = 1, #text do h = (h * 65599 + text:byte(i)) % 4294967296 end
  return h
end

local function add(counts, order, feature, weight)
  if not counts[feature] then
    counts[feature] = 0
    order[#order + 1] = feature
  end
  counts[feature] = counts[feature] + weight
end

local function features(text)
  local counts, order = {}, {}
  text = tokenize.tame(text)
  local words = tokenize.words(text)
  local _, _, hits = analysis.look_up(text, words)
  local scores = lexicon.scores(hits)
  for _, id in ipairs(lexicon.order) do
    if scores[id] and not lexicon.concepts[id].tone then add(counts, order, "\1" .. id, math.min(scores[id],
      6) * CONCEPT) end
  end
  for i = 1, math.min(#words, MAX_WORDS) do
    local word = words[i]
    if not stopwords.has(word) then
      add(counts, order, "\2" .. tokenize.stem(word), WORD)
      local padded = "^" .. word .. "$"
      for at = 1, math.min(#padded - 2, 12) do add(counts, order, "\3" .. padded:sub(at, at + 2), PIECE) end
    end
  end
  return counts, order
end

-- The vector of a text; all zeros only for a text without any word.
function M.vector(text, dimensions)
  dimensions = dimensions or M.DIMENSIONS
  local vector, sum = {}, 0
  for i = 1, dimensions do vector[i] = 0 end
  local counts, order = features(text)
  for _, feature in ipairs(order) do
    local place = hash(feature, 17) % dimensions + 1
    local sign = hash(feature, 40503) % 65536 < 32768 and 1 or -1
    vector[place] = vector[place] + sign * math.log(1 + counts[feature])
  end
  for i = 1, dimensions do sum = sum + vector[i] * vector[i] end
  local length = sum > 0 and math.sqrt(sum) or 1
  for i = 1, dimensions do vector[i] = math.floor(vector[i] / length * 1e6 + 0.5) / 1e6 end
  return vector
end

return M
