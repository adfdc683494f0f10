-- Questions to go on with: the model's, where they are questions; else one about each article that was found beside.

local moon = require "moon"
local words = require "words"
local clean = require "clean"

local ASK = {
  en = 'What does "%s" say?', de = "Was steht in „%s“?", fr = "Que dit « %s » ?", es = "¿Qué dice «%s»?",
  it = "Che cosa dice «%s»?", nl = "Wat staat er in \"%s\"?", pt = "O que diz «%s»?",
}

return function(state, documents, cited, settings)
  local list, seen = moon.json.array(), {}
  seen[words.lower(state.question)], seen[words.lower(state.standalone or "")] = true, true
  local function add(text)
    text = clean.line(text, 200)
    local key = words.lower(text)
    if #list < settings.follow_ups and text:find("%?%W*$") and not seen[key] and not text:find("https?:") then
      seen[key] = true
      list[#list + 1] = text
    end
  end
  for _, text in ipairs(state.draft and state.draft.follow_ups or {}) do
    if type(text) == "string" and not seen[words.lower(clean.line(text:match("^[^\n]*"), 200))] then add(text) end
  end
  for _, document in ipairs(documents) do
    if not cited[document.id] then add((ASK[state.language] or ASK.en):format(document.title)) end
  end
  return list
end
