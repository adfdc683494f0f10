-- Text to folded words, stems and sentences. Work is linear in the (capped) text; where it is not for every
-- text, the caller has made it tame first.
-- Folding: lower case, Latin letters without diacritics, other punctuation than ASCII as blanks;
-- letters of other scripts stay as they are.

local M = {}

M.MAX_TEXT_BYTES = 64 * 1024 -- what is analysed of one text; the rest is ignored
M.MAX_WORDS = 12000
M.MAX_WORD_BYTES = 40
M.MAX_SENTENCES = 400
M.MAX_SENTENCE_BYTES = 1200

local FOLD = {}

do
  -- base letter, then the letters that fold to it
  local rows = {
    a = "à á â ã ä å ā ă ą À Á Â Ã Ä Å Ā Ă Ą", c = "ç ć č ĉ Ç Ć Č", d = "ď đ Ď Đ ð Ð",
    e = "è é ê ë ē ė ę ě È É Ê Ë Ē Ė Ę Ě", g = "ğ ģ Ğ", i = "ì í î ï ī į ı Ì Í Î Ï Ī Į İ",
    l = "ł ľ ĺ Ł Ľ", n = "ñ ń ň Ñ Ń Ň", o = "ò ó ô õ ö ø ō ő Ò Ó Ô Õ Ö Ø Ō Ő", r = "ř ŕ Ř",
    s = "ś š ş ș Ś Š Ş Ș", ss = "ß ẞ", t = "ť ţ ț Ť Ţ Ț", u = "ù ú û ü ū ů ű ų Ù Ú Û Ü Ū Ů Ű",
    y = "ý ÿ Ý", z = "ź ż ž Ź Ż Ž", ae = "æ Æ", oe = "œ Œ", th = "þ Þ", ["'"] = "’ ‘ ʼ ′ ´",
    [" "] = "– — ‐ ‑ … “ ” „ ‚ « » ‹ › ¿ ¡ · • ° § © ® ™ € £ ¥ ¢ ½ ¼ × ÷ → ← ✓ ✔ ✗ ❌ 、 。 ， ！ ？ ： （ ） 「 」",
  }
  for base, letters in pairs(rows) do
    for letter in letters:gmatch("%S+") do FOLD[letter] = base end
  end
  FOLD["\194\160"], FOLD["\226\128\175"], FOLD["\226\128\139"], FOLD["\239\187\191"] = " ", " ", "", ""
  -- Cyrillic and Greek capitals
  for i = 0x90, 0x9f do FOLD["\208" .. string.char(i)] = "\208" .. string.char(i + 0x20) end
  for i = 0xa0, 0xaf do FOLD["\208" .. string.char(i)] = "\209" .. string.char(i - 0x20) end
  for i = 0x91, 0x9f do FOLD["\206" .. string.char(i)] = "\206" .. string.char(i + 0x20) end
  for i = 0xa0, 0xa9 do FOLD["\206" .. string.char(i)] = "\207" .. string.char(i - 0x20) end
end

-- Cuts a text to at most `bytes`, not inside a UTF-8 character.
function M.cut(text, bytes)
  if #text <= bytes then return text end
  while bytes > 0 and text:byte(bytes + 1) >= 128 and text:byte(bytes + 1) < 192 do bytes = bytes - 1 end
  return text:sub(1, bytes)
end

-- Characters in a UTF-8 text.
function M.length(text)
  local _, continuation = text:gsub("[\128-\191]", "")
  return #text - continuation
end

-- Cuts a text to at most `n` characters.
function M.cut_chars(text, n)
  if #text <= n then return text end
  local bytes, chars = 0, 0
  for first, rest in text:gmatch("([%z\1-\127\192-\255])([\128-\191]*)") do
    if chars == n then break end
    chars, bytes = chars + 1, bytes + #first + #rest
  end
  return text:sub(1, bytes)
end

-- A text that no pattern of these modules takes long on: at most MAX_TEXT_BYTES, no run of characters that
-- is longer than any word or link should be, no desert of blanks. What is usual stays as it is.
local MAX_RUN, MAX_BLANKS = 200, 12

local function tame_run(run)
  if #run > MAX_RUN then return run:sub(1, MAX_RUN) end
end

local function tame_blanks(run)
  if #run > MAX_BLANKS then return run:find("\n.*\n") and "\n\n" or run:find("\n") and "\n" or "  " end
end

function M.tame(text)
  return (M.cut(text, M.MAX_TEXT_BYTES):gsub("%z", " "):gsub("[!-~]+", tame_run):gsub("%s+", tame_blanks))
end

function M.trim(text)
  return text:match("^%s*(.*%S)") or ""
end

-- Blanks and line ends as single blanks.
function M.squeeze(text)
  return M.trim((text:gsub("%s+", " ")))
end

function M.fold(text)
  return (M.cut(text, M.MAX_TEXT_BYTES):gsub("[\194-\244][\128-\191]*", FOLD):lower())
end

-- English contractions keep their meaning ("don't" -> "dont", "it's" -> "it"); other apostrophes
-- separate words ("l'abonnement" -> "l", "abonnement").
local CONTRACTION = { t = true, s = "", re = "", ve = "", ll = "", d = "", m = "" }

local function add_word(words, word)
  local head, tail = word:match("^(.-)'+(.*)$")
  if head then
    local kind = CONTRACTION[tail]
    if kind == true then
      words[#words + 1] = head .. tail
      return
    end
    if head ~= "" then words[#words + 1] = head end
    if kind == nil and tail ~= "" then words[#words + 1] = (tail:gsub("'", "")) end
    return
  end
  words[#words + 1] = word
end

-- The words of a text, folded, in order.
function M.words(text)
  local words = {}
  for word in M.fold(text):gmatch("[%w\128-\255][%w\128-\255']*") do
    if #words >= M.MAX_WORDS then break end
    if #word <= M.MAX_WORD_BYTES then add_word(words, word) end
  end
  return words
end

local SUFFIXES = { "ing", "ed", "en", "er", "es", "em", "e", "a", "o" }

-- A light stem that works the same way for all languages: good for comparing two texts, not for reading.
function M.stem(word)
  if #word < 5 or word:find("%d") then return word end
  if word:sub(-3) == "ies" then return word:sub(1, -4) .. "i" end
  if word:sub(-1) == "s" and word:sub(-2, -2) ~= "s" then word = word:sub(1, -2) end
  for i = 1, #SUFFIXES do
    local suffix = SUFFIXES[i]
    if #word - #suffix >= 3 and word:sub(-#suffix) == suffix then
      word = word:sub(1, -#suffix - 1)
      if i <= 2 and #word > 3 and word:sub(-1) == word:sub(-2, -2) then word = word:sub(1, -2) end
      break
    end
  end
  if #word > 4 and word:sub(-1) == "y" then word = word:sub(1, -2) .. "i" end
  return word
end

local ABBREVIATION = {}
for word in ("mr mrs ms dr prof st no nr nro num art inc ltd co vs etc eg ie approx tel fig bzw ca evtl ggf inkl zzgl " ..
    "usw str hr fr sr sra srta sig dott mme mlle av bv nv jan feb mar apr jun jul aug sep sept oct okt nov dec dez"):gmatch("%S+") do
  ABBREVIATION[word] = true
end

-- Is the mark at `at` the end of a sentence? Not in "z.B.", "Dr. Kim", "No. 5", "1. Open", "am 3. Mai".
local function ends_sentence(text, at, after)
  if text:find("^%l", after) then return false end
  if text:sub(at, at) ~= "." then return true end
  local before = text:sub(math.max(1, at - 12), at - 1)
  local word = before:match("([%a\128-\255]+)$")
  if word and (#word == 1 or ABBREVIATION[word:lower()]) then return false end
  return not before:find("%f[%w]%d%d?$")
end

local function add_sentence(list, text)
  text = M.trim(text)
  if text:find("[%w\128-\255]") and #list < M.MAX_SENTENCES then
    list[#list + 1] = M.cut(text, M.MAX_SENTENCE_BYTES)
  end
end

-- The sentences of one block without line ends.
local function split_block(list, block)
  local start, from = 1, 1
  while #list < M.MAX_SENTENCES do
    local first, last = block:find("[%.!%?]+[\"')%]]*%s+", from)
    if not first then break end
    if ends_sentence(block, first, last + 1) then
      add_sentence(list, block:sub(start, last))
      start = last + 1
    end
    from = last + 1
  end
  add_sentence(list, block:sub(start))
end

local function is_item(line)
  return line:find("^%s*[%-%*+•]%s") or line:find("^%s*%d+[%.%)]%s") or line:find("^%s*•")
end

-- The sentences of a text, in order. A blank line, a heading, a list item and a short line that does not
-- run on end a sentence too.
function M.sentences(text)
  local list, block = {}, {}
  local function flush()
    if #block > 0 then split_block(list, table.concat(block, " ")) end
    block = {}
  end
  for line in (M.cut(text, M.MAX_TEXT_BYTES) .. "\n"):gmatch("(.-)\r?\n") do
    if #list >= M.MAX_SENTENCES then break end
    if not line:find("%S") then
      flush()
    elseif line:find("^#+%s") then
      flush()
      add_sentence(list, line)
    elseif is_item(line) then
      flush()
      block[1] = M.trim(line)
    else
      block[#block + 1] = M.trim(line)
      if #line < 50 and line:find("[%.!%?,:]%s*$") then flush() end
    end
  end
  flush()
  return list
end

return M
