-- Dates as day numbers (0 is 1 January 1970), and the periods that they fall into. Proleptic Gregorian, no zones.

local M = {}

local floor, match, lower, format = math.floor, string.match, string.lower, string.format

local MONTHS = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}
local BY_NAME = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
  mai = 5, okt = 10, dez = 12,
}

function M.day(year, month, day)
  local y, m = year, month
  if m <= 2 then y, m = y - 1, m + 12 end
  return 365 * y + floor(y / 4) - floor(y / 100) + floor(y / 400) + floor((153 * (m - 3) + 2) / 5) + day - 719469
end

-- year, month, day
function M.split(day)
  local z = day + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  return yoe + era * 400 + (month <= 2 and 1 or 0), month, doy - floor((153 * mp + 2) / 5) + 1
end

local function valid(year, month, day)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if not (year and month and day) or year < 1900 or year > 2199 then return nil end
  if month < 1 or month > 12 or day < 1 or day > 31 then return nil end
  local number = M.day(year, month, day)
  local _, same = M.split(number)
  return same == month and number or nil
end

local function full_year(year)
  return #year == 2 and "20" .. year or year
end

-- style: "dmy" or "mdy" for dates with slashes or dashes whose year comes last. A day number, or nil.
function M.parse(text, style)
  local y, m, d = match(text, "^%s*(%d%d%d%d)[-/.](%d%d?)[-/.](%d%d?)")
  if y then return valid(y, m, d) end
  local a, mark, b, c = match(text, "^%s*(%d%d?)([./-])(%d%d?)[./-](%d%d%d?%d?)")
  if a then
    if style == "mdy" and mark ~= "." then a, b = b, a end
    return valid(full_year(c), b, a)
  end
  y, m = match(text, "^%s*(%d%d%d%d)[-/](%d%d)%s*$")
  if y then return valid(y, m, 1) end
  local q
  y, q = match(text, "^%s*(%d%d%d%d)[ -]?[qQ]([1-4])%s*$")
  if y then return valid(y, q * 3 - 2, 1) end
  local name
  d, name, y = match(text, "^%s*(%d%d?)%.?[ -](%a+)%.?[ -](%d%d%d?%d?)")
  if not d then name, d, y = match(text, "^%s*(%a+)%.? (%d%d?),? (%d%d%d%d)") end
  if not d then
    name, y = match(text, "^%s*(%a+)%.?[ -](%d%d%d%d)%s*$")
    d = "1"
  end
  m = name and BY_NAME[lower(name):sub(1, 3)]
  return m and valid(full_year(y), m, d) or nil
end

-- How a column writes 3/4/2025: "dmy", "mdy", or "dmy", true when nothing in it tells.
function M.style(cells)
  local step, slashes = math.max(1, floor(#cells / 2000)), false
  for i = 1, #cells, step do
    local a, b = match(cells[i], "^%s*(%d%d?)[/-](%d%d?)[/-]%d%d")
    if a then
      if tonumber(a) > 12 then return "dmy" end
      if tonumber(b) > 12 then return "mdy" end
      slashes = true
    end
  end
  return "dmy", slashes
end

-- ---------------------------------------------------------------------------- periods

-- The number of the period that a day falls into; consecutive periods have consecutive numbers.
function M.index(day, grain)
  if grain == "day" then return day end
  if grain == "week" then return floor((day + 3) / 7) end -- from Monday
  local year, month = M.split(day)
  if grain == "month" then return year * 12 + month - 1 end
  if grain == "quarter" then return year * 4 + floor((month - 1) / 3) end
  return year
end

-- The first day of a period.
function M.start(index, grain)
  if grain == "day" then return index end
  if grain == "week" then return index * 7 - 3 end
  if grain == "month" then return M.day(floor(index / 12), index % 12 + 1, 1) end
  if grain == "quarter" then return M.day(floor(index / 4), index % 4 * 3 + 1, 1) end
  return M.day(index, 1, 1)
end

function M.date(day)
  local year, month, d = M.split(day)
  return format("%d %s %d", d, MONTHS[month], year)
end

function M.short_date(day)
  local _, month, d = M.split(day)
  return format("%d %s", d, MONTHS[month]:sub(1, 3))
end

function M.label(index, grain)
  if grain == "day" then return M.date(index) end
  if grain == "week" then return "the week of " .. M.date(index * 7 - 3) end
  if grain == "month" then return MONTHS[index % 12 + 1] .. " " .. floor(index / 12) end
  if grain == "quarter" then return format("Q%d %d", index % 4 + 1, floor(index / 4)) end
  return tostring(index)
end

-- For axes.
function M.short(index, grain)
  if grain == "day" or grain == "week" then return M.short_date(M.start(index, grain)) end
  if grain == "month" then return format("%s %02d", MONTHS[index % 12 + 1]:sub(1, 3), floor(index / 12) % 100) end
  if grain == "quarter" then return format("Q%d %02d", index % 4 + 1, floor(index / 4) % 100) end
  return tostring(index)
end

-- How many periods make a year; nil where years do not repeat by period.
M.IN_YEAR = { month = 12, quarter = 4 }

-- The part of the year by itself: "November", "Q4".
function M.season(index, grain)
  return grain == "month" and MONTHS[index % 12 + 1] or "Q" .. (index % 4 + 1)
end

return M
