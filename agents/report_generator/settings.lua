-- A deployment's settings with their defaults (agent.json describes them).

local DEFAULTS = {
  model = "local", currency = "", audience = "executive", language = "en", company = "", findings = 7,
  rework = 2, save_to = "", max_cost_micros = 500000,
}

-- What the run's input says counts before what the deployment says.
return function(config, input)
  local settings = {}
  for name, default in pairs(DEFAULTS) do
    local given = config and config[name]
    if given == nil then settings[name] = default else settings[name] = given end
  end
  for _, name in ipairs({ "currency", "audience", "language" }) do
    if input[name] and input[name] ~= "" then settings[name] = input[name] end
  end
  return settings
end
