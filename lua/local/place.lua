-- What a JSON Schema asks for at one place: its $ref and allOf put in place, and the type to fill.

local check = require "local.check"
local scalar = require "local.scalar"
local value = require "local.value"

local M = {}

local MAX_DEPTH = 24

-- What both say goes into `into`: members and required names together, the narrower of two limits.
function M.merge(into, from)
  for _, key in ipairs(value.keys(from)) do
    local item = from[key]
    if key == "properties" or key == "$defs" then
      local merged = {}
      for name, sub in pairs(into[key] or {}) do merged[name] = sub end
      for name, sub in pairs(item) do merged[name] = sub end
      into[key] = merged
    elseif key == "required" then
      local merged = {}
      for _, name in ipairs(into.required or {}) do merged[#merged + 1] = name end
      for _, name in ipairs(item) do merged[#merged + 1] = name end
      into.required = merged
    elseif (key == "minimum" or key == "minLength" or key == "minItems") and into[key] then
      into[key] = math.max(into[key], item)
    elseif (key == "maximum" or key == "maxLength" or key == "maxItems") and into[key] then
      into[key] = math.min(into[key], item)
    elseif key ~= "$ref" and key ~= "allOf" then
      into[key] = item
    end
  end
  return into
end

-- The schema with its $ref and allOf put in place.
function M.flatten(root, schema, depth)
  if type(schema) ~= "table" then return {} end
  if not schema["$ref"] and not schema.allOf then return schema end
  if depth > MAX_DEPTH then scalar.refuse("it refers to itself without end") end
  local flat = {}
  if schema["$ref"] then
    local target = check.resolve(root, schema["$ref"])
    if target == nil then scalar.refuse("unknown $ref " .. tostring(schema["$ref"])) end
    M.merge(flat, M.flatten(root, target, depth + 1))
  end
  for _, part in ipairs(schema.allOf or {}) do M.merge(flat, M.flatten(root, part, depth + 1)) end
  return M.merge(flat, schema)
end

-- The type to fill, and whether null would do.
function M.type_of(schema)
  local types = type(schema.type) == "table" and schema.type or { schema.type }
  local first, nullable = nil, false
  for _, name in ipairs(types) do
    if name == "null" then nullable = true else first = first or name end
  end
  if first or nullable then return first or "null", nullable end
  if schema.properties or schema.required or schema.additionalProperties ~= nil then return "object", false end
  if schema.items ~= nil or schema.prefixItems or schema.minItems then return "array", false end
  if schema.minimum or schema.maximum or schema.multipleOf then return "number", false end
  return "string", false
end

return M
