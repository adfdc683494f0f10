-- Resolves a support ticket: classify, search, draft; a person decides when the package is unsure or money is
-- involved. Costs three steps, four with a person.

local moon = require "moon"
local settings_of = require "settings"
local classify = require "classify"
local search = require "knowledge"
local write = require "draft"
local review = require "review"
local actions_for = require "actions"

local function round(number)
  return math.floor(number * 100 + 0.5) / 100
end

local function approval_of(decision, reasons)
  if not decision then return nil end
  return { approved = decision.approved, by = decision.by, comment = decision.comment,
    reasons = moon.json.array(reasons) }
end

return function(input, ctx)
  local settings = settings_of(ctx.config)
  local facts = classify(input, settings)
  local documents = search(input, facts, settings)
  local draft = write(input, facts, documents, settings)
  local confidence = round(math.min(facts.confidence, draft.confidence))
  local reasons, decision = review.reasons(facts, draft, confidence, settings), nil
  if #reasons > 0 then decision = review.ask(input, facts, draft, confidence, reasons, settings) end
  local status = review.apply(draft, facts, decision)
  return {
    id = input.id, status = status, category = facts.category, urgency = facts.urgency, language = facts.language,
    sentiment = facts.sentiment, summary = facts.summary, reply = draft.reply,
      citations = draft.citations,
    actions = moon.json.array(actions_for(facts, status, decision)), confidence = confidence,
      approval = approval_of(decision, reasons),
  }
end
