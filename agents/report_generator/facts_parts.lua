-- Facts about parts of the whole: the largest and smallest groups, how few make up most, margins, flags by group.

local list = require "list"
local study_of = require "study"
local wording = require "wording"

local MOST_SHOWN, MOST_NAMES = 40, 3

local function named(groups, n)
  local texts = {}
  for i = 1, math.min(n, #groups) do
    texts[i] = ("%s (%s)"):format(groups[i].name, wording.percent(groups[i].share))
  end
  return list.say(texts)
end

local function leader(study, column, groups, add)
  local top, last, W = groups[1], groups[#groups], study.W
  local even = 1 / #groups
  local label = wording.lower(column.label)
  add{ kind = "segment", score = 58 + math.min(20 * (top.share - even), 14) + (#groups <= 8 and 3 or 0), value = top.share, unit = "share", columns = { column },
    subject = top.name, words = "top best largest biggest segment", confidence = 0.97 - math.min(0.3, column.missing / study.n),
    headline = ("%s leads by %s with %s of %s"):format(top.name, label, wording.percent(top.share, 0), study.what),
    statement = ("%s %s %s, %s of all %s%s. The smallest of %d is %s with %s."):format(top.name, study.roles.is_gain and "brings" or "has", W.short(top.total), wording.percent(top.share), study.what,
      #groups > 2 and ", ahead of " .. named(list.slice(groups, 2, #groups - 1), 2) or "", #groups, last.name, wording.percent(last.share)),
    evidence = ("%s of %s; %s of %s %s."):format(W.full(top.total), W.full(study.total), wording.number(top.count), wording.number(study.count), study.roles.noun),
    chart = { kind = "segments", column = column, groups = groups } }
end

-- How many of the groups make up 80 %.
local function concentration(study, column, groups, add)
  local n, sum = 0, 0
  while n < #groups and sum < 0.8 do
    n = n + 1
    sum = sum + groups[n].share
  end
  if #groups < 6 or n / #groups > 0.6 then return end
  local label, some = wording.lower(column.label), {}
  for i = 1, math.min(MOST_NAMES, n) do some[i] = groups[i].name end
  add{ kind = "concentration", score = 46 + 20 * (1 - n / #groups), value = n / #groups, unit = "share", columns = { column }, confidence = 0.97, most = 1,
    words = "concentration pareto depend", headline = ("%d of %d (%s) make %s of %s"):format(n, #groups, label, wording.percent(sum, 0), study.what),
    statement = ("By %s, %d of %d bring %s of %s; %s alone %s."):format(label, n, #groups, wording.percent(sum), study.what, list.say(some),
      #some == 1 and "brings " .. wording.percent(groups[1].share) or "bring " .. wording.percent(list.sum((function()
        local shares = {}
        for i = 1, #some do shares[i] = groups[i].share end
        return shares
      end)()))),
    evidence = ("%d groups by %s, ordered by size and added up to the first that passes %s."):format(#groups, column.name, wording.percent(0.8, 0)),
    chart = { kind = "segments", column = column, groups = groups, cumulated = true } }
end

local function segments(study, add)
  for _, column in ipairs(study.roles.dims) do
    if study.total > 0 then
      local groups = study_of.segments(study, column)
      if #groups > 1 and groups[#groups].total >= 0 then
        if #groups <= MOST_SHOWN then leader(study, column, groups, add) end
        concentration(study, column, groups, add)
      end
    end
  end
end

-- A rate by group: sum(over) / sum(under) for each; {name, rate, base, count}, highest first. Small groups are left out.
local function rates(column, over, under, n_rows)
  local tops, bases, counts = {}, {}, {}
  for code = 1, #column.names do tops[code], bases[code], counts[code] = 0, 0, 0 end
  for i = 1, n_rows do
    local code, a, b = column.values[i], over[i], under and under[i] or not under and 1
    if code and a and b then tops[code], bases[code], counts[code] = tops[code] + a, bases[code] + b, counts[code] + 1 end
  end
  local groups = {}
  for code, name in ipairs(column.names) do
    if counts[code] >= math.max(20, 0.01 * n_rows) and bases[code] > 0 then
      groups[#groups + 1] = { name = name, rate = tops[code] / bases[code], base = bases[code], count = counts[code] }
    end
  end
  table.sort(groups, function(a, b)
    if a.rate ~= b.rate then return a.rate > b.rate end
    return a.name < b.name
  end)
  return groups
end

local function whole_rate(over, under, n)
  local top, base = 0, 0
  for i = 1, n do
    local a, b = over[i], under and under[i] or not under and 1
    if a and b then top, base = top + a, base + b end
  end
  return base ~= 0 and top / base or nil, base
end

-- The column whose groups' rates lie furthest apart; wide groups count more than many small ones.
local function widest(study, over, under)
  local best, most, found = nil, 0, nil
  for _, column in ipairs(study.roles.dims) do
    if column.distinct <= 25 then
      local groups = rates(column, over, under, study.n)
      if #groups >= 2 then
        local apart = (groups[1].rate - groups[#groups].rate) / math.sqrt(#groups)
        if apart > most then best, most, found = column, apart, groups end
      end
    end
  end
  return best, found
end

local function margin(study, add)
  local cost = study.roles.cost
  if not cost then return end
  local gain = {}
  for i = 1, study.n do
    local v, c = study.values[i], cost.values[i]
    gain[i] = v and c and v - c
  end
  local base = {}
  for i = 1, study.n do base[i] = gain[i] and study.values[i] end
  local rate = whole_rate(gain, base, study.n)
  if not rate or rate <= 0 then return end
  study.margin = { rate = rate, gain = gain, base = base }
  local column, groups = widest(study, gain, base)
  if not column or groups[1].rate - groups[#groups].rate < 0.03 then return end
  local top, last = groups[1], groups[#groups]
  add{ kind = "margin", score = 68, value = rate, unit = "share", columns = { column, cost }, subject = last.name, confidence = 0.93, words = "margin profit cost profitable",
    headline = ("%s earns the least: a margin of %s"):format(last.name, wording.percent(last.rate)),
    statement = ("Of each sale %s is left after cost. By %s that runs from %s for %s to %s for %s."):format(wording.percent(rate), wording.lower(column.label),
      wording.percent(top.rate), top.name, wording.percent(last.rate), last.name),
    evidence = ("(%s − %s) / %s over the %s with both."):format(study.roles.measure.name, cost.name, study.roles.measure.name, study.roles.noun),
    chart = { kind = "rates", column = column, groups = groups, whole = rate, what = "Margin" },
    next_step = ("Look at prices and purchasing of %s, where the margin is %s."):format(last.name, wording.percent(last.rate)) }
end

local function flags(study, add)
  for _, flag in ipairs(study.roles.flags) do
    local rate, n = whole_rate(flag.values, nil, study.n)
    local column, groups = widest(study, flag.values)
    if rate and rate > 0 and rate < 1 then study.flag = study.flag or { column = flag, rate = rate } end
    if rate and rate > 0 and column and groups[1].rate > 1.3 * rate and (groups[1].rate - rate) * math.sqrt(groups[1].count / (rate * (1 - rate))) > 3 then
      local top, last, label = groups[1], groups[#groups], wording.lower(flag.label)
      add{ kind = "flag", score = 66 + math.min(3 * top.rate / rate, 10), value = top.rate, unit = "share", columns = { flag, column }, subject = top.name, confidence = 0.92,
        words = label, headline = ("%s: %s for %s, %s overall"):format(flag.label, wording.percent(top.rate), top.name, wording.percent(rate)),
        statement = ("%s of %s with %s are %s, against %s of all. The lowest is %s with %s."):format(wording.percent(top.rate), study.roles.noun, top.name, label,
          wording.percent(rate), last.name, wording.percent(last.rate)),
        evidence = ("%s %s with %s, %s in all; far beyond what chance would give."):format(wording.number(top.count), study.roles.noun, top.name, wording.number(n)),
        chart = { kind = "rates", column = column, groups = groups, whole = rate, what = flag.label },
        next_step = ("Ask why so many %s with %s are %s."):format(study.roles.noun, top.name, label) }
    end
  end
end

return function(study, add)
  segments(study, add)
  margin(study, add)
  flags(study, add)
end
