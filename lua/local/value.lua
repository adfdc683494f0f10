-- JSON values in Lua: null, arrays that may be empty, and what type a value has for a schema.

local json = require "moon.json"

local M = {}

M.null = json.null
M.array = json.array -- marks a table as an array and returns it
M.decode = json.decode

function M.is_array(value)
  if type(value) ~= "table" then return false end
  if value[1] ~= nil then return true end
  return next(value) == nil and getmetatable(value) ~= nil
end

function M.is_integer(value)
  return type(value) == "number" and value == math.floor(value) and math.abs(value) < 2 ^ 53
end

-- The JSON type's name; "integer" is a "number" here.
function M.type_of(value)
  if value == nil or value == M.null then return "null" end
  local kind = type(value)
  if kind ~= "table" then return kind end
  return M.is_array(value) and "array" or "object"
end

function M.equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, item in pairs(a) do
    if not M.equal(item, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- The keys of an object, sorted, so that work on it is the same each time.
function M.keys(object)
  local keys = {}
  for key in pairs(object) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

return M
