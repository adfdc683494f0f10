-- The question as it can be understood alone, its language, and what to search for: one model call, and rules that
-- hold without it.

local moon = require "moon"
local words = require "words"
local clean = require "clean"
local glossary = require "glossary"

local M = {}

local MAX_TURNS, MAX_QUERIES, MAX_QUERY_BYTES = 8, 4, 400

local SCHEMA = {
  type = "object", additionalProperties = false, required = { "question", "language", "queries" },
  properties = {
    question = { type = "string", maxLength = 2000, description = "the question, understandable alone" },
    language = { type = "string", maxLength = 8, description = "ISO 639 code" },
    queries = { type = "array", maxItems = 3, items = { type = "string", maxLength = 300 },
      description = "key words to search with" },
  },
}

local function history_text(history)
  local lines = {}
  for i = math.max(1, #history - MAX_TURNS + 1), #history do
    lines[#lines + 1] = history[i].role .. ": " .. clean.line(history[i].text, 1000)
  end
  return table.concat(lines, "\n")
end

local function last_question(history)
  for i = #history, 1, -1 do
    if history[i].role == "user" then return clean.line(history[i].text, 500) end
  end
end

-- "And in Zurich?" has too few words of its own.
local function leans_on_history(question)
  local _, n = words.stems(question)
  local first = words.lower(question):match("^%W*(%a+)")
  return n <= 2 or (n <= 4 and (first == "and" or first == "und" or first == "et" or first == "y"))
end

-- What the model made of it counts when it speaks of the same; else the question, with the one before where it
-- needs it.
local function standalone(question, history, proposed)
  proposed = type(proposed) == "string" and clean.line(proposed, 2000) or ""
  local own, n = words.stems(question)
  if proposed ~= "" and proposed ~= question then
    local has = words.stems(proposed)
    if n == 0 or words.share(own, n, has) >= 0.3 then return proposed end
  end
  local before = last_question(history)
  if before and leans_on_history(question) then return question .. " (" .. before .. ")" end
  return question
end

local function key_words(text)
  return table.concat(words.content(text), " ")
end

-- The searches, each once: the question's words, what they are called elsewhere, the model's ideas.
local function queries_of(question, proposed, settings)
  local list, seen = {}, {}
  local function add(text)
    local query = clean.cut(clean.squeeze((text:gsub("[^%w\128-\255%-%. ]", " "))), MAX_QUERY_BYTES)
    local key = words.lower(query)
    if query:find("%S") and not seen[key] and #list < MAX_QUERIES then
      seen[key] = true
      list[#list + 1] = query
    end
  end
  add(key_words(question))
  add(table.concat(glossary(question, settings.glossary), " "))
  for _, query in ipairs(type(proposed) == "table" and proposed or {}) do
    if type(query) == "string" then add(query) end
  end
  if #list == 0 then add(question) end
  return list
end

-- {question, language, queries}
function M.run(input, settings)
  local history = input.history or {}
  local question = clean.line(input.question, 4000)
  local told = #history > 0 and "<history>\n" .. history_text(history) .. "\n</history>\n\n" or ""
  local value = moon.llm.json({
    model = settings.model, schema = SCHEMA, name = "search", temperature = 0, max_tokens = 400,
    system = moon.prompt("rewrite", { company = settings.company ~= "" and settings.company or "a company" }),
    prompt = told .. "<question>\n" .. question .. "\n</question>",
  })
  local alone = standalone(question, history, value.question)
  local language = tostring(value.language or ""):lower():match("^%a%a%a?") or "en"
  return { standalone = alone, language = language, queries = moon.json.array(queries_of(alone, value.queries, settings)) }
end

return M
