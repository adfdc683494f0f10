-- Which passages help: a model's choice, or by words alone.

local moon = require "moon"
local passages = require "passages"

local ENOUGH = 0.65 -- share of what the best passage has of the question, when words decide
local MOST = 3

local function schema(n)
  return {
    type = "object", additionalProperties = false, required = { "passages" },
    properties = {
      passages = { type = "array", maxItems = n, description = "numbers of the passages that help to answer",
        items = { type = "integer", minimum = 1, maximum = n } },
    },
  }
end

-- Those that speak of about as much of the question as the best one does; in its language, if there are such.
local function by_words(documents, language)
  local own, all, best = {}, {}, 0
  for _, document in ipairs(documents) do best = math.max(best, document.cover) end
  for i, document in ipairs(documents) do
    if document.cover > 0 and document.cover >= best * ENOUGH then
      if (document.metadata or {}).language == language then own[#own + 1] = i end
      if #all < MOST then all[#all + 1] = i end
    end
  end
  return #own > 0 and own or all
end

local function by_model(question, documents, settings)
  local value = moon.llm.json({
    model = settings.model, schema = schema(#documents), name = "passages", temperature = 0, max_tokens = 200,
    system = moon.prompt("grade", { company = settings.company ~= "" and settings.company or "a company" }),
    prompt = question .. "\n\n" .. passages.prompt(documents),
  })
  local list, seen = {}, {}
  for _, number in ipairs(value.passages or {}) do
    if documents[number] and not seen[number] then
      seen[number] = true
      list[#list + 1] = number
    end
  end
  return list
end

-- The numbers of the documents that help, the best first. question: the section of the prompt.
return function(question, documents, language, settings)
  local is_model = settings.grade == "model" or settings.grade == "auto" and settings.model ~= "local"
  if is_model then return by_model(question, documents, settings) end
  return by_words(documents, language)
end
