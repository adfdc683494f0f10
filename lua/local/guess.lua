-- What a field of a schema is likely to want, by its name and description: texts and numbers found in, or
-- made of, the text at hand.

local tokenize = require "local.tokenize"
local references = require "local.references"
local money = require "local.money"
local language = require "local.language"
local lexicon = require "local.lexicon"
local classify = require "local.classify"
local summarize = require "local.summarize"

local M = {}

local function values_of(list, key)
  local values = {}
  for i, item in ipairs(list) do values[i] = item[key] end
  return values
end

local function reference(kind)
  return function(work)
    local list = references.of_kind(work.analysis.text, kind)
    if #list == 0 and kind == "order" then list = references.of_kind(work.analysis.text, "reference") end
    return list
  end
end

local function entity(kind)
  return function(work) return work.analysis:get_entities()[kind] end
end

local COMPANY = "([%u][%w&%.%-]*[%w%.&%- ]-)%s+(%f[%w]"
local COMPANY_FORMS = { "GmbH", "AG", "Inc%.?", "Ltd%.?", "LLC", "B%.?V%.?", "S%.?A%.?", "SARL", "S%.?r%.?l%.?",
  "Corp%.?", "KG", "SE", "SL", "Lda%.?" }

local function companies(work)
  local list = {}
  for line in (work.analysis.text .. "\n"):gmatch("([^\n]*)\n") do
    for _, form in ipairs(COMPANY_FORMS) do
      local name, suffix = line:sub(1, 200):match(COMPANY .. form .. ")%f[%W]")
      if name and #name <= 60 then list[#list + 1] = (name:match("([%u][^%.%?!,]*)$") or name) .. " " .. suffix end
    end
  end
  return list
end

-- English words to search with, whatever language the text is in, then words of the text itself.
local function keywords(work)
  local list, seen = {}, {}
  local function add(word)
    if not seen[word] then
      seen[word] = true
      list[#list + 1] = word
    end
  end
  local ranked, most = work.analysis:ranked_concepts(), work.analysis.language == "en" and 12 or 6
  for i = 1, math.min(#ranked, 4) do
    if ranked[i].score >= 1.5 and ranked[i].score >= ranked[1].score * 0.3 then
      for word in lexicon.concepts[ranked[i].id].search:gmatch("%S+") do
        if #list < most then add(word) end
      end
    end
  end
  for _, word in ipairs(summarize.keywords(work.analysis, 6)) do add(word) end
  return list
end

-- Why the text was judged as it was: the words that spoke for it.
local function reason(work)
  local said, seen = {}, {}
  for _, hit in ipairs(work.analysis.hits) do
    local words = table.concat(work.analysis.words, " ", hit.from, hit.to)
    if not seen[words] and #said < 5 then
      seen[words] = true
      said[#said + 1] = '"' .. words .. '"'
    end
  end
  if #said == 0 then return { "The text names none of the known topics." } end
  return { "The text mentions " .. table.concat(said, ", ") .. "." }
end

local function best_sentence(work)
  local best, score = nil, -1
  for i, sentence in ipairs(work.analysis:get_sentences()) do
    local value = 0
    for _, hit in ipairs(lexicon.find(tokenize.words(sentence), work.analysis.language)) do value = value + hit.entries[1].weight end
    if i <= 100 and value > score then best, score = sentence, value end
  end
  return { best }
end

local function topic(work)
  local list = {}
  for _, one in ipairs(work.analysis:ranked_concepts()) do
    if #list < 5 and next(lexicon.concepts[one.id].topics) then list[#list + 1] = one.id end
  end
  return list
end

local function level(work)
  local names = { [0] = "low", "normal", "high", "urgent" }
  return { names[math.floor(classify.urgency(work.analysis) + 0.5)] }
end

local function mood(work)
  local feeling = classify.sentiment(work.analysis)
  return { feeling > 0.25 and "positive" or feeling < -0.15 and "negative" or "neutral" }
end

local function language_code(work, field)
  local says_name = (field.description or ""):lower():find("name") and not (field.description
    or ""):lower():find("iso")
  return { says_name and (language.NAMES[work.analysis.language] or work.analysis.language)
    or work.analysis.language }
end

local function part_of(work, key)
  if not work.part then return nil end
  return { work.part[key] }
end

local function amounts(key)
  return function(work) return values_of(work.analysis:get_entities().amounts, key) end
end

local function quote(work)
  return part_of(work, "quote") or best_sentence(work)
end

local function all_references(work)
  return values_of(references.find(work.analysis.text), "value")
end

local function summary(work, field)
  return { M.summary(work, field) }
end

local function title(work)
  return part_of(work, "title") or { summarize.title(work.analysis.text) }
end

local function points(work)
  return summarize.sentences(work.analysis.text, { max_sentences = 5, max_chars = 1500 })
end

local function query(work)
  local words = keywords(work)
  return { table.concat(words, " ", 1, math.min(8, #words)) }
end

-- In order: the first row with an alternative of which all words are in the field's name decides. A row: its
-- alternatives, then a function (work, field) -> list of candidates, the first is the best.
local RULES = {
  { "email; mail address", entity("emails") },
  { "phone; telephone; mobile", entity("phones") },
  { "url; link; website; uri", entity("urls") },
  { "ip", entity("ips") },
  { "iban", entity("ibans") },
  { "version", entity("versions") },
  { "document id; passage id", function(work) return part_of(work, "id") or {} end },
  { "quote; excerpt; snippet; evidence", quote },
  { "invoice; bill number", reference("invoice") },
  { "tracking", reference("tracking") },
  { "order; purchase", reference("order") },
  { "customer id; customer number; client id; account number; account id", reference("customer") },
  { "contract; policy number", reference("contract") },
  { "sku; product id; article number", reference("product") },
  { "transaction", reference("transaction") },
  { "ticket id; ticket number; case number", reference("ticket") },
  { "reference", all_references },
  { "currency", amounts("currency") },
  { "amount; price; total; cost", amounts("text") },
  { "company; organization; organisation; employer", companies },
  { "language; locale", language_code },
  { "search; keyword", keywords },
  { "query", query },
  { "tag", topic },
  { "summary; abstract; overview; gist; tldr", summary },
  { "reply; response; draft", function(work) return { work:reply() } end },
  { "answer", function(work) return { work:answer() } end },
  { "reason; rationale; explanation; justification; why; reasoning", reason },
  { "urgency; priority; severity", level },
  { "sentiment; mood; tone", mood },
  { "name; sender; author; person; people", entity("names") },
  { "title; subject; headline", title },
  { "category; topic; intent; label; kind; department; type", topic },
  { "date; day; deadline; due", entity("dates") },
  { "time", entity("times") },
  { "sentence; problem; issue; request", best_sentence },
  { "question", function(work) return M.questions(work.analysis) end },
  { "point; highlight; bullet", points },
  { "description", summary },
  { "text; content", function(work) return { work.analysis.text } end },
  { "body; message", function(work) return { work:reply() } end },
  { "id", function(work) return part_of(work, "id") or all_references(work) end },
  { "number", all_references },
}

for _, rule in ipairs(RULES) do
  rule.alternatives = {}
  for alternative in rule[1]:gmatch("[^;]+") do
    local words = {}
    for word in alternative:gmatch("%a+") do words[#words + 1] = word end
    rule.alternatives[#rule.alternatives + 1] = words
  end
end

-- The set of words of a field's name, plurals as singulars too.
local function word_set(spoken)
  local set = {}
  for word in spoken:gmatch("%a+") do
    set[word] = true
    if word:sub(-3) == "ies" then set[word:sub(1, -4) .. "y"] = true end
    if word:sub(-1) == "s" then set[word:sub(1, -2)] = true end
  end
  return set
end

local function rule_for(set)
  for _, rule in ipairs(RULES) do
    for _, words in ipairs(rule.alternatives) do
      local all = true
      for _, word in ipairs(words) do all = all and set[word] end
      if all then return rule end
    end
  end
end

function M.questions(analysis)
  local list = {}
  for _, sentence in ipairs(analysis:get_sentences()) do
    if sentence:find("%?%s*$") and #list < 10 then list[#list + 1] = sentence end
  end
  return list
end

local WORD_NUMBERS = { one = 1, two = 2, three = 3, four = 4, five = 5, six = 6, ["1"] = 1, ["2"] = 2, ["3"] = 3,
  ["4"] = 4, ["5"] = 5 }

-- "in two sentences", "at most 3 sentences" -> n
function M.sentence_count(text)
  local word = text:lower():match("(%w+)%s+short%s+sentences?") or text:lower():match("(%w+)%s+sentences?")
  return word and WORD_NUMBERS[word]
end

function M.summary(work, field)
  local wanted = M.sentence_count(field and field.description or "") or M.sentence_count(work.task
    and work.task.instructions or "") or 2
  local most = field and field.schema and field.schema.maxLength
  return summarize.summary(work.analysis.text, { max_sentences = wanted, max_chars = math.min(most or 600, 4000) })
end

-- Candidates for a text field, best first; the list is empty when nothing was found. The second result is
-- false when nothing is known about such a field.
function M.texts(work, field)
  local rule = rule_for(word_set(classify.spoken(field.name)))
  if not rule and field.description then
    local first = word_set(classify.spoken(field.description):sub(1, 80))
    rule = rule_for(first)
  end
  if not rule then return {}, false end
  local list = {}
  for _, text in ipairs(rule[2](work, field) or {}) do
    if type(text) == "string" and text ~= "" then list[#list + 1] = text end
  end
  return list, true
end

-- ---------------------------------------------------------------------------- numbers

local MONEY = { amount = true, price = true, total = true, sum = true, cost = true, fee = true, refund = true,
  paid = true, charged = true, value = true, budget = true }
local CONFIDENCE = { confidence = true, certainty = true, probability = true, likelihood = true, score = true,
  accuracy = true }
local LEVEL = { urgency = true, priority = true, severity = true, importance = true }
local MOOD = { sentiment = true, rating = true, satisfaction = true, stars = true, mood = true }
local PASSAGE = { passage = true, citation = true, source = true, index = true, number = true, document = true }

local function any(set, words)
  for word in pairs(words) do
    if set[word] then return true end
  end
  return false
end

-- The number next to a word of the field's name: "200 users" for user_count.
local function number_near(work, words)
  for _, number in ipairs(money.numbers(work.analysis.text)) do
    for word in pairs(words) do
      local stem = tokenize.stem(word)
      if tokenize.stem(number.after) == stem or tokenize.stem(number.before) == stem then return number.value end
    end
  end
end

-- A number for a field and how sure it is (0: nothing was found). `low` and `high`: its bounds or nil.
function M.number(work, field, low, high)
  local words = word_set(classify.spoken(field.name))
  if work.part and any(PASSAGE, words) then return work.part.number, 1 end
  if any(CONFIDENCE, words) and not words.sentiment then
    return (low or 0) + work:get_confidence() * ((high or 1) - (low or 0)), 1
  elseif any(LEVEL, words) then
    return (low or 0) + classify.urgency(work.analysis) / 3 * ((high or 3) - (low or 0)), 1
  elseif any(MOOD, words) then
    low, high = low or -1, high or 1
    return low + (classify.sentiment(work.analysis) + 1) / 2 * (high - low), 1
  end
  if any(MONEY, words) then
    local amount = work.analysis:get_entities().amounts[1]
    return amount and amount.value or 0, amount and 1 or 0
  end
  local near = number_near(work, words)
  if near then return near, 0.8 end
  local texts = M.texts(work, field)
  for _, text in ipairs(texts) do
    local number = text:find("^%d+$") and tonumber(text) or words.year and tonumber(text:match("^%d%d%d%d"))
    if number then return number, 0.8 end
  end
  return 0, 0
end

-- Everything of a form that a string format names.
function M.of_format(work, format)
  local found = work.analysis:get_entities()
  if format == "email" or format == "idn-email" then return found.emails end
  if format == "uri" or format == "url" or format == "iri" or format == "uri-reference" then return found.urls end
  if format == "date" then return found.dates end
  if format == "date-time" then
    local list = {}
    for i, date in ipairs(found.dates) do list[i] = date .. "T" .. (found.times[1] or "00:00") .. ":00Z" end
    return list
  end
  if format == "time" then
    local list = {}
    for i, time in ipairs(found.times) do list[i] = time .. ":00Z" end
    return list
  end
  if format == "ipv4" or format == "ipv6" then
    local list = {}
    for _, ip in ipairs(found.ips) do
      if (ip:find(":", 1, true) ~= nil) == (format == "ipv6") then list[#list + 1] = ip end
    end
    return list
  end
  if format == "uuid" then return { work.analysis.text:match("%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x") } end
  return nil
end

M.FALLBACK = {
  email = "unknown@example.invalid", ["idn-email"] = "unknown@example.invalid", uri = "about:blank",
    url = "about:blank", iri = "about:blank", ["uri-reference"] = "",
  date = "1970-01-01", ["date-time"] = "1970-01-01T00:00:00Z", time = "00:00:00Z", ipv4 = "0.0.0.0", ipv6 = "::",
    uuid = "00000000-0000-0000-0000-000000000000",
  hostname = "localhost", duration = "PT0S",
}

return M
