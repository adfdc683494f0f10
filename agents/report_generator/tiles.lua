-- The key figures at the top, and the tables at the end.

local charts = require "charts"
local list = require "list"
local study_of = require "study"
local wording = require "wording"

local M = {}

local MOST_PERIODS, MOST_ROWS = 13, 12

-- By period: sums of a numerator over a denominator.
local function rate_series(study, over, under)
  local S = study.series
  local tops, n = study_of.group(S.of, over, S.n)
  local bases = under and study_of.group(S.of, under, S.n) or n
  local values = {}
  for p = S.from, S.to do values[#values + 1] = bases[p] ~= 0 and tops[p] / bases[p] or 0 end
  return values
end

local function spark(name, label, values)
  return charts.spark{ name = name, values = list.slice(values, #values - 23, #values), title = label, desc = "Course of the last whole periods." }
end

-- change: of the last whole period on the one before; points for shares.
local function tile(label, text, when, values, is_share, name)
  local t = { label = label, text = text, when = when }
  local now, before = values and values[#values], values and values[#values - 1]
  if before then
    t.change = is_share and now - before or wording.change(now, before)
    t.is_share, t.spark = is_share, spark(name, label, values)
    t.value = now
  end
  return t
end

local function change_text(change, is_share, against)
  if not change then return nil end
  local sign = change > 0 and "+" or ""
  if is_share then return ("%s%s points on %s"):format(sign, wording.number(change * 100, 1), against) end
  return ("%s%s on %s"):format(sign, wording.percent(change), against)
end

local function over_time(study)
  local S, W, roles, tiles = study.series, study.W, study.roles, {}
  local totals, counts = list.slice(S.totals, S.from, S.to), list.slice(S.counts, S.from, S.to)
  local when = (S.label(S.to):gsub("^%l", string.upper))
  tiles[1] = tile(study.label, W.short(totals[#totals]), when, totals, false, "tile-1")
  tiles[1].plain = not roles.is_gain
  if roles.measure then
    local each = {}
    for i = 1, #totals do each[i] = counts[i] > 0 and totals[i] / counts[i] or 0 end
    tiles[2] = tile(roles.noun:gsub("^%l", string.upper), wording.number(counts[#counts]), when, counts, false, "tile-2")
    tiles[3] = tile(study.label .. " per " .. roles.noun_one, W.full(list.round(each[#each], 2)), when, each, false, "tile-3")
    tiles[2].plain, tiles[3].plain = not roles.is_gain, not roles.is_gain
  end
  if study.margin then
    local values = rate_series(study, study.margin.gain, study.margin.base)
    tiles[#tiles + 1] = tile("Margin", wording.percent(values[#values]), when, values, true, "tile-4")
  end
  if study.flag then
    local values = rate_series(study, study.flag.column.values)
    tiles[#tiles + 1] = tile(study.flag.column.label, wording.percent(values[#values]), when, values, true, "tile-5")
    tiles[#tiles].plain = true -- nobody has said whether more of it is good
  end
  for _, one in ipairs(tiles) do one.note = change_text(one.change, one.is_share, S.label(S.to - 1)) end
  return tiles
end

function M.of(study)
  local S, W, roles = study.series, study.W, study.roles
  if S and S.to - S.from >= 1 then return over_time(study) end
  local tiles = { { label = study.label, text = W.short(study.total), value = study.total, when = "in all" } }
  if roles.measure then
    tiles[2] = { label = roles.noun:gsub("^%l", string.upper), text = wording.number(study.n), value = study.n, when = "in all" }
    tiles[3] = { label = study.label .. " per " .. roles.noun_one, text = W.full(list.round(study.total / math.max(study.count, 1), 2)),
      value = study.total / math.max(study.count, 1), when = "average" }
  end
  if study.margin then tiles[#tiles + 1] = { label = "Margin", text = wording.percent(study.margin.rate), value = study.margin.rate, when = "in all" } end
  if study.flag then tiles[#tiles + 1] = { label = study.flag.column.label, text = wording.percent(study.flag.rate), value = study.flag.rate, when = "in all" } end
  return tiles
end

local function by_period(study)
  local S, W, rows = study.series, study.W, {}
  for p = math.max(S.from, S.to - MOST_PERIODS + 1), S.to do
    local change = p > S.from and wording.change(S.totals[p], S.totals[p - 1])
    local yearly = S.year and p - S.year >= S.from and wording.change(S.totals[p], S.totals[p - S.year])
    local function show(v) return v and (v > 0 and "+" or "") .. wording.percent(v) or "–" end
    local row = { (S.label(p):gsub("^%l", string.upper)), W.full(S.totals[p]), show(change), show(yearly) }
    if study.roles.measure then table.insert(row, 3, wording.number(S.counts[p])) end
    if not S.year then row[#row] = nil end
    rows[#rows + 1] = row
  end
  local columns = { (S.grain:gsub("^%l", string.upper)), study.label, "On the " .. S.grain .. " before" }
  if study.roles.measure then table.insert(columns, 3, (study.roles.noun:gsub("^%l", string.upper))) end
  if S.year then columns[#columns + 1] = "On the year before" end
  return { title = ("%s by %s"):format(study.label, S.grain), columns = columns, rows = rows }
end

local function by_segment(study, column)
  local groups, rows = study_of.segments(study, column), {}
  for i = 1, math.min(#groups, MOST_ROWS) do
    local g = groups[i]
    rows[i] = { g.name, study.W.full(g.total), wording.percent(g.share), wording.number(g.count) }
  end
  local title = ("%s by %s"):format(study.label, wording.lower(column.label))
  if #groups > MOST_ROWS then title = title .. (", the largest %d of %d"):format(MOST_ROWS, #groups) end
  return { title = title, columns = { column.label, study.label, "Share", (study.roles.noun:gsub("^%l", string.upper)) }, rows = rows }
end

function M.tables(study)
  local tables = {}
  if study.series and study.series.to > study.series.from then tables[1] = by_period(study) end
  for _, column in ipairs(study.roles.dims) do
    if #tables < 4 and column.distinct <= 200 then tables[#tables + 1] = by_segment(study, column) end
  end
  return tables
end

return M
