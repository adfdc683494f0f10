-- Is a process one that can run? All that is wrong is told at once, with step and field.

local problem = require "problem"
local conditions = require "conditions"
local fill = require "fill"

local M = {}

local MAX_STEPS = 100
local TOOLS = { ["kv.get"] = true, ["kv.set"] = true, ["kv.delete"] = true, ["file.read"] = true, ["file.write"] = true,
  ["memory.search"] = true, ["memory.upsert"] = true, ["memory.delete"] = true }
local TOOL_NAMES = "file.read, file.write, kv.delete, kv.get, kv.set, memory.delete, memory.search, memory.upsert"

local PERSON = { title = "string", details = "any", roles = "table", form = "table", deadline_s = "number",
  on_deadline = "string", reminder_s = "number", reminders = "number", escalate_s = "number", escalate_to = "table" }

-- Fields of each kind; "!" marks those that are needed.
local KINDS = {
  record = { record = "string!", set = "table", add = "table", remove = "boolean" },
  tool = { tool = "string!", args = "table" },
  http = { url = "string!", method = "string", query = "table", headers = "table", json = "any", form = "table",
    auth = "table", expect = "table", timeout_ms = "number" },
  agent = { agent = "string!", input = "any", budget_micros = "number", timeout_s = "number" },
  model = { prompt = "string!", schema = "table!" },
  approval = PERSON,
  ask = PERSON,
  wait = { seconds = "any", ["until"] = "string" },
  condition = { ["if"] = "table!", ["then"] = "string", ["else"] = "string", message = "string" },
}
local COMMON = { id = "string!", kind = "string!", title = "string", when = "table", retries = "number", undo = "any" }
local UNDO = { kind = "string!", on_failure = "boolean" }
local CAN_UNDO = { record = true, tool = true, http = true, agent = true }
local ROOTS = { data = true, steps = true, config = true, id = true, today = true, now = true, due = true,
  run_id = true, process = true }

local function names_of(fields, more)
  local names = fill.sorted_keys(fields)
  for _, name in ipairs(fill.sorted_keys(more)) do names[#names + 1] = name end
  return table.concat(names, ", ")
end

local function check_fields(object, fields, more, tell, prefix)
  for _, name in ipairs(fill.sorted_keys(object)) do
    local wanted = fields[name] or more[name]
    if not wanted then
      tell(prefix .. tostring(name), "there is no such field here; there are " .. names_of(fields, more))
    elseif wanted:gsub("!", "") ~= "any" and type(object[name]) ~= wanted:gsub("!", "") then
      local kind = wanted:gsub("!", ""):gsub("table", "list or object")
      tell(prefix .. name, "a " .. kind .. " is expected, not a " .. type(object[name]))
    end
  end
  for _, list in ipairs({ fields, more }) do
    for _, name in ipairs(fill.sorted_keys(list)) do
      if list[name]:find("!") and object[name] == nil then tell(prefix .. name, "is missing") end
    end
  end
end

local EXTRA = {}

function EXTRA.record(step, tell, prefix)
  local n = (step.set and 1 or 0) + (step.add and 1 or 0) + (step.remove and 1 or 0)
  if n ~= 1 then tell(prefix .. "set", "exactly one of set, add and remove is expected") end
end

function EXTRA.tool(step, tell, prefix)
  if type(step.tool) == "string" and not TOOLS[step.tool] then
    tell(prefix .. "tool", "'" .. step.tool .. "' is no tool of this package; there are " .. TOOL_NAMES)
  end
end

function EXTRA.http(step, tell, prefix)
  if type(step.url) == "string" and not step.url:find("^https?://") and not step.url:find("^{{") then
    tell(prefix .. "url", "an address that begins with https:// is expected")
  end
end

function EXTRA.wait(step, tell)
  if (step.seconds ~= nil) == (step["until"] ~= nil) then tell("seconds", "one of seconds and until is expected") end
end

function EXTRA.approval(step, tell)
  local on = step.on_deadline
  if on ~= nil and on ~= "reject" and on ~= "approve" and on ~= "fail" then
    tell("on_deadline", "reject, approve or fail is expected")
  end
  if step.escalate_s and not step.escalate_to then tell("escalate_to", "is needed with escalate_s") end
end

EXTRA.ask = EXTRA.approval

function EXTRA.condition(step, tell)
  if type(step["if"]) == "table" then conditions.check(step["if"], "if", tell) end
end

-- Places lead to what there is: data that the process takes, steps before this one.
local function check_places(object, earlier, definition, tell, is_undo)
  fill.each_place(object, "", function(path, field)
    local root, name = path:match("^([%w_]+)%.?([%w_]*)")
    field = field:gsub("^/", "")
    if path:find('^"') or is_undo and root == "result" then return end
    local properties = definition.input and definition.input.properties
    if not ROOTS[root or ""] then
      tell(field, "{{" .. path .. "}} begins with none of " .. names_of(ROOTS, {}) .. (is_undo and ", result" or ""))
    elseif root == "steps" and not earlier[name] then
      tell(field, "{{" .. path .. "}} names no step before this one")
    elseif root == "data" and properties and name ~= "" and not properties[name] then
      tell(field, "{{" .. path .. "}} is not in the process's input, which has " .. names_of(properties, {}))
    end
  end)
end

local function check_undo(step, earlier, definition, tell)
  local undo = step.undo
  if undo == nil or undo == false then return end
  if type(undo) ~= "table" then return tell("undo", "an action with kind is expected, or false") end
  if not CAN_UNDO[undo.kind or ""] then
    return tell("undo/kind", "'" .. tostring(undo.kind) .. "' cannot undo; agent, http, record and tool can")
  end
  local function inside(field, message) tell("undo/" .. field, message) end
  check_fields(undo, KINDS[undo.kind], UNDO, inside, "")
  if EXTRA[undo.kind] then EXTRA[undo.kind](undo, inside, "") end
  check_places(undo, earlier, definition, inside, true)
end

local function check_targets(step, index, positions, tell)
  for _, word in ipairs({ "then", "else" }) do
    local target = step[word]
    if target ~= nil and target ~= "next" and target ~= "end" and target ~= "reject" and
      not (positions[target] and positions[target] > index) then
      tell(word, "'" .. tostring(target) .. "' is no later step; a later step's id, next, end or reject is expected")
    end
  end
end

local function check_step(step, index, state, definition, problems)
  local name = type(step) == "table" and type(step.id) == "string" and step.id or index
  local function tell(field, message) problem.add(problems, name, field, message) end
  if type(step) ~= "table" then return tell("step", "an object is expected") end
  if type(step.id) == "string" and not step.id:find("^%l[%l%d_]*$") then
    tell("id", "small letters, digits and _ are expected, beginning with a letter")
  end
  if state.seen[step.id or false] then tell("id", "is used twice") end
  state.seen[step.id or false] = true
  if not KINDS[step.kind or ""] then
    return tell("kind", "'" .. tostring(step.kind) .. "' is no kind; there are " .. names_of(KINDS, {}))
  end
  check_fields(step, KINDS[step.kind], COMMON, tell, "")
  if EXTRA[step.kind] then EXTRA[step.kind](step, tell, "") end
  if type(step.when) == "table" then conditions.check(step.when, "when", tell) end
  if step.kind == "condition" then check_targets(step, index, state.positions, tell) end
  if step.retries and (step.retries < 0 or step.retries > 10) then tell("retries", "0 to 10 is expected") end
  local copy = {}
  for key, value in pairs(step) do copy[key] = key ~= "undo" and value or nil end
  check_places(copy, state.done, definition, tell)
  if step.id then state.done[step.id] = true end
  check_undo(step, state.done, definition, tell)
end

-- Raises invalid_definition with all problems.
function M.check(definition)
  local problems = problem.new()
  local steps = definition.steps
  if type(definition.name) ~= "string" or not definition.name:find("^%l[%l%d_]*$") then
    problem.add(problems, nil, "name", "small letters, digits and _ are expected")
  end
  if type(steps) ~= "table" or #steps == 0 then
    problem.add(problems, nil, "steps", "a list of at least one step is expected")
  elseif #steps > MAX_STEPS then
    problem.add(problems, nil, "steps", "at most " .. MAX_STEPS .. " steps are possible")
  else
    local state = { seen = {}, done = {}, positions = {} }
    for i, step in ipairs(steps) do
      if type(step) == "table" and type(step.id) == "string" then state.positions[step.id] = i end
    end
    for i, step in ipairs(steps) do check_step(step, i, state, definition, problems) end
  end
  problem.raise(problems)
end

return M
