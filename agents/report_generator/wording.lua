-- Numbers and names as a reader sees them. wording.new(currency sign) gives the functions of one report.

local M = {}

local floor, abs, format = math.floor, math.abs, string.format

local function thousands(digits)
  local text = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

-- 1234567.891, 2 -> "1,234,567.89"
function M.number(v, digits)
  local text = format("%." .. (digits or 0) .. "f", abs(v))
  local whole, rest = text:match("^(%d+)(.*)$")
  local negative = v < 0 and text:find("[1-9]")
  return (negative and "−" or "") .. thousands(whole) .. rest
end

local function plain(v)
  local size = abs(v)
  if v % 1 == 0 then return M.number(v) end
  return M.number(v, size >= 1000 and 0 or size >= 10 and 1 or 2)
end

local STEPS = { { 1e9, "bn" }, { 1e6, "M" }, { 1e4, "k" } }

local function scaled(v)
  local size = abs(v)
  for _, step in ipairs(STEPS) do
    if size >= step[1] * 0.99995 then
      local unit = step[1] == 1e4 and 1e3 or step[1]
      local n = size / unit
      return M.number(n, n >= 100 and (unit == 1e3 and 0 or 1) or unit == 1e3 and 1 or 2) .. step[2]
    end
  end
end

local function signed(v, text)
  return (v < 0 and "−" or "") .. text
end

function M.percent(v, digits)
  local size = abs(v) * 100
  return M.number(v * 100, digits or (size >= 1000 and 0 or 1)) .. "%"
end

-- Functions of (number) for one kind of value: full ("€1,234"), short ("€1.23M").
function M.of(is_money, sign)
  local unit = is_money and sign or ""
  local W = {}
  function W.full(v)
    local size = abs(v)
    if is_money then return signed(v, unit .. M.number(size, size < 100 and size % 1 ~= 0 and 2 or 0)) end
    return signed(v, plain(size))
  end
  function W.short(v)
    local text = scaled(v)
    return text and signed(v, unit .. text) or W.full(v)
  end
  -- For axes: steps are round, so no digits that say nothing.
  function W.axis(v)
    local size, text = abs(v), nil
    for _, step in ipairs({ { 1e9, "bn" }, { 1e6, "M" }, { 1e3, "k" } }) do
      if size >= step[1] and not text then
        text = M.number(size / step[1], 2):gsub("%.?0+$", "") .. step[2]
        if size / step[1] % 1 == 0 then text = M.number(size / step[1]) .. step[2] end
      end
    end
    if not text then text = size % 1 == 0 and M.number(size) or M.number(size, 2):gsub("0$", "") end
    return signed(v, unit .. text)
  end
  return W
end

function M.change(v, before)
  return before ~= 0 and (v - before) / abs(before) or nil
end

function M.lower(label)
  return label:find("^%u%l") and label:sub(1, 1):lower() .. label:sub(2) or label
end

M.floor = floor
return M
