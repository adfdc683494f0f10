-- Does a value fit a JSON Schema (2020-12, the vocabulary that tools and agents use)? The core checks
-- again; this check is for choosing between alternatives, and for refusing rather than returning what does not fit.

local tokenize = require "local.tokenize"
local value = require "local.value"
local pattern = require "local.pattern"

local M = {}

local MAX_STEPS = 50000
local MAX_DEPTH = 60

-- Follows a reference within the document ("#/$defs/x"); nil when there is no such place.
function M.resolve(root, reference)
  if reference == "#" then return root end
  local node = root
  for part in (reference:match("^#/(.*)$") or "\0"):gmatch("[^/]+") do
    part = part:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end):gsub("~1", "/"):gsub("~0",
      "~")
    if type(node) ~= "table" then return nil end
    node = node[part] or node[tonumber(part) and tonumber(part) + 1 or part]
  end
  return node
end

local FORMATS = {
  email = function(s) return s:find("^[^@%s]+@[^@%s]+%.[^@%s%.]+$") end,
  uri = function(s) return s:find("^%a[%w%+%.%-]*:%S*$") end,
  date = function(s) return s:find("^%d%d%d%d%-[01]%d%-[0-3]%d$") end,
  ["date-time"] = function(s) return s:find("^%d%d%d%d%-[01]%d%-[0-3]%d[Tt ][0-2]%d:[0-5]%d:[0-6]%d") end,
  time = function(s) return s:find("^[0-2]%d:[0-5]%d:[0-6]%d") end,
  uuid = function(s) return s:find("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") end,
  ipv4 = function(s) return s:find("^%d+%.%d+%.%d+%.%d+$") end,
  ipv6 = function(s) return s:find("^[%x:%.]+$") end,
  hostname = function(s) return s:find("^[%w%.%-]+$") end,
}

local function fits_type(types, item)
  local kind = value.type_of(item)
  for _, wanted in ipairs(type(types) == "table" and types or { types }) do
    if wanted == kind or (wanted == "integer" and value.is_integer(item)) then return true end
    -- an empty table may be either
    if type(item) == "table" and next(item) == nil and (wanted == "object" or wanted == "array") then return true end
  end
  return false
end

local validate

local function check_string(schema, item, fail)
  local length = tokenize.length(item)
  if schema.minLength and length < schema.minLength then return fail("must have at least " .. schema.minLength ..
    " characters") end
  if schema.maxLength and length > schema.maxLength then return fail("must have at most " .. schema.maxLength ..
    " characters") end
  if schema.pattern then
    local compiled = pattern.compile(schema.pattern)
    if compiled and pattern.matches(compiled, item) == false then return fail("must match " .. schema.pattern) end
  end
  local format = schema.format and FORMATS[schema.format]
  if format and not format(item) then return fail("must be a valid " .. schema.format) end
  return true
end

local function check_number(schema, item, fail)
  if schema.minimum and item < schema.minimum then return fail("must be at least " .. schema.minimum) end
  if schema.maximum and item > schema.maximum then return fail("must be at most " .. schema.maximum) end
  if schema.exclusiveMinimum and item <= schema.exclusiveMinimum then return fail("must be more than " ..
    schema.exclusiveMinimum) end
  if schema.exclusiveMaximum and item >= schema.exclusiveMaximum then return fail("must be less than " ..
    schema.exclusiveMaximum) end
  if schema.multipleOf then
    local quotient = item / schema.multipleOf
    if math.abs(quotient - math.floor(quotient + 0.5)) > 1e-9 then return fail("must be a multiple of " ..
      schema.multipleOf) end
  end
  return true
end

local function check_array(state, schema, item, path, fail)
  local n = #item
  if schema.minItems and n < schema.minItems then return fail("must have at least " .. schema.minItems ..
    " items") end
  if schema.maxItems and n > schema.maxItems then return fail("must have at most " .. schema.maxItems .. " items") end
  if schema.uniqueItems then
    for i = 2, math.min(n, 200) do
      for j = 1, i - 1 do
        if value.equal(item[i], item[j]) then return fail("must not have equal items") end
      end
    end
  end
  local prefix = schema.prefixItems or {}
  local contained = 0
  for i = 1, n do
    local sub = prefix[i]
    if sub == nil then sub = schema.items end
    local ok, err = validate(state, sub, item[i], path .. "/" .. (i - 1))
    if not ok then return nil, err end
    if schema.contains ~= nil and validate(state, schema.contains, item[i], path) then contained = contained + 1 end
  end
  if schema.contains ~= nil then
    if contained < (schema.minContains or 1) then return fail("has too few items that are wanted") end
    if schema.maxContains and contained > schema.maxContains then return fail("has too many items of a kind") end
  end
  return true
end

local function check_member(state, schema, name, member, path)
  local known = false
  local function sub(subschema)
    known = true
    return validate(state, subschema, member, path .. "/" .. name)
  end
  local ok, err = true, nil
  if schema.properties and schema.properties[name] ~= nil then ok, err = sub(schema.properties[name]) end
  for _, expression in ipairs(value.keys(ok and schema.patternProperties or {})) do
    local compiled = pattern.compile(expression)
    if ok and compiled and pattern.matches(compiled, name) then ok,
      err = sub(schema.patternProperties[expression]) end
  end
  if ok and not known and schema.additionalProperties ~= nil then
    if schema.additionalProperties == false then return nil, { path = path .. "/" .. name,
      message = "is not allowed" } end
    ok, err = sub(schema.additionalProperties)
  end
  if ok and schema.propertyNames ~= nil then ok, err = validate(state, schema.propertyNames, name, path .. "/" ..
    name) end
  return ok, err
end

local function check_object(state, schema, item, path, fail)
  for _, name in ipairs(schema.required or {}) do
    if item[name] == nil then return nil, { path = path .. "/" .. name, message = "is missing" } end
  end
  local names = value.keys(item)
  if schema.minProperties and #names < schema.minProperties then return fail("has too few members") end
  if schema.maxProperties and #names > schema.maxProperties then return fail("has too many members") end
  for _, name in ipairs(names) do
    local ok, err = check_member(state, schema, name, item[name], path)
    if not ok then return nil, err end
    for _, needed in ipairs(schema.dependentRequired and schema.dependentRequired[name] or {}) do
      if item[needed] == nil then return nil, { path = path .. "/" .. needed, message = "is missing" } end
    end
  end
  return true
end

local function check_combined(state, schema, item, path, fail)
  for _, sub in ipairs(schema.allOf or {}) do
    local ok, err = validate(state, sub, item, path)
    if not ok then return nil, err end
  end
  for _, rule in ipairs({ "anyOf", "oneOf" }) do
    if schema[rule] then
      local count, err, _ = 0, nil, nil
      for _, sub in ipairs(schema[rule]) do
        local ok, why = validate(state, sub, item, path)
        if ok then count = count + 1 else err = why end
      end
      if count == 0 then return nil, err or { path = path, message = "fits no alternative" } end
      if rule == "oneOf" and count > 1 then return fail("fits more than one alternative") end
    end
  end
  if schema["not"] ~= nil and validate(state, schema["not"], item,
    path) then return fail("is what it must not be") end
  if schema["if"] ~= nil then
    local branch = validate(state, schema["if"], item, path) and schema["then"] or not validate(state, schema["if"],
      item, path) and schema["else"]
    if branch then return validate(state, branch, item, path) end
  end
  return true
end

function validate(state, schema, item, path)
  local function fail(message) return nil, { path = path, message = message } end
  if schema == nil or schema == true then return true end
  if schema == false then return fail("is not allowed") end
  state.steps, state.depth = state.steps + 1, state.depth + 1
  if state.steps > MAX_STEPS or state.depth > MAX_DEPTH then return fail("is too complex to check") end
  local ok, err = true, nil
  if schema["$ref"] then
    local target = M.resolve(state.root, schema["$ref"])
    if target == nil then return fail("has an unknown $ref") end
    ok, err = validate(state, target, item, path)
  end
  local kind = type(item)
  if ok and schema.type and not fits_type(schema.type, item) then
    ok, err = fail("must be of type " .. (type(schema.type) == "table" and table.concat(schema.type, " or ")
      or schema.type))
  end
  if ok and schema.const ~= nil and not value.equal(schema.const, item) then ok,
    err = fail("must be the constant") end
  if ok and schema.enum then
    local found = false
    for _, allowed in ipairs(schema.enum) do found = found or value.equal(allowed, item) end
    if not found then ok, err = fail("must be one of the enum's values") end
  end
  if ok and kind == "string" then ok, err = check_string(schema, item, fail) end
  if ok and kind == "number" then ok, err = check_number(schema, item, fail) end
  if ok and kind == "table" then
    if value.is_array(item) or (next(item) == nil and not schema.properties and schema.items) then
      ok, err = check_array(state, schema, item, path, fail)
    else
      ok, err = check_object(state, schema, item, path, fail)
    end
  end
  if ok then ok, err = check_combined(state, schema, item, path, fail) end
  state.depth = state.depth - 1
  return ok, err
end

-- true; or nil and {path, message}. `root` is the document that $ref points into (the schema itself when nil).
function M.validate(schema, item, root)
  return validate({ root = root or schema, steps = 0, depth = 0 }, schema, item, "")
end

return M
