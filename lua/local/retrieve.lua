-- Finds the sentences of given passages that answer a text best. Words count by how rare they are among
-- the passages; a concept that the text speaks of in any language also looks for its English words.

local tokenize = require "local.tokenize"
local stopwords = require "local.stopwords"
local lexicon = require "local.lexicon"
local language = require "local.language"

local M = {}

local MAX_QUERY_STEMS = 80
local CONCEPT_WORD = 0.7   -- a concept's search word against a word of the text itself
local SAME_LANGUAGE = 1.8 -- a passage in the reader's language is worth more
local TITLE = 1.5
local ALREADY_SAID = 0.15  -- what a word counts that a taken sentence has
local MAX_PARTS = 3
local FURTHER_SHARE = 0.2  -- a further passage needs this share of the best one's score...
local FURTHER_ABOUT = 1.0  -- ...and to be about something that is still open
local CLEAR_SCORE = 5      -- a concept with this score is clearly meant

local function add_stem(query, word, weight, is_english)
  if stopwords.has(word) then return end
  local stem = tokenize.stem(word)
  if is_english then query.english[stem] = true end
  if query.weights[stem] then
    query.weights[stem] = math.max(query.weights[stem], weight)
  elseif #query.stems < MAX_QUERY_STEMS then
    query.weights[stem] = weight
    query.stems[#query.stems + 1] = stem
  end
end

-- What to look for, from the analysis of a text: {stems, weights, concepts, language}.
function M.query(analysis)
  local query = { stems = {}, weights = {}, english = {}, concepts = {}, strengths = {},
    language = analysis.language }
  local ranked = analysis:ranked_concepts()
  local top = ranked[1] and ranked[1].score or 1
  for i = 1, math.min(#ranked, 5) do
    local concept = lexicon.concepts[ranked[i].id]
    query.concepts[ranked[i].id] = ranked[i].score / top
    query.strengths[ranked[i].id] = math.min(1, ranked[i].score / CLEAR_SCORE)
    for word in concept.search:gmatch("%S+") do add_stem(query, word, CONCEPT_WORD * ranked[i].score / top, true) end
  end
  local first, last = analysis:subject_range()
  for i, word in ipairs(analysis.words) do add_stem(query, word, i >= first and i <= last and 1.3 or 0.8) end
  return query
end

local function stem_set(text)
  local set, n = {}, 0
  for _, word in ipairs(tokenize.words(text)) do
    if not stopwords.has(word) then
      n = n + 1
      set[tokenize.stem(word)] = true
    end
  end
  return set, n
end

local function is_list_item(sentence)
  return sentence:find("^%d+[%.%)]%s") ~= nil or sentence:find("^[%-%*+]%s") ~= nil or sentence:find("^•") ~= nil
end

-- Sentences of a passage with what is needed to score them.
local function read_sentences(passage)
  local list = {}
  for _, text in ipairs(tokenize.sentences(passage.text)) do
    local stems, n = stem_set(text)
    local words = tokenize.words(text)
    list[#list + 1] = {
      text = text, stems = stems, n = n, concepts = lexicon.scores(lexicon.find(words, passage.language)),
        is_heading = text:find("^#+%s") ~= nil,
      is_item = is_list_item(text), is_question = text:find("%?%s*$") ~= nil, order = #list + 1, passage = passage,
    }
  end
  return list
end

-- Passages ready to be searched; the same table may be used for several queries.
function M.index(passages)
  local index = { passages = {}, document_count = 0, counts = {} }
  for i, passage in ipairs(passages) do
    local text = tokenize.tame(passage.text or "")
    local one = { number = passage.number or i, title = passage.title or "", text = text }
    one.language = language.detect(one.title .. "\n" .. tokenize.cut(text, 2000))
    one.sentences = read_sentences(one)
    one.title_stems = stem_set(one.title)
    index.passages[i] = one
    for _, sentence in ipairs(one.sentences) do
      index.document_count = index.document_count + 1
      for stem in pairs(sentence.stems) do index.counts[stem] = (index.counts[stem] or 0) + 1 end
    end
  end
  return index
end

local function rarity(index, stem)
  local count = index.counts[stem]
  if not count then return 0 end
  return math.log(1 + index.document_count / count)
end

local function shared_concepts(query, concepts)
  local score = 0
  for _, id in ipairs(lexicon.order) do
    if query.concepts[id] and concepts[id] then score = score + query.concepts[id] * math.min(concepts[id], 4) end
  end
  return score
end

-- How much a title is about what is asked: shared concepts, less when the title is about other things, too.
local function title_match(query, title, of_language)
  local concepts = lexicon.concepts_in(title, of_language)
  local total, matched = 0, 0
  for _, id in ipairs(lexicon.order) do
    local score = not lexicon.concepts[id].tone and math.min(concepts[id] or 0, 4) or 0
    total = total + score
    if query.concepts[id] then matched = matched + score end
  end
  if matched == 0 then return 0 end
  return shared_concepts(query, concepts) * (0.4 + 0.6 * matched / total)
end

local function score_sentence(index, query, sentence)
  local score = 0
  for _, stem in ipairs(query.stems) do
    if sentence.stems[stem] then score = score + query.weights[stem] * rarity(index, stem) end
  end
  score = (score + shared_concepts(query, sentence.concepts) * 0.6) / (4 + sentence.n) ^ 0.4
  if sentence.is_heading or sentence.is_question then return score * 0.1 end
  if sentence.n < 3 then return score * 0.4 end
  return score
end

-- Score, coverage and aboutness. Coverage is the share of what is asked that the passage has words for; words of
-- another language than the passage's cannot be expected there.
local function score_passage(index, query, passage)
  local score, hit, wanted = 0, 0, 0
  local is_same = passage.language == query.language
  for _, stem in ipairs(query.stems) do
    local weight, found = query.weights[stem], false
    for _, sentence in ipairs(passage.sentences) do found = found or sentence.stems[stem] end
    local worth = weight * rarity(index, stem)
    if passage.title_stems[stem] then score, found = score + worth * TITLE, true end
    if found then score = score + worth end
    if is_same or query.english[stem] then wanted, hit = wanted + weight, hit + (found and weight or 0) end
  end
  local aboutness = title_match(query, passage.title, passage.language)
  score = score + aboutness * 1.5
  if is_same then score = score * SAME_LANGUAGE end
  return score, wanted > 0 and hit / wanted or 0, aboutness
end

local function by_score(a, b)
  if a.score ~= b.score then return a.score > b.score end
  return a.order < b.order
end

-- A step that the list before it introduces belongs to the list: "To reset it:" brings its items along.
local function with_items(sentences, chosen)
  for i, sentence in ipairs(sentences) do
    if chosen[sentence] and sentence.text:find(":%s*$") then
      local j = i + 1
      while sentences[j] and sentences[j].is_item and j - i <= 6 do
        chosen[sentences[j]] = true
        j = j + 1
      end
    elseif chosen[sentence] and sentence.is_item then
      local j = i
      while j > 1 and sentences[j - 1].is_item and i - j < 6 do j = j - 1 end
      if j > 1 and sentences[j - 1].text:find(":%s*$") then
        for k = j - 1, i do chosen[sentences[k]] = true end
        while sentences[i + 1] and sentences[i + 1].is_item and i - j < 6 do
          i = i + 1
          chosen[sentences[i]] = true
        end
      end
    end
  end
end

-- The best sentences of one passage in the order of the text.
local function pick(index, query, passage, max)
  local scored = {}
  for _, sentence in ipairs(passage.sentences) do
    scored[#scored + 1] = { sentence = sentence, score = score_sentence(index, query, sentence),
      order = sentence.order }
  end
  table.sort(scored, by_score)
  local chosen, count = {}, 0
  local top = scored[1] and scored[1].score or 0
  for _, one in ipairs(scored) do
    if count >= max or one.score < math.max(top * 0.38, 0.05) then break end
    chosen[one.sentence], count = true, count + 1
  end
  with_items(passage.sentences, chosen)
  local list = {}
  for _, sentence in ipairs(passage.sentences) do
    if chosen[sentence] and not sentence.is_heading then list[#list + 1] = sentence end
  end
  return list, top
end

-- What the query still wants once some sentences have been taken: their words and concepts count little.
local function rest_of(query, sentences)
  local rest = { stems = query.stems, weights = {}, english = query.english, concepts = {}, strengths = {},
    language = query.language }
  for stem, weight in pairs(query.weights) do rest.weights[stem] = weight end
  for id, strength in pairs(query.strengths) do rest.concepts[id], rest.strengths[id] = strength, strength end
  for _, sentence in ipairs(sentences) do
    for stem in pairs(sentence.stems) do
      if rest.weights[stem] then rest.weights[stem] = query.weights[stem] * ALREADY_SAID end
    end
    for id in pairs(sentence.concepts) do
      if rest.concepts[id] then rest.concepts[id], rest.strengths[id] = query.strengths[id] * ALREADY_SAID,
        query.strengths[id] * ALREADY_SAID end
    end
  end
  return rest
end

local function rank(index, query, taken, only_language)
  local ranked = {}
  for i, passage in ipairs(index.passages) do
    if not taken[passage] and (not only_language or passage.language == only_language) then
      local score, coverage, aboutness = score_passage(index, query, passage)
      ranked[#ranked + 1] = { passage = passage, score = score, coverage = coverage, aboutness = aboutness,
        order = i }
    end
  end
  table.sort(ranked, by_score)
  return ranked[1]
end

local function part_of(passage, sentences)
  return { number = passage.number, title = passage.title, language = passage.language, sentences = sentences }
end

-- Returns {parts = {{number, title, language, sentences}}, confidence}: the sentences that answer the query best,
-- from the best passage, and from up to two more when they speak of what the first leaves open. options:
-- {max_sentences = 4}
function M.find(index, query, options)
  local max = options and options.max_sentences or 4
  local best = rank(index, query, {})
  if not best or best.score <= 0.5 then return { parts = {}, confidence = 0.1 } end
  local sentences, top = pick(index, query, best.passage, max)
  if #sentences == 0 or top <= 0.15 then return { parts = {}, confidence = 0.1 } end
  local parts, taken, rest = { part_of(best.passage, sentences) }, { [best.passage] = true }, query
  local is_own = best.passage.language == query.language
  for n = 2, max > 1 and MAX_PARTS or 1 do
    rest = rest_of(rest, sentences)
    local next_best = rank(index, rest, taken, is_own and query.language or nil) -- no mix of languages
    if not next_best or next_best.aboutness < FURTHER_ABOUT
      or next_best.score < best.score * FURTHER_SHARE then break end
    sentences = pick(index, rest, next_best.passage, n == 2 and 2 or 1)
    taken[next_best.passage] = true
    if #sentences > 0 then parts[#parts + 1] = part_of(next_best.passage, sentences) end
  end
  local strength = math.min(1, best.coverage * (is_own and 1.6 or 1.1)) * 0.45 + math.min(1,
    best.aboutness / 2.2) * 0.5
  return { parts = parts, confidence = math.max(0.1, math.min(0.95, 0.1 + strength)) }
end

return M
