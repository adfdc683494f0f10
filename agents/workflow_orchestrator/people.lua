-- Approvals and questions to people, with the deployment's reminders and escalation where a step names none.

local moon = require "moon"

local M = {}

-- Names of roles as the deployment calls them.
local function roles_of(names, settings)
  local list, seen = {}, {}
  for _, name in ipairs(names or {}) do
    local own = settings.roles[name] or { name }
    for _, role in ipairs(own) do
      if not seen[role] then list[#list + 1], seen[role] = role, true end
    end
  end
  return #list > 0 and list or nil
end

local function deadline_of(step, settings, left_s)
  local deadline = step.deadline_s or settings.approval_deadline_s
  if left_s then deadline = math.max(1, math.min(deadline, left_s)) end
  return deadline
end

local function args_of(step, vars, settings, left_s)
  local deadline = deadline_of(step, settings, left_s)
  local args = {
    title = moon.text.truncate(step.title or "Approve " .. vars.process .. " " .. vars.id .. "?", 300),
    details = step.details or vars.data, roles = roles_of(step.roles, settings), form = step.form,
    deadline_s = deadline, on_deadline = step.on_deadline,
  }
  local reminder = step.reminder_s or settings.reminder_s
  if reminder >= 1 and reminder < deadline then
    args.reminder_s, args.reminders = reminder, step.reminders or settings.reminders
  end
  local escalate_to = roles_of(step.escalate_to or settings.escalate_to, settings)
  local escalate = step.escalate_s or settings.escalate_s
  if escalate_to and escalate >= 1 and escalate < deadline then
    args.escalate_s, args.escalate_to = escalate, escalate_to
  end
  return args
end

-- A refusal ends the process.
function M.approve(step, vars, settings, left_s)
  local decision = moon.approve(args_of(step, vars, settings, left_s))
  if not decision.approved then
    local who = decision.by and decision.by ~= "deadline" and decision.by or nil
    error({ code = "rejected", message = who and who .. " said no" .. (decision.comment and ": " .. decision.comment or "")
      or "nobody decided in time", details = { by = who, comment = decision.comment }, retryable = false }, 0)
  end
  return decision, decision.by
end

-- No answer ends the process.
function M.ask(step, vars, settings, left_s)
  local answer = moon.ask(args_of(step, vars, settings, left_s))
  if not answer.approved then
    error({ code = "unanswered", message = "nobody answered" .. (answer.by and " (" .. answer.by .. ")" or ""),
      retryable = false }, 0)
  end
  return answer, answer.by
end

return M
