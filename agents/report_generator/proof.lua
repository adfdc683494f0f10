-- The guardrail for prose: every number in it must stand in the facts, rounded at most as far as it is written, and
-- nothing may be said to rise that fell. What it finds is told in words that a writer can use.

local M = {}

local find, gsub, match, lower, sub, format = string.find, string.gsub, string.match, string.lower, string.sub, string.format

local SCALE = {
  k = 1e3, thousand = 1e3, tausend = 1e3, m = 1e6, mn = 1e6, mio = 1e6, million = 1e6, millions = 1e6, millionen = 1e6,
  bn = 1e9, b = 1e9, billion = 1e9, mrd = 1e9,
}
local WORDS = {
  two = 2, three = 3, four = 4, five = 5, six = 6, seven = 7, eight = 8, nine = 9, ten = 10, eleven = 11, twelve = 12,
  fifteen = 15, twenty = 20, thirty = 30, forty = 40, fifty = 50, sixty = 60, seventy = 70, eighty = 80, ninety = 90,
  hundred = 100, dozen = 12,
}
local CLAIMS = {
  "doubled", "doubling", "tripled", "tripling", "quadrupled", "halved", "halving", "twice", "threefold", "tenfold", "two%-thirds", "one third", "a third",
  "three%-quarters",
}
local UP = { "rose", "rises", "grew", "grows", "growth", "increase", "increased", "climbed", "gained", "up", "higher", "surged", "jumped" }
local DOWN = { "fell", "falls", "declined", "decline", "decrease", "decreased", "dropped", "lost", "down", "lower", "shrank", "below", "slumped" }

-- "1,234.5" or "1.234,5": the number and how many digits stand after its point.
local function value_of(digits)
  local last = match(digits, "[.,][^.,]*$")
  if not last then return tonumber(digits), 0 end
  local mark, tail = sub(last, 1, 1), sub(last, 2)
  local _, n = gsub(digits, "%" .. mark, "")
  local other = mark == "." and "," or "."
  local grouped = #tail == 3 and (n > 1 or mark == ",") and not find(digits, other, 1, true)
  if grouped then return tonumber((gsub(digits, "[.,]", ""))), 0 end
  local whole = gsub(sub(digits, 1, #digits - #last), "[.,]", "")
  return tonumber(whole .. "." .. (tail == "" and "0" or tail)), #tail
end

-- All numbers of a text: {text, value, step (of its last digit), percent}.
function M.numbers(text)
  local found, at = {}, 1
  text = gsub(gsub(text, "\194\160", " "), "\226\128\175", " ")
  while true do
    local from, to = find(text, "%d[%d.,]*", at)
    if not from then break end
    local digits = gsub(sub(text, from, to), "[.,]+$", "")
    to = from + #digits - 1
    local rest = sub(text, to + 1, to + 14)
    local percent = find(rest, "^%s?%%") ~= nil or find(lower(rest), "^%s?percent") ~= nil
    local unit = match(lower(rest), "^%s?(%a+)")
    local scale = unit and SCALE[unit] or 1
    local value, places = value_of(digits)
    if value then
      found[#found + 1] = { text = digits .. (percent and "%" or scale > 1 and " " .. unit or ""), value = value * scale, step = scale * 10 ^ -places, percent = percent }
    end
    at = to + 1
  end
  for word in lower(text):gmatch("%a+") do
    if WORDS[word] then found[#found + 1] = { text = word, value = WORDS[word], step = 1, percent = false } end
  end
  return found
end

-- Does one of the allowed numbers read like this one when it is rounded as this one is?
local function is_among(number, allowed)
  for _, one in ipairs(allowed) do
    local off = math.abs(one.value - number.value)
    if one.percent == number.percent and (off < 1e-9 or number.step >= one.step and off <= number.step * 0.5000001) then return true end
  end
  return false
end

-- The numbers of texts, to be held against.
function M.allowed(texts)
  local all = {}
  for _, text in ipairs(texts) do
    for _, number in ipairs(M.numbers(text)) do all[#all + 1] = number end
  end
  return all
end

local function says(words, text)
  for _, word in ipairs(words) do
    if find(text, "%f[%a]" .. word .. "%f[%A]") then return true end
  end
  return false
end

-- List of what is wrong with a text; empty when nothing is. direction: "up", "down" or nil.
function M.check(text, allowed, direction)
  local problems = {}
  for _, number in ipairs(M.numbers(text)) do
    if not is_among(number, allowed) then
      problems[#problems + 1] = format("the number %s does not stand in the facts it is based on", number.text)
    end
  end
  local folded = lower(text)
  for _, claim in ipairs(CLAIMS) do
    if find(folded, "%f[%a]" .. claim .. "%f[%A]") then
      problems[#problems + 1] = format("'%s' is a number in words; use the numbers of the facts", (gsub(claim, "%%", "")))
    end
  end
  local wrong = direction == "up" and DOWN or direction == "down" and UP
  local right = direction == "up" and UP or DOWN
  if wrong and says(wrong, folded) and not says(right, folded) then
    problems[#problems + 1] = direction == "up" and "the fact is a rise, the text says a fall" or "the fact is a fall, the text says a rise"
  end
  return problems
end

-- Too short, cut off, or words of the task: what no reader should see.
function M.is_prose(text, least)
  return type(text) == "string" and #text >= least and not find(text, "[<>{}]") and not find(text, "%f[%w]f%d+%f[%W]")
    and not find(text, "\n") and find(text, "^[%u%d€$£\"'\195]") ~= nil
end

return M
