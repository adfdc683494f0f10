-- Numbers as people write them: "1,234.50", "1.234,50 €", "(12)", "1'000", "12 %".

local M = {}

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub

-- What may stand before or after a number, and what it says.
local SIGNS = { ["€"] = "EUR", ["$"] = "USD", ["£"] = "GBP", ["¥"] = "JPY", ["₹"] = "INR" }
M.CODES = {
  EUR = "€", USD = "$", GBP = "£", JPY = "¥", INR = "₹", CHF = "CHF ", SEK = "SEK ", NOK = "NOK ", DKK = "DKK ",
  PLN = "PLN ", CZK = "CZK ", CAD = "CA$", AUD = "A$", CNY = "CN¥", BRL = "R$",
}

local function strip(text)
  local currency
  for sign, code in pairs(SIGNS) do
    if find(text, sign, 1, true) then
      text, currency = gsub(text, (gsub(sign, "%$", "%%$")), ""), code
    end
  end
  local word = match(text, "^%s*(%u%u%u)%s*[%d(-]") or match(text, "%d%)?%s*(%u%u%u)%s*$")
  if word and M.CODES[word] then text, currency = gsub(text, word, ""), word end
  return text, currency
end

-- `decimal` is "." or ",". Returns the number, the currency that stood there, and whether it was a percentage;
-- nil for what is no number. A number with leading zeros ("007") is a code, not a number.
function M.parse(text, decimal)
  if not find(text, "[^%d.-]") and decimal == "." then -- the usual case, and the fast one
    if find(text, "^-?0%d") or find(text, "%..*%.") then return nil end
    return tonumber(text)
  end
  if not find(text, "%d") or #text > 40 then return nil end
  local rest, currency = strip(text)
  local percent = find(rest, "%%%s*$") ~= nil
  rest = gsub(gsub(gsub(rest, "%%%s*$", ""), "\194\160", ""), "\226\128\175", "")
  rest = gsub(gsub(rest, "\226\136\146", "-"), "[%s'_]", "")
  local inner = match(rest, "^%((.*)%)$") or match(rest, "^(.*)%-$")
  if inner then rest = "-" .. inner end
  local thousands = decimal == "." and "," or "."
  if find(rest, "[%.,]%d%d?$") and find(rest, "%" .. thousands .. "%d%d?$") then return nil end
  rest = gsub(rest, "%" .. thousands .. "(%d%d%d)", "%1")
  if decimal == "," then rest = gsub(rest, ",", ".") end
  if not find(rest, "^[+-]?%d*%.?%d*$") or find(rest, "^[+-]?0%d") then return nil end
  return tonumber(rest), currency, percent
end

-- Which of the two conventions a column follows: "." or ",".
function M.convention(cells)
  local points, commas = 0, 0
  for i = 1, #cells, math.max(1, math.floor(#cells / 400)) do
    local text = cells[i]
    local last = match(text, "[.,][^.,]*$")
    if last then
      local mark, digits = sub(last, 1, 1), match(last, "^.(%d*)")
      local both = find(text, mark == "," and "%." or ",") ~= nil
      if both or #digits ~= 3 then
        if mark == "," then commas = commas + 1 else points = points + 1 end
      end
    end
  end
  return commas > points and "," or "."
end

return M
