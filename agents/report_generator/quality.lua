-- What is to be known about the data before believing the report: {issue, column?, rows?, effect} each, gravest first.

local wording = require "wording"

local M = {}

local function share(n, of) return wording.percent(n / math.max(of, 1)) end

local function of_table(data, add)
  if data.dropped > 0 then
    add(90, nil, data.dropped, ("%s rows stand in the table twice, the same in every column."):format(wording.number(data.dropped)), "Each was counted once.")
  elseif data.duplicates > 0 then
    add(60, nil, data.duplicates, ("%s rows are the same as an earlier one."):format(wording.number(data.duplicates)),
      "All were counted: without a number of their own, equal rows may be right.")
  end
  if data.ragged > 0 then
    add(80, nil, data.ragged, ("%s rows have more or fewer cells than the header."):format(wording.number(data.ragged)), "Missing cells count as empty, further ones were left out.")
  end
end

local function of_column(study, column, add)
  local n, roles = study.n, study.roles
  if column.kind == "empty" then
    return add(30, column, n, ("'%s' is empty."):format(column.name), "It was not used.")
  end
  if column.missing > 0 then
    local effect = "Left out where the column is used."
    if column == roles.measure then effect = "These rows are missing from every sum." end
    if column == roles.date then effect = "These rows are missing from everything over time." end
    add((column == roles.measure or column == roles.date) and 95 or 40 + 30 * column.missing / n, column, column.missing,
      ("'%s' is empty in %s rows (%s)."):format(column.name, wording.number(column.missing), share(column.missing, n)), effect)
  end
  if column.bad > 0 then
    add(85, column, column.bad, ("'%s' holds %s cells that are no %s."):format(column.name, wording.number(column.bad), column.kind), "They count as empty.")
  end
  if column.unsure then
    add(92, column, nil, ("Nothing in '%s' says whether day or month comes first."):format(column.name), "Read as day, month, year.")
  end
  if column.mixed_currencies then
    add(96, column, nil, ("'%s' holds more than one currency."):format(column.name), "Amounts were added as they stand, without conversion.")
  end
end

local function of_study(study, add)
  local S = study.series
  if study.roles.measure then
    local negative = 0
    for i = 1, study.n do
      local v = study.values[i]
      if v and v < 0 then negative = negative + 1 end
    end
    if negative > 0 and negative < 0.5 * study.n then
      add(55, study.roles.measure, negative, ("'%s' is below zero in %s rows."):format(study.roles.measure.name, wording.number(negative)), "They were subtracted, as returns and credits would be.")
    end
  else
    add(97, nil, nil, "No column of numbers to add up was found.", "The report counts rows.")
  end
  if S and S.to < S.n then
    add(70, nil, S.counts[S.n], ("%s is not over in the data."):format((S.label(S.n):gsub("^%l", string.upper))), "It is in totals and charts, and in no comparison.")
  end
  if S and S.from > 1 then
    add(65, nil, S.counts[1], ("%s does not begin in the data."):format((S.label(1):gsub("^%l", string.upper))), "It is in totals and charts, and in no comparison.")
  end
  if not S then add(75, nil, nil, "No column of dates was found, or it holds one day only.", "Nothing is said about changes over time.") end
end

function M.of(study)
  local notes = {}
  local function add(weight, column, rows, issue, effect)
    notes[#notes + 1] = { weight = weight, order = #notes, column = column and column.name, rows = rows, issue = issue, effect = effect }
  end
  of_table(study.data, add)
  for _, column in ipairs(study.data.columns) do of_column(study, column, add) end
  of_study(study, add)
  table.sort(notes, function(a, b)
    if a.weight ~= b.weight then return a.weight > b.weight end
    return a.order < b.order
  end)
  for _, note in ipairs(notes) do note.weight, note.order = nil, nil end
  return notes
end

return M
