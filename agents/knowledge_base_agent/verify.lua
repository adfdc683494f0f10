-- Does each statement stand in a document? Numbers have to, whatever a model thinks; words have to for the most part,
-- or a model says that they do (in another language, in other words).

local moon = require "moon"
local words = require "words"
local clean = require "clean"
local passages = require "passages"

local ENOUGH = 0.6 -- share of a statement's words that stand in the documents that it names

local function text_of(document)
  return (document.title or "") .. "\n" .. document.body .. "\n" .. passages.render(document.body).text
end

local function has_numbers(statement, texts)
  local there = {}
  for _, number in ipairs(words.numbers(table.concat(texts, "\n"))) do there[number] = true end
  for _, number in ipairs(words.numbers((statement:gsub("^%s*%d+[%.%)]%s", "")))) do
    if not there[number] then return false end
  end
  return true
end

local function share_in(statement, texts)
  local wanted, n = words.stems(statement)
  if n == 0 then return 1 end
  return words.share(wanted, n, (words.stems(table.concat(texts, "\n"))))
end

local function texts_of(markers, documents)
  local texts = {}
  for _, number in ipairs(markers) do texts[#texts + 1] = text_of(documents[number]) end
  return texts
end

-- Markers of passages that there are; without any, of the passage that says it nearly word for word.
local function settle_markers(one, documents, numbers)
  local kept, seen = {}, {}
  for _, number in ipairs(one.markers) do
    if documents[number] and not seen[number] then
      seen[number] = true
      kept[#kept + 1] = number
    end
  end
  if #kept == 0 then
    for _, number in ipairs(numbers) do
      if #kept == 0 and share_in(one.text, { text_of(documents[number]) }) >= 0.8 then kept[1] = number end
    end
  end
  one.markers = kept
end

local SCHEMA = {
  type = "object", additionalProperties = false, required = { "supported" },
  properties = { supported = { type = "array", maxItems = 50, items = { type = "integer", minimum = 1 } } },
}

local function ask_model(unsure, documents, numbers, settings)
  local lines = {}
  for i, one in ipairs(unsure) do lines[i] = i .. ". " .. clean.line(one.text, 600) end
  local value = moon.llm.json({
    model = settings.model, schema = SCHEMA, name = "check", temperature = 0, max_tokens = 200,
    system = moon.prompt("verify", { company = settings.company ~= "" and settings.company or "a company" }),
    prompt = "<statements>\n" .. table.concat(lines, "\n") .. "\n</statements>\n\n" ..
      passages.prompt(documents, numbers),
  })
  for _, i in ipairs(value.supported or {}) do
    if unsure[i] then unsure[i].is_supported = true end
  end
end

-- The statements that hold, in order, and the texts of the others.
return function(list, documents, numbers, settings)
  local unsure = {}
  for _, one in ipairs(list) do
    settle_markers(one, documents, numbers)
    local texts = texts_of(one.markers, documents)
    if #texts > 0 and has_numbers(one.text, texts) and not passages.is_order(one.text) then
      one.is_supported = share_in(one.text, texts) >= ENOUGH
      if not one.is_supported then unsure[#unsure + 1] = one end
    end
  end
  if #unsure > 0 and settings.verify == "model" then ask_model(unsure, documents, numbers, settings) end
  local kept, wrong = {}, {}
  for _, one in ipairs(list) do
    if one.is_supported then kept[#kept + 1] = one else wrong[#wrong + 1] = one.text end
  end
  return kept, wrong
end
