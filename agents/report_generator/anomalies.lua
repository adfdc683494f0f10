-- Periods that stand out from those around them: by the middle and the spread of their neighbours, so that neither
-- growth nor a season counts as odd. Then what makes the difference: a category, or single rows.

local calendar = require "calendar"
local list = require "list"
local study_of = require "study"
local wording = require "wording"

local M = {}

local AROUND, LEAST_STRENGTH, LEAST_SIZE, MOST = 4, 3.5, 0.3, 3

local function grain_for(S)
  local span = S.high - S.low + 1
  if span >= 140 then return "week" end
  return span >= 21 and "day" or nil
end

local function neighbours(y, at, from, to)
  local near = {}
  for p = math.max(from, at - AROUND), math.min(to, at + AROUND) do
    if p ~= at then near[#near + 1] = y[p] end
  end
  return near
end

-- What the ordinary difference between a period and its neighbours' middle is, as a share.
local function scale_of(y, from, to)
  local shares = {}
  for p = from, to do
    local usual = list.median(neighbours(y, p, from, to))
    if usual > 0 then shares[#shares + 1] = y[p] / usual - 1 end
  end
  local _, spread = list.spread(shares)
  return math.max(spread, 0.02)
end

-- Which category's groups differ most from their own neighbours in that period.
local function part_of(study, P, at, gap)
  local best
  for _, column in ipairs(study.roles.dims) do
    if column.distinct <= 30 then
      local now, near, n = {}, {}, 0
      for code = 1, #column.names do now[code], near[code] = 0, 0 end
      for p = math.max(1, at - AROUND), math.min(P.n, at + AROUND) do n = n + (p ~= at and 1 or 0) end
      for i = 1, #P.of do
        local p, code, v = P.of[i], column.values[i], study.values[i]
        if p and code and v then
          if p == at then now[code] = now[code] + v
          elseif p >= at - AROUND and p <= at + AROUND then near[code] = near[code] + v / n end
        end
      end
      for code = 1, #column.names do
        local share = (now[code] - near[code]) / gap
        local usual = near[code] / math.max(1e-9, list.sum(near))
        local weight = share - usual -- more than its part of everything
        if share > 0.5 and share <= 1.5 and weight > 0.2 and (not best or weight > best.weight) then
          best = { name = column.names[code], share = math.min(share, 1), weight = weight, column = column }
        end
      end
    end
  end
  return best
end

-- "5 orders make up 80% of it" when a few rows explain an excess.
local function few_rows(study, P, at, gap)
  if gap <= 0 or not study.roles.measure then return nil end
  local big = {}
  for i = 1, #P.of do
    if P.of[i] == at and study.values[i] then big[#big + 1] = study.values[i] end
  end
  table.sort(big, function(a, b) return a > b end)
  local sum = 0
  for n = 1, math.min(5, #big) do
    sum = sum + big[n]
    if sum >= 0.6 * gap then
      return n == 1 and ("A single %s of %s explains most of it."):format(study.roles.noun_one, study.W.short(big[1]))
        or ("The %d largest %s of that %s bring %s together."):format(n, study.roles.noun, P.grain, study.W.short(sum))
    end
  end
end

local function describe(study, P, at, usual, strength)
  local y, gap = P.totals, P.totals[at] - usual
  local label = calendar.label(P.first + at - 1, P.grain)
  return {
    p = at, grain = P.grain, value = y[at], usual = usual, strength = strength, around = 2 * AROUND, label = label,
    title = (label:gsub("^the w", "The w")), part = part_of(study, P, at, gap), rows = few_rows(study, P, at, gap), periods = P,
  }
end

-- The strongest first.
function M.of(study)
  local S = study.series
  local grain = grain_for(S)
  if not grain then return {} end
  local P = study_of.periods(study.roles.date.values, grain, S.low, S.high)
  P.totals = study_of.group(P.of, study.values, P.n)
  local from = S.low > calendar.start(P.first, grain) and 2 or 1
  local to = S.high < calendar.start(P.first + P.n, grain) - 1 and P.n - 1 or P.n
  if to - from < 12 then return {} end
  local scale, found = scale_of(P.totals, from, to), {}
  for p = from, to do
    local usual = list.median(neighbours(P.totals, p, from, to))
    local size = usual > 0 and P.totals[p] / usual - 1 or 0
    if math.abs(size) / scale >= LEAST_STRENGTH and math.abs(size) >= LEAST_SIZE then
      found[#found + 1] = { p = p, usual = usual, strength = math.abs(size) / scale }
    end
  end
  table.sort(found, function(a, b)
    if a.strength ~= b.strength then return a.strength > b.strength end
    return a.p < b.p
  end)
  local told = {}
  for i = 1, math.min(MOST, #found) do told[i] = describe(study, P, found[i].p, found[i].usual, found[i].strength) end
  return told
end

M.wording = wording
return M
