-- Quotes that can be trusted: what a model quotes stays only when it stands in the document word for word; else the
-- document's own sentence that is nearest to what is said takes its place.

local words = require "words"
local clean = require "clean"
local passages = require "passages"

local M = {}

local MIN_BYTES, MAX_BYTES = 10, 400

local function sentences_of(body)
  local list = {}
  for line in (body .. "\n"):gmatch("%s*([^\n]-)%s*\n") do
    local is_row = line:find("^|")
    if is_row and not line:find("^|[%s|:%-]+$") then
      list[#list + 1] = line
    elseif line ~= "" and not is_row and not line:find("^#") and not passages.is_order(line) then
      local rest = line
      while rest ~= "" do
        local _, last = rest:find("[%.!%?][\"'%)]*%s+%f[%u\128-\255]")
        list[#list + 1] = clean.squeeze(rest:sub(1, last or #rest))
        rest = last and rest:sub(last + 1) or ""
      end
    end
  end
  return list
end

local function closeness(sentence, said, asked)
  local has = words.stems(sentence)
  return words.share(said.stems, said.n, has) + words.share(asked.stems, asked.n, has)
end

local function set_of(text)
  local stems, n = words.stems(text)
  return { stems = stems, n = n }
end

-- The sentence that is closest to what is said and asked, and how close.
local function nearest(body, said, asked)
  local best, most = nil, -1
  for _, sentence in ipairs(sentences_of(body)) do
    local score = #sentence <= MAX_BYTES and sentence:find("%w") and closeness(sentence, said, asked) or -1
    if score > most then best, most = sentence, score end
  end
  return best, most
end

-- Word for word, or nil. A row of a table that was shown as a sentence is quoted as it stands.
function M.verbatim(document, quote)
  quote = type(quote) == "string" and clean.squeeze(quote) or ""
  if quote == "" or passages.is_order(quote) then return nil end
  local row = passages.render(document.body).rows[quote]
  if row then return row end
  local is_there = #quote >= MIN_BYTES and #quote <= MAX_BYTES and clean.squeeze(document.body):find(quote, 1, true)
  return is_there and quote or nil
end

-- said: all that the answer takes from the document; asked: the question.
function M.choose(document, quote, said, asked)
  local kept = M.verbatim(document, quote)
  said, asked = set_of(said), set_of(asked)
  local best, score = nearest(document.body, said, asked)
  if kept and closeness(kept, said, asked) >= score - 0.15 then return kept end
  return best or kept or clean.cut(clean.squeeze(document.body), MAX_BYTES)
end

return M
