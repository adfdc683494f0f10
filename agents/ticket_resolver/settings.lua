-- A deployment's settings with their defaults (agent.json describes them).

local DEFAULTS = {
  model = "local", collection = "help_center", company = "", signature = "", tone = "friendly", min_confidence = 0.55,
  refund_limit = 0, approval_deadline_s = 259200, passages = 5,
}

return function(config)
  local settings = { approval_roles = config and config.approval_roles or {} }
  for name, default in pairs(DEFAULTS) do
    local given = config and config[name]
    if given == nil then settings[name] = default else settings[name] = given end
  end
  if settings.signature == "" then settings.signature = settings.company end
  return settings
end
