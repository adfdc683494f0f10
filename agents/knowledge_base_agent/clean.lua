-- Foreign text on its way into a prompt: bounded, without control characters, unable to close the section that it
-- stands in. A package is whole by itself, so ticket_resolver has a copy of cut() and text() of its own.

local M = {}

local SECTIONS = { passage = true, passages = true, question = true, history = true, system = true, answer = true,
  statements = true, instructions = true }

-- At most `bytes` of a text, not cut inside a character.
function M.cut(text, bytes)
  if #text <= bytes then return text end
  while bytes > 0 and text:find("^[\128-\191]", bytes + 1) do bytes = bytes - 1 end
  return text:sub(1, bytes)
end

-- The tags of our sections lose their bracket; any other "<" may stay.
local function disarm(text)
  return (text:gsub("<(%s*/?%s*)(%a+)", function(gap, name)
    if SECTIONS[name:lower()] then return "(" .. gap .. name end
  end))
end

function M.text(text, bytes)
  text = text:gsub("\r\n?", "\n"):gsub("[%z\1-\8\11-\31\127]", " ")
  if #text > bytes then text = M.cut(text, bytes) .. " ..." end
  return disarm(text)
end

-- One space for each run of spaces: how quotes and bodies are compared.
function M.squeeze(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

function M.line(text, bytes)
  return M.squeeze(M.text(text, bytes or 500))
end

return M
