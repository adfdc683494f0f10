-- Fills a JSON Schema with made-up data: what the fields' names and formats ask for, the request's own values
-- where the result repeats them, and always something that fits. Same random, same value.

local check = require "local.check"
local entities = require "sim.entities"
local fields = require "sim.fields"
local lexical = require "local.pattern"
local local_fill = require "local.fill"
local place = require "local.place"
local prompt = require "local.prompt"
local random = require "sim.random"
local tables = require "sim.tables"
local tokenize = require "local.tokenize"
local value = require "local.value"
local work = require "local.work"

local M = {}

local MAX_DEPTH, MAX_NODES, ITEMS = 12, 4000, 3

local fill

local function fits(state, schema, item)
  return (check.validate(schema, item, state.root))
end

-- ---------------------------------------------------------------------------- scalars

-- A value of the request that goes by this name.
local function echo(state, schema, name)
  local given = name ~= "" and state.args[name]
  if given == nil or given == false or type(given) == "table" then return nil end
  return fits(state, schema, given) and given or nil
end

local function length_between(text, schema)
  local max = schema.maxLength or math.huge
  if tokenize.length(text) > max then text = tokenize.trim(tokenize.cut_chars(text, max)) end
  while tokenize.length(text) < (schema.minLength or 0) do text = text .. "." end
  return text
end

local function fill_string(state, schema, name, ctx)
  local make = schema.format and fields.FORMATS[schema.format]
  if make then
    local named = schema.format:find("^date") and fields.text(name, ctx) -- a day that it is due lies later
    return named and fits(state, schema, named) and named or make(ctx)
  end
  if schema.pattern then
    local named = fields.text(name, ctx)
    if named and fits(state, schema, named) then return named end
    local compiled = lexical.compile(schema.pattern)
    return compiled and lexical.example(compiled, schema.minLength or 0, schema.maxLength or 4000) or ""
  end
  local list = fields.words_of(name)
  if list[#list] == "csv" or list[#list] == "table" then return length_between(M.csv(state.noun, state.seed), schema) end
  return length_between(fields.text(name, ctx) or fields.text("title", ctx), schema)
end

local function fill_number(schema, name, ctx, kind)
  local step = schema.multipleOf or (kind == "integer" and 1) or nil
  local low = schema.minimum or (schema.exclusiveMinimum and schema.exclusiveMinimum + (step or 1e-3))
  local high = schema.maximum or (schema.exclusiveMaximum and schema.exclusiveMaximum - (step or 1e-3))
  local number = fields.number(name, ctx)
  if not number or low and number < low or high and number > high then
    local from = low or math.min(0, high or 0)
    number = from + ctx.random:unit() * ((high or from + 100) - from)
  end
  if step then
    number = math.floor(number / step + 0.5) * step
    if low and number < low then number = math.ceil(low / step) * step end
    if high and number > high then number = math.floor(high / step) * step end
  else
    number = math.floor(number * 100 + 0.5) / 100
    if low then number = math.max(low, number) end
    if high then number = math.min(high, number) end
  end
  return number
end

-- ---------------------------------------------------------------------------- objects and arrays

local LINES = { "items", "lines", "line_items", "positions" }

-- The sums of an order or invoice are those of its lines.
local function tally(state, schema, record)
  for _, list in ipairs(LINES) do
    local sum = 0
    for _, line in ipairs(type(record[list]) == "table" and record[list] or {}) do
      local price = type(line) == "table" and (line.unit_price or line.price)
      if type(price) ~= "number" then return end
      sum = sum + price * (tonumber(line.quantity or line.qty) or 1)
    end
    if sum > 0 then
      local function set(name, amount)
        local old = record[name]
        if type(old) ~= "number" then return end
        record[name] = math.floor(amount * 100 + 0.5) / 100
        if not fits(state, schema, record) then record[name] = old end
      end
      local tax = record.tax and math.floor(sum * 19 + 0.5) / 100 or 0
      set("subtotal", sum)
      set("tax", tax)
      set("total", sum + tax)
      set("amount", sum + tax)
    end
  end
end

local function fill_object(state, schema, name, depth)
  local noun = entities.noun(fields.singular(fields.words_of(name)[1] or "")) or (depth == 0 and state.noun) or ""
  local ctx = depth == 0 and state.ctx or fields.context(state.ctx.random, noun)
  local required, record = {}, {}
  for _, key in ipairs(schema.required or {}) do required[key] = true end
  for _, key in ipairs(value.keys(schema.properties or {})) do
    if required[key] or not (state.plain or depth > 5) then
      record[key] = fill(state, schema.properties[key], key, ctx, depth + 1)
    end
  end
  for key in pairs(required) do
    if record[key] == nil then record[key] = fields.text(key, ctx) or fields.text("title", ctx) end
  end
  for i = #value.keys(record) + 1, schema.minProperties or 0 do
    local more = type(schema.additionalProperties) == "table" and schema.additionalProperties or {}
    record["field_" .. i] = fill(state, more, "field_" .. i, ctx, depth + 1)
  end
  tally(state, schema, record)
  return record
end

local function contains(list, item)
  for _, other in ipairs(list) do
    if value.equal(other, item) then return true end
  end
  return false
end

local function fill_array(state, schema, name, ctx, depth)
  local list, one = {}, fields.singular(name)
  local n = math.max(schema.minItems or 0, math.min(schema.maxItems or ITEMS, depth > 4 and 1 or ITEMS))
  for i = 1, n do
    local sub = schema.prefixItems and schema.prefixItems[i]
    if sub == nil then sub = schema.items end
    if sub == false then break end
    local item = fill(state, sub, one, ctx, depth + 1)
    for _ = 1, schema.uniqueItems and 20 or 0 do
      if not contains(list, item) then break end
      item = fill(state, sub, one, ctx, depth + 1)
    end
    if schema.uniqueItems and contains(list, item) then break end
    list[#list + 1] = item
  end
  return value.array(list)
end

-- ---------------------------------------------------------------------------- any place

local function fill_choice(state, schema, name, ctx, depth)
  local choices = schema.oneOf or schema.anyOf
  for _, choice in ipairs(choices) do
    local whole = place.merge(place.merge({}, schema), place.flatten(state.root, choice, 0))
    whole.oneOf, whole.anyOf = nil, nil
    local item = fill(state, whole, name, ctx, depth + 1)
    if fits(state, schema, item) then return item end
  end
  return value.null
end

local FILLERS = {
  object = function(state, schema, name, _, depth) return fill_object(state, schema, name, depth) end,
  array = fill_array,
  boolean = function(_, _, name, ctx) return fields.flag(name, ctx) end,
  number = function(_, schema, name, ctx) return fill_number(schema, name, ctx, "number") end,
  integer = function(_, schema, name, ctx) return fill_number(schema, name, ctx, "integer") end,
  string = function(state, schema, name, ctx) return fill_string(state, schema, name, ctx) end,
}

function fill(state, schema, name, ctx, depth)
  state.nodes = state.nodes + 1
  if state.nodes > MAX_NODES or depth > MAX_DEPTH then return value.null end
  schema = place.flatten(state.root, schema, 0)
  if schema.const ~= nil then return schema.const end
  local echoed = echo(state, schema, name)
  if echoed ~= nil then return echoed end
  if state.plain and schema.default ~= nil then return schema.default end
  if schema.enum then return ctx.random:pick(schema.enum) end
  if type(schema.examples) == "table" and #schema.examples > 0 then return ctx.random:pick(schema.examples) end
  if schema.oneOf or schema.anyOf then return fill_choice(state, schema, name, ctx, depth) end
  local kind, nullable = place.type_of(schema)
  if kind == "null" or nullable and state.plain then return value.null end
  return FILLERS[kind](state, schema, name, ctx, depth)
end

local function try(options, schema, plain)
  local r = random.new(unpack(options.seed))
  local state = { root = schema, args = options.args or {}, noun = options.noun or "ticket", seed = options.seed,
    plain = plain, nodes = 0, ctx = fields.context(r, options.noun) }
  local item = fill(state, schema, options.name or "", state.ctx, 0)
  return check.validate(schema, item) and item or nil
end

-- options: seed (a list of texts and numbers), args (of the request), noun (of entities.lua), name (of the place),
-- plain (only what has to be there). Raises {code = "model_invalid_output"} when nothing was found that fits.
function M.fill(schema, options)
  if schema == true then schema = {} end
  local item = try(options, schema, options.plain)
  if item == nil and not options.plain then item = try(options, schema, true) end
  if item ~= nil then return item end
  return local_fill.fill(work.new(prompt.read({ prompt = "-" })), schema)
end

-- The i-th record of a kind. One with an id is the same wherever it is asked for.
function M.record(noun, seed, i, id)
  local whole = {}
  for k, part in ipairs(seed) do whole[k] = part end
  whole[#whole + 1], whole[#whole + 2] = noun, id and "id " .. id or i
  local record = M.fill(entities.schema(noun), { seed = whole, noun = noun })
  if id then
    if record.id then record.id = id elseif record.number then record.number = id end
  end
  return record
end

function M.csv(noun, seed)
  return tables.csv(noun, function(kind, i) return M.record(kind, seed, i) end)
end

return M
