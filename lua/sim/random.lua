-- Numbers that look random and are not: the same texts give the same ones, on every machine.

local M = {}

local MODULUS, FACTOR = 2147483647, 16807 -- Lehmer's generator; the products are exact in a double

-- A number from 1 to 2^31 - 2 out of any number of texts and numbers.
local function seed_of(...)
  local seed = 17
  for i = 1, select("#", ...) do
    local text = tostring((select(i, ...)))
    for at = 1, #text do seed = (seed * 65599 + text:byte(at)) % MODULUS end
    seed = (seed * 65599 + 31) % MODULUS
  end
  return seed % (MODULUS - 1) + 1
end

local methods = {}
local metatable = { __index = methods }

function M.new(...)
  local random = setmetatable({ state = seed_of(...) }, metatable)
  for _ = 1, 3 do random:unit() end -- near seeds begin near each other
  return random
end

-- 0 <= x < 1
function methods:unit()
  self.state = self.state * FACTOR % MODULUS
  return (self.state - 1) / (MODULUS - 1)
end

-- An integer from low to high.
function methods:integer(low, high)
  return low + math.floor(self:unit() * (high - low + 1))
end

function methods:pick(list)
  return list[self:integer(1, #list)]
end

-- `count` characters out of an alphabet.
function methods:text(alphabet, count)
  local out = {}
  for i = 1, count do
    local at = self:integer(1, #alphabet)
    out[i] = alphabet:sub(at, at)
  end
  return table.concat(out)
end

-- A value as text, the same whatever the order of its keys.
function M.canonical(value)
  if type(value) ~= "table" then return type(value) .. ":" .. tostring(value) end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  local out = {}
  for i, key in ipairs(keys) do out[i] = tostring(key) .. "=" .. M.canonical(value[key]) end
  return "{" .. table.concat(out, ",") .. "}"
end

return M
