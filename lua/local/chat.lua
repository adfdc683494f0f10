-- Free-form requests: finds out what kind of task the instructions set and does it with what the other
-- modules can: classify, summarise, extract, reply, answer. It says so when it cannot.

local tokenize = require "local.tokenize"
local prompt = require "local.prompt"
local work = require "local.work"
local tools = require "local.tools"
local tokens = require "local.tokens"
local classify = require "local.classify"
local summarize = require "local.summarize"
local extract = require "local.extract"
local guess = require "local.guess"
local language = require "local.language"
local answer = require "local.answer"
local options = require "local.options"
local value = require "local.value"

local json = require "moon.json"

local M = {}

M.FINGERPRINT = "moonbase-local"

local HELP = 'This is the model "local": it works without a neural network and only from the text that it is given. ' ..
  "It can classify, extract, summarise, answer from a context and draft replies."
local CANNOT_TRANSLATE = 'The model "local" cannot translate.'

-- A task, and what in an instruction asks for it; the earliest row that fits wins.
local TASKS = {
  { "translate", { "translat", "ubersetz", "tradui", "traduc", "vertaal" } },
  { "language", { "which language", "what language", "detect the language", "identify the language",
    "language of the", "welche sprache" } },
  { "sentiment", { "sentiment", "positive or negative", "stimmung" } },
  { "classify", { "classif", "categori", "label the", "assign a", "which category", "what category", "klassifizier",
    "einordnen", "triage", "route this", "one of the following" } },
  { "urgency", { "how urgent", "urgency", "what priority" } },
  { "summarize", { "summar", "tl;dr", "tldr", "zusammenfass", "fasse", "resume ", "resumer", "resuma", "riassum",
    "samenvat", "in one sentence", "key points", "main points", "shorten" } },
  { "keywords", { "keywords", "key words", "search terms", "search query", "stichworte" } },
  { "extract", { "extract", "list all", "find all", "pull out", "extrahier", "what is the order number",
    "which order" } },
  { "title", { "a title", "headline", "subject line" } },
  { "reply", { "reply", "respond to", "response to", "draft", "answer the customer", "answer this", "write an email",
    "antwort", "repond", "respuesta", "rispond", "customer support", "support agent",
    "customer service" } },
}

local function task_of(text)
  local folded = tokenize.fold(text)
  for _, row in ipairs(TASKS) do
    for _, words in ipairs(row[2]) do
      if folded:find(words, 1, true) then return row[1] end
    end
  end
end

-- ---------------------------------------------------------------------------- choices named in an instruction

local DEFAULT_CATEGORIES = { "billing", "refund", "shipping", "returns", "account", "technical", "outage",
  "integration", "security", "privacy", "legal", "sales", "pricing",
  "cancellation", "feature_request", "complaint", "praise", "question", "other" }

local function split_list(text)
  local list = {}
  text = text:gsub("%s+and/or%s+", ","):gsub("%s+or%s+", ","):gsub("%s+and%s+", ","):gsub("[/|;]", ",")
  for item in text:gmatch("[^,]+") do
    item = tokenize.trim(item):gsub("^[\"'`“*]+", ""):gsub("[\"'`”*%.%?]+$", "")
    if item ~= "" and #item <= 40 then list[#list + 1] = item end
  end
  return list
end

-- "one of: a, b or c"; "into: ..."; "categories: ..."; a list of bullets.
local function choices_in(text)
  for _, intro in ipairs({ "one of the following[^:\n]*:", "one of[^:\n]*:", "one of these[^:\n]*:",
    "categories[^:\n]*:", "labels[^:\n]*:", "classes[^:\n]*:", "into[^:\n]*:", "options[^:\n]*:",
    "one of", "into", "either", " as ", ":" }) do
    local _, last = text:lower():find(intro)
    local rest = last and text:sub(last + 1, last + 600)
    if rest then
      local list = split_list(rest:match("^[ \t]*([^\n%.]+)") or "")
      if #list > 1 then return list end
      list = {}
      for item in rest:gmatch("\n%s*[%-%*•]%s*[*`\"']*([%w][%w _/%-]*)") do list[#list + 1] = tokenize.trim(item) end
      if #list > 1 then return list end
    end
  end
end

local function classify_text(job, asked)
  local names = choices_in(asked) or DEFAULT_CATEGORIES
  local list = {}
  for i, name in ipairs(names) do list[i] = { value = name, description = options.description_of(name, asked) } end
  return tostring((options.choose(job.analysis, list, { name = "category" })))
end

-- ---------------------------------------------------------------------------- extraction

local KINDS = { email = "emails", mail = "emails", phone = "phones", telephone = "phones", url = "urls",
  link = "urls", date = "dates", amount = "amounts", price = "amounts", money = "amounts",
  order = "references", invoice = "references", number = "references", reference = "references", name = "names",
    ip = "ips", version = "versions", iban = "ibans" }

local function extract_text(job, asked)
  local found, lines, kinds = extract.all(job.analysis.text), {}, {}
  for _, word in ipairs(tokenize.words(asked)) do
    local kind = KINDS[word] or KINDS[(word:gsub("e?s$", ""))] or KINDS[(word:gsub("s$", ""))]
    if kind then kinds[kind] = true end
  end
  for _, kind in ipairs({ "names", "emails", "phones", "references", "amounts", "dates", "urls", "ips", "versions",
    "ibans" }) do
    if kinds[kind] or not next(kinds) then
      for _, item in ipairs(found[kind]) do
        lines[#lines + 1] = type(item) == "table" and (item.text or (item.kind .. " " .. item.value)) or item
      end
    end
  end
  if #lines == 0 then return "none" end
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------- the tasks

local function summary(job, asked)
  local wants_points = asked:lower():find("bullet") or asked:lower():find("key points")
    or asked:lower():find("main points")
  local n = guess.sentence_count(asked) or wants_points and 4 or 2
  local sentences = summarize.sentences(job.analysis.text, { max_sentences = n, max_chars = 1500 })
  if #sentences == 0 then return HELP end
  return wants_points and "- " .. table.concat(sentences, "\n- ") or table.concat(sentences, " ")
end

local DO = {
  translate = function() return CANNOT_TRANSLATE end,
  language = function(job) return language.NAMES[job.analysis.language] end,
  sentiment = function(job, asked)
    local names = choices_in(asked) or { "positive", "neutral", "negative" }
    local i = classify.choose_sentiment(job.analysis, names) or 1
    return names[i]
  end,
  classify = classify_text,
  urgency = function(job, asked)
    local names = choices_in(asked) or { "low", "normal", "high", "urgent" }
    return names[classify.choose_urgency(job.analysis, names) or 1]
  end,
  summarize = summary,
  keywords = function(job) return table.concat(summarize.keywords(job.analysis, 8), ", ") end,
  extract = extract_text,
  title = function(job) return summarize.title(job.analysis.text) end,
  reply = function(job) return job:reply() end,
}

-- The system's own text as something to answer from, when a question comes with nothing else.
local function from_instructions(task)
  if #task.instructions < 200 or not task.user:find("%?") then return nil end
  local said, _, confidence = answer.answer(task.user, { { number = 1, text = task.instructions } })
  return confidence > 0.25 and (said:gsub("%s*%[1%]", "")) or nil
end

local function write(task)
  local asked = task.instructions .. "\n" .. (task.target ~= "" and task.rest or "")
  local job = work.new(task)
  local kind = task_of(asked)
  if not kind and task.target == "" then
    -- one message holds both: "Summarise this: ..."
    local head, body = task.rest:match("^([^\n:]+):%s*(%S.*)$")
    if head and task_of(head) then
      task.target, kind, asked = body, task_of(head), asked .. "\n" .. head
      job = work.new(task)
    elseif #task.rest < 300 then
      kind = task_of(task.rest)
      asked = asked .. "\n" .. task.rest
    end
  end
  if #task.passages > 0 and (task.question ~= "" or kind ~= "reply") and (not kind or kind == "reply"
    or kind == "extract") then
    return job:answer()
  end
  if task.question ~= "" and task.target ~= "" then return job:answer() end
  if kind and (job.analysis.text:find("%w") or kind == "translate") then return DO[kind](job, asked) end
  return from_instructions(task) or (#task.rest > 400 and summary(job, asked)) or HELP
end

-- ---------------------------------------------------------------------------- limits

local function shorten(text, args)
  local reason = "stop"
  for _, stop in ipairs(type(args.stop) == "table" and args.stop or {}) do
    local at = type(stop) == "string" and stop ~= "" and text:find(stop, 1, true)
    if at then text = text:sub(1, at - 1) end
  end
  local most = type(args.max_tokens) == "number" and math.max(1, args.max_tokens) * 4
  if most and #text > most then text, reason = tokenize.cut(text, most), "length" end
  return text, reason
end

-- args: as llm.chat takes them; with a schema the text is JSON that fits it. Returns {text, tool_calls, finish_reason, model, system_fingerprint, usage}.
function M.chat(args)
  local task = prompt.read(args)
  local input = tokens.of_value({ args.system or "", args.prompt or "", args.messages or {}, args.tools or {} })
  local function result(text, calls, reason)
    local output = tokens.of_text(text) + (calls[1] and tokens.of_value(calls) or 0)
    return { text = text, tool_calls = value.array(calls), finish_reason = reason, model = "local",
      system_fingerprint = M.FINGERPRINT, usage = tokens.usage(input, output) }
  end
  if type(args.tools) == "table" and #args.tools > 0 then
    local call = tools.choose(args, task)
    if call then return result("", { call }, "tool_calls") end
  end
  if type(args.schema) == "table" then return result(json.encode(tools.fill(task, args.schema)), {}, "stop") end
  local text, reason = shorten(tools.answer(task) or write(task), args)
  return result(text, {}, reason)
end

return M
