-- Dates and times of day in the ways that the seven languages write them.

local tokenize = require "local.tokenize"
local collect = require "local.collect"

local M = {}

local MONTHS = {}
for i, names in ipairs({ "january jan januar janvier enero gennaio januari janeiro jänner",
  "february feb februar février febrero febbraio februari fevereiro",
  "march mar märz mars marzo maart março mrz", "april apr avril abril aprile", "may mai mayo maggio mei maio",
    "june jun juni juin junio giugno junho",
  "july jul juli juillet julio luglio julho", "august aug août agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
  "october oct oktober okt octobre octubre ottobre outubro", "november nov novembre noviembre novembro",
    "december dec dezember dez décembre diciembre dicembre dezembro" }) do
  for name in names:gmatch("%S+") do MONTHS[tokenize.fold(name)] = i end
end

local DAYS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function iso(year, month, day)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if year < 100 then year = year + 2000 end
  if month < 1 or month > 12 or day < 1 or day > DAYS[month] or year < 1900 or year > 2200 then return nil end
  if month == 2 and day == 29 and (year % 4 ~= 0 or (year % 100 == 0 and year % 400 ~= 0)) then return nil end
  return string.format("%04d-%02d-%02d", year, month, day)
end

-- Dates that name their year, as YYYY-MM-DD. "3/4/2024" is read as day/month unless that is impossible.
function M.find(text)
  local found = {}
  local function add(at, date)
    if date then found[#found + 1] = { at = at, date = date } end
  end
  for at, y, m, d in text:gmatch("()%f[%d](%d%d%d%d)[%-/%.](%d%d?)[%-/%.](%d%d?)%f[%D]") do add(at, iso(y, m, d)) end
  for at, d, m, y in text:gmatch("()%f[%w](%d%d?)[%./%-](%d%d?)[%./%-](%d%d%d?%d?)%f[^%w]") do
    if #y ~= 3 then add(at, iso(y, m, d) or iso(y, d, m)) end
  end
  local folded = tokenize.fold(text)
  for _, between in ipairs({ "%s+", "%s+of%s+" }) do
    for at, d, name, y in folded:gmatch("()%f[%d](%d%d?)[%.%a]?%a?" .. between .. "(%a+)%.?,?%s+(%d%d%d%d)%f[%D]") do
      if MONTHS[name] then add(at, iso(y, MONTHS[name], d)) end
    end
  end
  for at, d, name, y in folded:gmatch("()%f[%d](%d%d?)%s+de%s+(%a+)%s+d?e?l?%s?(%d%d%d%d)%f[%D]") do
    if MONTHS[name] then add(at, iso(y, MONTHS[name], d)) end
  end
  for at, name, d, y in folded:gmatch("()%f[%a](%a+)%.?%s+(%d%d?)[snrt]?[tdh]?,?%s+(%d%d%d%d)%f[%D]") do
    if MONTHS[name] then add(at, iso(y, MONTHS[name], d)) end
  end
  table.sort(found, function(a, b) return a.at < b.at end)
  local list, keep = collect.new()
  for _, one in ipairs(found) do keep(one.date) end
  return list
end

function M.times(text)
  local list, add = collect.new()
  for hour, minute in text:gmatch("%f[%d]([0-2]?%d)[:h]([0-5]%d)%f[%D]") do
    if tonumber(hour) < 24 then add(string.format("%02d:%s", tonumber(hour), minute)) end
  end
  return list
end

return M
