-- What each column holds: numbers, dates, categories, flags (yes and no), names of rows (ids), texts, nothing.
--
-- A column: {name, label, kind, cells, values, missing, bad, distinct, names, currency, percent, yes}. `values` has
-- false where there is nothing; of a category the number of its name in `names`.

local numerals = require "numerals"
local calendar = require "calendar"

local M = {}

local lower, find, gsub, match = string.lower, string.find, string.gsub, string.match

local EMPTY = { [""] = true, ["-"] = true, ["na"] = true, ["n/a"] = true, ["null"] = true, ["none"] = true, ["nan"] = true, ["?"] = true, ["#n/a"] = true }
local YES = { yes = true, y = true, ["true"] = true, ja = true, oui = true, si = true, x = true }
local NO = { no = true, n = true, ["false"] = true, nein = true, non = true }
local MOST_NAMES, MOST_SHARE = 5000, 0.5

-- Distinct texts of a column with how often each stands there, in the order of their first row; and the empty ones.
local function distinct(cells)
  local counts, order, missing, is_empty = {}, {}, 0, {}
  for i = 1, #cells do
    local text = cells[i]
    local seen = counts[text]
    if seen then
      counts[text] = seen + 1
    elseif is_empty[text] == nil then
      local is = #text < 6 and EMPTY[lower(match(text, "^%s*(.-)%s*$"))] or not find(text, "%S")
      is_empty[text] = is or false
      if is then missing = missing + 1 else
        counts[text] = 1
        order[#order + 1] = text
      end
    elseif is_empty[text] then
      missing = missing + 1
    end
  end
  return order, counts, missing
end

-- Each cell by what its text means; how many mean nothing.
local function map(cells, meaning, missing)
  local values, without = {}, 0
  for i = 1, #cells do
    local value = meaning[cells[i]]
    if value == nil then
      value = false
      without = without + 1
    end
    values[i] = value
  end
  return values, without - missing
end

-- Tries to read most of the texts: the meanings, and the share of rows that have one.
local function try(order, counts, n, read)
  local meaning, hits, misses = {}, 0, 0
  for _, text in ipairs(order) do
    local value = read(text)
    if value ~= nil then
      meaning[text] = value
      hits = hits + counts[text]
    else
      misses = misses + counts[text]
      if misses > 50 and misses > 0.1 * n then return meaning, 0 end
    end
  end
  return meaning, hits > 0 and hits / (hits + misses) or 0
end

local function words_of(name)
  return " " .. gsub(gsub(lower(gsub(name, "(%l)(%u)", "%1 %2")), "[^%w\128-\255]+", " "), "%s+", " ") .. " "
end
M.words_of = words_of

local CURRENCY = { eur = "EUR", usd = "USD", gbp = "GBP", chf = "CHF", sek = "SEK", nok = "NOK", dkk = "DKK", pln = "PLN", cad = "CAD", aud = "AUD", jpy = "JPY" }

-- "revenue_eur" -> "Revenue", "EUR"
local function label_of(name)
  local words, currency = match(words_of(name), "^%s*(.-)%s*$"), nil
  local last = match(words, " (%a%a%a)$")
  if last and CURRENCY[last] then words, currency = words:sub(1, -5), CURRENCY[last] end
  if words == "" then words = name end
  return words:sub(1, 1):upper() .. words:sub(2), currency
end

local function as_flag(column, order, counts, n)
  if #order > 2 then return false end
  local meaning, share = try(order, counts, n, function(text)
    local word = lower(match(text, "^%s*(.-)%s*$"))
    if YES[word] then return 1 end
    return NO[word] and 0 or nil
  end)
  if share < 1 then return false end
  column.kind, column.values = "flag", map(column.cells, meaning, column.missing)
  return true
end

local function as_date(column, order, counts, n)
  local style, unsure = calendar.style(order)
  local meaning, share = try(order, counts, n, function(text) return calendar.parse(text, style) end)
  if share < 0.9 then return false end
  column.kind, column.style, column.unsure = "date", style, unsure
  column.values, column.bad = map(column.cells, meaning, column.missing)
  return true
end

local function is_id_name(name)
  local words = words_of(name)
  return find(words, " id ") or find(words, " no $") or find(words, " number ") or find(words, " nr ") or find(words, " key ")
    or find(words, " code ") or find(words, " uuid ") or find(words, " sku ") or find(words, " zip ")
end

-- A column that names rows: by its name, and because hardly any value comes twice.
local function as_id(column, order, n)
  local filled = n - column.missing
  if not (is_id_name(column.name) and #order > 0.5 * filled and #order > 1) then return false end
  column.kind = "id"
  return true
end

local function as_number(column, order, counts, n)
  local decimal, money, percents = numerals.convention(order), {}, 0
  local meaning, share = try(order, counts, n, function(text)
    local value, currency, percent = numerals.parse(text, decimal)
    if currency then money[currency] = true end
    if percent then
      percents = percents + 1
      value = value / 100
    end
    return value
  end)
  if share < 0.9 then return false end
  column.kind, column.decimal = "number", decimal
  column.values, column.bad = map(column.cells, meaning, column.missing)
  column.currency = column.currency or next(money)
  column.mixed_currencies = next(money) ~= nil and next(money, (next(money))) ~= nil
  column.percent = percents > 0
  return true
end

-- Years, and codes of few digits, are categories.
local function is_year(column, order)
  return find(words_of(column.name), " year ") and #order <= 100 and match(order[1] or "", "^%d%d%d%d$")
end

local function as_category(column, order, n)
  local filled = n - column.missing
  local long = 0
  for i = 1, math.min(#order, 200) do long = long + #order[i] end
  local average = long / math.max(1, math.min(#order, 200))
  if #order > MOST_NAMES or #order > 20 and #order > MOST_SHARE * filled then
    column.kind = average > 40 and "text" or #order > 0.9 * filled and "id" or "text"
    return
  end
  if average > 60 then
    column.kind = "text"
    return
  end
  local names = {}
  for i, text in ipairs(order) do names[i] = text end
  table.sort(names)
  local meaning = {}
  for i, text in ipairs(names) do meaning[text] = i end
  column.kind, column.names = "category", names
  column.values = map(column.cells, meaning, column.missing)
end

local function read(name, cells, n)
  local column = { name = name, cells = cells, bad = 0 }
  column.label, column.currency = label_of(name)
  local order, counts, missing = distinct(cells)
  column.missing, column.distinct = missing, #order
  if #order == 0 then
    column.kind = "empty"
  elseif not (as_flag(column, order, counts, n) or not is_year(column, order) and (as_id(column, order, n)
    or as_date(column, order, counts, n) or as_number(column, order, counts, n))) then
    as_category(column, order, n)
  end
  if column.kind ~= "text" and column.kind ~= "id" then column.cells = nil end
  return column
end

-- Rows that are the same in all columns, when the table also has a column that tells rows apart: they are left out.
local function repeated(table_)
  local seen, twice, row = {}, {}, {}
  for i = 1, table_.n do
    for j = 1, #table_.columns do row[j] = table_.columns[j][i] end
    local key = table.concat(row, "\31")
    if seen[key] then twice[#twice + 1] = i end
    seen[key] = true
  end
  return twice
end

local function drop(table_, rows)
  local gone = {}
  for _, i in ipairs(rows) do gone[i] = true end
  for j, column in ipairs(table_.columns) do
    local kept = {}
    for i = 1, table_.n do
      if not gone[i] then kept[#kept + 1] = column[i] end
    end
    table_.columns[j] = kept
  end
  table_.n = table_.n - #rows
end

-- {n, columns, by_name, duplicates, dropped, ragged} of what cells.lua read.
function M.read(table_)
  local data = { ragged = table_.ragged, columns = {}, by_name = {}, dropped = 0, rows = table_.n }
  local twice, has_id = repeated(table_), false
  for _, name in ipairs(table_.names) do has_id = has_id or is_id_name(name) ~= nil end
  data.duplicates = #twice
  if has_id and #twice > 0 and #twice < 0.5 * table_.n then
    drop(table_, twice)
    data.dropped = #twice
  end
  data.n = table_.n
  for j, name in ipairs(table_.names) do
    local column = read(name, table_.columns[j], data.n)
    data.columns[j], data.by_name[name] = column, column
  end
  return data
end

return M
