-- The names of people who write: after a closing line, an introduction or a label.

local tokenize = require "local.tokenize"
local collect = require "local.collect"

local M = {}

local CLOSINGS = "regards; best regards; kind regards; warm regards; sincerely; yours sincerely; cheers; " ..
  "thanks; thank you; " ..
  "many thanks; best; best wishes; thanks in advance; mit freundlichen grüßen; mit freundlichen grüssen; " ..
  "freundliche grüße; viele grüße; beste grüße; liebe grüße; gruß; grüße; vielen dank; danke; mfg; vielen " ..
  "dank im voraus; schöne grüße; cordialement; bien cordialement; bien à vous; merci; merci d'avance; " ..
  "salutations; sincères salutations; merci beaucoup; saludos; un saludo; saludos cordiales; atentamente; " ..
  "gracias; muchas gracias; gracias de antemano; cordiali saluti; saluti; distinti saluti; grazie; grazie " ..
  "mille; un saluto; met vriendelijke groet; met vriendelijke groeten; groeten; groetjes; vriendelijke " ..
  "groet; alvast bedankt; bedankt; mvg; atenciosamente; cumprimentos; obrigado; obrigada; com os melhores " ..
  "cumprimentos; melhores cumprimentos; abraços"

local is_closing = {}
for closing in CLOSINGS:gmatch("[^;]+") do is_closing[tokenize.fold(tokenize.trim(closing))] = true end

local INTRODUCTIONS = {
  "[Mm]y name is", "[Ii]ch heiße", "[Mm]ein Name ist", "[Jj]e m'appelle", "[Jj]e m’appelle", "[Mm]e llamo",
  "[Mm]i nombre es", "[Mm]i chiamo", "[Mm]ijn naam is", "[Mm]eu nome é", "[Cc]hamo%-me", "[Mm]e chamo",
  "[Tt]his is", "[Nn]ame:", "[Nn]om:", "[Nn]ombre:", "[Nn]ome:", "[Nn]aam:", "[Mm]i nombre:", "[Cc]ustomer:",
  "[Kk]unde:",
}

local PARTICLES = { de = true, van = true, von = true, der = true, da = true, di = true, la = true, dos = true,
  den = true }
local NAME = "[%u\195][%a\128-\255'%-]*"

-- One to four capitalised words at the start of a text, or nil.
local function name_at(text)
  local words = {}
  for word, gap in text:gmatch("([%a\128-\255'%.%-]+)([%s,;:%(%|]*)") do
    local particle = #words > 0 and PARTICLES[word]
    if not (word:find("^" .. NAME) or particle) or #words == 4 or #word > 30 then break end
    words[#words + 1] = particle and word or word:gsub("%.$", "")
    if gap:find("[,;:%(|\n]") then break end
  end
  while #words > 0 and words[#words]:find("^%l") do words[#words] = nil end
  if #words == 0 then return nil end
  return table.concat(words, " ")
end

local function is_name_line(line)
  return #line >= 2 and #line <= 60 and not line:find("[%d@:%?!]") and line:find("^" .. NAME)
end

local function fold_line(line)
  return (tokenize.fold(line):gsub("[%s,%.!%-]+$", ""):gsub("%s+", " "))
end

-- Does the line end with a closing ("... by Friday. Thanks,")?
local function ends_with_closing(line)
  local folded = fold_line(line)
  return is_closing[folded] or is_closing[tokenize.trim(folded:match("[%.!%?]%s+([^%.!%?]+)$") or "")] or false
end

-- "Regards, Kim", also at the end of a longer line -> "Kim"
local function name_after_closing(line)
  local head, tail = line:match("^(.-)[,%.!]%s*([^,%.!]+)[,%.]?$")
  local closing = head and fold_line(head):match("([^,%.!%?]+)$")
  if closing and is_closing[tokenize.trim(closing)] and is_name_line(tail) then return name_at(tail) end
end

-- The names of those who write, the likeliest first.
function M.find(text)
  local list, add = collect.new()
  for _, introduction in ipairs(INTRODUCTIONS) do
    for rest in text:gmatch("%f[%a]" .. introduction .. "[ \t]*([^\n]+)") do
      local name = name_at(rest)
      if name and not is_closing[tokenize.fold(name)] then add(name) end
    end
  end
  local is_next = false
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    line = tokenize.trim(line)
    if ends_with_closing(line) then
      is_next = true
    elseif line ~= "" then
      if is_next and is_name_line(line) then add(name_at(line)) else add(name_after_closing(line)) end
      is_next = false
    end
  end
  return list
end

return M
