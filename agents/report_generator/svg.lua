-- The parts that charts are made of: elements, axes with round steps, frames with a title for screen readers.
--
-- Colours are CSS variables with a light and a dark value, told apart by those who see few colours (Okabe and Ito's),
-- and never the only sign: lines are dashed, parts are labelled. No script, nothing from outside.

local escape = require "escape"

local M = {}

local floor, format, concat = math.floor, string.format, table.concat

M.VARIABLES = [[--ink:#1b2430;--soft:#5a6675;--faint:#8a95a3;--grid:#e4e8ee;--paper:#fff;--mute:#b9c2ce;--c1:#0b67b2;--c2:#d97a00;--c3:#00866a;--c4:#b4568f;--c5:#3f9bd1;--c6:#6b7785;--up:#00735c;--down:#c2410c;--wash:#0b67b21f]]
M.DARK = [[--ink:#e8ecf2;--soft:#a9b4c2;--faint:#7f8b9a;--grid:#2b3542;--paper:#141a22;--mute:#4d5a6a;--c1:#5fb0ee;--c2:#f0a63c;--c3:#3cc3a0;--c4:#e08fc0;--c5:#93cdf2;--c6:#97a3b1;--up:#45c9a5;--down:#ff8a5c;--wash:#5fb0ee2e]]
M.RULES = [[.ch{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;display:block;width:100%;height:auto}.ch text{fill:var(--soft)}.ch .v{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}.ch .n{fill:var(--ink)}.ch .f{fill:var(--faint);font-size:11px}.ch .g{stroke:var(--grid);stroke-width:1}.ch .z{stroke:var(--faint);stroke-width:1}.ch .r{stroke:var(--soft);stroke-dasharray:3 3}.ch .l{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}.ch .d{stroke-dasharray:2 5}]]

-- A coordinate, short.
function M.at(number)
  return (format("%.1f", number):gsub("%.0$", ""))
end
local at = M.at

-- tag("rect", {"x", 1, "fill", "red"}, body): attributes in the order given; values are escaped.
function M.tag(name, attributes, body)
  local pieces = { "<", name }
  for i = 1, #attributes, 2 do
    local value = attributes[i + 1]
    if type(value) == "number" then value = at(value) else value = escape.html(value) end
    pieces[#pieces + 1] = format(' %s="%s"', attributes[i], value)
  end
  pieces[#pieces + 1] = body and ">" .. body .. "</" .. name .. ">" or "/>"
  return concat(pieces)
end
local tag = M.tag

function M.text(x, y, text, class, anchor)
  return tag("text", { "x", x, "y", y, "class", class or "", "text-anchor", anchor or "start" }, escape.html(text))
end

function M.line(x1, y1, x2, y2, class)
  return tag("line", { "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", class })
end

-- About how wide a text is at 12 px.
function M.width(text)
  local _, n = text:gsub("[^\128-\191]", "")
  return n * 6.5
end

local function step_for(span, n)
  local raw = span / n
  local power = 10 ^ floor(math.log10(raw))
  for _, m in ipairs({ 1, 2, 2.5, 5, 10 }) do
    if m * power >= raw * 0.999 then return m * power end
  end
end

-- Round numbers from at most `low` to at least `high`, about n of them: {ticks}, low, high.
function M.ticks(low, high, n)
  if high <= low then high = low + (low == 0 and 1 or math.abs(low)) end
  local step = step_for(high - low, n)
  local first, last, ticks = floor(low / step + 1e-9), math.ceil(high / step - 1e-9), {}
  for k = first, last do ticks[#ticks + 1] = k * step end
  return ticks, first * step, last * step
end

-- {name, svg, inline, title}: svg stands by itself, inline is for a page that has RULES and VARIABLES already.
function M.frame(given, width, height, body)
  local id = "ch-" .. given.name
  local head = tag("title", { "id", id .. "-t" }, escape.html(given.title)) .. tag("desc", { "id", id .. "-d" }, escape.html(given.desc))
  local attributes = { "class", "ch", "viewBox", format("0 0 %d %d", width, height), "role", "img", "aria-labelledby", id .. "-t " .. id .. "-d" }
  local alone = { "xmlns", "http://www.w3.org/2000/svg", "width", width, "height", height }
  for i = 1, #attributes do alone[#alone + 1] = attributes[i] end
  local style = "<style>:root{" .. M.VARIABLES .. "}@media(prefers-color-scheme:dark){:root{" .. M.DARK .. "}}@media print{:root{" .. M.VARIABLES .. "}}"
    .. M.RULES:gsub("width:100%%;", "") .. "</style>"
  local paper = tag("rect", { "width", width, "height", height, "fill", "var(--paper)" })
  return {
    name = given.name, title = given.title, desc = given.desc, svg = tag("svg", alone, head .. style .. paper .. body),
    inline = tag("svg", attributes, head .. body),
  }
end

return M
