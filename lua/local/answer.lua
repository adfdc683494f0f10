-- Answers a question from given passages, in their words, with the passage's number after what was taken from it.

local tokenize = require "local.tokenize"
local retrieve = require "local.retrieve"
local analysis = require "local.analysis"
local phrases = require "local.phrases"

local M = {}

-- Markdown that would look odd inside a sentence.
local function plain(text)
  text = text:gsub("%[([^%[%]]+)%]%(([^%(%)%s]+)%)", "%1 (%2)"):gsub("%*%*", ""):gsub("`", "")
  return tokenize.trim(text)
end

-- One part as text: running sentences, list items on lines of their own, then its marker.
function M.render(part, with_marker)
  local out, in_list = {}, false
  for i, sentence in ipairs(part.sentences) do
    local text = plain(sentence.text)
    if sentence.is_item then
      out[#out + 1] = (i > 1 and "\n" or "") .. text
      in_list = true
    else
      out[#out + 1] = (i == 1 and "" or in_list and "\n" or " ") .. text
      in_list = false
    end
  end
  local text = table.concat(out)
  if with_marker then text = text .. (in_list and "\n[" or " [") .. part.number .. "]" end
  return text
end

-- Returns the answer's text, the numbers of the passages used, and a confidence.
function M.answer(question, passages, options)
  local about = analysis.of(question)
  local found = retrieve.find(retrieve.index(passages), retrieve.query(about), { max_sentences = options
    and options.max_sentences or 3 })
  if #found.parts == 0 then
    return phrases.of(about.language).not_found, {}, 0.1, found
  end
  local texts, numbers = {}, {}
  for i, part in ipairs(found.parts) do
    texts[i] = M.render(part, true)
    numbers[i] = part.number
  end
  return table.concat(texts, "\n"), numbers, found.confidence, found
end

return M
