-- Reads what a caller asks for: which part of the messages is instruction, which is the text to work
-- on, which are passages to answer from, and what the question is. Text inside sections is material: nothing in
-- it is ever taken for an instruction.

local tokenize = require "local.tokenize"

local M = {}

local MAX_PASSAGES = 50
local MAX_TAGS = 300
local MAX_MESSAGES = 200

-- Name of a section -> what it is
local ROLES = {}
for role, names in pairs({
  passages = "context passages passage sources source knowledge knowledge_base knowledgebase articles article " ..
    "search_results results excerpts excerpt documents help_articles references faq facts",
  target = "ticket message email mail customer_message review comment text input content conversation " ..
    "transcript post body document letter note chat feedback request customer",
  question = "question query user_question frage pregunta domanda vraag pergunta",
  instructions = "instructions instruction task rules guidelines system settings",
  ignored = "example examples format schema output_format output",
}) do
  for name in names:gmatch("%S+") do ROLES[name] = role end
end

local function role_of(name)
  name = name:lower():gsub("[%s%-]+", "_")
  return ROLES[name] or ROLES[(name:gsub("s$", ""))] or ROLES[name:match("_(%a+)$") or ""]
end

-- The text of a message's content: a string, or a list of parts of which the text counts.
function M.text_of(content)
  if type(content) == "string" then return content end
  if type(content) ~= "table" then return "" end
  local parts = {}
  for i, part in ipairs(content) do
    if i > MAX_MESSAGES then break end
    local text = type(part) == "table" and part.text or part
    if type(text) == "string" then parts[#parts + 1] = text end
  end
  return table.concat(parts, "\n")
end

-- The messages of a request as {{role, text, message}}; `system` first, `prompt` last.
function M.messages(args)
  local list = {}
  if type(args.system) == "string" then list[1] = { role = "system", text = args.system } end
  if type(args.messages) == "table" then
    for i, message in ipairs(args.messages) do
      if i > MAX_MESSAGES then break end
      if type(message) == "table" then
        list[#list + 1] = { role = message.role or "user", text = M.text_of(message.content), message = message }
      end
    end
  end
  if type(args.prompt) == "string" then list[#list + 1] = { role = "user", text = args.prompt } end
  return list
end

local function attribute(attributes, name)
  return attributes:match("%f[%w]" .. name .. '%s*=%s*"([^"]*)"') or attributes:match("%f[%w]" .. name ..
    "%s*=%s*'([^']*)'")
end

-- Passages written "[1] Title" and their text below, or "[1] text" in one line.
local function numbered_passages(text, passages)
  local current
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local number, rest = line:match("^%s*%[(%d%d?%d?)%]%s*(.*)$")
    if number and #passages < MAX_PASSAGES then
      current = { number = tonumber(number), title = rest, lines = {} }
      passages[#passages + 1] = current
    elseif current then
      current.lines[#current.lines + 1] = line
    end
  end
  for _, passage in ipairs(passages) do
    if passage.lines then
      local body = tokenize.trim(table.concat(passage.lines, "\n"))
      if body == "" then passage.title, body = "", passage.title end
      passage.text, passage.lines = body, nil
    end
  end
  return current ~= nil
end

-- "between <ticket> and </ticket>" speaks of a section and is none.
local function is_mention(body)
  return #body <= 12 and not body:find("\n") and body:find("^%s*%l*%s*$") ~= nil
end

-- Calls on_tag(role, body, attributes) for each <name ...>body</name> whose name has a role, and on_text(text) for
-- what
-- lies between. Bounded: unclosed tags cost no more than MAX_TAGS searches.
local function each_tag(text, on_tag, on_text)
  local from, at, tags = 1, 1, 0
  while tags < MAX_TAGS do
    local first, last, name, attributes = text:find("<(%a[%w_%-]*)([^<>]*)>", at)
    if not first then break end
    at = last + 1
    local role = role_of(name)
    if role then
      tags = tags + 1
      local close_first, close_last = text:find("</" .. name .. ">", last + 1, true)
      if close_first and not is_mention(text:sub(last + 1, close_first - 1)) then
        on_text(text:sub(from, first - 1))
        on_tag(role, text:sub(last + 1, close_first - 1), attributes)
        from, at = close_last + 1, close_last + 1
      end
    end
  end
  on_text(text:sub(from))
end

local function add_passages(text, attributes, result)
  local passages, inner = result.passages, false
  each_tag(text, function(role, body, inner_attributes)
    if (role ~= "passages" and role ~= "target") or #passages >= MAX_PASSAGES then return end
    inner = true
    local number = attribute(inner_attributes, "number") or attribute(inner_attributes, "index")
    passages[#passages + 1] = {
      number = tonumber(number) or #passages + 1, id = attribute(inner_attributes, "id"),
      title = attribute(inner_attributes, "title") or "", text = tokenize.trim(body),
    }
  end, function() end)
  if inner or numbered_passages(text, passages) or not text:find("%S") then return end
  passages[#passages + 1] = {
    number = tonumber(attribute(attributes, "number")) or #passages + 1, title = attribute(attributes, "title") or "",
    text = tokenize.trim(text),
  }
end

local function add_section(role, text, attributes, result)
  text = tokenize.trim(text)
  if role == "passages" then
    add_passages(text, attributes, result)
  elseif role == "target" then
    result.target = result.target == "" and text or result.target .. "\n\n" .. text
  elseif role == "question" then
    result.question = text
  elseif role == "instructions" then
    result.instructions = result.instructions .. "\n" .. text
  end
end

-- Takes <name ...>text</name> sections out of a text; returns what is left.
local function take_tags(text, result)
  local left = {}
  each_tag(text, function(role, body, attributes)
    add_section(role, body, attributes, result)
  end, function(between)
    left[#left + 1] = between
  end)
  return table.concat(left)
end

-- The label of a line that begins a section: "## Context", "Question: ...", "TICKET:".
local function label_of(line)
  local heading = line:match("^#+%s*([%a][%a _%-]*)%s*:?%s*$")
  if heading then return role_of(heading), "" end
  local label, rest = line:match("^%s*%**([%a][%a _%-]*)%**%s*:%**%s*(.*)$")
  if not label or #label > 24 then return nil end
  local role = role_of(label)
  -- "Text: ..." begins a section; "Customer: Kim" with a short value is a field
  if role and (rest == "" or role == "question" or #rest > 40) then return role, rest end
end

-- Takes labelled sections out of a text; returns what is left.
local function take_labels(text, result)
  local left, current, lines = {}, nil, {}
  local function close()
    if current then add_section(current, table.concat(lines, "\n"), "", result) end
    current, lines = nil, {}
  end
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local role, rest = label_of(line)
    if role then
      close()
      current, lines = role, { rest }
    elseif current then
      lines[#lines + 1] = line
    else
      left[#left + 1] = line
    end
  end
  close()
  return table.concat(left, "\n")
end

-- "Company: Nordlicht" -> fields.company
local function read_fields(text, fields)
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local name, value = line:match("^%s*[%-%*]?%s*%**([%a][%a _%-]*)%**%s*:%**%s*(.-)%s*$")
    if name and #name <= 32 and value ~= "" and #value <= 400 then fields[name:lower():gsub("[%s%-]+",
      "_")] = value end
  end
end

-- Returns {messages, instructions, target, question, passages = {{number, id, title, text}}, fields, last, user}.
-- target: the text to work on, "" when there is none besides the instructions. user: the last user's message as it
-- is.
function M.read(args)
  local result = { messages = M.messages(args), instructions = "", target = "", question = "", passages = {},
    fields = {}, user = "" }
  local user
  for _, message in ipairs(result.messages) do
    if message.role == "system" or message.role == "developer" then
      local rest = take_labels(take_tags(tokenize.tame(message.text), result), result)
      result.instructions = result.instructions .. "\n" .. rest
    elseif message.role == "user" then
      user = message
    end
    result.last = message
  end
  if user then
    result.user = tokenize.tame(user.text)
    local rest = tokenize.trim(take_labels(take_tags(result.user, result), result))
    if #result.passages == 0 then
      local found = {}
      if numbered_passages(rest, found) and #found > 1 then
        result.passages = found
        rest = tokenize.trim(rest:match("^(.-)\n?%s*%[%d+%]") or "")
      end
    end
    result.rest = rest
  else
    result.rest = ""
  end
  read_fields(result.instructions, result.fields)
  read_fields(result.rest, result.fields)
  return result
end

return M
