-- Which chart shows which fact: from the facts' numbers to charts.lua.

local charts = require "charts"
local escape = require "escape"
local list = require "list"
local study_of = require "study"
local wording = require "wording"

local M = {}

local MOST_BARS, MOST_PARTS = 8, 5

local function shares(v) return wording.percent(v, v ~= 0 and math.abs(v) < 0.1 and (v * 100) % 1 > 1e-9 and 1 or 0) end

local function labels_of(S, from, to)
  local labels = {}
  for p = from, to do labels[#labels + 1] = S.short(p) end
  return labels
end

-- The measure over all periods, with what is not over dashed, and the outlook where there is one.
function M.trend(study, given, name, width, height)
  local S = study.series
  local values, labels, ahead = list.slice(S.totals, S.from, S.n), labels_of(S, S.from, S.n), given.ahead
  if ahead then
    values, labels = list.slice(S.totals, S.from, S.to), labels_of(S, S.from, S.to + 1)
    ahead = { i = #labels, value = ahead.value, low = ahead.low, high = ahead.high }
  end
  return charts.lines{ name = name, width = width, height = height, fill = true, labels = labels, format = study.W.axis, text = study.W.short, ahead = ahead, whole = S.to - S.from + 1,
    series = { { name = study.label, values = values } }, title = ("%s by %s"):format(study.label, S.grain),
    desc = ("From %s in %s to %s in %s."):format(study.W.full(S.totals[S.from]), S.label(S.from), study.W.full(S.totals[S.to]), S.label(S.to)) }
end

-- The last periods as columns, the last whole one strong.
function M.recent(study, _, name)
  local S = study.series
  local from = math.max(S.from, S.to - (S.year or 12))
  local values = list.slice(S.totals, from, S.to)
  return charts.columns{ name = name, labels = labels_of(S, from, S.to), values = values, format = study.W.axis, text = study.W.short,
    strong = { [#values] = true }, title = ("%s in the last %d %ss"):format(study.label, #values, S.grain),
    desc = ("%s in %s."):format(study.W.full(S.totals[S.to]), S.label(S.to)) }
end

-- This year's periods over last year's.
function M.years(study, _, name)
  local S, R = study.series, study.ranges
  local now, before = list.slice(S.totals, R.this_year[1], R.this_year[2]), list.slice(S.totals, R.last_year[1], R.last_year[1] + S.year - 1)
  local labels = {}
  for k = 0, S.year - 1 do labels[k + 1] = require("calendar").season(S.first + R.this_year[1] - 1 + k, S.grain):sub(1, 3) end
  local year = require("calendar").split(require("calendar").start(S.first + S.to - 1, S.grain))
  return charts.lines{ name = name, labels = labels, format = study.W.axis,
    series = { { name = tostring(year), values = now }, { name = tostring(year - 1), values = before, color = "var(--faint)", dashed = true } },
    title = ("%s by %s: %d and %d"):format(study.label, S.grain, year, year - 1), desc = ("Sum of the same %ss: %s against %s."):format(S.grain, study.W.full(list.sum(now)),
      study.W.full(study_of.over(S.totals, R.last_year))) }
end

function M.drivers(study, given, name)
  local rows = {}
  for i = 1, math.min(MOST_BARS, #given.parts) do
    local part = given.parts[i]
    if part.change ~= 0 then
      rows[#rows + 1] = { label = part.name, value = part.change, strong = i == 1, color = part.change > 0 and "var(--c1)" or "var(--down)",
        text = (part.change > 0 and "+" or "") .. study.W.short(part.change) }
    end
  end
  table.sort(rows, function(a, b)
    if a.value ~= b.value then return a.value > b.value end
    return a.label < b.label
  end)
  return charts.bars{ name = name, rows = rows, title = ("Change of %s by %s"):format(study.what, wording.lower(given.column.label)), desc = "Bars to the right grew, bars to the left shrank." }
end

local function rest_of(groups, shown)
  local total, share = 0, 0
  for i = shown + 1, #groups do total, share = total + groups[i].total, share + groups[i].share end
  return total, share, #groups - shown
end

function M.segments(study, given, name)
  local rows, groups, sum = {}, given.groups, 0
  local shown = #groups > MOST_BARS + 1 and MOST_BARS or #groups
  for i = 1, shown do
    local was = sum
    sum = sum + groups[i].share
    rows[i] = { label = groups[i].name, value = groups[i].total, strong = i == 1 or given.cumulated and was < 0.8,
      color = (given.cumulated and was < 0.8 or not given.cumulated and i == 1) and "var(--c1)" or "var(--mute)",
      text = ("%s · %s"):format(study.W.short(groups[i].total), given.cumulated and "Σ " .. shares(sum) or shares(groups[i].share)) }
  end
  if shown < #groups then
    local total, share, n = rest_of(groups, shown)
    rows[#rows + 1] = { label = ("%d others"):format(n), value = total, text = ("%s · %s"):format(study.W.short(total), shares(share)) }
  end
  return charts.bars{ name = name, rows = rows, title = ("%s by %s"):format(study.label, wording.lower(given.column.label)),
    desc = ("The largest is %s with %s."):format(groups[1].name, study.W.full(groups[1].total)) }
end

function M.rates(study, given, name)
  local rows, groups = {}, given.groups
  for i = 1, #groups do
    if #groups <= MOST_BARS or i <= MOST_BARS / 2 or i > #groups - MOST_BARS / 2 then
      local is_told = given.what == "Margin" and i == #groups or given.what ~= "Margin" and i == 1
      rows[#rows + 1] = { label = groups[i].name, value = groups[i].rate, strong = is_told, color = is_told and "var(--c2)" or "var(--mute)", text = wording.percent(groups[i].rate) }
    end
  end
  return charts.bars{ name = name, rows = rows, reference = { value = given.whole, label = "all " .. wording.percent(given.whole) },
    title = ("%s by %s"):format(given.what, wording.lower(given.column.label)), desc = ("All together %s."):format(wording.percent(given.whole)), study = study.label }
end

function M.season(study, given, name)
  local season, S, values, labels, strong = given.season, study.series, {}, {}, {}
  for k = 0, S.year - 1 do
    values[k + 1], labels[k + 1] = season.factors[k] - 1, require("calendar").season(k, S.grain):sub(1, 3)
    strong[k + 1] = k == season.high or k == season.low or nil
  end
  return charts.columns{ name = name, labels = labels, values = values, strong = strong, format = shares, text = function(v) return v > 0 and "+" .. shares(v) or "" end,
    title = ("%s above or below an average %s"):format(study.label, S.grain), desc = ("Highest in %s, lowest in %s."):format(labels[season.high + 1], labels[season.low + 1]) }
end

-- The periods around the odd one.
function M.odd(study, given, name)
  local found = given.found
  local P, from = found.periods, math.max(1, found.p - 12)
  local to, labels = math.min(P.n - 1, found.p + 12), {}
  for p = from, to do labels[#labels + 1] = require("calendar").short(P.first + p - 1, P.grain) end
  return charts.lines{ name = name, labels = labels, format = study.W.axis, fill = true, whole = to - from + 1, series = { { name = study.label, values = list.slice(P.totals, from, to) } },
    marks = { { i = found.p - from + 1, label = study.W.short(found.value), below = found.value < found.usual } }, title = ("%s by %s"):format(study.label, P.grain),
    desc = ("%s: %s, usually about %s."):format(found.title, study.W.full(found.value), study.W.full(found.usual)) }
end

-- The average of one number in bands of the other.
function M.bands(study, given, name)
  local a, b = given.x, given.y
  if a.distinct > b.distinct then a, b = b, a end
  local values, others = {}, {}
  for i = 1, study.n do
    if a.values[i] and b.values[i] then values[#values + 1], others[#others + 1] = a.values[i], b.values[i] end
  end
  local sorted, edges = list.sorted(values), {}
  for k = 1, 6 do
    local edge = list.quantile(sorted, k / 6)
    if #edges == 0 or edge > edges[#edges] then edges[#edges + 1] = edge end
  end
  local sums, counts, labels, means = {}, {}, {}, {}
  for k = 1, #edges do sums[k], counts[k] = 0, 0 end
  for i = 1, #values do
    local k = 1
    while values[i] > edges[k] do k = k + 1 end
    sums[k], counts[k] = sums[k] + others[i], counts[k] + 1
  end
  local W = wording.of(a.is_money, study.roles.currency)
  for k = 1, #edges do
    means[k] = counts[k] > 0 and sums[k] / counts[k] or 0
    local edge = a.is_rate and edges[#edges] <= 1 and shares(edges[k]) or W.axis(edges[k])
    labels[k] = (edges[k] == sorted[1] and "" or "to ") .. edge
  end
  local V = wording.of(b.is_money, study.roles.currency)
  return charts.columns{ name = name, labels = labels, values = means, format = b.is_rate and edges[#edges] <= 1 and shares or V.axis, text = V.full,
    title = ("Average %s by %s"):format(wording.lower(b.label), wording.lower(a.label)), desc = "Each column is the average over the rows in that band." }
end

-- Parts of the whole over time, for the first category column that is small enough.
function M.mix(study, name)
  local S = study.series
  local column
  for _, one in ipairs(study.roles.dims) do
    if one.distinct <= 12 and (not column or math.abs(one.distinct - 4) < math.abs(column.distinct - 4)) then column = one end
  end
  if not S or not column or S.to - S.from < 2 then return nil end
  local groups, place, series = study_of.segments(study, column), {}, {}
  for i, group in ipairs(groups) do place[group.code] = #groups > MOST_PARTS and math.min(i, MOST_PARTS) or i end
  for i, group in ipairs(groups) do
    local k = place[group.code]
    series[k] = series[k] or { name = escape.shorten(#groups > MOST_PARTS and k == MOST_PARTS and "Others" or groups[i].name, 18), values = {} }
  end
  for _, one in ipairs(series) do for p = S.from, S.n do one.values[p - S.from + 1] = 0 end end
  for i = 1, study.n do
    local p, code, v = S.of[i], column.values[i], study.values[i]
    if p and code and v and p >= S.from then
      local values = series[place[code]].values
      values[p - S.from + 1] = values[p - S.from + 1] + v
    end
  end
  return charts.stacked{ name = name, labels = labels_of(S, S.from, S.n), series = series, format = study.W.axis,
    title = ("%s by %s and %s"):format(study.label, S.grain, wording.lower(column.label)), desc = "Columns of the parts that make up the whole." }
end

-- The chart of a fact, or nil.
function M.of(study, fact, name)
  local given = fact.chart
  if not given then return nil end
  return M[given.kind](study, given, name)
end

return M
