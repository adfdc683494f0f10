-- A table in, a report out: the numbers are computed here, a crew of analyst, writer and reviewer words them, and no
-- number that was not computed gets through. Without a model of its own the words are this package's.

local moon = require "moon"
local calendar = require "calendar"
local columns = require "columns"
local desk = require "desk"
local escape = require "escape"
local facts_of = require "facts"
local figures = require "figures"
local list = require "list"
local markdown = require "markdown"
local page = require "page"
local quality = require "quality"
local roles_of = require "roles"
local settings_of = require "settings"
local source = require "source"
local study_of = require "study"
local tiles = require "tiles"
local wording = require "wording"

local function subtitle(study)
  local S, rows = study.series, wording.number(study.n) .. " " .. study.roles.noun
  return S and ("%s to %s · %s"):format(calendar.date(S.low), calendar.date(S.high), rows) or rows
end

local function method(study, told, settings, facts)
  local S, written = study.series, told.written
  local text = ("%s was read as the measure%s. %s"):format(study.roles.measure and "'" .. study.roles.measure.name .. "'" or "The number of rows",
    S and (", '%s' as the date, by %s"):format(study.roles.date.name, S.grain) or "",
    "Everything is computed from the table; comparisons use whole periods only; odd periods are found by the middle and spread of their neighbours. ")
  local kept = (written.analyse and written.analyse.kept or 0) + (written.write and written.write.kept or 0)
  local all = (written.analyse and written.analyse.all or #told.findings) + (written.write and written.write.all or 1)
  local who = kept == 0 and "The texts are the report generator's own sentences: the model %s gave none that could be used."
    or ("%d of %d texts were worded by the model %%s, the others are the report generator's own."):format(kept, all)
  return text .. who:format("'" .. settings.model .. "'") .. (" Every number in them was held against the %d computed facts."):format(#facts)
end

-- The findings with what was computed for them, and their charts.
local function dress(study, facts, told)
  local findings, shown = {}, {}
  for i, one in ipairs(told.findings) do
    local fact = facts[one.fact]
    local chart = figures.of(study, fact, "finding-" .. i)
    shown[fact.id] = chart
    findings[i] = { id = fact.id, kind = fact.kind, headline = escape.clean(one.headline), statement = escape.clean(one.statement), evidence = escape.clean(fact.evidence),
      value = fact.value, unit = fact.unit, confidence = fact.confidence, chart = chart and chart.name }
  end
  return findings, shown
end

local function charts_of(R)
  local charts = {}
  local function add(chart)
    if chart then charts[#charts + 1] = { name = chart.name, title = chart.title, svg = chart.svg } end
  end
  add(R.lead_chart)
  for _, one in ipairs(R.findings) do add(R.figures[one.id]) end
  add(R.mix_chart)
  return charts
end

local function save(path, output)
  if path == "" then return nil end
  local base = path:gsub("/$", "")
  moon.file.write(base .. "/report.html", output.html, { content_type = "text/html" })
  moon.file.write(base .. "/report.md", output.markdown, { content_type = "text/markdown" })
  return { base .. "/report.html", base .. "/report.md" }
end

local function report(study, facts, told, input, settings)
  local S = study.series
  local R = {
    title = escape.shorten(input.title or study.label .. " report", 200), subtitle = subtitle(study), language = settings.language, question = input.question,
    eyebrow = escape.shorten((settings.company ~= "" and settings.company .. " · " or "") .. "Report of " .. calendar.date(math.floor(moon.now() / 86400)), 160),
    summary = escape.clean(told.summary), answer = told.answer and escape.clean(told.answer), next_steps = told.next_steps,
    tiles = tiles.of(study), tables = tiles.tables(study), data_quality = quality.of(study), method = method(study, told, settings, facts),
  }
  R.findings, R.figures = dress(study, facts, told)
  R.lead_chart = S and S.to - S.from >= 3 and figures.trend(study, {}, "trend", 960, 300) or nil
  R.mix_chart = figures.mix(study, "mix")
  return R
end

local function key_figures(list_of_tiles)
  local figures_ = {}
  for i, tile in ipairs(list_of_tiles) do
    figures_[i] = { label = tile.label, value = tile.value, text = tile.text, when = tile.when, change = tile.change and list.round(tile.change, 6) }
  end
  return figures_
end

return function(input, ctx)
  local settings = settings_of(ctx.config, input)
  local data = columns.read(source(input.data))
  local study = study_of.of(data, roles_of.of(data, input, settings), input)
  local facts = facts_of.of(study, input.question)
  moon.emit("report.facts", { rows = study.n, facts = #facts })
  local R = report(study, facts, desk.write(facts, settings, input.question), input, settings)
  local array = moon.json.array
  local output = {
    title = R.title, summary = R.summary, answer = R.answer, markdown = markdown(R), html = page(R), charts = array(charts_of(R)), findings = array(R.findings),
    key_figures = array(key_figures(R.tiles)), next_steps = array(R.next_steps), data_quality = array(R.data_quality), tables = array(R.tables), method = R.method,
  }
  output.saved = save(settings.save_to, output)
  return output
end
