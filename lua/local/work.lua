-- One request under work: what was asked, the text it is about, and what has been found out so far
-- (the drafted reply is made once, citations and confidence refer to it).

local analysis = require "local.analysis"
local answer = require "local.answer"
local draft = require "local.draft"

local M = {}
M.__index = M

-- task: of prompt.read.
function M.new(task)
  local text = task.target
  if text == "" then text = task.question end
  if text == "" then text = task.rest end
  return setmetatable({ task = task, analysis = analysis.of(text), confidences = {}, made = {},
    nodes = { count = 0 } }, M)
end

-- The same request about another text (a row of a list).
function M:with_text(text)
  local other = setmetatable({}, { __index = self })
  other.analysis = analysis.of(text)
  return other
end

-- The same request, filling the members of one citation.
function M:with_part(part)
  local other = setmetatable({}, { __index = self })
  other.part = part
  return other
end

-- Where descriptions of an enum's values may be.
function M:texts(field)
  return { field.description or "", self.task.instructions, self.task.rest or "" }
end

local function is_reply(task)
  local asked = (task.instructions .. " " .. (task.rest or "")):lower()
  return asked:find("reply") or asked:find("respon") or asked:find("customer") or asked:find("draft")
    or asked:find("antwort") or task.question == ""
end

local function with_ids(found, passages)
  local by_number = {}
  for _, passage in ipairs(passages) do by_number[passage.number] = passage end
  local parts = {}
  for i, part in ipairs(found.parts) do
    local passage = by_number[part.number] or {}
    parts[i] = { number = part.number, id = passage.id, title = part.title, quote = part.sentences[1].text }
  end
  return parts
end

-- "none", "-" and the like are no value.
local function field(task, ...)
  for _, name in ipairs({ ... }) do
    local given = task.fields[name]
    if given and not given:find("^[%-%s]*$") and given:lower() ~= "none"
      and given:lower() ~= "unknown" then return given end
  end
end

local LANGUAGE_CODES = { english = "en", german = "de", french = "fr", spanish = "es", italian = "it", dutch = "nl",
  portuguese = "pt" }

local function language_of(task)
  local given = field(task, "language", "reply_language", "language_of_the_reply")
  if not given then return nil end
  local word = given:lower():match("^%a+") or ""
  return LANGUAGE_CODES[word] or (#word == 2 and word) or nil
end

-- The reply to the text, drafted once.
function M:reply()
  local made = self.made
  if not made.reply then
    local task = self.task
    local text, numbers, confidence, found = draft.reply(self.analysis, {
      passages = task.passages, language = language_of(task), name = field(task, "customer", "customer_name", "name"),
      tone = field(task, "tone"), company = field(task, "company", "company_name"), signature = field(task,
        "signature", "sign_as", "signed"),
      without_refund = field(task, "refund") ~= nil,
    })
    made.reply, made.numbers, made.confidence, made.parts = text, numbers, confidence, with_ids(found, task.passages)
  end
  return made.reply
end

-- The answer to the question from the passages, or the reply where that is what was asked for.
function M:answer()
  local made, task = self.made, self.task
  if is_reply(task) and task.question == "" then return self:reply() end
  if not made.answer then
    local question = task.question ~= "" and task.question or self.analysis.text
    local passages = task.passages
    if #passages == 0 and task.target ~= "" and task.question ~= "" then passages = { { number = 1,
      text = task.target } } end
    local text, numbers, confidence, found = answer.answer(question, passages)
    made.answer, made.numbers, made.confidence, made.parts = text, numbers, confidence, with_ids(found, passages)
  end
  return made.answer
end

-- The passages that the reply or answer used: {{number, id, title, quote}}.
function M:get_parts()
  if not self.made.parts then
    if self.task.question ~= "" then self:answer() else self:reply() end
  end
  return self.made.parts
end

function M:note_confidence(confidence, name)
  self.confidences[#self.confidences + 1] = { name = name, value = confidence }
end

-- How sure the whole is: the least sure of the choices made and of what was drafted; two decimals.
function M:get_confidence()
  local least
  for _, one in ipairs(self.confidences) do least = math.min(least or 1, one.value) end
  if self.made.confidence then least = math.min(least or 1, self.made.confidence) end
  return math.floor((least or 0.5) * 100 + 0.5) / 100
end

return M
