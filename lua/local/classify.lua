-- Decides between given values: categories by the topics that their names and descriptions stand for,
-- ordered scales (urgency, sentiment) by tone, yes or no by what the question names.

local tokenize = require "local.tokenize"
local lexicon = require "local.lexicon"
local stopwords = require "local.stopwords"
local aliases = require "local.aliases"

local M = {}

local DESCRIPTION_SHARE = 0.6 -- what a topic counts that only the description names
local OTHER_SHARE = 0.3       -- what evidence counts for values that are not the best place for it
local NO_EVIDENCE = 1.6       -- weight of "nothing was found", which the rest competes with
M.MIN_SCORE = 1.0             -- less evidence than this says nothing

local function clamp(value, low, high)
  return math.max(low, math.min(high, value))
end

-- "billing_and_payments", "BillingIssue" -> "billing and payments", "billing issue"
function M.spoken(name)
  return (tostring(name):gsub("(%l)(%u)", "%1 %2"):gsub("[_%-%./]+", " "):lower())
end

local function add_topics(into, topics, share)
  for topic, value in pairs(topics) do
    if value * share > (into[topic] or 0) then into[topic] = value * share end
  end
end

-- Which topics a text of few words stands for: {topic = affinity up to 1}.
local function topics_of(text, share, into, language)
  local words = tokenize.words(text)
  for _, word in ipairs(words) do
    local known = aliases.topics[word] or aliases.topics[tokenize.stem(word)]
    if known then add_topics(into, known, share) end
  end
  for id, score in pairs(lexicon.scores(lexicon.find(words, language))) do
    add_topics(into, lexicon.concepts[id].topics, share * math.min(1, score / 3))
  end
  return into
end

-- The option's affinities, the stems of its own words, and whether it is the one for the rest.
local function profile(option, language)
  local name = M.spoken(option.value)
  local topics, stems = topics_of(name, 1, {}, language), {}
  topics_of(option.description or "", DESCRIPTION_SHARE, topics, language)
  for _, word in ipairs(tokenize.words(name .. " " .. (option.description or ""))) do
    if not stopwords.has(word) and not aliases.vague[word] then stems[tokenize.stem(word)] = true end
  end
  local words = tokenize.words(name)
  local is_rest = #words > 0 and aliases.rest[words[1]] == true
  if is_rest then -- it stands for no topic but those that its description names
    topics = {}
    for _, word in ipairs(tokenize.words(option.description or "")) do add_topics(topics, aliases.topics[word] or {},
      DESCRIPTION_SHARE) end
  end
  return { topics = topics, stems = is_rest and {} or stems, is_rest = is_rest }
end

-- How much the text's own words are the option's words, beyond what the topics say.
local function word_overlap(analysis, stems)
  local found, repeats = 0, 0
  for stem in pairs(stems) do
    local count = analysis:get_stems()[stem]
    if count then found, repeats = found + 1, repeats + math.min(count - 1, 3) end
  end
  return math.min(found * 0.8 + repeats * 0.2, 4)
end

local function best_affinities(profiles)
  local best = {}
  for _, one in ipairs(profiles) do
    for topic, value in pairs(one.topics) do
      if value > (best[topic] or 0) then best[topic] = value end
    end
  end
  return best
end

-- Kinds of messages rather than subjects: that no option is for them does not make a text "other".
local MANNERS = { howto = true, order = true, complaint = true, praise = true, feature = true }
local UNCLAIMED_SHARE = 0.7

-- Topics that no option stands for speak for the option that takes the rest.
local function claim_rest(profiles, best)
  for _, one in ipairs(profiles) do
    for _, topic in ipairs(one.is_rest and lexicon.topics or {}) do
      if not best[topic] and not MANNERS[topic] then one.topics[topic] = UNCLAIMED_SHARE end
    end
  end
end

-- Scores of the options for a text, in their order. Evidence of a topic goes to the options that it fits
-- best; the others get a share.
function M.scores(analysis, options)
  local profiles, scores = {}, {}
  for i, option in ipairs(options) do profiles[i] = profile(option, analysis.language) end
  local best = best_affinities(profiles)
  claim_rest(profiles, best)
  for i, one in ipairs(profiles) do
    local score = word_overlap(analysis, one.stems)
    for _, topic in ipairs(lexicon.topics) do -- in a fixed order: sums of fractions depend on it
      local value = one.topics[topic] or 0
      local share = value == (best[topic] or value) and 1 or OTHER_SHARE
      score = score + (analysis.topics[topic] or 0) * value * share
    end
    scores[i] = score
  end
  return scores, profiles
end

-- options: {{value, description = text or nil}}. Returns the place of the best option and a confidence in
-- 0..1. Without evidence: the option for the rest ("other"), or the first, with a low confidence.
function M.choose(analysis, options)
  local scores, profiles = M.scores(analysis, options)
  local best, second, rest = 1, 0, nil
  for i = 1, #options do
    if scores[i] > scores[best] then best = i end
    if profiles[i].is_rest then rest = rest or i end
  end
  for i = 1, #options do
    if i ~= best and scores[i] > second then second = scores[i] end
  end
  if scores[best] < M.MIN_SCORE then return rest or best, rest and 0.45 or 0.25 end
  local confidence = scores[best] / (scores[best] + second * 0.6 + NO_EVIDENCE)
  return best, clamp(confidence + 0.1, 0.2, 0.97)
end

-- All options that the text is about (for labels), best first.
function M.choose_many(analysis, options, max)
  local scores = M.scores(analysis, options)
  local order, top = {}, 0
  for i = 1, #options do
    order[i], top = i, math.max(top, scores[i])
  end
  table.sort(order, function(a, b)
    if scores[a] ~= scores[b] then return scores[a] > scores[b] end
    return a < b
  end)
  local chosen = {}
  for _, i in ipairs(order) do
    if #chosen >= max or scores[i] < math.max(M.MIN_SCORE * 1.5, top * 0.35) then break end
    chosen[#chosen + 1] = i
  end
  return chosen
end

-- ---------------------------------------------------------------------------- urgency

local function count_shouting(text)
  local shouted = 0
  for word in text:gmatch("%f[%a]%u%u%u%u+%f[%A]") do
    if not word:find("^[A-Z]?PDF$") and #word < 20 then shouted = shouted + 1 end
  end
  local _, marks = text:gsub("!", "")
  return math.min(shouted, 3) * 0.5 + math.min(math.max(marks - 1, 0), 3) * 0.3
end

-- How urgent a text is: 0 (can wait) to 3 (now), as a real number.
function M.urgency(analysis)
  local tone, topics = analysis.tone, analysis.topics
  local function cue(table_of, name, most) return math.min(table_of[name] or 0, most) end
  local level = 0.9
  level = level + cue(tone, "urgent", 5) * 0.3 + cue(tone, "deadline", 4) * 0.22 + cue(tone, "repeated", 4) * 0.16
  level = level + cue(tone, "stakes", 4) * 0.15 + cue(topics, "outage", 8) * 0.17 + cue(topics, "security", 8) * 0.13
  level = level + cue(topics, "complaint", 5) * 0.08 + cue(analysis.concepts, "login", 5) * 0.05
  level = level + cue(analysis.concepts, "double_charge", 5) * 0.06 + count_shouting(analysis.text) * 0.3
  level = level - cue(tone, "calm", 5) * 0.28 - cue(topics, "feature", 6) * 0.13 - cue(topics, "praise", 6) * 0.17
  level = level - cue(topics, "howto", 6) * 0.06 - cue(topics, "sales", 6) * 0.04 - cue(topics, "spam", 6) * 0.15
  return clamp(level, 0, 3)
end

-- The place of the value whose rank is nearest to `level`, and how sure that is: `most` when it is the very rank.
-- Returns nil when fewer than two of the values, or than half of them, have a rank.
local function choose_rank(values, ranks, level, most)
  local best, distance, known = nil, nil, 0
  for i, value in ipairs(values) do
    local rank = ranks[M.spoken(value)]
    if rank then
      known = known + 1
      local off = math.abs(rank - level)
      if not distance or off < distance - 0.001 then best, distance = i, off end
    end
  end
  if known < 2 or known * 2 < #values then return nil end
  return best, clamp(most - distance * 0.5, 0.4, 0.9)
end

-- The place of the value on an ordered scale (urgency, priority, severity) that fits a text. Returns nil when
-- the values are no such scale.
function M.choose_urgency(analysis, values)
  return choose_rank(values, aliases.levels, M.urgency(analysis), 0.85)
end

-- ---------------------------------------------------------------------------- sentiment

-- -1 (angry) to 1 (happy).
function M.sentiment(analysis)
  local good = (analysis.tone.positive or 0) + (analysis.topics.praise or 0) * 0.5
  local bad = (analysis.tone.negative or 0) + (analysis.topics.complaint or 0) * 0.6 + count_shouting(analysis.text)
  return clamp((good - bad) / (good + bad + 2), -1, 1)
end

function M.choose_sentiment(analysis, values)
  return choose_rank(values, aliases.feelings, M.sentiment(analysis), 0.8)
end

-- ---------------------------------------------------------------------------- yes or no

-- Is what a field names (like "refund_requested", "is_spam") the case in the text? Returns a boolean and a
-- confidence.
function M.is_true(analysis, name, description)
  local spoken = M.spoken(name)
  local words = tokenize.words(spoken)
  for _, word in ipairs(words) do
    if aliases.levels[word] and aliases.levels[word] >= 2 then return M.urgency(analysis) >= 2, 0.7 end
    if aliases.feelings[word] then return (M.sentiment(analysis) - aliases.feelings[word] / 3) * aliases.feelings[word] > 0, 0.6 end
  end
  local concepts = lexicon.scores(lexicon.find(words, analysis.language))
  local score, known = 0, false
  for id in pairs(concepts) do
    known = true
    score = math.max(score, analysis.concepts[id] or 0)
  end
  if not known then
    local topics = topics_of(spoken, 1, {}, analysis.language)
    if not next(topics) then topics_of(description or "", 1, topics, analysis.language) end
    for topic, share in pairs(topics) do
      if share >= 0.6 then
        known = true
        score = math.max(score, (analysis.topics[topic] or 0) * share)
      end
    end
  end
  if not known then
    local stems = profile({ value = name, description = description }, analysis.language).stems
    score = word_overlap(analysis, stems)
    return score >= 2, 0.4
  end
  return score >= 2.5, clamp(0.5 + math.abs(score - 2.5) * 0.12, 0.5, 0.9)
end

return M
