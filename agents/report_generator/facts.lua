-- The facts of a table: what can be said about it, each with its numbers, a sentence that says it, and how sure it is.
--
-- A fact: {id, kind, headline, statement, evidence, value, unit, confidence, score, direction, subject, chart, next_step}.
-- Whatever a model writes later may only use numbers that stand in these.

local list = require "list"
local roles_of = require "roles"

local M = {}

local MAKERS = { require "facts_time", require "facts_parts", require "facts_rows" }
local MOST, FEW_ROWS = 40, 30

local function asked_points(fact, question)
  local points = 0
  for _, column in ipairs(fact.columns or {}) do points = points + roles_of.asked(question, column) end
  if question and fact.words then
    for word in fact.words:gmatch("%S+") do
      if question:lower():find(word, 1, true) then points = points + 2 end
    end
  end
  return points
end

-- Sorted, best first; ids f1, f2, ...
function M.of(study, question)
  local facts = {}
  local function capital(text) return (text:gsub("^%l", string.upper)) end
  local function add(fact)
    fact.headline, fact.statement, fact.evidence = capital(fact.headline), capital(fact.statement), capital(fact.evidence)
    if study.n < FEW_ROWS then fact.confidence = math.min(fact.confidence or 1, 0.75) end
    fact.value = fact.value and list.round(fact.value, 6)
    fact.confidence = list.round(fact.confidence or 0.95, 2)
    facts[#facts + 1] = fact
    fact.order = #facts
  end
  for _, make in ipairs(MAKERS) do make(study, add) end
  for _, fact in ipairs(facts) do
    fact.asked = asked_points(fact, question)
    fact.score = fact.score + 12 * math.min(fact.asked, 6)
  end
  table.sort(facts, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.order < b.order
  end)
  facts = list.slice(facts, 1, MOST)
  for i, fact in ipairs(facts) do
    fact.id = "f" .. i
    facts[fact.id] = fact
  end
  return facts
end

-- The ids of the best facts, at most two of a kind; totals are in the tiles and need no finding of their own.
function M.best(facts, most)
  local ids, kinds = {}, {}
  for _, fact in ipairs(facts) do
    local n = kinds[fact.kind] or 0
    if #ids < most and n < (fact.most or 2) and fact.kind ~= "total" then
      kinds[fact.kind] = n + 1
      ids[#ids + 1] = fact.id
    end
  end
  return ids
end

return M
