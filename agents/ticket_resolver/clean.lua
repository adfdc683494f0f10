-- Foreign text on its way into a prompt: bounded, without control characters, and unable to close the section
-- that it stands in. A package is whole by itself, so knowledge_base_agent has a copy of cut() and text() of its own.

local M = {}

local MAX_TICKET_BYTES = 20000
local MAX_PASSAGE_BYTES = 4000

-- At most `bytes` of a text, not cut inside a character.
function M.cut(text, bytes)
  if #text <= bytes then return text end
  while bytes > 0 and text:find("^[\128-\191]", bytes + 1) do bytes = bytes - 1 end
  return text:sub(1, bytes)
end

-- "<ticket>" and "</passage >" lose their bracket; any other "<" may stay.
local function disarm(text)
  return (text:gsub("<(%s*/?%s*)(%a+)", function(gap, name)
    local lower = name:lower()
    if lower:find("^ticket") or lower:find("^passage") then return "(" .. gap .. name end
  end))
end

function M.text(text, bytes)
  text = text:gsub("\r\n?", "\n"):gsub("[%z\1-\8\11-\31\127]", " ")
  if #text > bytes then text = M.cut(text, bytes) .. " ..." end
  return disarm(text)
end

function M.line(text)
  return (M.text(text, 500):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- The ticket as a section of a prompt.
function M.ticket(input)
  local subject = M.line(input.subject or "")
  local head = subject ~= "" and "Subject: " .. subject .. "\n\n" or ""
  return "<ticket>\n" .. head .. M.text(input.body, MAX_TICKET_BYTES) .. "\n</ticket>"
end

-- Documents as numbered passages of a prompt.
function M.passages(documents)
  local parts = { "<passages>" }
  for i, document in ipairs(documents) do
    local title = M.line(document.title or ""):gsub('"', "'")
    parts[#parts + 1] = '<passage number="' .. i .. '" title="' .. title .. '">\n' .. M.text(document.body,
      MAX_PASSAGE_BYTES) .. "\n</passage>"
  end
  parts[#parts + 1] = "</passages>"
  return table.concat(parts, "\n")
end

return M
