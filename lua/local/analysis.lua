-- Everything that is known about one text, found once: words, concepts, language, tone, entities.

local tokenize = require "local.tokenize"
local lexicon = require "local.lexicon"
local language = require "local.language"
local extract = require "local.extract"

local M = {}
M.__index = M

local SURE = 0.6 -- a language's confidence above which only its words and English ones count
local SUBJECT_WEIGHT = 1.6 -- a word of the subject line says more than one of the body
local LABELS = { subject = true, betreff = true, objet = true, asunto = true, oggetto = true, onderwerp = true,
  assunto = true, title = true }

-- Lines after which a mail quotes what was written before.
local HISTORY = { "^%s*%-%-+%s*[Oo]riginal", "^%s*%-%-+%s*[Ff]orwarded", "^%s*%-%-+%s*Ursprüngliche", "^%-%-%s*$",
  "^On .+ wrote:%s*$",
  "^Am .+ schrieb.*:%s*$", "^Le .+ a écrit ?:%s*$", "^El .+ escribió:%s*$", "^Op .+ schreef.*:%s*$",
    "^Il .+ ha scritto:%s*$",
  "^Em .+ escreveu:%s*$" }

local function begins_history(line)
  if #line > 200 then return false end
  for _, pattern in ipairs(HISTORY) do
    if line:find(pattern) then return true end
  end
  return false
end

-- The part of a mail that its writer wrote now: not the quoted history, not the signature's block.
function M.without_history(text)
  local kept = {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    if #kept > 1 and begins_history(line) then break end
    if line:sub(1, 1) ~= ">" then kept[#kept + 1] = line end
  end
  return table.concat(kept, "\n")
end

-- The first line when it is short and more follows; else "".
local function subject_of(text)
  local first, rest = text:match("^%s*([^\n]*)\n(.*)")
  if first and #first <= 120 and rest:find("%S") then return first end
  return ""
end

-- "Subject: Hello" -> "Hello"
local function without_label(text)
  local label, value = text:match("^%s*(%a+)%s*:[ \t]*(.*)$")
  if label and LABELS[label:lower()] then return value end
  return text
end

-- The language of a tame text by its function words when they tell, else by the words of all languages, too. Returns the
-- language, how sure that is, and what the lexicon found.
function M.look_up(text, words)
  local code, confidence = language.detect(text)
  if confidence >= SURE then return code, confidence, lexicon.find(words, code) end
  local hits = lexicon.find(words)
  code, confidence = language.detect(text, lexicon.languages(hits))
  if confidence >= SURE then hits = lexicon.find(words, code) end
  return code, confidence, hits
end

function M.of(text)
  text = without_label(M.without_history(tokenize.tame(text)))
  local self = setmetatable({ text = text, subject = subject_of(text) }, M)
  self.words = tokenize.words(text)
  self.language, self.language_confidence, self.hits = M.look_up(text, self.words)
  local first, last = self:subject_range()
  self.concepts = lexicon.scores(self.hits, function(i)
    return i >= first and i <= last and SUBJECT_WEIGHT or 1
  end)
  self.topics, self.tone = {}, {}
  for _, id in ipairs(lexicon.order) do
    local concept, score = lexicon.concepts[id], self.concepts[id]
    local into = concept.tone and self.tone or self.topics
    if score then
      for topic, share in pairs(concept.topics) do into[topic] = (into[topic] or 0) + score * share end
    end
  end
  return self
end

-- Places of the subject's words among the text's words.
function M:subject_range()
  return 1, #tokenize.words(self.subject)
end

function M:get_sentences()
  self.sentences = self.sentences or tokenize.sentences(self.text)
  return self.sentences
end

function M:get_entities()
  self.entities = self.entities or extract.all(self.text)
  return self.entities
end

-- The set of stems of the text's words: stem -> how often.
function M:get_stems()
  if not self.stems then
    self.stems = {}
    for _, word in ipairs(self.words) do
      local stem = tokenize.stem(word)
      self.stems[stem] = (self.stems[stem] or 0) + 1
    end
  end
  return self.stems
end

-- Concepts (not tone), strongest first: {{id, score}}.
function M:ranked_concepts()
  local list = {}
  for _, id in ipairs(lexicon.order) do
    if self.concepts[id] and not lexicon.concepts[id].tone then list[#list + 1] = { id = id,
      score = self.concepts[id] } end
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return lexicon.concepts[a.id].order < lexicon.concepts[b.id].order
  end)
  return list
end

return M
