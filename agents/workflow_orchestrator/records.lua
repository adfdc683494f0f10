-- Records in the deployment's storage: what a process does of its own, and how it is taken back. Only the fields that a
-- step touched are put back, so that what others wrote meanwhile stays.

local moon = require "moon"
local fill = require "fill"

local M = {}

local function key_of(name)
  return "record/" .. name
end

local function read(name)
  local value = moon.kv.get(key_of(name))
  return type(value) == "table" and value or nil
end

local function copy(value)
  local result = {}
  for key, item in pairs(value or {}) do result[key] = item end
  return result
end

local ACTIONS = {}

function ACTIONS.remove(name)
  local before = read(name)
  if before then moon.kv.delete(key_of(name)) end
  return { record = name, removed = before ~= nil, before = before }
end

local function change(name, fields, new_value)
  local value, before, added = read(name), {}, moon.json.array()
  local after = copy(value)
  for _, field in ipairs(fill.sorted_keys(fields)) do
    if after[field] == nil then added[#added + 1] = field else before[field] = after[field] end
    after[field] = new_value(after[field], fields[field], field)
  end
  moon.kv.set(key_of(name), after)
  return { record = name, created = value == nil, before = before, added = added, touched = fields, after = after }
end

function ACTIONS.set(name, fields)
  return change(name, fields, function(_, value) return value end)
end

function ACTIONS.add(name, fields)
  local result = change(name, fields, function(old, value, field)
    if type(value) ~= "number" or old ~= nil and type(old) ~= "number" then
      error({ code = "not_a_number", message = "record " .. name .. ": " .. field .. " is no number" }, 0)
    end
    return (old or 0) + value
  end)
  result.amounts = fields
  return result
end

-- step: its fields filled.
function M.act(step)
  if step.remove then return ACTIONS.remove(step.record) end
  return step.set and ACTIONS.set(step.record, step.set) or ACTIONS.add(step.record, step.add)
end

local function store(name, value, is_created)
  if next(value) == nil and is_created then return moon.kv.delete(key_of(name)) end
  moon.kv.set(key_of(name), value)
end

-- result: of act.
function M.undo(result)
  if result.removed ~= nil then
    if result.before then moon.kv.set(key_of(result.record), result.before) end
    return
  end
  local value = copy(read(result.record))
  if result.amounts then
    for field, amount in pairs(result.amounts) do value[field] = (value[field] or 0) - amount end
    for _, field in ipairs(result.added) do
      if value[field] == 0 then value[field] = nil end
    end
  else
    for field, before in pairs(result.before) do value[field] = before end
    for _, field in ipairs(result.added) do value[field] = nil end
  end
  store(result.record, value, result.created)
end

return M
