-- Facts in a text, found by their form: addresses, links, phone numbers, versions; and, through the modules
-- for them, references, money, dates and names. Every function returns a list in order of appearance.

local tokenize = require "local.tokenize"
local collect = require "local.collect"
local references = require "local.references"
local money = require "local.money"
local dates = require "local.dates"
local names = require "local.names"

local M = {}

function M.emails(text)
  local list, add = collect.new()
  for email in text:gmatch("[%w%.!#%$%%&'%*%+/=%?%^_`{|}~%-]+@[%w%-]+%.[%w%.%-]+") do
    if #email <= 254 then
      email = email:gsub("^[%.'/=?&!#%$%%%*%^`{|}~]+", ""):gsub("[%.%-]+$", "")
      if email:find("^[^@]+@[^@]+%.%a%a+$") and not email:find("%.%.") then add(email, email:lower()) end
    end
  end
  return list
end

function M.urls(text)
  local list, add = collect.new()
  for url in text:gmatch("https?://[%w%-%._~:/%?#%[%]@!%$&'%(%)%*%+,;=%%]+") do
    if #url <= 2000 then add((url:gsub("[%.,;:!%?'%)%]]+$", ""))) end
  end
  for before, url in (" " .. text):gmatch("([%s%(])(www%.[%w%-]+%.[%w%-%._~/%?#=&%%]+)") do
    if before and #url <= 2000 then add("https://" .. url:gsub("[%.,;:!%?'%)%]]+$", "")) end
  end
  return list
end

function M.ips(text)
  local list, add = collect.new()
  for a, b, c, d, tail in text:gmatch("%f[%w%.](%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%f[^%w](.?)") do
    local valid = tail ~= "." or true
    for _, part in ipairs({ a, b, c, d }) do valid = valid and tonumber(part) <= 255 end
    if valid then add(a .. "." .. b .. "." .. c .. "." .. d) end
  end
  for address in text:gmatch("%f[%x:]%x[%x:]*::?[%x:]*%x%f[^%x:]") do
    local _, colons = address:gsub(":", "")
    if (colons == 7 or (address:find("::", 1, true) and colons >= 3)) and #address <= 39 then add(address) end
  end
  return list
end

function M.versions(text)
  local list, add = collect.new()
  for version in text:gmatch("%f[%w][vV]?(%d+%.%d+%.%d+[%w%.%-]*)") do
    version = version:gsub("[%.%-]+$", "")
    if not version:find("^%d+%.%d+%.%d+%.%d+$") and #version <= 40
      and not version:find("^%d%d?%.%d%d?%.%d%d%d%d$") then
      add(version)
    end
  end
  for version in text:gmatch("[Vv]ersi[%a\195\179\163]*%s+[vV]?(%d+%.?%d*)%f[^%d%.]") do add(version) end
  for version in text:gmatch("%f[%w]v(%d+%.%d+)%f[^%w%.]") do add(version) end
  return list
end

function M.ibans(text)
  local list, add = collect.new()
  for candidate in text:gmatch("%f[%w]%u%u%d%d[%w ]+") do
    local compact = candidate:sub(1, 42):gsub(" ", "")
    compact = compact:match("^%u%u%d%d[%u%d]+") or ""
    if #compact >= 15 and #compact <= 34 and compact:sub(5):find("%d%d%d%d%d") then add(compact) end
  end
  return list
end

function M.phones(text)
  local list, add = collect.new()
  for before, number in (" " .. text):gmatch("([^%w%-%./,#])(%+?%(?%d[%d%s%-%./%(%)]+%d)") do
    local digits = number:gsub("%D", "")
    local international = number:sub(1, 1) == "+" or number:sub(1, 2) == "00"
    local local_form = number:find("^%(?0%d") and number:find("[%s%-/%(]")
    local american = number:find("^%(?%d%d%d%)?[%s%-%.]%d%d%d[%s%-%.]%d%d%d%d$")
    local dated = number:find("%d%d%d%d%-%d%d%-%d%d") or number:find("%d%d?%.%d%d?%.%d%d")
    if before and #digits >= 8 and #digits <= 15 and #number <= 30 and not dated and (international or local_form
      or american) then
      add(tokenize.squeeze(number), digits)
    end
  end
  return list
end

-- Everything, for callers that need several kinds.
function M.all(text)
  return {
    emails = M.emails(text), urls = M.urls(text), ips = M.ips(text), versions = M.versions(text),
      ibans = M.ibans(text),
    phones = M.phones(text), references = references.find(text), amounts = money.amounts(text),
      dates = dates.find(text),
    times = dates.times(text), names = names.find(text),
  }
end

return M
