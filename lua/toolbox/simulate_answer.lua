-- Job "simulate_answer": what a tool would answer, without calling it.
--
-- input: {manifest, args, seed, n}: the tool's manifest (name, args, result, effect, examples), the request's
-- arguments, a seed, and how often these arguments were asked for before (it counts for writes: a read gives
-- the same again). manifest.is_form: the result is what a person would put into a form. Returns {result | error,
-- source = "example" | "generator"}. The result fits manifest.result; same input, same bytes.

local check = require "local.check"
local entities = require "sim.entities"
local examples = require "sim.examples"
local fields = require "sim.fields"
local fill = require "sim.fill"
local http = require "sim.http"
local random = require "sim.random"

local function is_write(manifest, args)
  local effect = manifest.effect
  if type(effect) ~= "table" then return effect == "write" end
  local by = args[effect.by] or effect.default
  for _, reads in ipairs(effect.read or {}) do
    if reads == by then return false end
  end
  return true
end

-- The kind of record that the tool's name speaks of: "crm.get_customer".
local function noun_of(manifest)
  return entities.find(fields.words_of(manifest.name), fields.singular)
end

local function from_example(manifest, args)
  local example = examples.nearest(manifest, args)
  if not example then return nil end
  if example.error then
    return { error = { code = example.error, message = "as in the tool's example" }, source = "example" }
  end
  local result = examples.result(example, args)
  if manifest.result ~= nil and not check.validate(manifest.result, result) then return nil end
  return { result = result, source = "example" }
end

local function generated(manifest, args, input)
  local schema, noun = manifest.result, noun_of(manifest)
  local seed = { input.seed, manifest.name }
  if http.is_http(schema, args) then
    local answer = http.answer(args, { input.seed }, input.n)
    if check.validate(schema, answer) then return answer end
  end
  seed[#seed + 1] = random.canonical(args)
  if is_write(manifest, args) then seed[#seed + 1] = input.n end
  if schema == nil or schema == true or type(schema) == "table" and next(schema) == nil then
    if is_write(manifest, args) or not noun then return { ok = true } end
    return fill.record(noun, seed, 1)
  end
  return fill.fill(schema, { seed = seed, args = args, noun = noun, plain = manifest.is_form })
end

return function(input)
  local manifest, args = input.manifest, input.args
  input.seed, input.n = input.seed or 1, input.n or 0
  return from_example(manifest, args) or { result = generated(manifest, args, input), source = "generator" }
end
