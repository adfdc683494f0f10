-- Which columns a report is about: the measure, the date, the categories, and what belongs to them.

local columns = require "columns"
local list = require "list"
local numerals = require "numerals"

local M = {}

local find = string.find

-- Words of names, and how much they speak for being what the report is about.
local MEASURES = {
  { 10, " revenue | sales | turnover | umsatz | ventas | ca | mrr | arr " }, { 8, " amount | total | value | betrag | spend | spent | gross | net " },
  { 6, " profit | margin | income | earnings " }, { 5, " cost | costs | expense | expenses | budget | kosten " },
  { 4, " units | quantity | qty | orders | count | visits | views | clicks | hours | tickets | signups | users | menge " },
}
local RATES = " price | rate | discount | percent | pct | ratio | score | rating | age | temperature | temp | avg | average | mean | latitude | longitude | lat | lon | lng | index | share | preis | rabatt | hour | minute | day | month | week | rank | position | level | duration | weight | height "
local MONEY = " revenue | sales | turnover | umsatz | amount | profit | cost | costs | price | spend | spent | income | expense | expenses | budget | fee | salary | gross | net | mrr | arr | betrag | preis | kosten "
local COSTS = " cost | costs | cogs | kosten "
local GAINS = " revenue | sales | turnover | umsatz | ventas | mrr | arr | profit | margin | income | earnings | orders | signups "
local REVENUES = " revenue | sales | turnover | umsatz "

local function has(name, words)
  local text = columns.words_of(name)
  for word in words:gmatch("[^|]+") do
    if find(text, " " .. word:match("%S+") .. " ", 1, true) then return true end
  end
  return false
end

local function is_rate(column)
  if column.percent or has(column.name, RATES) then return true end
  for _, row in ipairs(MEASURES) do
    if has(column.name, row[2]) then return false end
  end
  local within, fractions = true, false
  for i = 1, math.min(#column.values, 500) do
    local v = column.values[i]
    if v then
      within = within and v >= 0 and v <= 1
      fractions = fractions or v % 1 ~= 0
    end
  end
  return within and fractions
end

local function weight_of(column)
  for _, row in ipairs(MEASURES) do
    if has(column.name, row[2]) then return row[1] end
  end
  return 2
end

local function fail(field, message)
  error({ code = "invalid_input", message = message, details = { field = field } }, 0)
end

-- The column that the input names, in any case.
local function named(data, name, kind, field)
  for _, column in ipairs(data.columns) do
    if column.name:lower() == name:lower() then
      if column.kind == kind then return column end
      fail(field, ("the column '%s' of %s holds no %ss, but is read as: %s"):format(column.name, field, kind, column.kind))
    end
  end
  local names = {}
  for i, column in ipairs(data.columns) do names[i] = column.name end
  fail(field, ("there is no column '%s' (%s); there are: %s"):format(name, field, table.concat(names, ", ", 1, math.min(#names, 40))))
end

local function measure_of(data, input)
  if input.measure then return named(data, input.measure, "number", "measure") end
  local best, most
  for _, column in ipairs(data.columns) do
    if column.kind == "number" and not column.is_rate and column.distinct > 1 then
      local weight = weight_of(column)
      if not best or weight > most then best, most = column, weight end
    end
  end
  return best
end

local function date_of(data, input)
  if input.period and input.period.column then return named(data, input.period.column, "date", "period.column") end
  local best
  for _, column in ipairs(data.columns) do
    if column.kind == "date" and (not best or column.missing + column.bad < best.missing + best.bad) then best = column end
  end
  return best
end

-- "order_id" -> "orders"
local function noun_of(data)
  for _, column in ipairs(data.columns) do
    if column.kind == "id" then
      local word = columns.words_of(column.name):match("^ (%a+) [%a ]+ $")
      if word and #word > 2 then
        return word:sub(-1) == "s" and word or word:sub(-1) == "y" and word:sub(1, -2) .. "ies" or word .. "s", word
      end
    end
  end
  return "rows", "row"
end

local function find_column(data, words, but)
  for _, column in ipairs(data.columns) do
    if column.kind == "number" and column ~= but and not column.is_rate and has(column.name, words) then return column end
  end
end

-- {measure, date, dims, flags, numbers, cost, noun, noun_one, currency}; each may be nil but the lists.
function M.of(data, input, settings)
  local roles = { dims = {}, flags = {}, numbers = {}, texts = {} }
  for _, column in ipairs(data.columns) do
    if column.kind == "number" then
      column.is_rate, column.is_money = is_rate(column), column.currency ~= nil or has(column.name, MONEY)
      roles.numbers[#roles.numbers + 1] = column
    elseif column.kind == "category" and column.distinct > 1 then
      roles.dims[#roles.dims + 1] = column
    elseif column.kind == "flag" and column.distinct == 2 then
      roles.flags[#roles.flags + 1] = column
    end
  end
  roles.measure, roles.date = measure_of(data, input), date_of(data, input)
  roles.noun, roles.noun_one = noun_of(data)
  roles.is_gain = roles.measure ~= nil and has(roles.measure.name, GAINS)
  if roles.measure and has(roles.measure.name, REVENUES) then roles.cost = find_column(data, COSTS, roles.measure) end
  local code = settings.currency ~= "" and settings.currency or roles.measure and roles.measure.currency or ""
  roles.currency = numerals.CODES[code] or (code ~= "" and code .. " ") or ""
  if roles.measure and settings.currency ~= "" and has(roles.measure.name, MONEY) then roles.measure.is_money = true end
  return roles
end

-- How much a question has to do with a column: by its name and the names in it.
function M.asked(question, column)
  if not question then return 0 end
  local text, points = columns.words_of(question), 0
  for word in columns.words_of(column.label):gmatch("%S+") do
    local stem = #word > 5 and word:sub(1, -3) or word -- "escalated" and "escalates"
    if #word > 2 and find(text, " " .. stem, 1, true) then points = points + 2 end
  end
  for _, name in ipairs(list.slice(column.names or {}, 1, 300)) do
    if #name > 1 and find(text, columns.words_of(name), 1, true) then points = points + 1 end
  end
  return points
end

return M
