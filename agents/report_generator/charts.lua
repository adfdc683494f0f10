-- The kinds of charts: lines, columns, horizontal bars, stacked columns, sparklines. Each takes plain numbers and names.

local escape = require "escape"
local svg = require "svg"

local M = {}

local at, tag, text, line = svg.at, svg.tag, svg.text, svg.line
local concat, max, min, abs = table.concat, math.max, math.min, math.abs

local function bounds(lists)
  local low, high = 0, 0
  for _, values in ipairs(lists) do
    for i = 1, #values do
      local v = values[i]
      if v and v < low then low = v end
      if v and v > high then high = v end
    end
  end
  return low, high
end

-- Grid, axis labels and the function that gives a value's height.
local function y_axis(out, box, low, high, format)
  local ticks
  ticks, low, high = svg.ticks(low, high, box.bottom - box.top > 200 and 5 or 4)
  local function y(v) return box.bottom - (v - low) / (high - low) * (box.bottom - box.top) end
  for _, tick in ipairs(ticks) do
    out[#out + 1] = line(box.left, y(tick), box.right, y(tick), tick == 0 and "z" or "g")
    out[#out + 1] = text(box.left - 8, y(tick) + 4, format(tick), "f", "end")
  end
  return y
end

local function left_of(low, high, format)
  local widest = 0
  for _, tick in ipairs((svg.ticks(low, high, 5))) do widest = max(widest, svg.width(format(tick))) end
  return widest + 12
end

-- As many labels as fit, the last one always; never two in the same place.
local function x_labels(out, labels, x, y, room)
  local widest = 0
  for _, label in ipairs(labels) do widest = max(widest, svg.width(label) + 14) end
  local every = max(1, math.ceil(#labels * widest / room))
  for i = 1, #labels do
    if (#labels - i) % every == 0 then out[#out + 1] = text(x(i), y, labels[i], "f", "middle") end
  end
end

local function path(values, x, y, from, to)
  local pieces, pen = {}, "M"
  for i = from or 1, to or #values do
    if values[i] then
      pieces[#pieces + 1] = pen .. at(x(i)) .. " " .. at(y(values[i]))
      pen = "L"
    else
      pen = "M"
    end
  end
  return concat(pieces)
end

local function legend(out, series, left, top)
  local x = left
  for i, one in ipairs(series) do
    out[#out + 1] = tag("path", { "d", ("M%s %sh16"):format(at(x), at(top - 4)), "class", "l" .. (one.dashed and " d" or ""), "stroke", one.color or "var(--c" .. i .. ")" })
    out[#out + 1] = text(x + 22, top, one.name, "n")
    x = x + 40 + svg.width(one.name)
  end
end

local function mark_points(out, marks, values, x, y, box)
  for _, mark in ipairs(marks or {}) do
    local px, py = x(mark.i), y(values[mark.i])
    local is_low = mark.below
    out[#out + 1] = tag("circle", { "cx", px, "cy", py, "r", 5, "fill", "var(--paper)", "stroke", "var(--down)", "stroke-width", 2.5 })
    local anchor = px > box.right - 70 and "end" or px < box.left + 70 and "start" or "middle"
    out[#out + 1] = text(px, is_low and min(py + 20, box.bottom - 4) or max(py - 11, box.top + 8), mark.label, "v", anchor)
  end
end

local function area(values, x, y, to)
  return path(values, x, y, 1, to) .. ("L%s %sL%s %sZ"):format(at(x(to)), at(y(0)), at(x(1)), at(y(0)))
end

-- The dashed end: from the last whole value to a period that is not over, or to an estimate with its range.
local function tail(out, given, x, y)
  local values, whole, n = given.series[1].values, given.whole or #given.series[1].values, #given.series[1].values
  if whole < n then
    out[#out + 1] = tag("path", { "d", path(values, x, y, whole, n), "class", "l d", "stroke", "var(--mute)" })
    out[#out + 1] = tag("circle", { "cx", x(n), "cy", y(values[n]), "r", 3.5, "fill", "var(--paper)", "stroke", "var(--mute)", "stroke-width", 2 })
    out[#out + 1] = text(x(n) - 9, y(values[n]) + 4, "not over", "f", "end")
    if given.width then out[#out + 1] = text(x(whole), y(values[whole]) - 10, given.text(values[whole]), "v", "middle") end
  end
  local ahead = given.ahead
  if ahead then
    out[#out + 1] = tag("path", { "d", ("M%s %sV%s"):format(at(x(ahead.i)), at(y(ahead.low)), at(y(ahead.high))), "stroke", "var(--c1)", "stroke-width", 8, "stroke-linecap", "round", "opacity", "0.28" })
    out[#out + 1] = tag("path", { "d", ("M%s %sL%s %s"):format(at(x(whole)), at(y(values[whole])), at(x(ahead.i)), at(y(ahead.value))), "class", "l d", "stroke", "var(--c1)" })
    out[#out + 1] = tag("circle", { "cx", x(ahead.i), "cy", y(ahead.value), "r", 4, "fill", "var(--paper)", "stroke", "var(--c1)", "stroke-width", 2 })
  end
end

-- given: name, title, desc, labels, series {{name, values, color, dashed}}, format, width, height, whole (values up to which
-- the first line is solid), marks {{i, label, below}}, ahead {i, value, low, high}, fill.
function M.lines(given)
  local width, height, lists = given.width or 480, given.height or 270, {}
  for i, one in ipairs(given.series) do lists[i] = one.values end
  if given.ahead then lists[#lists + 1] = { given.ahead.high, given.ahead.low } end
  local low, high = bounds(lists)
  if given.marks then high = high * 1.1 end -- room for what is written above a mark
  local many = #given.series > 1
  local box = { left = left_of(low, high, given.format), right = width - 16, top = many and 34 or 14, bottom = height - 26 }
  local n, out = #given.labels, {}
  local function x(i) return n == 1 and (box.left + box.right) / 2 or box.left + 6 + (i - 1) / (n - 1) * (box.right - box.left - 12) end
  local y = y_axis(out, box, low, high, given.format)
  x_labels(out, given.labels, x, height - 7, box.right - box.left)
  for i = #given.series, 1, -1 do
    local one = given.series[i]
    local to = i == 1 and given.whole or #one.values
    if given.fill and i == 1 then out[#out + 1] = tag("path", { "d", area(one.values, x, y, to), "fill", "var(--wash)" }) end
    out[#out + 1] = tag("path", { "d", path(one.values, x, y, 1, to), "class", "l" .. (one.dashed and " d" or ""), "stroke", one.color or "var(--c" .. i .. ")" })
  end
  tail(out, given, x, y)
  mark_points(out, given.marks, given.series[1].values, x, y, box)
  if many then legend(out, given.series, box.left, 16) end
  return svg.frame(given, width, height, concat(out))
end

-- Vertical columns. given: labels, values, format, strong = {[i] = true}, reference {value, label}, text = format of the values above.
function M.columns(given)
  local width, height, n, out = given.width or 480, given.height or 270, #given.values, {}
  local low, high = bounds({ given.values, { given.reference and given.reference.value or 0 } })
  local box = { left = left_of(low, high, given.format), right = width - 12, top = 22, bottom = height - 26 }
  local y, slot = y_axis(out, box, low, high, given.format), (box.right - box.left) / n
  local function x(i) return box.left + (i - 0.5) * slot end
  for i = 1, n do
    local v, wide = given.values[i], min(slot * 0.68, 46)
    out[#out + 1] = tag("rect", { "x", x(i) - wide / 2, "y", min(y(v), y(0)), "width", wide, "height", max(abs(y(v) - y(0)), 0.5), "rx", 2,
      "fill", (not given.strong or given.strong[i]) and "var(--c1)" or "var(--mute)" })
    if given.text and (n <= 8 or given.strong and given.strong[i]) then out[#out + 1] = text(x(i), y(v) - 6, given.text(v), "v", "middle") end
  end
  if given.reference then
    out[#out + 1] = line(box.left, y(given.reference.value), box.right, y(given.reference.value), "r")
    out[#out + 1] = text(box.right, 12, given.reference.label, "f", "end")
  end
  x_labels(out, given.labels, x, height - 7, box.right - box.left)
  return svg.frame(given, width, height, concat(out))
end

local function bar_row(out, row, y, zero, scale, box)
  local long = row.value * scale
  out[#out + 1] = text(box.names - 10, y + 15, row.label, row.strong and "v" or "n", "end")
  out[#out + 1] = tag("rect", { "x", min(zero, zero + long), "y", y, "width", max(abs(long), 1), "height", 21, "rx", 2, "fill", row.color or "var(--mute)" })
  local x = row.value < 0 and zero + long - 6 or zero + long + 6
  out[#out + 1] = text(x, y + 15, row.text, "v", row.value < 0 and "end" or "start")
end

-- Horizontal bars with their values. given: rows {{label, value, text, color, strong}}, reference {value, label}.
function M.bars(given)
  local width, rows, out = given.width or 480, given.rows, {}
  local low, high = 0, 0
  local names, left_text, right_text = 40, 0, 0
  for _, row in ipairs(rows) do
    row.label = escape.shorten(row.label, 22)
    names = max(names, svg.width(row.label) * (row.strong and 1.2 or 1) + 16)
    low, high = min(low, row.value), max(high, row.value)
    if row.value < 0 then left_text = max(left_text, svg.width(row.text) + 10) else right_text = max(right_text, svg.width(row.text) + 12) end
  end
  if given.reference then high = max(high, given.reference.value) end
  local top = given.reference and 26 or 8
  local height = top + #rows * 31 + 4
  local box = { names = names }
  local from, to = names + left_text, width - right_text - 4
  local scale = high > low and (to - from) / (high - low) or 0
  local zero = from - low * scale
  out[#out + 1] = line(zero, top - 4, zero, height - 6, "z")
  if given.reference then
    local x = zero + given.reference.value * scale
    out[#out + 1] = line(x, top - 6, x, height - 6, "r")
    out[#out + 1] = text(x, 14, given.reference.label, "f", x > width - 90 and "end" or "middle")
  end
  for i, row in ipairs(rows) do bar_row(out, row, top + (i - 1) * 31, zero, scale, box) end
  return svg.frame(given, width, height, concat(out))
end

-- Columns of parts. given: labels, series {{name, values}} from the bottom up, format.
function M.stacked(given)
  local width, height, n, out = given.width or 960, given.height or 300, #given.labels, {}
  local sums = {}
  for i = 1, n do
    sums[i] = 0
    for _, one in ipairs(given.series) do sums[i] = sums[i] + max(one.values[i], 0) end
  end
  local low, high = bounds({ sums })
  local box = { left = left_of(low, high, given.format), right = width - 12, top = 36, bottom = height - 26 }
  local y, slot = y_axis(out, box, low, high, given.format), (box.right - box.left) / n
  local function x(i) return box.left + (i - 0.5) * slot end
  local wide = min(slot * 0.7, 54)
  for i = 1, n do
    local base = 0
    for k, one in ipairs(given.series) do
      local v = max(one.values[i], 0)
      if v > 0 then
        out[#out + 1] = tag("rect", { "x", x(i) - wide / 2, "y", y(base + v), "width", wide, "height", max(y(base) - y(base + v) - 1, 0.5), "fill", "var(--c" .. k .. ")" })
      end
      base = base + v
    end
  end
  local at_x = box.left
  for k, one in ipairs(given.series) do
    out[#out + 1] = tag("rect", { "x", at_x, "y", 8, "width", 12, "height", 12, "rx", 2, "fill", "var(--c" .. k .. ")" })
    out[#out + 1] = text(at_x + 18, 18, one.name, "n")
    at_x = at_x + 40 + svg.width(one.name)
  end
  x_labels(out, given.labels, x, height - 7, box.right - box.left)
  return svg.frame(given, width, height, concat(out))
end

-- A line without axes, for a tile.
function M.spark(given)
  local width, height, values = 150, 34, given.values
  local low, high = values[1], values[1]
  for _, v in ipairs(values) do low, high = min(low, v), max(high, v) end
  local function x(i) return 3 + (i - 1) / max(#values - 1, 1) * (width - 8) end
  local function y(v) return high > low and height - 4 - (v - low) / (high - low) * (height - 8) or height / 2 end
  return svg.frame(given, width, height, tag("path", { "d", path(values, x, y), "class", "l", "stroke", "var(--c1)", "stroke-width", 1.75 })
    .. tag("circle", { "cx", x(#values), "cy", y(values[#values]), "r", 3, "fill", "var(--c1)" }))
end

return M
