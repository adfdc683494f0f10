-- Words as the package compares them: folded, cut to a stem that works for several languages, without those
-- that stand in every sentence.

local moon = require "moon"

local M = {}

local STEM_BYTES = 6

local COMMON = {}
for word in ([[
  the and for are was were with from that this these those what which who whom when where why how can could may
  might must shall should will would have has had does did not but you your our their his her its there here than
  then them they also into out about any some all more most other such per is it do we my me at of to in on as by be
  or if an us many much get need want tell please say
  der die das den dem des ein eine einen einem einer eines und oder aber wenn weil dass als wie wo wer was wann warum
  von vom zum zur aus bei beim mit ohne nach vor für gegen durch seit bis ist sind war waren sein bin hat habe haben
  wird werden wurde kann können muss müssen soll ich du er sie wir ihr mich dich sich uns euch mir dir ihm ihnen mein
  meine meinen unser unsere dieser diese dieses nicht kein keine nur auch noch schon sehr mehr bitte man welche welcher
  welches viele viel gibt darf dürfen im am an auf in es zu so je
]]):gmatch("%S+") do COMMON[word] = true end

local UPPER = { ["Ä"] = "ä", ["Ö"] = "ö", ["Ü"] = "ü" }

function M.lower(text)
  return (text:lower():gsub("\195[\132\150\156]", UPPER))
end

-- "vacations" and "vacation", "Urlaubstage" and "Urlaub" are one stem; what has a digit stays whole.
function M.stem(word)
  if word:find("%d") then return word end
  return (word:sub(1, STEM_BYTES):gsub("[\192-\255]$", ""))
end

-- The words that carry meaning, as they are written.
function M.content(text)
  local list = {}
  for _, word in ipairs(moon.text.words(text)) do
    local lower = M.lower(word)
    if not COMMON[lower] and (#lower > 2 or lower:find("%d")) then list[#list + 1] = word end
  end
  return list
end

-- The set of stems of a text, and how many there are.
function M.stems(text)
  local set, n = {}, 0
  for _, word in ipairs(M.content(text)) do
    local stem = M.stem(M.lower(word))
    if not set[stem] then set[stem], n = true, n + 1 end
  end
  return set, n
end

-- The share of a set's stems (n of them) that another set has.
function M.share(set, n, other)
  if n == 0 then return 0 end
  local shared = 0
  for stem in pairs(set) do
    if other[stem] then shared = shared + 1 end
  end
  return shared / n
end

function M.sorted(set)
  local list = {}
  for stem in pairs(set) do list[#list + 1] = stem end
  table.sort(list)
  return list
end

-- The numbers of a text, written alike: "5,000" and "5000", "0,38" and "0.38".
function M.numbers(text)
  local list = {}
  for number in text:gmatch("%d[%d%.,]*") do
    number = number:gsub("[%.,]+$", ""):gsub("[%.,](%d%d%d)%f[%D]", "%1"):gsub(",", ".")
    list[#list + 1] = number
  end
  return list
end

return M
