-- Writes sales.csv: 10,000 orders of Fjordkit, a maker of sensors that does not exist, from 1 January 2024 to
-- 9 October 2025. The same bytes each time:
--
--     luajit tests/data/make_sales.lua > tests/data/sales.csv
--
-- What is in it, to be found: a year with a weak February and a strong November; growth, most of it in the
-- South; returns of cameras; discounts that sell more units; a failure of the online shop in the week of
-- 12 May 2025; a handful of very large direct orders on 6 March 2025; cells left empty; 12 rows twice.

local ROWS, DUPLICATES, DAYS = 10000, 12, 648

-- Park and Miller's generator: 31 bits, exact in doubles.
local state = 20250612
local function random()
  state = state * 16807 % 2147483647
  return state / 2147483647
end

local function pick(list)
  local total = 0
  for _, item in ipairs(list) do total = total + item.weight end
  local at = random() * total
  for _, item in ipairs(list) do
    at = at - item.weight
    if at <= 0 then return item end
  end
  return list[#list]
end

-- growth: of the weight from the first day to the last.
local REGIONS = {
  { name = "North", weight = 30, growth = 0.05, countries = { { name = "Norway", weight = 5 }, { name = "Sweden", weight = 4 }, { name = "Denmark", weight = 3 } } },
  { name = "Central", weight = 34, growth = 0.08, countries = { { name = "Germany", weight = 7 }, { name = "Austria", weight = 2 }, { name = "Poland", weight = 2 } } },
  { name = "South", weight = 14, growth = 1.1, countries = { { name = "Spain", weight = 4 }, { name = "Italy", weight = 4 }, { name = "Portugal", weight = 1 } } },
  { name = "West", weight = 24, growth = -0.22, countries = { { name = "UK", weight = 5 }, { name = "France", weight = 4 }, { name = "Ireland", weight = 1 } } },
}
local CHANNELS = {
  { name = "Online", weight = 50 }, { name = "Partner", weight = 27 }, { name = "Direct", weight = 8 },
  { name = "Marketplace", weight = 15 },
}
local PRODUCTS = {
  { name = "Air sensor", category = "Sensors", price = 89, cost = 0.46, weight = 20, returns = 0.03 },
  { name = "Door sensor", category = "Sensors", price = 29, cost = 0.42, weight = 17, returns = 0.02 },
  { name = "Leak sensor", category = "Sensors", price = 39, cost = 0.44, weight = 13, returns = 0.03 },
  { name = "Noise sensor", category = "Sensors", price = 119, cost = 0.49, weight = 5, returns = 0.05 },
  { name = "Hub", category = "Hubs", price = 149, cost = 0.55, weight = 12, returns = 0.04 },
  { name = "Hub Pro", category = "Hubs", price = 299, cost = 0.52, weight = 5, returns = 0.03 },
  { name = "Indoor cam", category = "Cameras", price = 129, cost = 0.66, weight = 9, returns = 0.11 },
  { name = "Outdoor cam", category = "Cameras", price = 219, cost = 0.68, weight = 7, returns = 0.13 },
  { name = "Wall mount", category = "Accessories", price = 14, cost = 0.3, weight = 7, returns = 0.02 },
  { name = "Battery set", category = "Accessories", price = 19, cost = 0.35, weight = 8, returns = 0.01 },
  { name = "Care plan", category = "Services", price = 79, cost = 0.2, weight = 5, returns = 0.005 },
}
local MONTHS = { 0.92, 0.8, 0.93, 0.95, 0.98, 0.96, 0.87, 0.88, 1.02, 1.08, 1.4, 1.3 }
local WEEKDAYS = { 1.08, 1.1, 1.06, 1.04, 1.0, 0.84, 0.88 } -- from Monday

local FIRST = os.time({ year = 2024, month = 1, day = 1, hour = 12 })
local function date_of(day) return os.date("!*t", FIRST + day * 86400) end
local function is_outage(day) return day >= 497 and day <= 503 end -- 12 to 18 May 2025
local BULK_DAY, BULK = 430, { 30, 24, 36, 18 } -- 6 March 2025, and the units of that day's first orders

local function weight_of(day)
  local date = date_of(day)
  return MONTHS[date.month] * WEEKDAYS[day % 7 + 1] * (1 + 0.22 * day / DAYS) -- 1 January 2024 was a Monday
end

local function region_on(day)
  local list = {}
  for i, region in ipairs(REGIONS) do
    list[i] = { weight = region.weight * (1 + region.growth * day / DAYS), region = region }
  end
  return pick(list).region
end

local function units_of(channel, discount)
  local units = 1
  while random() < 0.34 + 1.3 * discount and units < 9 do units = units + 1 end
  return channel == "Direct" and units * 3 or units
end

local function row_of(day, id, bulk)
  local region, channel, product = region_on(day), pick(CHANNELS).name, pick(PRODUCTS)
  if bulk then region, channel, product = REGIONS[2], "Direct", PRODUCTS[6] end
  while is_outage(day) and channel == "Online" and random() < 0.93 do channel = pick(CHANNELS).name end
  local discount = random() < 0.62 and 0 or (math.floor(random() * 5) + 1) * 0.05
  local units = bulk and bulk or units_of(channel, discount)
  local price = product.price * (day >= 366 and 1.03 or 1)
  local revenue = units * price * (1 - discount)
  local date, cost = date_of(day), ("%.2f"):format(units * price * product.cost * (0.96 + 0.08 * random()))
  return table.concat({
    ("%d-%02d-%02d"):format(date.year, date.month, date.day), id, region.name,
    random() < 0.006 and "" or pick(region.countries).name, random() < 0.012 and "" or channel, product.name,
    product.category, units, ("%.2f"):format(price), ("%g"):format(discount), ("%.2f"):format(revenue),
    random() < 0.009 and "" or cost, random() < product.returns and "yes" or "no",
  }, ",")
end

local weights, total = {}, 0
for day = 0, DAYS - 1 do
  weights[day] = weight_of(day) * (is_outage(day) and 0.53 or 1)
  total = total + weights[day]
end

local rows, want, before = {}, ROWS - DUPLICATES, 0
for day = 0, DAYS - 1 do
  before = before + weights[day]
  for i = 1, math.floor(want * before / total + 0.5) - #rows do
    rows[#rows + 1] = row_of(day, 100001 + #rows, day == BULK_DAY and BULK[i] or nil)
  end
end

local out = { "date,order_id,region,country,channel,product,category,units,unit_price_eur,discount,revenue_eur,cost_eur,returned" }
for i, row in ipairs(rows) do
  out[#out + 1] = row
  if i % 800 == 400 and #out - i <= DUPLICATES then out[#out + 1] = row end
end
io.write(table.concat(out, "\n"), "\n")
