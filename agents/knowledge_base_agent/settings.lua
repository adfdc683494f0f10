-- A deployment's settings with their defaults (agent.json describes them).

local DEFAULTS = {
  model = "local", company = "", passages = 5, min_confidence = 0.3, retries = 1, grade = "auto", verify = "model",
  follow_ups = 3, ask_person = "never", answer_deadline_s = 259200,
}

return function(config)
  config = config or {}
  local settings = {
    collections = config.collections or { "handbook", "products" },
    roles = config.roles or {}, glossary = config.glossary or {},
  }
  for name, default in pairs(DEFAULTS) do
    if config[name] == nil then settings[name] = default else settings[name] = config[name] end
  end
  return settings
end
