-- One text or number for a place of a JSON Schema: what the reader found, else the plainest that fits.

local tokenize = require "local.tokenize"
local guess = require "local.guess"
local pattern = require "local.pattern"

local M = {}

-- Raises: no value can be made that fits.
function M.refuse(message)
  error({ code = "model_invalid_output", message = 'the model "local" cannot fill this schema: ' .. message,
    retryable = false }, 0)
end

local function fits(schema, text, compiled)
  local length = tokenize.length(text)
  if length < (schema.minLength or 0) or length > (schema.maxLength or math.huge) then return false end
  return not compiled or pattern.matches(compiled, text) == true
end

-- Whatever in the text matches the pattern: whole runs of characters first.
local function search_pattern(work, schema, compiled)
  local tried = 0
  for run in work.analysis.text:gmatch("%S+") do
    tried = tried + 1
    if tried > 2000 then return nil end
    for _, text in ipairs({ run, (run:gsub("^%p+", ""):gsub("[%.,;:!%?%)%]\"']+$", "")) }) do
      if text ~= "" and fits(schema, text, compiled) then return text end
    end
  end
end

function M.stretch(text, schema)
  local min, max = schema.minLength or 0, schema.maxLength or math.huge
  if tokenize.length(text) > max then text = tokenize.trim(tokenize.cut_chars(text, max)) end
  while tokenize.length(text) < min do text = text == "" and string.rep("-", min) or text .. string.rep(".",
    min - tokenize.length(text)) end
  return text
end

local function fill_pattern(work, schema, candidates, required)
  local compiled = pattern.compile(schema.pattern)
  if not compiled then
    if not required then return nil, 0 end
    M.refuse('the pattern "' .. schema.pattern .. '" is beyond it')
  end
  for _, text in ipairs(candidates) do
    if fits(schema, text, compiled) then return text, 1 end
  end
  local found = search_pattern(work, schema, compiled)
  if found then return found, 0.7 end
  if not required then return nil, 0 end
  local made = pattern.example(compiled, schema.minLength or 0, schema.maxLength or 4000)
  if not made then M.refuse('nothing was found for the pattern "' .. schema.pattern .. '"') end
  return made, 0
end

function M.text(work, schema, field, required)
  local candidates = schema.format and guess.of_format(work, schema.format)
  local known = candidates ~= nil
  if not known then candidates, known = guess.texts(work, field) end
  if schema.pattern then return fill_pattern(work, schema, candidates, required) end
  if candidates[1] then return M.stretch(candidates[1], schema), 1 end
  if not required then return nil, 0 end
  if schema.format and guess.FALLBACK[schema.format] then return guess.FALLBACK[schema.format], 0 end
  if known or work.part then return M.stretch("", schema), 0 end
  return M.stretch(guess.summary(work, field), schema), 0.2
end

function M.number(work, schema, field, kind)
  local low, high = schema.minimum, schema.maximum
  local step = schema.multipleOf or (kind == "integer" and 1) or nil
  if schema.exclusiveMinimum then low = math.max(low or -math.huge, schema.exclusiveMinimum + (step or 1e-6)) end
  if schema.exclusiveMaximum then high = math.min(high or math.huge, schema.exclusiveMaximum - (step or 1e-6)) end
  local number, evidence = guess.number(work, field, schema.minimum, schema.maximum)
  if low and number < low or high and number > high then
    number, evidence = math.max(low or number, math.min(high or number, number)), math.min(evidence, 0.3)
  end
  if step then
    number = math.floor(number / step + 0.5) * step
    if low and number < low then number = math.ceil(low / step) * step end
    if high and number > high then number = math.floor(high / step) * step end
  end
  if kind ~= "integer" then number = tonumber(string.format("%.10g", number)) end
  return number, evidence
end

return M
