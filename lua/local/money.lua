-- Numbers as people write them, and amounts with their currency.

local tokenize = require "local.tokenize"
local collect = require "local.collect"

local M = {}

local CURRENCY = {
  ["€"] = "EUR", ["$"] = "USD", ["£"] = "GBP", ["¥"] = "JPY", ["₹"] = "INR", ["zł"] = "PLN", ["R$"] = "BRL",
}
local CURRENCY_WORDS = {
  eur = "EUR", euro = "EUR", euros = "EUR", usd = "USD", dollar = "USD", dollars = "USD", gbp = "GBP", pound = "GBP",
  pounds = "GBP", chf = "CHF", franken = "CHF", francs = "CHF", jpy = "JPY", yen = "JPY", sek = "SEK", nok = "NOK",
  dkk = "DKK", pln = "PLN", brl = "BRL", reais = "BRL", real = "BRL", cad = "CAD", aud = "AUD", inr = "INR",
    czk = "CZK",
}

-- The code of a currency's symbol, code or name; nil when it is none.
function M.currency_of(word)
  return CURRENCY[word] or CURRENCY_WORDS[word:lower()]
end

-- "1.234,50", "1,234.50", "49,90", "1 200" -> number
function M.number(text)
  local sign = text:find("^%s*[%-−]") and -1 or 1
  text = text:gsub("[%s'\194\160]", ""):gsub("^[%-%+]+", ""):gsub("[%.,]+$", "")
  if #text > 24 or not text:find("%d") then return nil end
  local last_dot, last_comma = text:match(".*()%."), text:match(".*(),")
  if last_dot and last_comma then
    local thousands = last_dot > last_comma and "," or "%."
    text = text:gsub(thousands, ""):gsub(",", ".")
  elseif last_comma then
    local _, commas = text:gsub(",", "")
    local tail = #text - last_comma
    local are_thousands = commas > 1 or (tail == 3 and last_comma > 1 and not text:find("^0,"))
    text = text:gsub(",", are_thousands and "" or ".")
  elseif last_dot then
    local _, dots = text:gsub("%.", "")
    if dots > 1 then text = text:gsub("%.", "") end
  end
  local value = tonumber(text)
  return value and value * sign
end

-- Amounts with a currency: {{value, currency, text}}.
function M.amounts(text)
  local list, add = collect.new()
  local function found(at, number, currency, raw)
    local value = M.number(number)
    if value and currency then add({ at = at, value = value, currency = currency, text = tokenize.trim(raw) }, at) end
  end
  for _, symbol in ipairs({ "R%$", "€", "%$", "£", "¥", "₹" }) do
    local plain = symbol:gsub("%%", "")
    for at, raw, number in text:gmatch("()(" .. symbol .. "%s?(%d[%d%.,']*))") do
      if not (plain == "$" and text:sub(at - 1, at - 1) == "R") then found(at, number, CURRENCY[plain], raw) end
    end
    for at, raw, number in text:gmatch("()%f[%d%.,'](([%d%.,']*%d)[ \194\160]?[ \194\160]?" .. symbol .. ")") do
      found(at, number, CURRENCY[plain], raw)
    end
  end
  for at, raw, number, word in text:gmatch("()%f[%d%.,'](([%d%.,']*%d)[ \194\160]?[ \194\160]?(%a+))") do
    found(at, number, CURRENCY_WORDS[word:lower()], raw)
  end
  for at, raw, word, number in text:gmatch("()(%f[%a](%u%u%u)[ \194\160]?(%d[%d%.,']*))") do
    found(at, number, CURRENCY_WORDS[word:lower()], raw)
  end
  table.sort(list, function(a, b) return a.at < b.at end)
  local unique, again = collect.new()
  for _, amount in ipairs(list) do again(amount, amount.value .. amount.currency) end
  return unique
end

-- A number as such: not a date, an address of a machine, a version, or part of a reference.
local function is_plain(number, before)
  if before:find("[%w#_/:%-]$") and not before:find("%s%-$") then return false end
  local _, dots = number:gsub("%.", "")
  return dots < 2 or number:find("^%d%d?%d?%.%d%d%d%.%d%d%d[,%.%d]*$") ~= nil
end

-- Plain numbers: {{value, before, after}}, with the folded words around them.
function M.numbers(text)
  local list = {}
  for at, number, after in text:gmatch("()%f[%d%.,](%d[%d%.,]*)()") do
    if #list >= collect.MAX_FOUND then break end
    local before = text:sub(math.max(1, at - 24), at - 1)
    local value = is_plain(number, before) and M.number(number)
    if value and not text:find("^[%w_/:%-]", after) then
      local negative = before:find("[%s%(]%-$") or before == "-"
      local next_word = tokenize.fold(text:sub(after, after + 24)):match("^%s*(%%?[%a\128-\255]*)")
      list[#list + 1] = {
        value = negative and -value or value,
        before = tokenize.fold(before):match("([%a\128-\255]+)%W*$") or "", after = next_word or "",
      }
    end
  end
  return list
end

return M
