-- What is to be done besides answering. This package proposes; it changes nothing itself.

local TEAMS = { outage = "operations", security = "security", privacy = "privacy", sales = "sales",
  cancellation = "retention" }
local NEEDS_ORDER = { shipping = true, returns = true }

local function refund(facts, decision)
  return {
    type = "refund", status = (not decision or decision.approved) and "approved" or "rejected",
      order_number = facts.order_number,
    invoice_number = facts.invoice_number, amount = facts.amount, currency = facts.currency,
  }
end

local function escalation(facts, status)
  if status == "escalated" then return { type = "escalate", team = TEAMS[facts.category] or "support",
    reason = "a person has to answer" } end
  if facts.category == "outage" or facts.category == "security" then
    return { type = "escalate", team = TEAMS[facts.category], reason = facts.category .. ", urgency " ..
      facts.urgency }
  end
  if facts.category == "sales" or facts.category == "privacy" then
    return { type = "escalate", team = TEAMS[facts.category], reason = "needs their work besides the reply" }
  end
  if facts.category == "feedback" then
    if facts.sentiment == "negative" then return { type = "escalate", team = "support_lead",
      reason = "an unhappy customer" } end
    return { type = "escalate", team = "product", reason = "feedback for them" }
  end
end

return function(facts, status, decision)
  local list = {}
  local function add(action) list[#list + 1] = action end
  if facts.is_spam then
    add({ type = "close", reason = "advertising" })
    return list
  end
  add({ type = "send_reply" })
  if facts.refund_requested and not (status == "escalated" and not (decision and decision.by)) then add(refund(facts,
    decision)) end
  if NEEDS_ORDER[facts.category] and not facts.order_number and not facts.invoice_number then
    add({ type = "request_information", fields = { "order_number" } })
  end
  add(escalation(facts, status))
  return list
end
