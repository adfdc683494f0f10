-- A deployment's settings with their defaults (agent.json describes them).

local DEFAULTS = {
  model = "local", approval_deadline_s = 604800, reminder_s = 86400, reminders = 3, escalate_s = 259200,
  audit_folder = "processes", undo_retries = 3, grace_s = 86400,
}

return function(config)
  config = config or {}
  local limits = config.approval_limits or {}
  local settings = {
    roles = config.roles or {}, escalate_to = config.escalate_to or {},
    approval_limits = { department = limits.department or 500, finance = limits.finance or 5000,
      board = limits.board or 50000 },
  }
  for name, default in pairs(DEFAULTS) do
    if config[name] == nil then settings[name] = default else settings[name] = config[name] end
  end
  return settings
end
