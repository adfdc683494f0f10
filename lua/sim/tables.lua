-- CSV tables (RFC 4180) of made-up records.

local entities = require "sim.entities"

local M = {}

local ROWS = 8

local function cell(value)
  if type(value) == "table" then return cell(value.name or "") end
  local text = tostring(value)
  if text:find('[",\r\n]') then text = '"' .. text:gsub('"', '""') .. '"' end
  return text
end

-- The columns of a kind of record: what is no list.
local function columns_of(noun)
  local names = {}
  for name, schema in pairs(entities.schema(noun).properties) do
    if schema.type ~= "array" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- make(noun, i) gives the i-th record.
function M.csv(noun, make)
  local columns = columns_of(noun)
  local lines = { table.concat(columns, ",") }
  for i = 1, ROWS do
    local record, cells = make(noun, i), {}
    for k, name in ipairs(columns) do cells[k] = cell(record[name]) end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

return M
