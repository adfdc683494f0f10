-- Answers a question from the customer's articles, with citations that can be checked, or says that it does not know.

local moon = require "moon"
local settings_of = require "settings"
local graph_of = require "flow"
local passages = require "passages"
local follow_ups = require "follow_ups"

local function ids_of(list)
  local ids, set = moon.json.array(), {}
  for _, one in ipairs(list) do
    local id = one.document_id or one.id
    if not set[id] then ids[#ids + 1], set[id] = id, true end
  end
  return ids, set
end

-- Documents that give orders to a model.
local function suspicious(documents)
  local list = {}
  for _, document in ipairs(documents) do
    if passages.render(document.body).orders > 0 then list[#list + 1] = document end
  end
  return (ids_of(list))
end

return function(input, ctx)
  local settings = settings_of(ctx.config)
  local state = graph_of(settings):run({ question = input.question, history = input.history or moon.json.array(),
    filters = input.filters }, { stream = "tasks" })
  local documents = state.documents or {}
  local used, cited = ids_of(state.citations)
  return {
    answer = state.answer, answered = state.answered, confidence = state.answered and state.confidence or 0,
    citations = state.citations, language = state.language, closest = state.closest or moon.json.array(),
    follow_ups = follow_ups(state, documents, cited, settings), person = state.person,
    searched = {
      question = state.standalone, queries = state.queries, collections = settings.collections, found = state.found,
      used = used, outdated = state.outdated or moon.json.array(), suspicious = suspicious(documents),
    },
  }
end
