-- The model "local" as a job: {kind = "chat" | "json" | "embed", args = as llm.chat, llm.json, llm.embed take
-- them}. Deterministic and extractive: no neural network, no chance, nothing that was not in the request or
-- in the word lists of lua/local.

local chat = require "local.chat"
local embed = require "local.embed"
local fill = require "local.fill"
local prompt = require "local.prompt"
local tokens = require "local.tokens"
local value = require "local.value"
local work = require "local.work"

local MAX_DIMENSIONS = 4096

local function fail(message)
  error({ code = "model_invalid_request", message = message, retryable = false }, 0)
end

local KINDS = { chat = chat.chat }

function KINDS.json(args)
  if type(args.schema) ~= "table" then fail("a schema is needed") end
  local filled = fill.fill(work.new(prompt.read(args)), args.schema)
  local input = tokens.of_value({ args.system or "", args.prompt or "", args.messages or {}, args.schema })
  return {
    value = filled, finish_reason = "stop", model = "local", system_fingerprint = chat.FINGERPRINT,
      usage = tokens.usage(input, tokens.of_value(filled)),
  }
end

function KINDS.embed(args)
  local texts = type(args.input) == "table" and args.input or { args.input }
  local dimensions = args.dimensions or embed.DIMENSIONS
  if dimensions > MAX_DIMENSIONS then fail('the model "local" makes vectors of at most ' .. MAX_DIMENSIONS ..
    " dimensions") end
  local vectors, input = {}, 0
  for i, text in ipairs(texts) do
    if type(text) ~= "string" then fail("input must be texts") end
    vectors[i] = embed.vector(text, dimensions)
    input = input + tokens.of_text(text)
  end
  return { vectors = value.array(vectors), model = "local", system_fingerprint = chat.FINGERPRINT,
    usage = tokens.usage(input, 0) }
end

return function(input)
  local run = type(input) == "table" and KINDS[input.kind]
  if not run or type(input.args) ~= "table" then fail("a kind (chat, json, embed) and its args are needed") end
  return run(input.args)
end
