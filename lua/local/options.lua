-- Chooses among the values of an enum: what kind of choice it is, then how to decide it.

local tokenize = require "local.tokenize"
local language = require "local.language"
local classify = require "local.classify"
local value = require "local.value"

local M = {}

local MAX_OPTIONS = 200
local MAX_DESCRIPTION = 240

-- What the instructions or the field's description say about a value: "billing: charges, invoices",
-- "- billing = ...", "billing (charges, invoices)".
function M.description_of(name, text)
  local lower, wanted = text:lower(), tostring(name):lower()
  local from = 1
  while true do
    local first, last = lower:find(wanted, from, true)
    if not first then return nil end
    from = last + 1
    local before, after = lower:sub(first - 1, first - 1), text:sub(last + 1, last + MAX_DESCRIPTION)
    if not before:find("[%w_]") then
      local described = after:match("^[%*`\"']*%s*[:=]%s*([^\n;]+)") or after:match("^[%*`\"']*%s*%(([^%)\n]+)%)")
        or after:match("^[%*`\"']*%s+[%-–—]%s+([^\n;]+)")
      if described then return described end
    end
  end
end

-- The values that a schema allows, with what is said about each: {{value, description}}; nil when it has no enum.
function M.of(schema, texts)
  local list = {}
  local function add(item, description)
    if #list >= MAX_OPTIONS then return end
    if not description and type(item) == "string" then
      for _, text in ipairs(texts) do description = description or M.description_of(item, text) end
    end
    list[#list + 1] = { value = item, description = description }
  end
  if schema.enum then
    for _, item in ipairs(schema.enum) do add(item) end
    return list
  end
  for _, rule in ipairs({ "oneOf", "anyOf" }) do
    local branches = schema[rule]
    if type(branches) == "table" and #branches > 0 then
      for _, branch in ipairs(branches) do
        if type(branch) ~= "table" or branch.const == nil then return nil end
        local said = ((branch.title or "") .. " " .. (branch.description or "")):match("%S") and (branch.title
          or "") .. " " .. (branch.description or "")
        add(branch.const, said)
      end
      return list
    end
  end
  return nil
end

local function strings_of(options)
  local places, texts = {}, {}
  for i, option in ipairs(options) do
    if type(option.value) == "string" then
      places[#places + 1] = i
      texts[#texts + 1] = option.value
    end
  end
  return places, texts
end

-- "de", "german", "deutsch" -> code
local LANGUAGE_NAMES = { deutsch = "de", francais = "fr", espanol = "es", italiano = "it", nederlands = "nl",
  portugues = "pt" }
for code, name in pairs(language.NAMES) do LANGUAGE_NAMES[name:lower()] = code end

local function choose_language(analysis, texts)
  local known, best, other = 0, nil, nil
  for i, text in ipairs(texts) do
    local folded = tokenize.fold(text)
    local code = language.NAMES[folded:match("^(%a%a)%f[%A]") or ""] and folded:sub(1, 2) or LANGUAGE_NAMES[folded]
    if code then known = known + 1 end
    if code == analysis.language then best = best or i end
    if folded == "other" or folded == "unknown" or folded == "und" then other = i end
  end
  if known * 2 <= #texts then return nil end
  return best or other, best and analysis.language_confidence or 0.4
end

local YES = { yes = true, ja = true, oui = true, si = true, sim = true, ["true"] = true, y = true }
local NO = { no = true, nein = true, non = true, nee = true, nao = true, ["false"] = true, n = true }

local function choose_yes_no(analysis, texts, name, description)
  local yes, no
  for i, text in ipairs(texts) do
    local folded = tokenize.fold(text)
    if YES[folded] then yes = i elseif NO[folded] then no = i end
  end
  if not yes or not no then return nil end
  local is_so, confidence = classify.is_true(analysis, name, description)
  return is_so and yes or no, confidence
end

local SCALES = { urgency = true, priority = true, severity = true, importance = true, level = true, impact = true }
local MOODS = { sentiment = true, mood = true, tone = true, emotion = true, polarity = true }

-- The place of a number among the options that are numbers, for a share 0..1 of their range.
local function choose_number(options, share)
  local numbers = {}
  for i, option in ipairs(options) do
    if type(option.value) == "number" then numbers[#numbers + 1] = i end
  end
  if #numbers == 0 then return nil end
  table.sort(numbers, function(a, b) return options[a].value < options[b].value end)
  return numbers[math.floor(share * (#numbers - 1) + 0.5) + 1]
end

local function choose_text(analysis, options, field)
  local places, texts = strings_of(options)
  if #places == 0 then return nil end
  local words = " " .. classify.spoken(field.name) .. " "
  local function named(set)
    for word in words:gmatch("%a+") do
      if set[word] then return true end
    end
    return false
  end
  local i, confidence, kind
  if not named(MOODS) then i, confidence = classify.choose_urgency(analysis, texts) end
  if i then kind = "scale" end
  if not i then
    i, confidence = classify.choose_sentiment(analysis, texts)
    kind = i and "mood"
  end
  if not i then
    i, confidence = choose_language(analysis, texts)
    kind = i and "language"
  end
  if not i then
    i, confidence = choose_yes_no(analysis, texts, field.name, field.description)
    kind = i and "answer"
  end
  if not i then
    local candidates = {}
    for k, place in ipairs(places) do candidates[k] = options[place] end
    i, confidence = classify.choose(analysis, candidates)
    kind = "category"
  end
  return places[i], confidence, kind
end

-- field: {name, description}. Returns the value, a confidence, and the kind of choice ("category", "scale",
-- "mood", "language", "answer", "other").
function M.choose(analysis, options, field)
  local i, confidence, kind = choose_text(analysis, options, field)
  if i then return options[i].value, confidence, kind end
  local words = classify.spoken(field.name)
  local share = 0.5
  for word in words:gmatch("%a+") do
    if SCALES[word] then share = classify.urgency(analysis) / 3 end
    if MOODS[word] or word == "rating" or word == "stars"
      or word == "satisfaction" then share = (classify.sentiment(analysis) + 1) / 2 end
  end
  i = choose_number(options, share)
  if i then return options[i].value, 0.5, "scale" end
  for _, option in ipairs(options) do
    if type(option.value) == "boolean" then
      local is_so, sure = classify.is_true(analysis, field.name, field.description)
      return is_so, sure, "answer"
    end
  end
  return options[1] and options[1].value or value.null, 0.2, "other"
end

return M
