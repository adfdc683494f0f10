-- The answer as a model writes it, and the question as a section of a prompt.

local moon = require "moon"
local words = require "words"
local clean = require "clean"
local passages = require "passages"
local glossary = require "glossary"

local M = {}

local function schema(n)
  return {
    type = "object", additionalProperties = false, required = { "answer", "citations", "confidence" },
    properties = {
      answer = { type = "string", minLength = 1, maxLength = 8000, description = "the answer to the question" },
      citations = {
        type = "array", maxItems = n, description = "the passages that the answer uses",
        items = {
          type = "object", additionalProperties = false, required = { "passage", "quote" },
          properties = {
            passage = { type = "integer", minimum = 1, maximum = n },
            quote = { type = "string", description = "one sentence of the passage, word for word" },
          },
        },
      },
      confidence = { type = "number", minimum = 0, maximum = 1 },
      follow_ups = { type = "array", maxItems = 3, items = { type = "string", maxLength = 200 },
        description = "further questions that the passages answer" },
    },
  }
end

-- With what its words are called in the documents, where those use others.
function M.question(text, documents, settings)
  local all = {}
  for i, document in ipairs(documents) do all[i] = document.title .. "\n" .. document.body end
  local others = glossary(text, settings.glossary, (words.stems(table.concat(all, "\n"))))
  local also = #others > 0 and "\n(" .. table.concat(others, ", ") .. ")" or ""
  return "<question>\n" .. clean.text(text, 4000) .. also .. "\n</question>"
end

-- {answer, citations = {{passage, quote}}, confidence, follow_ups}. wrong: statements that no passage says.
function M.write(question, language, documents, numbers, wrong, settings)
  local note = ""
  if wrong and #wrong > 0 then
    note = "\n\nAn earlier answer said what no passage says. Leave it out:\n<statements>\n" ..
      clean.text(table.concat(wrong, "\n"), 4000) .. "\n</statements>"
  end
  return (moon.llm.json({
    model = settings.model, schema = schema(#documents), name = "answer", temperature = 0, max_tokens = 1500,
    system = moon.prompt("answer", { language = language,
      company = settings.company ~= "" and settings.company or "a company" }),
    prompt = question .. "\n\n" .. passages.prompt(documents, numbers) .. note,
  }))
end

return M
