-- The report's own words: what is said where no model says it better, or where what it said did not hold.

local escape = require "escape"

local M = {}

local MOST_STEPS = 4

function M.finding(fact)
  return { fact = fact.id, headline = fact.headline, statement = fact.statement }
end

local function best_of(facts, kind)
  for _, fact in ipairs(facts) do
    if fact.kind == kind then return fact end
  end
end

-- Up to four sentences: how it goes, why, what came last, what is odd; how much, where nothing can be compared.
function M.summary(facts)
  local kinds = best_of(facts, "year") and { "year", "driver", "last_period", "anomaly" }
    or { "total", "last_period", "driver", "segment", "anomaly", "concentration" }
  local sentences = {}
  for _, kind in ipairs(kinds) do
    local fact = best_of(facts, kind)
    if fact and #sentences < 4 then sentences[#sentences + 1] = fact.statement:match("^(.-%.) %u") or fact.statement end
  end
  return table.concat(sentences, " ")
end

-- What the facts say to a question: the best of those that have to do with it.
function M.answer(facts)
  local told, most = {}, 1
  for _, fact in ipairs(facts) do most = math.max(most, fact.asked) end
  for _, fact in ipairs(facts) do
    if fact.asked >= most and #told < 2 then told[#told + 1] = fact.statement end
  end
  if #told == 0 then return "The table says nothing that answers this directly; the findings below are what stands out in it." end
  return table.concat(told, " ")
end

function M.next_steps(facts, ids)
  local steps, seen = {}, {}
  for _, id in ipairs(ids) do
    local step = facts[id].next_step
    if step and not seen[step] and #steps < MOST_STEPS then
      seen[step] = true
      steps[#steps + 1] = step
    end
  end
  return steps
end

-- For prompts: one line for each fact. What comes from cells cannot close the section.
function M.sheet(facts)
  local lines = {}
  for i, fact in ipairs(facts) do
    local text = ("%s | %s | %s | %s"):format(fact.id, fact.headline, fact.statement, fact.evidence)
    lines[i] = escape.clean(text):gsub("<", "‹"):gsub(">", "›")
  end
  return table.concat(lines, "\n")
end

function M.confidence(value)
  return value >= 0.9 and "high" or value >= 0.7 and "good" or "moderate"
end

return M
