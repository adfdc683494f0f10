-- Runs a process: its steps in order, people where they have to decide, and back again when it fails.

local moon = require "moon"
local settings_of = require "settings"
local definitions = require "definition"
local data_of = require "data"
local engine = require "engine"
local audit = require "audit"

local BUILT_IN = { employee_onboarding = true, purchase_request = true, customer_offboarding = true }

local function definition_of(input)
  local definition = input.definition
  if input.process then
    if not BUILT_IN[input.process] then
      error({ code = "invalid_definition", message = "process: there is no '" .. input.process ..
        "'; there are customer_offboarding, employee_onboarding, purchase_request; or give a definition" }, 0)
    end
    definition = require("processes." .. input.process)
  end
  definitions.check(definition)
  return definition
end

-- What places and conditions see.
local function vars_of(input, data, definition, settings, ctx)
  local now = moon.now()
  local due = definition.due_days and now + definition.due_days * 86400 or nil
  return {
    data = data, steps = {}, config = settings, id = input.id or ctx.run_id, run_id = ctx.run_id,
    process = definition.name, now = moon.date.format(now), today = moon.date.format(now, "%Y-%m-%d"),
    due = due and moon.date.format(due, "%Y-%m-%d") or nil,
  }, due
end

-- A request with an id is done once: the same id again gives what was done then.
local function earlier(key, input)
  local state = input.id and moon.kv.get(key)
  if type(state) ~= "table" then return nil end
  if state.status == "completed" then
    local output = state.output
    output.audit, output.repeated = (moon.file.read(output.audit_file)) or "", true
    return output
  end
  if state.status == "running" and not input.restart then
    error({ code = "already_running", message = "run " .. state.run_id .. " is at it; restart: true begins anew" }, 0)
  end
end

local function output_of(process, path)
  return {
    status = process.status, process = process.definition.name, id = process.vars.id, due = process.vars.due,
    error = process.error, steps = moon.json.array(process.entries), audit = process.audit, audit_file = path,
    repeated = false,
  }
end

local function path_of(process)
  local name = moon.text.slug(process.vars.id)
  return process.settings.audit_folder .. "/" .. process.definition.name .. "/" .. (name ~= "" and name or "run") .. ".md"
end

return function(input, ctx)
  local settings = settings_of(ctx.config)
  local definition = definition_of(input)
  local key = "process/" .. definition.name .. "/" .. (input.id or ctx.run_id)
  local before = earlier(key, input)
  if before then return before end
  local data = data_of.read(input, definition, settings)
  local process = { definition = definition, settings = settings, started = moon.date.format(moon.now()) }
  process.vars, process.due = vars_of(input, data, definition, settings, ctx)
  moon.kv.set(key, { status = "running", run_id = ctx.run_id })
  engine(process)
  process.ended = moon.date.format(moon.now())
  process.audit = audit(process)
  local path = path_of(process)
  moon.file.write(path, process.audit, { content_type = "text/markdown" })
  local output = output_of(process, path)
  local kept = {}
  for name, value in pairs(output) do kept[name] = name ~= "audit" and value or nil end
  moon.kv.set(key, { status = process.status, run_id = ctx.run_id, output = kept })
  return output
end
