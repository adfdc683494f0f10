-- Facts over time: the total, the last period, the year so far, what drives the change, trend, season, odd weeks, outlook.

local list = require "list"
local study_of = require "study"
local wording = require "wording"
local anomalies = require "anomalies"
local trends = require "trends"

local abs = math.abs

local function moved(change)
  return change >= 0 and "rose" or "fell", change >= 0 and "up" or "down"
end

local function total(study, add)
  local S, W, roles = study.series, study.W, study.roles
  local when = S and (" from " .. require("calendar").date(S.low) .. " to " .. require("calendar").date(S.high)) or ""
  local rows = wording.number(study.n) .. " " .. roles.noun
  local statement = roles.measure and ("%s comes to %s over %s%s."):format(study.label, W.short(study.total), rows, when)
    or ("The table holds %s%s."):format(rows, when)
  add{ kind = "total", score = 60, value = study.total, unit = study.label, confidence = 0.99, headline = study.label .. " in total",
    statement = statement, evidence = roles.measure and ("Sum of %s: %s; average per %s %s."):format(roles.measure.name, W.full(study.total),
      roles.noun_one, W.full(study.total / math.max(study.count, 1))) or "Count of rows." }
end

local function last_period(study, add)
  local S, R, W = study.series, study.ranges, study.W
  if not R.last then return end
  local now, before = S.totals[S.to], S.totals[S.to - 1]
  local change = wording.change(now, before)
  if not change then return end
  local verb, way = moved(change)
  local statement = ("%s came to %s in %s, %s %s on %s (%s)."):format(study.label, W.short(now), S.label(S.to), way,
    wording.percent(abs(change)), S.label(S.to - 1), W.short(before))
  if R.year_ago then
    local old = S.totals[R.year_ago[1]]
    local yearly = wording.change(now, old)
    if yearly then
      statement = statement .. (" Against %s it was %s %s."):format(S.label(R.year_ago[1]), select(2, moved(yearly)), wording.percent(abs(yearly)))
    end
  end
  add{ kind = "last_period", score = 72 + math.min(abs(change) * 40, 12), value = change, unit = "change", direction = way, words = "last latest recent month",
    confidence = 0.97, headline = ("%s %s %s in %s"):format(study.label, verb, wording.percent(abs(change)), S.label(S.to)), statement = statement,
    evidence = ("%s %s, %s %s; %s and %s %s."):format(S.label(S.to), W.full(now), S.label(S.to - 1), W.full(before),
      wording.number(S.counts[S.to]), wording.number(S.counts[S.to - 1]), study.roles.noun), chart = { kind = "recent" } }
end

local function range_label(S, range)
  return (S.label(range[1]):gsub(" %d%d%d%d$", "")) .. " to " .. S.label(range[2])
end

-- How much of a change is one odd period's, when that is worth saying.
local function of_which(study, range, change)
  local S = study.series
  for _, found in ipairs(study.odd) do
    local gap, day = found.value - found.usual, require("calendar").start(found.periods.first + found.p - 1, found.grain)
    local p = require("calendar").index(day, S.grain) - S.first + 1
    if p >= range[1] and p <= range[2] and gap * change > 0 and abs(gap) > 0.15 * abs(change) then
      return (" About %s of that is %s alone."):format(study.W.short(abs(gap)), found.label)
    end
  end
  return ""
end

local function year(study, add)
  local S, R, W = study.series, study.ranges, study.W
  if not R.this_year then return end
  local now, before = study_of.over(S.totals, R.this_year), study_of.over(S.totals, R.last_year)
  local change = wording.change(now, before)
  if not change then return end
  local verb, way = moved(change)
  local orders = wording.change(study_of.over(S.counts, R.this_year), study_of.over(S.counts, R.last_year))
  add{ kind = "year", score = 90, value = change, unit = "change", direction = way, confidence = 0.97, words = "year growth grow annual",
    headline = ("%s is %s %s on last year"):format(study.label, way, wording.percent(abs(change))),
    statement = ("From %s %s %s to %s, %s %s than in the same %ss a year earlier (%s)."):format(range_label(S, R.this_year), study.what, verb,
      W.short(now), W.short(abs(now - before)), change >= 0 and "more" or "less", S.grain, W.short(before)) .. of_which(study, R.this_year, now - before),
    evidence = ("%s against %s%s."):format(W.full(now), W.full(before), orders and study.roles.measure
      and ("; the number of " .. study.roles.noun .. " changed by " .. wording.percent(orders)) or ""), chart = { kind = "years" } }
end

-- Which of the category columns explains a change best: the one whose parts differ most from moving all alike.
local function driver(study, after, before)
  local best, most, found = nil, 0, nil
  for _, column in ipairs(study.roles.dims) do
    if column.distinct <= 60 then
      local parts = study_of.contributions(study, column, after, before)
      local was, is = 0, 0
      for _, part in ipairs(parts) do was, is = was + part.before, is + part.after end
      local growth, off = was ~= 0 and is / was or 1, 0
      for _, part in ipairs(parts) do off = off + abs(part.after - part.before * growth) end
      off = off / math.sqrt(#parts)
      if off > most then best, most, found = column, off, parts end
    end
  end
  return best, found
end

local function driver_statement(study, parts, change, names)
  local W, top, against = study.W, nil, nil
  for _, part in ipairs(parts) do
    if not part.is_rest then
      if part.change * change > 0 then top = top or part else against = against or part end
    end
  end
  if not top then return nil end
  local share = top.change / change
  local text = ("%s accounts for %s of the %s of %s (%s)."):format(top.name, wording.percent(share, 0), change > 0 and "growth" or "decline",
    names, W.short(top.change))
  if share > 1 then
    text = ("%s alone %s %s; the others together %s %s of it."):format(top.name, change > 0 and "gained" or "lost",
      W.short(abs(top.change)), change > 0 and "lost" or "made up for", W.short(abs(top.change - change)))
  end
  if against and abs(against.change) > 0.03 * abs(change) then
    text = text .. (" %s moved the other way, from %s to %s (%s)."):format(against.name, W.short(against.before), W.short(against.after),
      wording.percent(wording.change(against.after, against.before) or 0))
  end
  return text, top
end

local function drivers(study, add)
  local S, R, W = study.series, study.ranges, study.W
  local after, before = R.this_year or R.last, R.last_year or R.before
  if not after then return end
  local column, parts = driver(study, after, before)
  local change = study_of.over(S.totals, after) - study_of.over(S.totals, before)
  if not column or change == 0 then return end
  local names = R.this_year and "the year so far" or S.label(S.to)
  local statement, top = driver_statement(study, parts, change, names)
  if not statement then return end
  local shown = {}
  for i = 1, math.min(4, #parts) do
    if parts[i].change ~= 0 then shown[i] = ("%s %s"):format(parts[i].name, W.full(parts[i].change)) end
  end
  local grew = wording.change(top.after, top.before)
  add{ kind = "driver", score = 84, value = top.change, unit = study.label, direction = change > 0 and "up" or "down", columns = { column },
    subject = top.name, confidence = 0.93, words = "why driver drive cause", headline = ("%s drives the %s"):format(top.name, change > 0 and "growth" or "decline"),
    statement = statement .. (grew and (" %s itself went from %s to %s (%s)."):format(top.name, W.short(top.before), W.short(top.after),
      (grew > 0 and "+" or "") .. wording.percent(grew)) or ""),
    evidence = ("Change by %s: %s."):format(wording.lower(column.label), list.say(shown)), chart = { kind = "drivers", column = column, parts = parts },
    next_step = (change > 0 and "Find out what %s did differently, and whether it can be repeated elsewhere."
      or "Find out why %s fell back."):format(top.name) }
end

local function season(study, add)
  local S = study.series
  if not S or not S.year then return end
  local peaks = trends.season(S)
  if not peaks then return end
  local calendar = require "calendar"
  local function name(k) return calendar.season(k, S.grain) end
  add{ kind = "season", score = 52 + math.min(20 * peaks.lift, 14), value = peaks.lift, unit = "share", confidence = peaks.cycles >= 2 and 0.8 or 0.55,
    words = "season seasonal peak", headline = ("%s is the strongest %s"):format(name(peaks.high), S.grain),
    statement = ("%s runs %s above an average %s and %s %s below it."):format(name(peaks.high), wording.percent(peaks.lift, 0), S.grain, name(peaks.low),
      wording.percent(peaks.dip, 0)), chart = { kind = "season", season = peaks },
    evidence = ("Averages by %s, growth taken out, over %s %ss; %s."):format(S.grain, wording.number(S.to - S.from + 1), S.grain,
      peaks.cycles >= 2 and "most of them seen twice" or "some seen only once"),
    next_step = ("Plan stock and staff for %s; compare each %s with the same one a year before."):format(name(peaks.high), S.grain) }
end

local function odd_step(study, found, way)
  local when = (found.grain == "day" and "on " or "in ") .. found.label
  local where = found.part and " (" .. found.part.name .. ")" or ""
  if way == "above" then return ("Check whether %s%s was a one-off before it goes into targets."):format(found.label, where) end
  return ("Find out what happened %s%s: it fell about %s short."):format(when, where, study.W.short(abs(found.value - found.usual)))
end

local function odd(study, add)
  for rank, found in ipairs(study.odd) do
    local W, way = study.W, found.value < found.usual and "below" or "above"
    local size = abs(found.value - found.usual) / found.usual
    local statement = ("%s %s %s was %s, against about %s in the %ss around it (%s %s)."):format(found.grain == "day" and "On" or "In", found.label, study.what, W.short(found.value),
      W.short(found.usual), found.grain, wording.percent(size, 0), way)
    if found.part then
      statement = statement .. (" %s makes up %s of the %s."):format(found.part.name, wording.percent(found.part.share, 0), way == "below" and "gap" or "excess")
    end
    if found.rows then statement = statement .. " " .. found.rows end
    add{ kind = "anomaly", score = 80 - 5 * rank + math.min(found.strength, 10) / 2, value = found.value - found.usual, unit = study.label,
      direction = way == "below" and "down" or "up", columns = found.part and { found.part.column }, confidence = found.strength > 8 and 0.92 or 0.8,
      words = "anomaly anomalies unusual odd outlier", headline = ("%s stands out: %s %s normal"):format(found.title, wording.percent(size, 0), way),
      statement = statement, evidence = ("Middle of the %s %ss around it: %s; this one %s, %s times their usual spread away."):format(
        found.around, found.grain, W.full(found.usual), W.full(found.value), wording.number(found.strength, 1)),
      chart = { kind = "odd", found = found }, next_step = odd_step(study, found, way) }
  end
end

local function outlook(study, add)
  local ahead = trends.outlook(study)
  if not ahead then return end
  local W = study.W
  add{ kind = "outlook", score = 50, value = ahead.value, unit = study.label, confidence = ahead.confidence, words = "forecast outlook next predict expect future",
    headline = ("%s would come to about %s"):format(ahead.label, W.short(ahead.value)),
    statement = ("If nothing changes, %s would bring about %s, most likely between %s and %s."):format(study.series.label(ahead.p), W.short(ahead.value),
      W.short(ahead.low), W.short(ahead.high)),
    evidence = ahead.how, chart = { kind = "trend", ahead = ahead } }
end

return function(study, add)
  total(study, add)
  if not study.series then return end
  study.odd = anomalies.of(study)
  last_period(study, add)
  year(study, add)
  drivers(study, add)
  season(study, add)
  odd(study, add)
  outlook(study, add)
end
