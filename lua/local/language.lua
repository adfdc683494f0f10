-- Which language a text is in: function words, letters and endings that are typical of one.

local tokenize = require "local.tokenize"
local stopwords = require "local.stopwords"

local M = {}

-- Languages that the local model can write a reply in, in order of preference when nothing tells.
M.KNOWN = { "en", "de", "fr", "es", "it", "nl", "pt" }

M.NAMES = {
  en = "English", de = "German", fr = "French", es = "Spanish", it = "Italian", nl = "Dutch", pt = "Portuguese",
  ru = "Russian", uk = "Ukrainian", el = "Greek", zh = "Chinese", ja = "Japanese", ko = "Korean", ar = "Arabic",
  he = "Hebrew", th = "Thai", hi = "Hindi", und = "undetermined",
}

local MAX_WORDS = 600

-- Letters (as written) -> {language = weight}
local LETTERS = {
  ["ß"] = { de = 3 }, ["ü"] = { de = 1 }, ["ö"] = { de = 1 }, ["ä"] = { de = 1 }, ["ñ"] = { es = 3 },
    ["¿"] = { es = 3 },
  ["¡"] = { es = 3 }, ["ã"] = { pt = 3 }, ["õ"] = { pt = 3 }, ["ç"] = { fr = 1, pt = 1 }, ["œ"] = { fr = 3 },
  ["è"] = { fr = 0.5, it = 1 }, ["ò"] = { it = 2 }, ["ì"] = { it = 2 }, ["ù"] = { it = 1, fr = 0.5 },
    ["ê"] = { fr = 1, pt = 0.5 },
  ["û"] = { fr = 1 }, ["î"] = { fr = 1 }, ["ô"] = { fr = 0.7, pt = 0.5 }, ["ó"] = { es = 0.7, pt = 0.5 },
    ["í"] = { es = 0.7, pt = 0.5 },
  ["á"] = { es = 0.5, pt = 0.7 }, ["ú"] = { es = 0.7, pt = 0.3 }, ["é"] = { fr = 0.5, es = 0.3, pt = 0.3 },
    ["à"] = { fr = 0.5, it = 0.5 },
  ["ë"] = { nl = 0.7 }, ["ï"] = { nl = 0.5, fr = 0.3 },
}

-- Endings of words of six letters and more.
local ENDINGS = {
  en = { "ing", "tion", "ould", "ght", "ness", "ally" },
  de = { "ung", "keit", "heit", "lich", "isch", "chen", "tzt", "ungen", "schaft" },
  fr = { "ement", "eux", "eur", "ais", "ait", "ez", "ique", "aire" },
  es = { "cion", "dad", "ando", "iendo", "ados", "mente" },
  it = { "zione", "zioni", "mente", "ggio", "ando", "endo", "tto", "tta", "ita" },
  nl = { "ijk", "heid", "aar", "eren", "ingen", "tje", "cht", "elijk" },
  pt = { "cao", "coes", "dade", "ando", "mente", "agem", "inho" },
}

-- Scripts: a lead-byte pattern of UTF-8 -> language; the first that covers a fifth of the text wins.
local SCRIPTS = {
  { "ja", "\227[\129\130\131][\128-\191]", 3 }, { "ko", "[\234-\237][\128-\191][\128-\191]", 3 },
  { "zh", "[\228-\233][\128-\191][\128-\191]", 3 }, { "el", "[\206\207][\128-\191]", 2 }, { "he", "\215[\128-\191]",
    2 },
  { "ar", "[\216-\219][\128-\191]", 2 }, { "th", "\224[\184\185][\128-\191]", 3 }, { "hi",
    "\224[\164\165][\128-\191]", 3 },
  { "ru", "[\208\209][\128-\191]", 2 },
}

local function by_script(text)
  local _, letters = text:gsub("%a", "")
  for _, script in ipairs(SCRIPTS) do
    local _, count = text:gsub(script[2], "")
    if count > 4 and count * 4 > letters then
      if script[1] == "ru" and text:find("[\209][\150\151\148]") then return "uk" end
      return script[1]
    end
  end
end

local function by_words(words, scores)
  for i = 1, math.min(#words, MAX_WORDS) do
    local word = words[i]
    local shared = stopwords.all[word]
    if shared then
      for language, set in pairs(stopwords.sets) do
        if set[word] then scores[language] = scores[language] + (#word > 2 and 2 or 1) / shared end
      end
    elseif #word >= 6 then
      for language, endings in pairs(ENDINGS) do
        for _, ending in ipairs(endings) do
          if word:sub(-#ending) == ending then
            scores[language] = scores[language] + 0.5
            break
          end
        end
      end
    end
  end
end

local function by_letters(text, scores)
  local seen = {}
  for letter in text:gmatch("[\194-\195\197][\128-\191]") do
    local weights = LETTERS[letter]
    local count = (seen[letter] or 0) + 1
    seen[letter] = count
    if weights and count <= 4 then
      for language, weight in pairs(weights) do scores[language] = scores[language] + weight end
    end
  end
end

-- text: as written; evidence: {language = weight} from elsewhere (topic words of one language), or nil.
-- Returns the ISO 639-1 code and a confidence in 0..1. Without any evidence: "en", 0.
function M.detect(text, evidence)
  text = tokenize.cut(text, 16384)
  local script = by_script(text)
  if script then return script, 0.95 end
  local scores = {}
  for _, language in ipairs(M.KNOWN) do scores[language] = evidence and evidence[language] or 0 end
  by_words(tokenize.words(text), scores)
  by_letters(text, scores)
  local best, second = "en", 0
  for _, language in ipairs(M.KNOWN) do
    if scores[language] > scores[best] then best = language end
  end
  for _, language in ipairs(M.KNOWN) do
    if language ~= best and scores[language] > second then second = scores[language] end
  end
  if scores[best] == 0 then return "en", 0 end
  local confidence = (scores[best] - second) / (scores[best] + 1)
  return best, math.max(0.1, math.min(0.99, 0.4 + confidence * 0.7))
end

return M
