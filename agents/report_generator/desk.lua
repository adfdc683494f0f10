-- The crew: an analyst picks and words findings, a writer writes the summary, a reviewer reads both. Guardrails in code
-- hold every number against the facts; what does not hold goes back, and after the last try our own words stand in.

local moon = require "moon"
local facts_of = require "facts"
local proof = require "proof"
local words = require "words"

local M = {}

local MOST_CHARS = { headline = 120, statement = 600, summary = 1200, step = 300 }
-- Errors that say that the model was not up to it, or its money was used up: the report goes on in our own words.
local GIVES_UP = {
  invalid_output = true, model_invalid_output = true, invalid_tool_call = true, loop_detected = true, agent_steps = true, agent_budget = true,
  crew_budget = true, guardrail_failed = true,
}

local object, text, array = moon.schema.object, moon.schema.string, moon.schema.array

local function findings_schema(facts, most)
  local ids = {}
  for i, fact in ipairs(facts) do ids[i] = fact.id end
  return object{ findings = array(object{
    fact = moon.schema.enum(ids, { description = "id of the fact" }),
    headline = text{ max = MOST_CHARS.headline, description = "the finding in under ten words" },
    statement = text{ max = MOST_CHARS.statement, description = "one to three sentences with the fact's numbers" },
  }, { min = 1, max = most }) }
end

local function summary_schema(question)
  local fields = {
    summary = text{ max = MOST_CHARS.summary, description = "the report in three to five sentences" },
    next_steps = array(text{ max = MOST_CHARS.step }, { max = 4, description = "what to do now" }),
  }
  if question then fields.answer = text{ max = MOST_CHARS.summary, description = "the answer to the question" } end
  return object(fields)
end

local function collect(problems, where, list)
  for _, problem in ipairs(list) do problems[#problems + 1] = where .. ": " .. problem end
end

local function texts_of(fact)
  return { fact.headline, fact.statement, fact.evidence }
end

-- What is wrong with one finding; an empty list when nothing is.
local function finding_problems(fact, finding)
  local problems, allowed = {}, proof.allowed(texts_of(fact))
  for _, field in ipairs({ "headline", "statement" }) do
    if not proof.is_prose(finding[field], field == "headline" and 12 or 40) then
      collect(problems, field, { "not a sentence for readers" })
    else
      collect(problems, field, proof.check(finding[field], allowed, fact.direction))
    end
  end
  return problems
end

-- guardrail(output, about) -> ok, what is wrong, what stands in for it
local function guard(repair, rework, written)
  return function(output, about)
    local problems, repaired, kept, all = repair(output)
    if #problems > 0 and about.attempt <= rework then
      return false, "Not accepted. " .. table.concat(problems, "; ") .. ". Write again; copy numbers from the facts as they stand there."
    end
    written[about.task] = { kept = kept, all = all, attempts = about.attempt }
    return true, nil, #problems > 0 and repaired or nil
  end
end

local function repair_findings(facts, best)
  return function(output)
    local problems, list, seen, kept = {}, {}, {}, 0
    for _, finding in ipairs(output.findings) do
      local fact = facts[finding.fact]
      if seen[finding.fact] then
        problems[#problems + 1] = finding.fact .. " is told twice"
      else
        seen[finding.fact] = true
        local wrong = finding_problems(fact, finding)
        collect(problems, finding.fact, wrong)
        kept = kept + (#wrong == 0 and 1 or 0)
        list[#list + 1] = #wrong == 0 and finding or words.finding(fact)
      end
    end
    if kept == 0 then -- nothing of it holds: then our choice is as good
      list = {}
      for i, id in ipairs(best) do list[i] = words.finding(facts[id]) end
    end
    return problems, { findings = list }, kept, #list
  end
end

-- `chosen()` = ids of the findings, in order.
local function repair_summary(facts, question, chosen)
  return function(output)
    local sources = {}
    for _, fact in ipairs(facts) do
      for _, one in ipairs(texts_of(fact)) do sources[#sources + 1] = one end
    end
    local allowed, problems, repaired, kept = proof.allowed(sources), {}, { next_steps = {} }, 0
    local function settle(field, value, own, least)
      local wrong = proof.is_prose(value, least) and proof.check(value, allowed) or { "not a text for readers" }
      collect(problems, field, wrong)
      kept = kept + (#wrong == 0 and 1 or 0)
      return #wrong == 0 and value or own
    end
    repaired.summary = settle("summary", output.summary, words.summary(facts), 80)
    if question then repaired.answer = settle("answer", output.answer, words.answer(facts), 30) end
    for i, step in ipairs(output.next_steps) do repaired.next_steps[#repaired.next_steps + 1] = settle("next step " .. i, step, nil, 20) end
    if #repaired.next_steps == 0 then repaired.next_steps = words.next_steps(facts, chosen()) end
    return problems, repaired, kept, 1 + (question and 1 or 0) + #output.next_steps
  end
end

local function agents(settings)
  local function agent(name, role, goal)
    return { name = name, role = role, goal = goal, background = moon.prompt("house", { audience = settings.audience, language = settings.language }), temperature = 0, max_tokens = 4000 }
  end
  return {
    agent("analyst", "the analyst of a team that writes reports", "Pick what matters to the reader and say it plainly."),
    agent("writer", "the writer of a team that writes reports", "Tell the story of the findings so that it can be sent as it is."),
    agent("reviewer", "the reviewer of a team that writes reports", "Find what a reader could be misled by before it is sent."),
  }
end

local function tasks(facts, settings, question, best, written)
  local rework = settings.model == "local" and 0 or settings.rework -- it would say the same again
  local chosen = function()
    local ids = {}
    for i, finding in ipairs(written.findings or {}) do ids[i] = finding.fact end
    return #ids > 0 and ids or best
  end
  local write = {
    agent = "writer", output = summary_schema(question), expected_output = "summary and next_steps" .. (question and ", and an answer to the question" or ""),
    guardrail = guard(repair_summary(facts, question, chosen), rework, written), guardrail_retries = rework,
  }
  local function task(name, more)
    local one = { name = name, description = moon.prompt(name) }
    for key, value in pairs(more) do one[key] = value end
    return one
  end
  return {
    task("analyse", { agent = "analyst", output = findings_schema(facts, settings.findings), expected_output = "findings, the most important first",
      guardrail = guard(repair_findings(facts, best), rework, written), guardrail_retries = rework }),
    task("write", (function() write.context = { "analyse" } return write end)()),
    task("review", { agent = "reviewer", context = { "analyse", "write" }, expected_output = "approved, and a list of problems",
      output = object{ approved = moon.schema.boolean{ description = "true when nothing misleads" }, problems = array(text{ max = 300 }, { max = 8 }) } }),
    task("revise", { agent = "writer", output = write.output, expected_output = write.expected_output, guardrail = write.guardrail, guardrail_retries = rework,
      context = { "analyse", "write", "review" },
      condition = function(results) return settings.model ~= "local" and not results.review.output.approved and #results.review.output.problems > 0 end }),
  }
end

-- {findings = {{fact, headline, statement}}, summary, answer, next_steps, written, review, cost_micros, gave_up}
function M.write(facts, settings, question)
  local best, written = facts_of.best(facts, settings.findings), { findings = nil }
  local result = { written = written }
  local function keep(done)
    if done.task == "analyse" then result.findings, written.findings = done.output.findings, done.output.findings end
    if done.task == "write" or done.task == "revise" then
      result.summary, result.answer, result.next_steps = done.output.summary, done.output.answer, done.output.next_steps
    end
    if done.task == "review" then result.review = done.output end
  end
  local crew = moon.crew{ name = "report", model = settings.model, max_cost_micros = settings.max_cost_micros, agents = agents(settings),
    tasks = tasks(facts, settings, question, best, written), task_callback = keep }
  local ok, done = pcall(crew.run, crew, { facts = words.sheet(facts), question = question or "none", findings = settings.findings })
  if not ok then
    if type(done) ~= "table" or not GIVES_UP[done.code] then error(done, 0) end
    result.gave_up = done.code
  else
    result.cost_micros = done.usage.cost_micros
  end
  if not result.findings then
    result.findings = {}
    for i, id in ipairs(best) do result.findings[i] = words.finding(facts[id]) end
  end
  result.summary = result.summary or words.summary(facts)
  result.answer = question and (result.answer or words.answer(facts)) or nil
  result.next_steps = result.next_steps or words.next_steps(facts, best)
  return result
end

return M
