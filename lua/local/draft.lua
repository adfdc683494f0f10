-- Drafts a reply to a customer's message: greeting, an opening that fits the topic, what the passages say
-- about it (in their words, with their numbers), what is missing, closing. Promises nothing.

local retrieve = require "local.retrieve"
local phrases = require "local.phrases"
local lexicon = require "local.lexicon"
local tokenize = require "local.tokenize"
local answer = require "local.answer"

local M = {}

local NEEDS_ORDER = { refund = true, shipping = true, returns = true, billing = true }

-- Who asks for money back wants that to be heard first.
local OPENING_WEIGHT = { complaint = 0.8, refund = 1.6 }

-- The opening's key: the strongest topic that has one. A calm question is not met with an apology.
local function strongest_topic(analysis, opening)
  local best, score = nil, 1.5
  for _, topic in ipairs(lexicon.topics) do
    local value = analysis.topics[topic] or 0
    value = value * (OPENING_WEIGHT[topic] or 1)
    if opening[topic] and value > score then best, score = topic, value end
  end
  return best
end

local APOLOGETIC = { billing = true, payment = true, shipping = true, returns = true, account = true,
  technical = true }

local function has_trouble(analysis)
  local concepts = analysis.concepts
  for _, id in ipairs({ "double_charge", "wrong_amount", "tracking", "damaged", "wrong_item", "bug", "login",
    "complaint", "negative", "repeated" }) do
    if (concepts[id] or 0) >= 1.5 then return true end
  end
  return (concepts.payment or 0) > 4 or (concepts.password or 0) > 3
end

local function opening_of(analysis, say)
  local topic = strongest_topic(analysis, say.opening)
  if topic and APOLOGETIC[topic] and not has_trouble(analysis) then topic = nil end
  return topic and say.opening[topic] or say.thanks, topic
end

-- "Kim Larsen" -> "Kim", where that is how one writes.
local function first_name(name, language)
  return language == "en" and name:match("^%S+") or name
end

local function greeting_of(say, name, tone, language)
  local formal = tone and tone:lower():find("formal") and not tone:lower():find("informal")
  if name then
    return phrases.fill(formal and say.greeting_formal or say.greeting, { name = formal and name or first_name(name,
      language) })
  end
  return formal and say.greeting_unknown_formal or say.greeting_unknown
end

-- What the reply quotes: the sentences found, and before passages in English a line that says so.
local function body_of(found, say, language)
  local texts = {}
  for i, part in ipairs(found.parts) do
    local text = answer.render(part, true)
    if i == 1 and language ~= "en" and part.language == "en" then text = say.from_help_english .. "\n" .. text end
    texts[i] = text
  end
  return table.concat(texts, "\n\n")
end

local function refund_line(analysis, say)
  if (analysis.concepts.refund or 0) < 2.5 then return nil end
  local order, amount
  for _, reference in ipairs(analysis:get_entities().references) do
    if reference.kind == "order" and not order then order = phrases.fill(say.order_part,
      { order = reference.value }) end
  end
  local money = analysis:get_entities().amounts[1]
  if money then amount = phrases.fill(say.amount_part, { amount = money.text }) end
  return phrases.fill(say.refund_noted, { order = order, amount = amount })
end

local function lacks_order(analysis, topic)
  if not NEEDS_ORDER[topic] or not has_trouble(analysis) or (analysis.concepts.cancel or 0) > 2 then return false end
  for _, reference in ipairs(analysis:get_entities().references) do
    if reference.kind == "order" or reference.kind == "invoice" or reference.kind == "reference"
      or reference.kind == "tracking" then return false end
  end
  return true
end

-- Opinions need no article: how sure a reply is that only thanks for one. A complaint wants a person.
local OPINIONS = { praise = 0.8, feature = 0.75, complaint = 0.4 }
local MIN_QUOTE_CONFIDENCE = 0.3

-- Passages that hardly speak of the matter are better not quoted.
local function worth_quoting(found, topic)
  local opinion = OPINIONS[topic]
  if opinion and found.confidence < 0.6 then return { parts = {}, confidence = opinion } end
  if found.confidence < MIN_QUOTE_CONFIDENCE then return { parts = {}, confidence = found.confidence } end
  return found
end

-- options: {passages, language, name, tone, company, signature, without_refund, max_sentences}. Returns the reply,
-- the numbers of
-- the passages it quotes, a confidence, and what retrieve found.
function M.reply(analysis, options)
  local say, language = phrases.of(options.language or analysis.language)
  local found = retrieve.find(retrieve.index(options.passages or {}), retrieve.query(analysis),
    { max_sentences = options.max_sentences or 3 })
  local opening, topic = opening_of(analysis, say)
  found = worth_quoting(found, topic)
  local is_opinion = topic == "praise" or topic == "feature"
  local name = options.name or analysis:get_entities().names[1]
  local lines = { greeting_of(say, name, options.tone, language), "", opening }
  local function add(text)
    if text and text ~= "" then
      lines[#lines + 1] = ""
      lines[#lines + 1] = text
    end
  end
  if not options.without_refund then add(refund_line(analysis, say)) end
  add(body_of(found, say, language))
  if #found.parts == 0 and not is_opinion then add(say.no_passage) end
  if lacks_order(analysis, topic) then add(say.ask_order) elseif #found.parts > 0 then add(say.offer) end
  local signature = options.signature or options.company
  lines[#lines + 1] = ""
  lines[#lines + 1] = say.closing .. (signature and "\n" .. signature or "")
  if language ~= "de" then lines[3] = lines[3]:gsub("^%l", string.upper) end
  local numbers = {}
  for i, part in ipairs(found.parts) do numbers[i] = part.number end
  return tokenize.trim(table.concat(lines, "\n")), numbers, found.confidence, found
end

return M
