-- The numbers of a report, before any words: the measure by period and by category.

local calendar = require "calendar"
local list = require "list"
local wording = require "wording"

local M = {}

-- How far from a period's edge the first or last row may lie for the period to count as whole, in days.
local SLACK = { day = 0, week = 1, month = 2, quarter = 4, year = 7 }

local function grain_of(span, asked)
  if asked and asked ~= "auto" then return asked end
  if span <= 62 then return "day" end
  if span <= 270 then return "week" end
  return span <= 1900 and "month" or "quarter"
end

local function extent(days)
  local low, high
  for i = 1, #days do
    local day = days[i]
    if day then
      if not low or day < low then low = day end
      if not high or day > high then high = day end
    end
  end
  return low, high
end

-- {grain, first, n, of = period of each row (1..n or false)} over the date column.
local function periods(days, grain, low, high)
  local P = { grain = grain, first = calendar.index(low, grain), of = {} }
  P.n = calendar.index(high, grain) - P.first + 1
  local known = {}
  for i = 1, #days do
    local day = days[i]
    local p = false
    if day then
      p = known[day]
      if not p then
        p = calendar.index(day, grain) - P.first + 1
        known[day] = p
      end
    end
    P.of[i] = p
  end
  return P
end
M.periods = periods

-- Sums of values by key: totals, counts, both zero where there is nothing.
function M.group(keys, values, n)
  local totals, counts = {}, {}
  for k = 1, n do totals[k], counts[k] = 0, 0 end
  for i = 1, #keys do
    local k = keys[i]
    if k then
      local v = values[i]
      if v then
        totals[k] = totals[k] + v
        counts[k] = counts[k] + 1
      end
    end
  end
  return totals, counts
end

local function series(study, input)
  local days = study.roles.date and study.roles.date.values
  local low, high = extent(days or {})
  if not low or high == low then return nil end
  local grain = grain_of(high - low + 1, input.period and input.period.by)
  if calendar.index(high, grain) - calendar.index(low, grain) > 4000 then grain = "month" end
  local S = periods(days, grain, low, high)
  S.low, S.high = low, high
  S.totals, S.counts = M.group(S.of, study.values, S.n)
  S.from = low - calendar.start(S.first, grain) > SLACK[grain] and 2 or 1
  S.to = calendar.start(S.first + S.n, grain) - 1 - high > SLACK[grain] and S.n - 1 or S.n
  S.year = calendar.IN_YEAR[grain]
  function S.label(p) return calendar.label(S.first + p - 1, grain) end
  function S.short(p) return calendar.short(S.first + p - 1, grain) end
  return S
end

-- One value for each row: the measure's, or 1 where the table has none.
local function values_of(roles, n)
  if roles.measure then return roles.measure.values end
  local ones = {}
  for i = 1, n do ones[i] = 1 end
  return ones
end

-- The rows' groups by a category column, largest first: {name, total, count, share, code}.
function M.segments(study, column)
  local totals, counts = M.group(column.values, study.values, #column.names)
  local groups = {}
  for code, name in ipairs(column.names) do
    groups[code] = { name = name, total = totals[code], count = counts[code], code = code }
  end
  table.sort(groups, function(a, b)
    if a.total ~= b.total then return a.total > b.total end
    return a.name < b.name
  end)
  local whole = study.total
  for _, group in ipairs(groups) do group.share = whole ~= 0 and group.total / whole or 0 end
  return groups
end

-- What each group of a column adds to the change from the periods `before` to those `after`:
-- {name, before, after, change}, by size of change. Ranges are {from, to}.
function M.contributions(study, column, after, before)
  local S, names = study.series, column.names
  local now, old = {}, {}
  for code = 1, #names + 1 do now[code], old[code] = 0, 0 end
  local codes, values, of, without = column.values, study.values, S.of, #names + 1
  for i = 1, #codes do
    local p, v = of[i], values[i]
    if p and v then
      local code = codes[i] or without
      if p >= after[1] and p <= after[2] then now[code] = now[code] + v
      elseif p >= before[1] and p <= before[2] then old[code] = old[code] + v end
    end
  end
  local parts = {}
  for code = 1, #names + 1 do
    parts[code] = { name = names[code] or "not given", before = old[code], after = now[code], change = now[code] - old[code], is_rest = not names[code] }
  end
  table.sort(parts, function(a, b)
    if math.abs(a.change) ~= math.abs(b.change) then return math.abs(a.change) > math.abs(b.change) end
    return a.name < b.name
  end)
  return parts
end

-- The sum of a list of period values over a range.
function M.over(totals, range)
  return list.sum(list.slice(totals, range[1], range[2]))
end

-- The ranges that are held against each other: the last whole period, the one before, the same a year ago, and the
-- whole periods of the last year so far with the same of the year before.
local function ranges(study)
  local S = study.series
  if not S or S.to - S.from < 1 then return {} end
  local R = { last = { S.to, S.to }, before = { S.to - 1, S.to - 1 } }
  if S.year then
    if S.to - S.year >= S.from then R.year_ago = { S.to - S.year, S.to - S.year } end
    local into = (S.first + S.to - 1) % S.year
    local from = S.to - into
    if into >= 1 and from - S.year >= S.from then
      R.this_year, R.last_year = { from, S.to }, { from - S.year, S.to - S.year }
    end
  end
  return R
end

function M.of(data, roles, input)
  local study = { data = data, roles = roles, n = data.n, values = values_of(roles, data.n) }
  study.label = roles.measure and roles.measure.label or (roles.noun:gsub("^%l", string.upper))
  study.what = wording.lower(study.label)
  study.W = wording.of(roles.measure ~= nil and roles.measure.is_money, roles.currency)
  local total, count = 0, 0
  for i = 1, study.n do
    local v = study.values[i]
    if v then total, count = total + v, count + 1 end
  end
  study.total, study.count = total, count
  study.series = series(study, input)
  study.ranges = ranges(study)
  return study
end

return M
