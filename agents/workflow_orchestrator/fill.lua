-- Values with {{places}}: "{{data.amount}}" alone keeps its type, a place within a text becomes text.

local moon = require "moon"

local M = {}

local function look_up(vars, path)
  local value = vars
  for key in path:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    local found = value[key]
    if found == nil then found = value[tonumber(key) or key] end
    value = found
  end
  return value
end

M.look_up = look_up

function M.sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function is_list(value)
  return #value > 0 or next(value) == nil and getmetatable(value) ~= nil
end

-- A copy of the value with all places filled; what is absent stays out.
function M.value(value, vars)
  if type(value) == "string" then
    local path = value:match("^{{%s*([%w_%.]+)%s*}}$")
    if path then return look_up(vars, path) end
    return value:find("{{", 1, true) and moon.template.render(value, vars) or value
  elseif type(value) ~= "table" then
    return value
  end
  local copy = is_list(value) and moon.json.array() or {}
  if is_list(value) then
    for _, item in ipairs(value) do copy[#copy + 1] = M.value(item, vars) end
  else
    for _, key in ipairs(M.sorted_keys(value)) do copy[key] = M.value(value[key], vars) end
  end
  return copy
end

-- Calls see(path, field) for each place in a value.
function M.each_place(value, field, see)
  if type(value) == "string" then
    for place in value:gmatch("{{(.-)}}") do see(moon.text.trim(moon.text.split(place, "|")[1]), field) end
  elseif type(value) == "table" then
    for _, key in ipairs(M.sorted_keys(value)) do M.each_place(value[key], field .. "/" .. tostring(key), see) end
  end
end

return M
