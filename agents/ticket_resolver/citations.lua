-- Citations that can be trusted: a marker stays only when its passage exists, a quote only when it stands in
-- the document word for word; else the document's own sentence that is nearest to the reply takes its place.

local json = require "moon.json"

local M = {}

local MAX_QUOTE_BYTES = 400

local function squeeze(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function words_of(text)
  local set = {}
  for word in text:lower():gmatch("[%w\128-\255]+") do
    if #word > 3 then set[word] = true end
  end
  return set
end

local function sentences_of(body)
  local list = {}
  for line in (body .. "\n"):gmatch("%s*([^\n]-)%s*\n") do
    if line ~= "" and not line:find("^#") then
      for sentence in (line .. " "):gmatch("(.-[%.!%?:])%s+") do list[#list + 1] = sentence end
      if not line:find("[%.!%?:]$") then list[#list + 1] = line:match("[^%.!%?:]*$"):gsub("^%s+", "") end
    end
  end
  return list
end

-- The sentence of a document that shares most words with the reply.
local function nearest(body, reply)
  local wanted, best, most = words_of(reply), nil, -1
  for _, sentence in ipairs(sentences_of(body)) do
    local shared = 0
    for word in pairs(words_of(sentence)) do
      if wanted[word] then shared = shared + 1 end
    end
    if shared > most and sentence:find("%w") and #sentence <= MAX_QUOTE_BYTES then best, most = sentence, shared end
  end
  return best
end

local function quote_of(document, quote, reply)
  quote = type(quote) == "string" and squeeze(quote) or ""
  local is_verbatim = #quote >= 10 and #quote <= MAX_QUOTE_BYTES and squeeze(document.body):find(quote, 1, true)
  return is_verbatim and quote or nearest(document.body, reply)
end

-- Markers in the order in which the reply shows them, as 1, 2, 3...; those without a passage are taken out.
local function renumber(reply, documents)
  local numbers, order = {}, {}
  local text = reply:gsub("( ?)%[(%d+)%]", function(gap, digits)
    local passage = tonumber(digits)
    if not documents[passage] then return "" end
    if not numbers[passage] then
      order[#order + 1] = passage
      numbers[passage] = #order
    end
    return gap .. "[" .. numbers[passage] .. "]"
  end)
  return text, numbers, order
end

-- given: {{passage, quote}} as the model said. Returns the reply and {{marker, document_id, title, quote}}.
function M.check(reply, given, documents)
  local text, numbers, order = renumber(reply, documents)
  local quotes = {}
  for _, citation in ipairs(given) do quotes[citation.passage] = quotes[citation.passage] or citation.quote end
  local list = {}
  for _, passage in ipairs(order) do
    local document = documents[passage]
    local quote = quote_of(document, quotes[passage], reply)
    if quote then
      list[#list + 1] = { marker = numbers[passage], document_id = document.id, title = document.title
        or document.id, quote = quote }
    end
  end
  return text, json.array(list)
end

-- Those citations whose marker a reply still has.
function M.kept(reply, list)
  local kept = {}
  for _, citation in ipairs(list) do
    if reply:find("[" .. citation.marker .. "]", 1, true) then kept[#kept + 1] = citation end
  end
  return json.array(kept)
end

return M
