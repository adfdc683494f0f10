-- Follows tool definitions: calls the tool that the last message asks for, with arguments found in it, and
-- answers from what tools gave back.

local tokenize = require "local.tokenize"
local stopwords = require "local.stopwords"
local lexicon = require "local.lexicon"
local analysis = require "local.analysis"
local classify = require "local.classify"
local work = require "local.work"
local fill = require "local.fill"
local guess = require "local.guess"
local check = require "local.check"
local value = require "local.value"
local answer = require "local.answer"

local M = {}

local MAX_TOOLS = 128
local MIN_SCORE = 1.6

-- {name, description, parameters}, also in the form {type = "function", function = {...}}
local function read(definition)
  local inner = type(definition) == "table" and (definition["function"] or definition) or {}
  return { name = inner.name, description = inner.description or "", parameters = inner.parameters
    or inner.input_schema or inner.args or {} }
end

local function words_of(text)
  local stems = {}
  for _, word in ipairs(tokenize.words(text)) do
    if not stopwords.has(word) then stems[tokenize.stem(word)] = true end
  end
  return stems
end

local function overlap(stems, about)
  local n = 0
  for stem in pairs(stems) do
    if about:get_stems()[stem] then n = n + 1 end
  end
  return n
end

-- Required parameters that only the text could give, and how many of them it gives.
local function coverage(tool, about)
  local properties, needed, found = tool.parameters.properties or {}, 0, 0
  for _, name in ipairs(tool.parameters.required or {}) do
    local schema = type(properties[name]) == "table" and properties[name] or {}
    if schema.default == nil and schema.const == nil then
      needed = needed + 1
      local field = { name = name, description = schema.description, schema = schema }
      local one = setmetatable({ analysis = about, task = { passages = {}, instructions = "", rest = "", fields = {},
        question = "" },
        confidences = {}, made = {}, nodes = { count = 0 } }, work)
      local is_number = schema.type == "number" or schema.type == "integer"
      local _, evidence = nil, nil
      if is_number then _, evidence = guess.number(one, field, schema.minimum, schema.maximum) end
      if (evidence or 0) > 0 or #guess.texts(one, field) > 0 or schema.enum
        or schema.type == "boolean" then found = found + 1 end
    end
  end
  return needed, found
end

local function score(tool, about)
  local name = classify.spoken(tool.name)
  local own = overlap(words_of(name), about) * 1.2 + math.min(overlap(words_of(tool.description), about), 4) * 0.7
  local concepts = lexicon.concepts_in(name .. " " .. tool.description, about.language)
  local shared = 0
  for _, id in ipairs(lexicon.order) do
    if concepts[id] and about.concepts[id]
      and not lexicon.concepts[id].tone then shared = shared + math.min(concepts[id], about.concepts[id], 3) end
  end
  local needed, found = coverage(tool, about)
  if needed > found then return (own + shared * 0.4) * 0.25 end
  return own + shared * 0.4 + math.min(found, 3) * 0.4
end

-- The names of tools called since the last user message.
local function called_since(messages)
  local called = {}
  for i = #messages, 1, -1 do
    local message = messages[i]
    if message.role == "user" then break end
    for _, call in ipairs(type(message.message) == "table" and message.message.tool_calls or {}) do
      local name = call.name or (call["function"] and call["function"].name)
      if name then called[name] = true end
    end
  end
  return called
end

-- Arguments for a tool; nil when its parameters cannot be filled.
local function arguments_for(tool, task)
  local schema = tool.parameters
  if schema.properties == nil and schema.required == nil then return {} end
  local ok, arguments = pcall(fill.fill, work.new(task), schema)
  if not ok then
    if type(arguments) == "table" and arguments.code then return nil end
    error(arguments, 0)
  end
  return arguments
end

-- The call to make: {id, name, arguments}, or nil when text is the better answer. task: of prompt.read.
function M.choose(args, task)
  local choice = args.tool_choice
  if choice == "none" then return nil end
  local forced = type(choice) == "table" and (choice.name or (choice["function"] and choice["function"].name))
  local about = analysis.of(task.rest ~= "" and task.rest or task.user)
  local called, best, best_score = called_since(task.messages), nil, 0
  for i, definition in ipairs(args.tools) do
    local tool = read(definition)
    if i > MAX_TOOLS then break end
    if type(tool.name) == "string" and not called[tool.name] then
      local points = score(tool, about)
      if forced then points = tool.name == forced and 100 or 0 end
      if points > best_score then best, best_score = tool, points end
    end
  end
  local is_forced = forced or (choice == "required" and not next(called))
  if not best or (best_score < MIN_SCORE and not is_forced) then return nil end
  local arguments = arguments_for(best, task)
  if not arguments then return nil end
  local n = 0
  for _ in pairs(called) do n = n + 1 end
  return { id = "call_" .. n + 1, name = best.name, arguments = arguments }
end

-- ---------------------------------------------------------------------------- answering

local MAX_FACTS = 12

local function as_text(item)
  if item == true then return "yes" elseif item == false then return "no" end
  if type(item) == "number" then return (string.format("%.10g", item)) end
  return tostring(item)
end

-- "status: shipped" for each plain member, the inner ones behind their path.
local function facts(item, path, list, depth)
  if #list >= MAX_FACTS or depth > 4 then return end
  if type(item) ~= "table" then
    if item ~= value.null then list[#list + 1] = (path ~= "" and path .. ": " or "") ..
      tokenize.cut_chars(as_text(item), 300) end
  elseif value.is_array(item) then
    for _, inner in ipairs(item) do facts(inner, path, list, depth + 1) end
  else
    for _, key in ipairs(value.keys(item)) do
      facts(item[key], path == "" and classify.spoken(key) or path .. " " .. classify.spoken(key), list, depth + 1)
    end
  end
end

-- Longer texts inside a result, to answer from.
local function texts_in(item, list, depth)
  if type(item) == "string" then
    if #item > 60 then list[#list + 1] = { number = #list + 1, text = item } end
  elseif type(item) == "table" and depth < 6 and #list < 20 then
    for _, key in ipairs(value.keys(item)) do texts_in(item[key], list, depth + 1) end
    for _, inner in ipairs(item) do texts_in(inner, list, depth + 1) end
  end
end

-- What tools gave back since the last user's message.
local function results_of(task)
  local results = {}
  for i = #task.messages, 1, -1 do
    if task.messages[i].role == "user" then break end
    if task.messages[i].role == "tool" then
      local decoded = value.decode(task.messages[i].text)
      if decoded == nil then decoded = task.messages[i].text end
      table.insert(results, 1, decoded)
    end
  end
  return results
end

-- The answer to the last user's message from the tools' results that came after it; nil when there are none.
function M.answer(task)
  local results = results_of(task)
  if #results == 0 then return nil end
  local passages, lines = {}, {}
  for _, decoded in ipairs(results) do
    texts_in(decoded, passages, 0)
    facts(decoded, "", lines, 0)
  end
  if #passages > 0 then
    local said, _, confidence = answer.answer(task.rest ~= "" and task.rest or task.user, passages)
    if confidence > 0.2 then return (said:gsub("%s*%[%d+%]", "")) end
  end
  if #lines == 0 then return "The tool gave no result." end
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------- answering by a schema

-- Members of results by name: the outermost of the latest result wins.
local function members_in(item, members, depth)
  if type(item) ~= "table" or depth > 4 then return end
  for _, key in ipairs(value.keys(item)) do
    if members[key] == nil then members[key] = item[key] end
  end
  for _, key in ipairs(value.keys(item)) do members_in(item[key], members, depth + 1) end
  for _, inner in ipairs(item) do members_in(inner, members, depth + 1) end
end

-- The value for a schema of an object, from the message and from what tools gave back; raises as fill does.
function M.fill(task, schema)
  local results, members, lines = results_of(task), {}, {}
  if #results == 0 then return fill.fill(work.new(task), schema) end
  for i = #results, 1, -1 do
    facts(results[i], "", lines, 0)
    if not (type(results[i]) == "table" and results[i].error) then members_in(results[i], members, 0) end
  end
  local about = setmetatable({ target = table.concat(lines, "\n") .. "\n\n" .. task.rest }, { __index = task })
  local filled = fill.fill(work.new(about), schema)
  for _, name in ipairs(value.keys(schema.properties or {})) do
    if members[name] ~= nil and check.validate(schema.properties[name], members[name], schema) then
      filled[name] = members[name]
    end
  end
  return filled
end

return M
