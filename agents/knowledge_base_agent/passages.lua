-- Documents as numbered passages of a prompt. Rows of tables become sentences with the names of their columns, so that
-- they can be understood alone; lines that give orders to a model are left out.

local words = require "words"
local clean = require "clean"

local M = {}

local MAX_BODY_BYTES = 6000

-- What no article has to say to a reader, but to a model.
local ORDERS = {
  "ignore%s+.-%s*instructions", "ignore%s+.-%s*rules", "disregard%s+.-%s*instructions", "system%s+prompt",
  "you%s+are%s+now%s+an?%s", "^%W*system%s*:", "^%W*assistant%s*:", "ignorier%a*%s+.-%s*anweisungen",
  "vergiss%s+.-%s*anweisungen", "du%s+bist%s+jetzt%s+ein",
}

function M.is_order(line)
  local lower = words.lower(line)
  for _, pattern in ipairs(ORDERS) do
    if lower:find(pattern) then return true end
  end
  return false
end

local function cells_of(line)
  local inner = line:match("^%s*|(.*)|%s*$")
  if not inner then return nil end
  local cells = {}
  for cell in (inner .. "|"):gmatch("%s*(.-)%s*|") do cells[#cells + 1] = cell end
  return cells
end

-- "K, V" and a row "a, b" -> "K a: V b."
local function sentence_of(columns, cells)
  local parts = {}
  for i = 2, #cells do
    if cells[i] ~= "" then parts[#parts + 1] = (columns[i] or "") .. " " .. cells[i] end
  end
  local head = (columns[1] or "") .. " " .. (cells[1] or "")
  return (clean.squeeze(head .. ": " .. table.concat(parts, ", ")):gsub("%.?$", "."))
end

-- {text, rows = {[sentence] = row as it stands}, orders = how many lines were left out}
function M.render(body)
  local lines, rows, orders, columns = {}, {}, 0, nil
  for line in (body .. "\n"):gmatch("([^\n]*)\n") do
    local cells = cells_of(line)
    if M.is_order(line) then
      orders = orders + 1
    elseif not cells then
      columns = nil
      lines[#lines + 1] = line
    elseif not columns then
      columns = cells
    elseif not line:find("^%s*|[%s|:%-]+$") then
      local sentence = sentence_of(columns, cells)
      rows[sentence] = clean.squeeze(line)
      lines[#lines + 1] = sentence
    end
  end
  return { text = table.concat(lines, "\n"), rows = rows, orders = orders }
end

-- numbers: which of the documents, by their places; all without it. They keep their numbers.
function M.prompt(documents, numbers)
  local parts, wanted = { "<passages>" }, nil
  for _, number in ipairs(numbers or {}) do
    wanted = wanted or {}
    wanted[number] = true
  end
  for i, document in ipairs(documents) do
    if not wanted or wanted[i] then
      local title = clean.line(document.title or ""):gsub('"', "'")
      local text = clean.text(M.render(document.body).text, MAX_BODY_BYTES):gsub("%[(%d+)%]", "(%1)")
      parts[#parts + 1] = '<passage number="' .. i .. '" title="' .. title .. '">\n' .. text .. "\n</passage>"
    end
  end
  parts[#parts + 1] = "</passages>"
  return table.concat(parts, "\n")
end

return M
