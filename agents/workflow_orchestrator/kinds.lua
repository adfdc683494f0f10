-- What each kind of step does: DO[kind](step, vars, settings, left_s) -> result, who. The step's places are filled.

local moon = require "moon"
local records = require "records"
local people = require "people"

local M = { DO = {} }

local HTTP = { "method", "url", "query", "headers", "json", "form", "auth", "timeout_ms" }

function M.DO.record(step)
  return records.act(step)
end

function M.DO.tool(step)
  return moon.tool(step.tool, step.args or {}, { retries = step.retries or 2 })
end

local function is_expected(status, expected)
  if not expected then return status >= 200 and status < 300 end
  for _, one in ipairs(expected) do
    if one == status then return true end
  end
  return false
end

function M.DO.http(step)
  local args = {}
  for _, name in ipairs(HTTP) do args[name] = step[name] end
  local answer = moon.tool("http.request", args, { retries = step.retries or 2 })
  if not is_expected(answer.status, step.expect) then
    error({ code = "http_status", message = (step.method or "GET") .. " " .. step.url .. " answered " .. answer.status,
      retryable = false }, 0)
  end
  local body = answer.body and moon.text.truncate(answer.body, 2000) or nil
  return { status = answer.status, json = answer.json, body = answer.json == nil and body or nil }
end

function M.DO.agent(step)
  local output, result = moon.run(step.agent, step.input or {},
    { budget_micros = step.budget_micros, timeout_s = step.timeout_s })
  return { output = output, run_id = result.run_id }, step.agent
end

function M.DO.model(step, _, settings)
  return (moon.llm.json({ model = settings.model, schema = step.schema, prompt = step.prompt, name = "step",
    temperature = 0, max_tokens = 1000 })), settings.model
end

M.DO.approval = people.approve
M.DO.ask = people.ask

function M.DO.wait(step)
  local seconds = step.seconds
  if step["until"] then
    local at, why = moon.date.parse(step["until"])
    if not at then error({ code = "invalid_data", message = "until: " .. why }, 0) end
    seconds = at - moon.now()
  end
  if type(seconds) ~= "number" then
    error({ code = "invalid_data", message = "seconds: a number is expected, not " .. tostring(seconds) }, 0)
  end
  if seconds > 0 then moon.sleep(seconds) end
  return { waited_s = math.max(0, math.floor(seconds)) }
end

return M
