-- The report as one HTML file: no script, nothing loaded from anywhere, every text escaped.

local escape = require "escape"
local style = require "style"
local words = require "words"

local html, concat = escape.html, table.concat

local POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

local function p(class, text) return ('<p class="%s">%s</p>'):format(class, html(text)) end

local function figure(chart, class)
  return ('<figure class="%s"><figcaption>%s</figcaption>%s</figure>'):format(class or "", html(chart.title), chart.inline)
end

local function tile(one)
  local out = { '<div class="tile">', p("k", one.label), p("b", one.text), p("w", one.when) }
  if one.note then
    local flat = math.abs(one.change) < 0.0005
    local way, arrow = one.plain and "same" or one.change > 0 and "up" or "down", one.change > 0 and "▲" or "▼"
    local first, rest = one.note:match("^(%S+)(.*)$")
    out[#out + 1] = ('<p class="c"><span class="%s">%s %s</span>%s</p>'):format(flat and "same" or way, flat and "=" or arrow, html(first), html(rest))
  end
  if one.spark then out[#out + 1] = one.spark.inline end
  out[#out + 1] = "</div>"
  return concat(out)
end

local function finding(i, one, chart)
  return ('<section class="finding%s"><div>%s<h3>%s</h3><p>%s</p><p class="ev">%s Confidence: %s.</p></div>%s</section>'):format(chart and "" or " alone",
    p("num", tostring(i)), html((one.headline:gsub("%.$", ""))), html(one.statement), html(one.evidence), words.confidence(one.confidence), chart and figure(chart) or "")
end

local function table_of(one)
  local out = { "<div><h4>", html(one.title), '</h4><div class="scroll"><table><thead><tr>' }
  for _, name in ipairs(one.columns) do out[#out + 1] = '<th scope="col">' .. html(name) .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(one.rows) do
    out[#out + 1] = "<tr>"
    for _, cell in ipairs(row) do out[#out + 1] = "<td>" .. html(cell) .. "</td>" end
    out[#out + 1] = "</tr>"
  end
  out[#out + 1] = "</tbody></table></div></div>"
  return concat(out)
end

local function head(R)
  local out = { "<header>", p("eyebrow", R.eyebrow), "<h1>", html(R.title), "</h1>", p("sub", R.subtitle), p("lead", R.summary) }
  if R.answer then out[#out + 1] = '<div class="answer">' .. p("q", R.question) .. "<p>" .. html(R.answer) .. "</p></div>" end
  out[#out + 1] = "</header>"
  return concat(out)
end

local function add_list(out, title, class, items)
  if #items == 0 then return end
  out[#out + 1] = ('<h2>%s</h2><ul class="%s">'):format(title, class)
  for _, item in ipairs(items) do out[#out + 1] = "<li>" .. item .. "</li>" end
  out[#out + 1] = "</ul>"
end

local function body(R, out)
  out[#out + 1] = head(R) .. '<div class="tiles" role="group" aria-label="Key figures">'
  for _, one in ipairs(R.tiles) do out[#out + 1] = tile(one) end
  out[#out + 1] = "</div>"
  if R.lead_chart then out[#out + 1] = figure(R.lead_chart, "wide") end
  out[#out + 1] = "<h2>Findings</h2>"
  for i, one in ipairs(R.findings) do out[#out + 1] = finding(i, one, R.figures[one.id]) end
  if R.mix_chart then out[#out + 1] = figure(R.mix_chart, "wide") end
  local steps, notes = {}, {}
  for i, step in ipairs(R.next_steps) do steps[i] = html(step) end
  for i, note in ipairs(R.data_quality) do notes[i] = html(note.issue) .. " <span>" .. html(note.effect) .. "</span>" end
  add_list(out, "Next steps", "steps", steps)
  out[#out + 1] = '<h2>Tables</h2><div class="pair">'
  for _, one in ipairs(R.tables) do out[#out + 1] = table_of(one) end
  out[#out + 1] = "</div>"
  add_list(out, "About the data", "notes", #notes > 0 and notes or { "Nothing to remark." })
  out[#out + 1] = "<h2>Method</h2>" .. p("method", R.method)
end

return function(R)
  local out = {
    '<!doctype html><html lang="', html(R.language), '"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta http-equiv="Content-Security-Policy" content="', POLICY, '"><meta name="color-scheme" content="light dark"><title>', html(R.title), "</title><style>", style,
    "</style></head><body><main>",
  }
  body(R, out)
  out[#out + 1] = "</main></body></html>\n"
  return concat(out)
end
