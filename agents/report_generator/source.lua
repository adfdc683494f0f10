-- The table of an input: CSV as text, rows, or a CSV or JSON file of the customer's.

local moon = require "moon"
local cells = require "cells"

local MOST_BYTES = 8 * 1024 * 1024

local function fail(message, field)
  error({ code = "invalid_input", message = message, details = { field = field } }, 0)
end

local function rows_of(rows, field)
  if #rows == 0 then fail("there are no rows", field) end
  for i, row in ipairs(rows) do
    if type(row) ~= "table" or row[1] ~= nil then fail(("row %d is no object"):format(i), field) end
  end
  return cells.from_rows(rows)
end

local function from_file(path)
  local text = moon.file.read(path)
  if not text then fail(("the file '%s' is no text"):format(path), "data.file") end
  if #text > MOST_BYTES then fail(("the file '%s' is larger than %d bytes"):format(path, MOST_BYTES), "data.file") end
  if not text:find("^%s*%[") then return cells.read(text) end
  local rows, why = moon.json.decode(text)
  if not rows then fail(("the file '%s' begins like JSON, but: %s"):format(path, why), "data.file") end
  return rows_of(rows, "data.file")
end

-- What cells.lua gives.
return function(data)
  local found = data.csv and cells.read(data.csv) or data.rows and rows_of(data.rows, "data.rows") or from_file(data.file)
  if found.n == 0 then fail("the table has a header and no rows", "data") end
  return found
end
