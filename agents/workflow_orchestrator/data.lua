-- What a process is given: from a text, where one is there, and checked against the process's input.

local moon = require "moon"
local problem = require "problem"
local fill = require "fill"

local M = {}

local function kind_of(value)
  if type(value) == "table" then return #value > 0 and "array" or "object" end
  return type(value) == "number" and value % 1 == 0 and "integer" or type(value)
end

local function fits(wanted, value)
  local kind = kind_of(value)
  return wanted == nil or wanted == kind or wanted == "number" and kind == "integer" or
    wanted == "array" and type(value) == "table" and next(value) == nil
end

local function check_one(value, schema, path, problems)
  local function tell(message) problem.add(problems, nil, path, message) end
  if not fits(schema.type, value) then return tell("must be of type " .. schema.type) end
  if schema.enum then
    local is_there = false
    for _, one in ipairs(schema.enum) do is_there = is_there or one == value end
    if not is_there then tell("must be one of " .. table.concat(schema.enum, ", ")) end
  end
  if schema.minimum and type(value) == "number" and value < schema.minimum then
    tell("must be at least " .. schema.minimum)
  end
  if schema.minLength and type(value) == "string" and #value < schema.minLength then tell("must not be empty") end
  if schema.format == "date" and not (type(value) == "string" and value:find("^%d%d%d%d%-%d%d%-%d%d$") and
    moon.date.parse(value)) then
    tell("must be a date like 2025-12-31")
  end
  if schema.format == "email" and not tostring(value):find("^[^%s@]+@[^%s@]+%.%w+$") then
    tell("must be an e-mail address")
  end
  for _, name in ipairs(schema.required or {}) do
    if value[name] == nil then problem.add(problems, nil, path .. "/" .. name, "is missing") end
  end
  for _, name in ipairs(fill.sorted_keys(schema.properties or {})) do
    if type(value) == "table" and value[name] ~= nil then
      check_one(value[name], schema.properties[name], path .. "/" .. name, problems)
    end
  end
end

-- Fields that a text names, where the data itself does not.
local function from_text(text, schema, settings)
  local found = moon.llm.json({
    model = settings.model, schema = { type = "object", properties = schema.properties or {} }, name = "request",
    temperature = 0, max_tokens = 800, system = moon.prompt("read"),
    prompt = "<text>\n" .. text:gsub("<(%s*/?%s*text)", "(%1") .. "\n</text>",
  })
  return type(found) == "table" and found or {}
end

-- The data, or raises invalid_data with field and reason.
function M.read(input, definition, settings)
  local schema, data = definition.input or {}, {}
  if input.text and schema.properties then
    for name, value in pairs(from_text(input.text, schema, settings)) do data[name] = value end
  end
  for name, value in pairs(input.data or {}) do data[name] = value end
  local problems = problem.new()
  check_one(data, { type = "object", required = schema.required, properties = schema.properties }, "data", problems)
  problem.raise(problems, "invalid_data")
  return data
end

return M
