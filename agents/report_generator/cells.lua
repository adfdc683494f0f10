-- CSV into columns of texts. Made for many rows: one find and one sub for each cell, no table for a row.
--
-- Tells commas, semicolons, tabs and bars apart by the first lines; takes quoted cells, CR LF, a byte order mark,
-- rows that are too short or too long (counted, and said), empty lines.

local M = {}

local find, sub, byte, gsub, match = string.find, string.sub, string.byte, string.gsub, string.match

M.MOST_COLUMNS, M.MOST_ROWS = 200, 200000
local QUOTE = 34

local function fail(message)
  error({ code = "invalid_input", message = message }, 0)
end

local function separator_of(text)
  local head, best, most = sub(text, 1, 4000), ",", 0
  local first = match(gsub(head, '"[^"]*"', ""), "[^\r\n]*") or ""
  for _, one in ipairs({ ",", ";", "\t", "|" }) do
    local _, n = gsub(first, one == "|" and "%|" or one, "")
    if n > most then best, most = one, n end
  end
  return best
end

-- The quoted cell that begins at `at`; where it ends.
local function quoted(text, at)
  local from = at + 1
  while true do
    local quote = find(text, '"', from, true)
    if not quote then return gsub(sub(text, at + 1), '""', '"'), #text + 1 end
    if byte(text, quote + 1) ~= QUOTE then
      return gsub(sub(text, at + 1, quote - 1), '""', '"'), quote + 1
    end
    from = quote + 2
  end
end

-- The cells of the line at `at` into `put(column, text)`; how many there were, and where the next line begins.
local function read_line(text, at, stop, columns, row)
  local n = 0
  while true do
    local cell, to
    if byte(text, at) == QUOTE then
      cell, to = quoted(text, at)
      to = find(text, stop, to) or #text + 1
    else
      to = find(text, stop, at) or #text + 1
      cell = sub(text, at, to - 1)
    end
    n = n + 1
    local column = columns[n]
    if column then column[row] = cell end
    local mark = byte(text, to)
    if mark == 13 then return n, byte(text, to + 1) == 10 and to + 2 or to + 1 end
    if mark == 10 or not mark then return n, to + 1 end
    at = to + 1
  end
end

local function read_header(text, at, stop)
  local cells = setmetatable({}, { __index = function(list, i)
    local column = {}
    list[i] = column
    return column
  end })
  local n, next_at = read_line(text, at, stop, cells, 1)
  if n > M.MOST_COLUMNS then fail("the table has " .. n .. " columns; at most " .. M.MOST_COLUMNS .. " are read") end
  local names = {}
  for i = 1, n do names[i] = cells[i][1] end
  return names, next_at
end

-- Unique, trimmed, never empty.
function M.names(raw)
  local names, seen = {}, {}
  for i, name in ipairs(raw) do
    name = match(gsub(gsub(tostring(name), "[%c]+", " "), "^\239\187\191", ""), "^%s*(.-)%s*$")
    if name == "" then name = "column " .. i end
    local base, n = name, 1
    while seen[name] do
      n = n + 1
      name = base .. " " .. n
    end
    seen[name] = true
    names[i] = name
  end
  return names
end

-- {names, columns = {{text, ...}, ...}, n, ragged}: as many texts in every column as there are rows.
function M.read(text)
  local at = sub(text, 1, 3) == "\239\187\191" and 4 or 1
  at = find(text, "[^\r\n]", at) or at
  local separator = separator_of(sub(text, at, at + 4000))
  local stop = "[" .. (separator == "|" and "%|" or separator) .. "\r\n]"
  local raw, from = read_header(text, at, stop)
  local names, columns, n, ragged = M.names(raw), {}, 0, 0
  for i = 1, #names do columns[i] = {} end
  at = from
  local length, width = #text, #names
  while at <= length do
    local first = byte(text, at)
    if first == 10 or first == 13 then
      at = at + 1
    else
      local count
      n = n + 1
      count, at = read_line(text, at, stop, columns, n)
      if count ~= width then ragged = ragged + 1 end
      for i = count + 1, width do columns[i][n] = "" end
      if n > M.MOST_ROWS then fail("the table has more than " .. M.MOST_ROWS .. " rows") end
    end
  end
  return { names = names, columns = columns, n = n, ragged = ragged }
end

local function as_text(value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" then return value % 1 == 0 and ("%.0f"):format(value) or ("%.14g"):format(value) end
  return kind == "boolean" and tostring(value) or ""
end

-- The same from rows as objects. Columns: those of the first 100 rows, in the order of their names.
function M.from_rows(rows)
  local seen, names, columns = {}, {}, {}
  for i = 1, math.min(#rows, 100) do
    for name in pairs(rows[i]) do
      if not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  if #names > M.MOST_COLUMNS then fail("the rows have " .. #names .. " fields; at most " .. M.MOST_COLUMNS .. " are read") end
  for j, name in ipairs(names) do
    local column = {}
    for i = 1, #rows do column[i] = as_text(rows[i][name]) end
    columns[j] = column
  end
  return { names = M.names(names), columns = columns, n = #rows, ragged = 0 }
end

return M
