-- The report as Markdown: no images, so that it reads well in a mail or a chat.

local escape = require "escape"
local words = require "words"

local md = escape.markdown

local function row(cells)
  local out = {}
  for i, cell in ipairs(cells) do out[i] = md(cell) end
  return "| " .. table.concat(out, " | ") .. " |"
end

local function add_table(out, one)
  out[#out + 1] = "### " .. md(one.title) .. "\n"
  out[#out + 1] = row(one.columns)
  out[#out + 1] = "|" .. (" --- |"):rep(#one.columns)
  for _, cells in ipairs(one.rows) do out[#out + 1] = row(cells) end
  out[#out + 1] = ""
end

local function add_tiles(out, tiles)
  out[#out + 1] = "| Key figure | Value | When | Change |\n| --- | --- | --- | --- |"
  for _, tile in ipairs(tiles) do out[#out + 1] = row({ tile.label, tile.text, tile.when, tile.note or "–" }) end
  out[#out + 1] = ""
end

-- R = what page.lua takes, too.
return function(R)
  local out = { "# " .. md(R.title) .. "\n", "*" .. md(R.subtitle) .. "*\n", md(R.summary) .. "\n" }
  if R.answer then out[#out + 1] = "**" .. md(R.question) .. "** " .. md(R.answer) .. "\n" end
  add_tiles(out, R.tiles)
  out[#out + 1] = "## Findings\n"
  for i, finding in ipairs(R.findings) do
    out[#out + 1] = ("%d. **%s.** %s\n   *%s Confidence: %s.*\n"):format(i, (md(finding.headline):gsub("%.$", "")), md(finding.statement), md(finding.evidence), words.confidence(finding.confidence))
  end
  if #R.next_steps > 0 then
    out[#out + 1] = "## Next steps\n"
    for _, step in ipairs(R.next_steps) do out[#out + 1] = "- " .. md(step) end
    out[#out + 1] = ""
  end
  out[#out + 1] = "## Tables\n"
  for _, one in ipairs(R.tables) do add_table(out, one) end
  out[#out + 1] = "## About the data\n"
  for _, note in ipairs(R.data_quality) do out[#out + 1] = "- " .. md(note.issue) .. " " .. md(note.effect) end
  if #R.data_quality == 0 then out[#out + 1] = "- Nothing to remark." end
  out[#out + 1] = "\n## Method\n\n" .. md(R.method) .. "\n"
  return table.concat(out, "\n")
end
