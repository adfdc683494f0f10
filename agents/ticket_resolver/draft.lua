-- The reply: one model call with a schema, from the ticket and the passages found.

local moon = require "moon"
local clean = require "clean"
local citations = require "citations"

local function schema(n)
  return {
    type = "object",
    additionalProperties = false,
    required = { "reply", "citations", "confidence" },
    properties = {
      reply = { type = "string", minLength = 1, maxLength = 6000, description = "the reply to the customer" },
      citations = {
        type = "array", maxItems = n, description = "the passages that the reply uses",
        items = {
          type = "object", additionalProperties = false, required = { "passage", "quote" },
          properties = {
            passage = { type = "integer", minimum = 1, maximum = math.max(n, 1) },
            quote = { type = "string", description = "one sentence of the passage, word for word" },
          },
        },
      },
      confidence = { type = "number", minimum = 0, maximum = 1 },
    },
  }
end

-- {reply, citations, confidence}: markers and quotes checked against the documents.
return function(input, facts, documents, settings)
  local answer = moon.llm.json({
    model = settings.model, schema = schema(#documents), name = "draft", temperature = 0, max_tokens = 2000,
    system = moon.prompt("draft", {
      company = settings.company ~= "" and settings.company or "-", language = facts.language, tone = settings.tone,
      customer = facts.customer_name and clean.line(facts.customer_name) or "-",
      signature = settings.signature ~= "" and settings.signature or "-",
      refund = facts.refund_requested and "do not say whether it is granted; that sentence is added later" or "-",
    }),
    prompt = clean.ticket(input) .. "\n\n" .. clean.passages(documents),
  })
  local reply, cited = citations.check(answer.reply, answer.citations or {}, documents)
  return { reply = reply, citations = cited, confidence = answer.confidence }
end
