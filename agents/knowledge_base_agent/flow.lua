-- The graph: rewrite, search (side by side), sift, grade, answer, verify (back to answer when something was made up),
-- finish; or unknown, where a person may answer.

local moon = require "moon"
local words = require "words"
local glossary = require "glossary"
local rewrite = require "rewrite"
local retrieve = require "retrieve"
local grade = require "grade"
local draft = require "draft"
local statements = require "statements"
local quotes = require "quotes"
local verify = require "verify"
local unknown = require "unknown"

local NOTHING, CLEAR = 0.05, 0.4 -- confidences

local function round(number)
  return math.floor(number * 100 + 0.5) / 100
end

-- {{marker, document_id, title, quote}}
local function citations_of(kept, order, state, settings)
  local asked = state.standalone .. " " .. table.concat(glossary(state.standalone, settings.glossary), " ")
  local given, said = {}, {}
  for _, one in ipairs(state.draft.citations or {}) do given[one.passage] = given[one.passage] or one.quote end
  for _, one in ipairs(kept) do
    for _, passage in ipairs(one.markers) do said[passage] = (said[passage] or "") .. " " .. one.text end
  end
  local list = moon.json.array()
  for marker, passage in ipairs(order) do
    local document = state.documents[passage]
    list[marker] = { marker = marker, document_id = document.id, title = document.title,
      quote = quotes.choose(document, given[passage], said[passage], asked) }
  end
  return list
end

-- The model's confidence. A low one rises to CLEAR where the documents used speak of nearly every word of the question,
-- in whatever language; a model that says that it found nothing is believed. `local` counts words, so it is not believed
-- where the documents have hardly any of the question's.
local function evidence(state, order, settings)
  local told = state.draft.confidence
  if told < NOTHING then return told end
  local texts = {}
  for i, passage in ipairs(order) do
    texts[i] = state.documents[passage].title .. "\n" .. state.documents[passage].body
  end
  local has, asked, met = words.stems(table.concat(texts, "\n")), words.content(state.standalone), 0
  for _, word in ipairs(asked) do
    local is_met = has[words.stem(words.lower(word))]
    for _, other in ipairs(is_met and {} or glossary(word, settings.glossary, has)) do
      is_met = is_met or has[words.stem(words.lower(other))]
    end
    met = met + (is_met and 1 or 0)
  end
  local share = #asked > 0 and met / #asked or 0
  if settings.model == "local" and share < 0.5 then return told / 2 end
  return share >= 0.6 and math.max(told, CLEAR) or told
end

local function finding(settings)
  local nodes = {}

  function nodes.rewrite(state)
    local found = rewrite.run(state, settings)
    found.searches = retrieve.plan(found.queries, settings)
    return found
  end

  function nodes.search(item, ctx)
    return { hits = { retrieve.search(item, ctx.state.filters) } }
  end

  function nodes.sift(state)
    local documents, dropped, found = retrieve.sift(state.hits, state.standalone, state.language, settings)
    return { documents = moon.json.array(documents), outdated = moon.json.array(dropped), found = found }
  end

  function nodes.grade(state)
    local question = draft.question(state.standalone, state.documents, settings)
    return { relevant = moon.json.array(grade(question, state.documents, state.language, settings)) }
  end

  return nodes
end

local function answering(nodes, settings)
  function nodes.answer(state)
    local question = draft.question(state.standalone, state.documents, settings)
    return { tries = 1,
      draft = draft.write(question, state.language, state.documents, state.relevant, state.wrong, settings) }
  end

  function nodes.verify(state)
    local list = statements.read(state.draft.answer)
    local kept, wrong = verify(list, state.documents, state.relevant, settings)
    local text, order = statements.write(kept)
    local share = #list > 0 and #kept / #list or 0
    local confidence = round(math.min(evidence(state, order, settings), 0.3 + 0.7 * share))
    return { answer = text, citations = citations_of(kept, order, state, settings), wrong = moon.json.array(wrong),
      confidence = confidence, answered = #kept > 0 and confidence >= settings.min_confidence }
  end

  function nodes.unknown(state)
    local closest = unknown.closest(state.documents)
    local update = { answered = false, citations = moon.json.array(), closest = closest,
      answer = unknown.text(state.language, closest) }
    if settings.ask_person == "always" or settings.ask_person == "unanswered" and state.draft == nil then
      local decision = unknown.ask(state, closest, settings)
      local text = decision.approved and type(decision.data) == "table" and decision.data.answer or nil
      update.person = { answered = text ~= nil, by = decision.by, comment = decision.comment }
      if text then update.answer, update.answered, update.confidence = text, true, 1 end
    end
    return update
  end

  return nodes
end

local function after_verify(settings)
  return function(state)
    if state.answered and #state.wrong == 0 then return "end" end
    if #state.wrong > 0 and state.tries <= settings.retries then return "answer" end
    return state.answered and "end" or "unknown"
  end
end

return function(settings)
  return moon.graph({
    name = "knowledge_base",
    state = {
      question = "string", history = "array", filters = "object",
      standalone = "string", language = "string", queries = "array", searches = "array", hits = "append",
      documents = "array", outdated = "array", found = { type = "integer", default = 0 },
      relevant = "array", draft = "object", tries = { reducer = "sum", default = 0 }, wrong = "array",
      answer = "string", citations = "array", confidence = { type = "number", default = 0 },
      answered = "boolean", closest = "array", person = "object",
    },
    input = { "question", "history", "filters" },
    start = "rewrite",
    nodes = answering(finding(settings), settings),
    edges = {
      rewrite = { each = "searches", to = "search" },
      search = "sift",
      sift = { choose = function(state) return #state.documents > 0 and "grade" or "unknown" end,
        to = { "grade", "unknown" } },
      grade = { choose = function(state) return #state.relevant > 0 and "answer" or "unknown" end,
        to = { "answer", "unknown" } },
      answer = "verify",
      verify = { choose = after_verify(settings), to = { "answer", "unknown", "end" } },
      unknown = "end",
    },
    max_steps = 20,
  })
end
