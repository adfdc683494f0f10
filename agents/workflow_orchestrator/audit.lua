-- The audit trail: who did what when, as Markdown.

local moon = require "moon"

local MAX_CELL = 160

local function cell(value)
  if value == nil then return "" end
  local text = type(value) == "table" and moon.json.encode(value) or tostring(value)
  return (moon.text.truncate(moon.text.squeeze(text), MAX_CELL):gsub("|", "\\|"))
end

local function row(...)
  local cells = {}
  for i = 1, select("#", ...) do cells[i] = cell((select(i, ...))) end
  return "| " .. table.concat(cells, " | ") .. " |"
end

local function result_of(entry)
  if entry.error then return entry.error.code .. ": " .. entry.error.message end
  if type(entry.result) == "table" and entry.result.comment then return entry.result.comment end
  return entry.result
end

local function undone_of(process, lines)
  if #process.undoing == 0 then return end
  lines[#lines + 1] = "\n## Undone, the last first\n"
  for _, one in ipairs(process.undoing) do
    lines[#lines + 1] = "- " .. one.at .. " " .. one.id .. ": " ..
      (one.ok and "undone" or "**could not be undone**, " .. cell(one.error.code .. ": " .. one.error.message))
  end
end

local function open_of(process, lines)
  local open = {}
  for _, entry in ipairs(process.entries) do
    if entry.undo_error then open[#open + 1] = "- " .. entry.id .. ": " .. cell(entry.undo_error.message) end
  end
  if #open == 0 then return end
  lines[#lines + 1] = "\n## A person has to undo\n"
  lines[#lines + 1] = table.concat(open, "\n")
end

return function(process)
  local lines = {
    "# " .. cell(process.definition.title or process.definition.name) .. " " .. cell(process.vars.id) .. "\n",
    "- Status: **" .. process.status .. "**" .. (process.error and " (" .. cell(process.error.message) .. ")" or ""),
    "- Process: " .. process.definition.name .. ", run " .. process.vars.run_id,
    "- From " .. process.started .. " to " .. process.ended .. " (UTC)",
  }
  if process.due then lines[#lines + 1] = "- Due: " .. moon.date.format(process.due) end
  lines[#lines + 1] = "\n## Steps\n"
  lines[#lines + 1] = row("#", "step", "kind", "status", "started", "ended", "by", "result", "undone")
  lines[#lines + 1] = "|---|---|---|---|---|---|---|---|---|"
  for i, entry in ipairs(process.entries) do
    lines[#lines + 1] = row(i, entry.title or entry.id, entry.kind, entry.status, entry.started, entry.ended, entry.by,
      result_of(entry), entry.undone and "yes" or "")
  end
  undone_of(process, lines)
  open_of(process, lines)
  return table.concat(lines, "\n") .. "\n"
end
