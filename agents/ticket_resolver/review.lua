-- When a person has to look, what they are shown, and what their decision changes.

local moon = require "moon"
local citations = require "citations"
local clean = require "clean"
local sentences = require "sentences"

local M = {}

-- Why a person has to decide; empty when nobody has to.
function M.reasons(facts, draft, confidence, settings)
  local reasons = {}
  if confidence < settings.min_confidence then
    reasons[#reasons + 1] = string.format("confidence %.2f is below %.2f", confidence, settings.min_confidence)
  end
  local is_small = facts.amount and facts.amount <= settings.refund_limit
  if facts.refund_requested and not is_small then reasons[#reasons + 1] = "a refund is asked for" end
  if facts.is_spam then reasons[#reasons + 1] = "it looks like advertising" end
  if #draft.citations == 0 and facts.category ~= "feedback" and not facts.is_spam then
    reasons[#reasons + 1] = "no article answers it"
  end
  return reasons
end

function M.amount_text(facts)
  if not facts.amount then return nil end
  return (facts.currency and facts.currency .. " " or "") .. string.format("%.2f", facts.amount)
end

local function title_of(input, facts)
  local what = input.id and "ticket " .. input.id or "ticket"
  local subject = clean.cut(clean.line(input.subject or ""), 120)
  if facts.refund_requested then
    local amount, order = M.amount_text(facts), facts.order_number
    return "Refund" .. (amount and " " .. amount or "") .. (order and " for order " .. order or "") .. "? (" ..
      what .. ": " .. subject .. ")"
  end
  return "Send this reply? (" .. what .. ": " .. subject .. ")"
end

-- The person's decision: {approved, by, comment, data = {reply?, refund_amount?}}.
function M.ask(input, facts, draft, confidence, reasons, settings)
  return moon.approve({
    title = title_of(input, facts),
    details = {
      reasons = reasons, confidence = confidence, category = facts.category, urgency = facts.urgency,
        language = facts.language,
      summary = facts.summary, subject = input.subject, body = input.body, customer_email = input.customer_email,
      reply = draft.reply, citations = draft.citations,
      refund = facts.refund_requested and { order_number = facts.order_number, amount = facts.amount,
        currency = facts.currency } or nil,
    },
    roles = #settings.approval_roles > 0 and settings.approval_roles or nil,
    form = {
      type = { "object", "null" },
      properties = {
        reply = { type = "string", maxLength = 6000, description = "instead of the draft" },
        refund_amount = { type = "number", minimum = 0, description = "instead of the amount asked for" },
      },
    },
    deadline_s = settings.approval_deadline_s, on_deadline = "reject",
  })
end

-- The decision about a refund, put into the draft. A refusal replaces what the articles say about refunds.
local function tell_refund(draft, facts, is_granted)
  local said = sentences.get(facts.language, is_granted and "approved" or "rejected", M.amount_text(facts))
  draft.reply = is_granted and sentences.insert(draft.reply, said) or sentences.replace(draft.reply, said)
  draft.citations = citations.kept(draft.reply, draft.citations)
end

-- Changes draft and facts by the decision (nil: nobody had to be asked); returns the ticket's status.
function M.apply(draft, facts, decision)
  local data = decision and type(decision.data) == "table" and decision.data or {}
  local is_refund = facts.refund_requested
  local is_decided = decision and decision.by and decision.by ~= "deadline" -- by a person
  if is_refund and data.refund_amount then facts.amount = data.refund_amount end
  if type(data.reply) == "string" and data.reply:find("%S") then
    draft.reply = data.reply
    draft.citations = citations.kept(data.reply, draft.citations)
  elseif decision and not decision.approved and not (is_refund and is_decided) then
    draft.reply, draft.citations = sentences.get(facts.language, "holding"), moon.json.array()
    if is_refund then draft.reply = draft.reply .. "\n\n" .. sentences.get(facts.language, "pending",
      M.amount_text(facts)) end
    return "escalated"
  elseif is_refund then
    tell_refund(draft, facts, not decision or decision.approved)
  end
  return "answered"
end

return M
