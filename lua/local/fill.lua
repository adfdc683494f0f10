-- Fills a JSON Schema from a text. What is found goes in; what is required and not found gets the plainest
-- value that fits; what is optional and not found stays out. The result always fits the schema, or fill raises.

local tokenize = require "local.tokenize"
local value = require "local.value"
local check = require "local.check"
local options = require "local.options"
local guess = require "local.guess"
local place = require "local.place"
local scalar = require "local.scalar"
local classify = require "local.classify"

local M = {}

local MAX_NODES = 3000
local MAX_DEPTH = 24
local MAX_ITEMS = 50

local fill

-- ---------------------------------------------------------------------------- arrays

local CITATIONS = { citation = true, citations = true, sources = true, source = true, passages = true,
  references = true, used = true, cited = true }

local function is_citations(work, field)
  if #work.task.passages == 0 then return false end
  for word in classify.spoken(field.name):gmatch("%a+") do
    if CITATIONS[word] then return true end
  end
  return false
end

-- One item per passage that the reply uses.
local function fill_citations(work, items, field, depth)
  local list = {}
  for _, part in ipairs(work:get_parts()) do
    local inner = work:with_part(part)
    local sub_field = { name = field.name == "" and "number" or "citation", description = field.description,
      schema = items }
    local kind = place.type_of(items)
    if kind == "string" and not items.enum then
      list[#list + 1] = part.id or part.title
    elseif kind == "integer" or kind == "number" then
      list[#list + 1] = part.number
    else
      list[#list + 1] = fill(inner, items, sub_field, true, depth + 1)
    end
  end
  return list
end

-- Lines of the text that look like rows of a list or table.
local function rows_of(work)
  local rows = {}
  for line in (work.analysis.text .. "\n"):gmatch("([^\n]*)\n") do
    local item = line:match("^%s*[%-%*•]%s+(.+)$") or line:match("^%s*%d+[%.%)]%s+(.+)$")
      or (line:find("[|;\t].*[|;\t]") and line)
    if item and #rows < MAX_ITEMS then rows[#rows + 1] = item end
  end
  return rows
end

local function fill_rows(work, items, field, depth)
  local list = {}
  local rows = rows_of(work)
  if #rows == 0 then rows = { work.analysis.text } end
  for _, row in ipairs(rows) do
    local item, evidence = fill(work:with_text(row), items, { name = field.name, description = field.description,
      schema = items }, true, depth + 1)
    if evidence >= 0.5 then list[#list + 1] = item end
  end
  return list
end

local function candidates_for(work, schema, items, field, depth)
  local kind = place.type_of(items)
  local choices = options.of(items, work:texts(field))
  if is_citations(work, field) then return fill_citations(work, items, field, depth) end
  if choices then
    local list = {}
    for _, i in ipairs(classify.choose_many(work.analysis, choices, schema.maxItems
      or 5)) do list[#list + 1] = choices[i].value end
    return list
  elseif kind == "string" then
    if items.format and guess.of_format(work, items.format) then return guess.of_format(work, items.format) end
    return (guess.texts(work, field))
  elseif kind == "object" then
    return fill_rows(work, items, field, depth)
  elseif kind == "number" or kind == "integer" then
    local list = {}
    local amounts = work.analysis:get_entities().amounts
    for i, amount in ipairs(kind == "number" and amounts or {}) do list[i] = amount.value end
    return list
  end
  return {}
end

local function acceptable(work, items, list, item, unique)
  if not check.validate(items, item, work.root) then return false end
  for _, other in ipairs(unique and list or {}) do
    if value.equal(other, item) then return false end
  end
  return true
end

-- More items until there are enough: other values of an enum, or the plainest value that fits.
local function pad(work, schema, items, field, list, depth)
  local choices = options.of(items, {})
  for _, choice in ipairs(choices or {}) do
    if #list >= schema.minItems then return end
    if acceptable(work, items, list, choice.value, schema.uniqueItems) then list[#list + 1] = choice.value end
  end
  while #list < schema.minItems do
    local item = fill(work, items, { name = field.name, description = field.description, schema = items }, true,
      depth + 1)
    if schema.uniqueItems and not acceptable(work, items, list, item, true) then
      if type(item) == "string" then
        item = tokenize.cut_chars(item, (place.flatten(work.root, items, 0).maxLength or 4000) - 4) .. " " .. (#list + 1)
      elseif type(item) == "number" then
        item = (list[#list] or item) + (items.multipleOf or 1)
      end
      if not acceptable(work, items, list, item, true) then scalar.refuse("it wants more different items than there are") end
    end
    list[#list + 1] = item
  end
end

local function fill_array(work, schema, field, depth)
  local list = {}
  for i, prefix in ipairs(schema.prefixItems or {}) do
    list[i] = fill(work, prefix, { name = field.name, description = type(prefix) == "table" and prefix.description,
      schema = prefix }, true, depth + 1)
  end
  local fixed = #list
  if schema.items ~= false then
    local items = place.flatten(work.root, type(schema.items) == "table" and schema.items or {}, 0)
    local max = math.min(schema.maxItems or MAX_ITEMS, fixed + MAX_ITEMS)
    for _, item in ipairs(candidates_for(work, schema, items, field, depth)) do
      if #list >= max then break end
      if place.type_of(items) == "string" and type(item) == "string" then item = scalar.stretch(item, items) end
      if acceptable(work, items, list, item, schema.uniqueItems) then list[#list + 1] = item end
    end
    if schema.minItems and schema.minItems > MAX_NODES then scalar.refuse("it wants too many items") end
    if schema.minItems and #list < schema.minItems then pad(work, schema, items, field, list, depth) end
  end
  return value.array(list), #list > fixed and 1 or 0
end

-- ---------------------------------------------------------------------------- objects

-- What others are needed for comes last: citations need the reply, a confidence needs the choices.
local function later(name)
  local spoken = classify.spoken(name)
  if spoken:find("confidence") or spoken:find("certainty") then return 2 end
  if spoken:find("citation") or spoken:find("source") then return 1 end
  return 0
end

local function ordered_names(schema)
  local names = value.keys(schema.properties or {})
  table.sort(names, function(a, b)
    if later(a) ~= later(b) then return later(a) < later(b) end
    return a < b
  end)
  return names
end

local function fill_object(work, schema, depth)
  local object, required, total, count = {}, {}, 0, 0
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  local function put(name, sub)
    local described = type(sub) == "table" and sub.description
    local item, evidence = fill(work, sub, { name = name, description = described, schema = sub }, required[name],
      depth + 1)
    total, count = total + evidence, count + 1
    if item ~= nil and (required[name] or evidence > 0) then object[name] = item end
  end
  for _, name in ipairs(ordered_names(schema)) do
    if schema.properties[name] ~= false and (depth < MAX_DEPTH - 4 or required[name]) then put(name,
      schema.properties[name]) end
  end
  for _, name in ipairs(schema.required or {}) do
    if object[name] == nil then put(name, type(schema.additionalProperties) == "table"
      and schema.additionalProperties or {}) end
  end
  for _, name in ipairs(value.keys(schema.dependentRequired or {})) do
    for _, needed in ipairs(object[name] ~= nil and schema.dependentRequired[name] or {}) do
      required[needed] = true
      if object[needed] == nil then put(needed, (schema.properties or {})[needed] or {}) end
    end
  end
  local n = 0
  while schema.minProperties and #value.keys(object) < schema.minProperties and n < 100 do
    n = n + 1
    required["item_" .. n] = true
    put("item_" .. n, type(schema.additionalProperties) == "table" and schema.additionalProperties or {})
  end
  return object, count > 0 and total / count or 0
end

-- ---------------------------------------------------------------------------- alternatives

local function without(schema, key)
  local rest = {}
  for name, item in pairs(schema) do
    if name ~= key then rest[name] = item end
  end
  return rest
end

local function fill_alternatives(work, schema, rule, field, required, depth)
  local best, best_evidence = nil, -1
  local base = without(schema, rule)
  for i, branch in ipairs(schema[rule]) do
    if i > 12 then break end
    local whole = {}
    place.merge(whole, base)
    place.merge(whole, place.flatten(work.root, branch, depth))
    local ok, item, evidence = pcall(fill, work, whole, field, required, depth + 1)
    if ok and item ~= nil and check.validate(schema, item, work.root) then
      if place.type_of(whole) == "null" then evidence = 0.05 end
      if evidence > best_evidence then best, best_evidence = item, evidence end
    end
  end
  return best, math.max(best_evidence, 0)
end

-- When what was filled makes the condition true, the consequence is part of the schema, too.
local function with_condition(work, schema, item, field, required, depth)
  local branch
  if check.validate(schema["if"], item, work.root) then branch = schema["then"] else branch = schema["else"] end
  if type(branch) ~= "table" then return item end
  local whole = {}
  for _, key in ipairs({ "if", "then", "else" }) do schema = without(schema, key) end
  place.merge(whole, schema)
  place.merge(whole, place.flatten(work.root, branch, depth))
  return (fill(work, whole, field, required, depth + 1))
end

-- ---------------------------------------------------------------------------- a place

local function fill_choice(work, field, choices, required)
  local item, confidence, kind = options.choose(work.analysis, choices, field)
  local has_null = false
  for _, choice in ipairs(choices) do has_null = has_null or choice.value == value.null end
  if kind == "category" then work:note_confidence(confidence, field.name) end
  if confidence < 0.3 and has_null then return value.null, 0 end
  if not required and kind == "category" and confidence < 0.45 then return item, 0 end
  return item, math.max(0.1, confidence)
end

local function fill_typed(work, schema, field, required, depth)
  local kind, nullable = place.type_of(schema)
  local item, evidence
  if kind == "null" then return value.null, 0 end
  if kind == "object" then
    item, evidence = fill_object(work, schema, depth)
  elseif kind == "array" then
    item, evidence = fill_array(work, schema, field, depth)
  elseif kind == "boolean" then
    item = classify.is_true(work.analysis, field.name, field.description)
    evidence = item and 1 or 0.5
  elseif kind == "number" or kind == "integer" then
    item, evidence = scalar.number(work, schema, field, kind)
  else
    item, evidence = scalar.text(work, schema, field, required and not nullable)
  end
  if nullable and evidence == 0 then return value.null, 0 end
  return item, evidence
end

-- Returns the value and how well the text speaks for it (0: invented, 1: found). nil only when not required.
function fill(work, schema, field, required, depth)
  work.nodes.count = work.nodes.count + 1
  if work.nodes.count > MAX_NODES then scalar.refuse("it is too large") end
  if depth > MAX_DEPTH then scalar.refuse("it nests too deep") end
  schema = place.flatten(work.root, schema, 0)
  if schema.const ~= nil then return schema.const, 0.2 end
  local choices = options.of(schema, work:texts(field))
  if choices and #choices > 0 then return fill_choice(work, field, choices, required) end
  for _, rule in ipairs({ "oneOf", "anyOf" }) do
    if schema[rule] then return fill_alternatives(work, schema, rule, field, required, depth) end
  end
  local item, evidence = fill_typed(work, schema, field, required, depth)
  if schema["if"] ~= nil and item ~= nil then item = with_condition(work, schema, item, field, required, depth) end
  return item, evidence
end

-- Fills `schema` for `work` (see work.lua). Raises {code = "model_invalid_output"} when no value was found that fits.
function M.fill(work, schema)
  work.root, work.nodes = schema, { count = 0 }
  local item = fill(work, schema, { name = "", description = type(schema) == "table" and schema.description,
    schema = schema }, true, 0)
  local ok, err = check.validate(schema, item, schema)
  if not ok then scalar.refuse((err.path == "" and "the value" or err.path) .. " " .. err.message) end
  return item
end

return M
