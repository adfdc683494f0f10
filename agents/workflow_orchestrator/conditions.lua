-- Conditions as data: {"path": "data.amount", "op": ">", "value": 500}, or {"all": [...]}, {"any": [...]}, {"not": ...}.

local fill = require "fill"

local M = {}

local function both(kind, f)
  return function(a, b) return type(a) == kind and type(b) == kind and f(a, b) end
end

local function ordered(f)
  local numbers, texts = both("number", f), both("string", f)
  return function(a, b) return numbers(a, b) or texts(a, b) end
end

local function contains(list, item)
  if type(list) == "string" then return type(item) == "string" and list:find(item, 1, true) ~= nil end
  for _, one in ipairs(type(list) == "table" and list or {}) do
    if one == item then return true end
  end
  return false
end

local OPS = {
  ["=="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
  [">"] = ordered(function(a, b) return a > b end),
  [">="] = ordered(function(a, b) return a >= b end),
  ["<"] = ordered(function(a, b) return a < b end),
  ["<="] = ordered(function(a, b) return a <= b end),
  ["in"] = function(a, b) return contains(b, a) end,
  contains = contains,
  exists = function(a, b) return (a ~= nil) == (b ~= false) end,
}

local NAMES = "!=, <, <=, ==, >, >=, contains, exists, in"

-- Says what is wrong: tell(field, message).
function M.check(condition, field, tell)
  if type(condition) ~= "table" then return tell(field, "a condition is an object with path, op and value, or all, any, not") end
  for _, word in ipairs({ "all", "any" }) do
    if condition[word] ~= nil then
      if type(condition[word]) ~= "table" or #condition[word] == 0 then
        return tell(field .. "/" .. word, "a list of conditions is expected")
      end
      for i, one in ipairs(condition[word]) do M.check(one, field .. "/" .. word .. "/" .. (i - 1), tell) end
      return
    end
  end
  if condition["not"] ~= nil then return M.check(condition["not"], field .. "/not", tell) end
  if type(condition.path) ~= "string" then tell(field .. "/path", 'a path like "data.amount" is expected') end
  if not OPS[condition.op] then
    tell(field .. "/op", "'" .. tostring(condition.op) .. "' is no comparison; there are " .. NAMES)
  end
end

function M.holds(condition, vars)
  if condition.all then
    for _, one in ipairs(condition.all) do
      if not M.holds(one, vars) then return false end
    end
    return true
  elseif condition.any then
    for _, one in ipairs(condition.any) do
      if M.holds(one, vars) then return true end
    end
    return false
  elseif condition["not"] then
    return not M.holds(condition["not"], vars)
  end
  return OPS[condition.op](fill.look_up(vars, condition.path), fill.value(condition.value, vars))
end

return M
