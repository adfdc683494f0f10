-- Extractive summaries: the sentences whose words the whole text is about, in their order.

local tokenize = require "local.tokenize"
local stopwords = require "local.stopwords"

local M = {}

local FORMALITIES = { "^dear ", "^hi[ ,!]", "^hello", "^hallo", "^sehr geehrte", "^guten ", "^bonjour", "^hola",
  "^buenos", "^buenas", "^buongiorno", "^salve", "^ola[ ,!]",
  "^beste ", "^geachte", "^kind regards", "^best regards", "^regards", "^thanks", "^thank you", "^mit freundlichen",
    "^viele grusse", "^cordialement", "^saludos",
  "^cordiali", "^met vriendelijke", "^atenciosamente", "^cumprimentos", "^gracias", "^grazie", "^merci", "^danke",
    "^vielen dank", "^subject:", "^betreff:", "^objet:", "^asunto:" }

-- Greetings, closings, and lines that are no sentences (names, addresses, phone numbers).
local is_greeting = {}
for word in ("hello hi hey dear hallo guten sehr bonjour bonsoir hola buenos buenas buongiorno salve ciao beste " ..
  "geachte goedemiddag goedemorgen " ..
    "ola bom boa prezado prezada"):gmatch("%S+") do
  is_greeting[word] = true
end

-- Greetings, closings, and lines that are no sentences (names, addresses, phone numbers).
local function is_formality(sentence, n, has_function_words)
  if not has_function_words and n <= 10 or sentence:find("%+?%d[%d ]+%d%d%d%d") and n <= 14 then return true end
  if n > 7 then return false end
  local folded = tokenize.fold(sentence)
  for _, pattern in ipairs(FORMALITIES) do
    if folded:find(pattern) then return true end
  end
  return false
end

-- "Hello, I was..." -> "I was..."
local function without_greeting(sentence)
  local greeting, rest = sentence:match("^([%a\128-\255]+[%a\128-\255 ]-),%s+(.+)$")
  if greeting and #greeting <= 24 and is_greeting[tokenize.fold(greeting):match("^%a+")] then
    return (rest:gsub("^%l", string.upper))
  end
  return sentence
end

-- Sentences with their content stems, and how often each stem occurs.
local function read(text)
  local list, counts = {}, {}
  for i, sentence in ipairs(tokenize.sentences(text)) do
    local stems, n, has_function_words = {}, 0, false
    for _, word in ipairs(tokenize.words(sentence)) do
      if stopwords.has(word) then
        has_function_words = true
      else
        local stem = tokenize.stem(word)
        n = n + 1
        stems[n] = stem
        counts[stem] = (counts[stem] or 0) + 1
      end
    end
    if not is_formality(sentence, n, has_function_words) then
      list[#list + 1] = { text = without_greeting(sentence), stems = stems, order = i }
    end
  end
  return list, counts
end

local function score(sentence, counts)
  local sum = 0
  for _, stem in ipairs(sentence.stems) do sum = sum + math.log(1 + (counts[stem] or 0)) end
  local place = 1 + 0.6 / sentence.order -- what comes first is said to matter
  local question = sentence.text:find("%?") and 1.15 or 1
  return sum / math.sqrt(3 + #sentence.stems) * place * question
end

-- Takes the best sentence again and again; the words of those taken count less for the next.
local function take(list, counts, max_sentences, max_chars)
  local chosen, length = {}, 0
  while #chosen < max_sentences do
    local best, best_score = nil, 0
    for _, sentence in ipairs(list) do
      local fits = #chosen == 0 or length + tokenize.length(sentence.text) + 1 <= max_chars
      local value = not sentence.taken and fits and score(sentence, counts) or 0
      if value > best_score then best, best_score = sentence, value end
    end
    if not best then break end
    best.taken = true
    length = length + tokenize.length(best.text) + 1
    chosen[#chosen + 1] = best
    for _, stem in ipairs(best.stems) do counts[stem] = counts[stem] * 0.3 end
  end
  table.sort(chosen, function(a, b) return a.order < b.order end)
  return chosen
end

-- The most important sentences of a text in order. options: {max_sentences = 2, max_chars = 600}
function M.sentences(text, options)
  local list, counts = read(tokenize.tame(text))
  local chosen = take(list, counts, math.min(options and options.max_sentences or 2, 20), options
    and options.max_chars or 600)
  local texts = {}
  for i, sentence in ipairs(chosen) do texts[i] = (sentence.text:gsub("^#+%s*", ""):gsub("^[%-%*+]%s+", "")) end
  return texts
end

function M.summary(text, options)
  local sentences = M.sentences(text, options)
  for i, sentence in ipairs(sentences) do
    if not sentence:find("[%.!%?:]%W*$") then sentences[i] = sentence .. "." end
  end
  return tokenize.cut_chars(table.concat(sentences, " "), options and options.max_chars or 600)
end

-- A title: the first line when it is short, else the beginning of the most important sentence.
function M.title(text, max_chars)
  max_chars = max_chars or 80
  local first = tokenize.trim(text):match("^[^\n]*") or ""
  first = first:gsub("^%a+:%s*", function(label) return #label <= 10 and "" or nil end)
  if first == "" or tokenize.length(first) > max_chars or is_formality(first, 3, true) then
    first = M.sentences(text, { max_sentences = 1 })[1] or first
  end
  if tokenize.length(first) > max_chars then
    first = tokenize.cut_chars(first, max_chars):gsub("%s+%S*$", "")
  end
  return (first:gsub("[%.!%?,;:]+$", ""))
end

-- The words that a text is about, most telling first, as written but in lower case.
function M.keywords(analysis, max)
  local counts, first_form, order = {}, {}, {}
  local from, to = analysis:subject_range()
  for i, word in ipairs(analysis.words) do
    if not stopwords.has(word) and #word > 2 and not word:find("^%d+$") then
      local stem = tokenize.stem(word)
      if not counts[stem] then
        order[#order + 1] = stem
        first_form[stem] = word
      end
      counts[stem] = (counts[stem] or 0) + (i >= from and i <= to and 1.6 or 1)
    end
  end
  for _, hit in ipairs(analysis.hits) do
    for i = hit.from, hit.to do
      local stem = tokenize.stem(analysis.words[i])
      if counts[stem] then counts[stem] = counts[stem] + 0.5 end
    end
  end
  local place = {}
  for i, stem in ipairs(order) do place[stem] = i end
  table.sort(order, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return place[a] < place[b]
  end)
  local words = {}
  for i = 1, math.min(max, #order) do words[i] = first_form[order[i]] end
  return words
end

return M
