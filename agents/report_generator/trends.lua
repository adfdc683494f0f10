-- Trend, season and outlook: straight lines and last year's shape, no more than the data can bear.

local list = require "list"
local study_of = require "study"
local wording = require "wording"

local M = {}

-- Least squares over y[from..to]: slope, value at `from`, r squared.
local function line(y, from, to)
  local n, sx, sy, sxx, sxy = to - from + 1, 0, 0, 0, 0
  for i = from, to do
    local x = i - from
    sx, sy, sxx, sxy = sx + x, sy + y[i], sxx + x * x, sxy + x * y[i]
  end
  local down = n * sxx - sx * sx
  if down == 0 then return 0, n > 0 and sy / n or 0, 0 end
  local slope = (n * sxy - sx * sy) / down
  local start, mean, left, all = (sy - slope * sx) / n, sy / n, 0, 0
  for i = from, to do
    left = left + (y[i] - start - slope * (i - from)) ^ 2
    all = all + (y[i] - mean) ^ 2
  end
  return slope, start, all > 0 and 1 - left / all or 0
end
M.line = line

-- {high, low (period numbers), lift, dip, cycles, factors by place in the year}, or nil when there is no full year.
function M.season(S)
  local n = S.to - S.from + 1
  if n < S.year + 1 then return nil end
  local slope, start = line(S.totals, S.from, S.to)
  local sums, counts = {}, {}
  for p = S.from, S.to do
    local usual, k = start + slope * (p - S.from), (S.first + p - 1) % S.year
    if usual <= 0 then return nil end
    sums[k], counts[k] = (sums[k] or 0) + S.totals[p] / usual, (counts[k] or 0) + 1
  end
  local factors, high, low, mean = {}, 0, 0, 0
  for k = 0, S.year - 1 do mean = mean + sums[k] / counts[k] / S.year end
  for k = 0, S.year - 1 do
    factors[k] = sums[k] / counts[k] / mean
    if factors[k] > factors[high] then high = k end
    if factors[k] < factors[low] then low = k end
  end
  if factors[high] < 1.08 then return nil end
  return { high = high, low = low, lift = factors[high] - 1, dip = 1 - factors[low], cycles = n / S.year, factors = factors }
end

-- Last year's value times this year's growth, where there are a year's periods before; else the line.
local function guess(y, S, at)
  if S.year and at - S.year - 3 >= S.from then
    local recent, past = {}, {}
    for p = at - 3, at - 1 do
      recent[#recent + 1], past[#past + 1] = y[p], y[p - S.year]
    end
    local base = list.sum(past)
    if base > 0 then return y[at - S.year] * list.sum(recent) / base, "year" end
  end
  local from = math.max(S.from, at - 12)
  local slope, start = line(y, from, at - 1)
  return start + slope * (at - from), "line"
end

-- {label, value, low, high, confidence, how, p}, or nil when there are too few whole periods.
function M.outlook(study)
  local S = study.series
  if S.to - S.from + 1 < 8 then return nil end
  local value, how = guess(S.totals, S, S.to + 1)
  local off = {}
  for at = S.to, math.max(S.from + 6, S.to - 5), -1 do
    local told, by = guess(S.totals, S, at)
    if by == how and S.totals[at] ~= 0 then off[#off + 1] = math.abs(told - S.totals[at]) / math.abs(S.totals[at]) end
  end
  if #off < 2 or value <= 0 then return nil end
  local wrong = list.sorted(off)[#off]
  if wrong > 0.6 then return nil end
  local margin = math.max(wrong, 0.03)
  return {
    p = S.to + 1, label = S.label(S.to + 1):gsub("^%l", string.upper), value = value, low = value * (1 - margin), high = value * (1 + margin),
    confidence = math.max(0.3, 0.75 - wrong * 2),
    how = ("%s. Tried on the last %d %ss it was off by %s on average, %s at worst; that is the range. It knows nothing of plans, prices or markets."):format(
      how == "year" and "The same " .. S.grain .. " a year before, times the growth of the last three" or "A straight line through the last twelve " .. S.grain .. "s",
      #off, S.grain, wording.percent(list.mean(off)), wording.percent(wrong)),
  }
end

M.over = study_of.over
return M
