-- What a field holds, by its name. text(name, ctx) and number(name, ctx) give a value, or nil when the name says
-- nothing. ctx belongs to one record, so that what it tells of a person or a date agrees with itself.

local words = require "sim.words"

local M = {}

M.EPOCH = 1736931600 -- 2025-01-15T09:00:00Z: records lie around it, whatever the day

-- ---------------------------------------------------------------------------- a record's own facts

local methods = {}
local metatable = { __index = methods }

function M.context(random, noun)
  return setmetatable({ random = random, noun = noun or "" }, metatable)
end

function methods:person()
  if not self.who then
    local first, last = self.random:pick(words.first), self.random:pick(words.last)
    local at = self.random:integer(1, #words.company)
    self.who = { first = first, last = last, name = first .. " " .. last, company = words.company[at],
      email = first:lower() .. "." .. last:lower() .. "@" .. words.domain[at], user = (first:sub(1, 1) .. last):lower() }
  end
  return self.who
end

function methods:place()
  if not self.where then
    local at = self.random:integer(1, #words.city)
    self.where = { city = words.city[at], country = words.country[at] }
  end
  return self.where
end

-- Unix time of the record; what comes later in it comes later in time.
function methods:time(after_days)
  if not self.when then self.when = M.EPOCH - self.random:integer(3600, 30 * 86400) end
  self.when = self.when + self.random:integer(60, 3600)
  return self.when + (after_days or 0) * 86400
end

-- Days from 1970-01-01 as year, month, day (proleptic Gregorian).
local function civil(days)
  days = days + 719468
  local era = math.floor(days / 146097)
  local of_era = days - era * 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524) -
    math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local shifted = math.floor((5 * of_year + 2) / 153)
  local month = shifted < 10 and shifted + 3 or shifted - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - math.floor((153 * shifted + 2) / 5) + 1
end

function M.date(unix)
  return string.format("%04d-%02d-%02d", civil(math.floor(unix / 86400)))
end

function M.date_time(unix)
  local of_day = unix % 86400
  return string.format("%sT%02d:%02d:%02dZ", M.date(unix), math.floor(of_day / 3600), math.floor(of_day / 60) % 60,
    of_day % 60)
end

-- ---------------------------------------------------------------------------- names of fields

-- "orderNumber", "order_number", "Order-Number" -> { "order", "number" }
function M.words_of(name)
  local spaced = tostring(name):gsub("(%l)(%u)", "%1 %2"):gsub("[^%w]+", " "):lower()
  local list = {}
  for word in spaced:gmatch("%S+") do list[#list + 1] = word end
  return list
end

function M.singular(word)
  if word:find("ies$") and #word > 4 then return word:sub(1, -4) .. "y" end
  if word:find("[sx]es$") then return word:sub(1, -3) end
  if word:find("s$") and not word:find("ss$") and not word:find("us$") and #word > 3 then return word:sub(1, -2) end
  return word
end

-- ---------------------------------------------------------------------------- texts

local PREFIX = { ticket = "T-", order = "", invoice = "INV-", employee = "E-", alert = "AL-", incident = "INC-",
  customer = "C-", product = "P-", payment = "PAY-", lead = "L-" }

local function identifier(ctx, noun)
  local prefix = PREFIX[noun or ctx.noun] or PREFIX[ctx.noun]
  return (prefix or "") .. ctx.random:integer(10000, 99999)
end

local function of_person(part) return function(ctx) return ctx:person()[part] end end
local function one_of(list) return function(ctx) return ctx.random:pick(words[list]) end end

local function log_line(ctx)
  local r = ctx.random
  return string.format("%s %-5s %s: %s (request %s)", M.date_time(ctx:time()), r:pick(words.level):upper(),
    r:pick(words.service), r:pick(words.log), r:text("0123456789abcdef", 8))
end

local function name_of(ctx)
  if ctx.noun == "product" or ctx.noun == "item" then return ctx.random:pick(words.product) end
  if ctx.noun == "company" or ctx.noun == "account" or ctx.noun == "vendor" or ctx.noun == "supplier" then
    return ctx:person().company
  end
  return ctx:person().name
end

local function title_of(ctx)
  if ctx.noun == "alert" or ctx.noun == "incident" then return ctx.random:pick(words.alert) end
  if ctx.noun == "employee" then return ctx.random:pick(words.position) end
  return ctx.random:pick(words.subject)
end

local STATUS = {
  ticket = { "open", "pending", "solved" }, order = { "processing", "shipped", "delivered" },
  invoice = { "open", "paid", "overdue" }, alert = { "firing", "resolved" }, payment = { "settled", "pending" },
  incident = { "investigating", "identified", "resolved" }, employee = { "active", "on leave" },
}

local function message_of(ctx)
  if ctx.noun == "log" or ctx.noun == "event" or ctx.noun == "line" then return ctx.random:pick(words.log) end
  if ctx.noun == "alert" or ctx.noun == "incident" then return ctx.random:pick(words.alert) end
  return ctx.random:pick(words.body)
end

local function hex(count) return function(ctx) return ctx.random:text("0123456789abcdef", count) end end

-- By the last words of a name: the longest key that fits counts.
local TEXT = {
  ["first name"] = of_person "first", ["given name"] = of_person "first", ["last name"] = of_person "last",
  ["family name"] = of_person "last", name = name_of, ["full name"] = of_person "name", ["user name"] = of_person "user",
  username = of_person "user", user = of_person "user", login = of_person "user", email = of_person "email",
  mail = of_person "email", company = of_person "company", organization = of_person "company", vendor = of_person "company",
  supplier = of_person "company", customer = of_person "name", requester = of_person "name", assignee = of_person "name",
  author = of_person "name", owner = of_person "name", manager = of_person "name", ["by"] = of_person "email",
  phone = function(ctx) return "+49 30 " .. ctx.random:integer(1000000, 9999999) end,
  city = function(ctx) return ctx:place().city end, country = function(ctx) return ctx:place().country end,
  street = function(ctx) return ctx.random:pick(words.street) .. " " .. ctx.random:integer(1, 120) end,
  address = function(ctx)
    return ctx.random:pick(words.street) .. " " .. ctx.random:integer(1, 120) .. ", " .. ctx:place().city
  end,
  zip = function(ctx) return tostring(ctx.random:integer(10000, 99999)) end,
  ["postal code"] = function(ctx) return tostring(ctx.random:integer(10000, 99999)) end,
  id = identifier, number = identifier, key = identifier, reference = identifier, code = identifier,
  sku = function(ctx) return "SKU-" .. ctx.random:integer(1000, 9999) end, product = one_of "product", item = one_of "product",
  title = title_of, subject = title_of, headline = title_of, body = message_of, message = message_of, text = message_of,
  description = message_of, summary = title_of, details = message_of, content = message_of, reason = one_of "comment",
  comment = one_of "comment", note = one_of "comment", notes = one_of "comment",
  status = function(ctx) return ctx.random:pick(STATUS[ctx.noun] or { "open", "done" }) end,
  state = function(ctx) return ctx.random:pick(STATUS[ctx.noun] or { "open", "done" }) end,
  priority = one_of "priority", urgency = one_of "priority", severity = one_of "severity", level = one_of "level",
  category = one_of "category", type = one_of "category", tag = one_of "tag", label = one_of "tag",
  department = one_of "department", team = one_of "department", position = one_of "position", role = one_of "position",
  ["job title"] = one_of "position",
  currency = one_of "currency", language = one_of "language", locale = one_of "language", service = one_of "service",
  source = one_of "service", component = one_of "service",
  host = function(ctx) return ctx.random:pick(words.service) .. "-" .. ctx.random:integer(1, 9) .. ".internal.example" end,
  hostname = function(ctx) return ctx.random:pick(words.service) .. "-" .. ctx.random:integer(1, 9) .. ".internal.example" end,
  ip = function(ctx) return "192.0.2." .. ctx.random:integer(1, 254) end, -- RFC 5737
  url = function(ctx) return "https://" .. ctx.random:pick(words.domain) .. "/" .. ctx.random:text("abcdef0123456789", 8) end,
  link = function(ctx) return "https://" .. ctx.random:pick(words.domain) .. "/" .. ctx.random:text("abcdef0123456789", 8) end,
  line = log_line, log = log_line, ["trace id"] = hex(32), ["request id"] = hex(16), hash = hex(40), sha = hex(40),
  token = hex(24), version = function(ctx) return ctx.random:integer(1, 4) .. "." .. ctx.random:integer(0, 20) .. ".0" end,
  date = function(ctx) return M.date(ctx:time()) end, day = function(ctx) return M.date(ctx:time()) end,
  due = function(ctx) return M.date(ctx:time(14)) end, ["due date"] = function(ctx) return M.date(ctx:time(14)) end,
  at = function(ctx) return M.date_time(ctx:time()) end, time = function(ctx) return M.date_time(ctx:time()) end,
  timestamp = function(ctx) return M.date_time(ctx:time()) end, created = function(ctx) return M.date_time(ctx:time()) end,
  updated = function(ctx) return M.date_time(ctx:time()) end,
}

-- The entry of `table` for the longest end of the name's words.
local function look_up(entries, name)
  local list = M.words_of(name)
  for from = 1, #list do
    local entry = entries[table.concat(list, " ", from)]
    if entry then return entry, list end
  end
  return nil, list
end

function M.text(name, ctx)
  local make, list = look_up(TEXT, name)
  if not make then return nil end
  return make(ctx, #list > 1 and list[#list - 1] or nil)
end

-- The formats of JSON Schema.
M.FORMATS = {
  email = of_person "email", uuid = function(ctx)
    local digits = ctx.random:text("0123456789abcdef", 32)
    return table.concat({ digits:sub(1, 8), digits:sub(9, 12), "4" .. digits:sub(14, 16), "a" .. digits:sub(18, 20),
      digits:sub(21, 32) }, "-")
  end,
  date = function(ctx) return M.date(ctx:time()) end, ["date-time"] = function(ctx) return M.date_time(ctx:time()) end,
  time = function(ctx) return M.date_time(ctx:time()):match("T(.*)$") end, duration = function() return "P1D" end,
  uri = TEXT.url, ["uri-reference"] = TEXT.url, hostname = TEXT.host, ipv4 = TEXT.ip,
  ipv6 = function(ctx) return "2001:db8::" .. ctx.random:integer(1, 9999) end,
  ["json-pointer"] = function() return "/items/0" end, regex = function() return "^[a-z]+$" end,
}

-- ---------------------------------------------------------------------------- numbers

local function cents(low, high) return function(ctx) return ctx.random:integer(low * 100, high * 100) / 100 end end
local function whole(low, high) return function(ctx) return ctx.random:integer(low, high) end end

local NUMBER = {
  amount = cents(5, 900), total = cents(5, 900), subtotal = cents(5, 900), price = cents(2, 250), cost = cents(2, 250),
  ["unit price"] = cents(2, 250), tax = cents(1, 90), balance = cents(0, 5000), revenue = cents(1000, 90000),
  salary = function(ctx) return ctx.random:integer(38, 120) * 1000 end, budget = function(ctx) return ctx.random:integer(5, 200) * 1000 end,
  quantity = whole(1, 5), qty = whole(1, 5), count = whole(1, 40), total_count = whole(1, 40), page = whole(1, 1),
  score = function(ctx) return ctx.random:integer(40, 98) / 100 end, confidence = function(ctx) return ctx.random:integer(55, 98) / 100 end,
  rate = function(ctx) return ctx.random:integer(1, 40) / 100 end, percent = whole(1, 99), age = whole(21, 64),
  status = whole(200, 200), code = whole(200, 200), id = whole(10000, 99999), number = whole(10000, 99999), port = whole(443, 443),
  ms = whole(3, 900), duration = whole(3, 900), latency = whole(3, 900), seconds = whole(1, 300), bytes = whole(200, 90000),
  year = whole(2024, 2025), month = whole(1, 12), latitude = cents(36, 59), longitude = cents(1, 24),
  timestamp = function(ctx) return ctx:time() end, at = function(ctx) return ctx:time() end,
}

function M.number(name, ctx)
  local make = look_up(NUMBER, name)
  return make and make(ctx)
end

-- Whether a flag of this name is rather set: what reports success, mostly.
local GOOD = { ok = true, success = true, successful = true, delivered = true, valid = true, found = true, active = true,
  sent = true, accepted = true, created = true, updated = true, deleted = true, enabled = true, approved = true }

function M.flag(name, ctx)
  local list = M.words_of(name)
  if GOOD[list[#list]] then return true end
  return ctx.random:unit() < 0.3
end

return M
