-- Runs the steps of a process in order, as a saga: when one fails or a person says no, what was done is undone, the
-- last first. Keeps what became of each step.

local moon = require "moon"
local fill = require "fill"
local conditions = require "conditions"
local kinds = require "kinds"
local records = require "records"

local MAX_RESULT_BYTES = 2000

local function stamp(t)
  return moon.date.format(t)
end

-- What is shown of a result: all of it, or where it is long, its beginning. Of a record the names of the fields that
-- changed: what was deleted must not stand in the trail.
local function shown(kind, result)
  if result == nil then return nil end
  if kind == "record" then
    return { record = result.record, created = result.created, removed = result.removed,
      changed = result.after and moon.json.array(fill.sorted_keys(result.touched)) or nil }
  end
  local text = moon.json.encode(result)
  if #text <= MAX_RESULT_BYTES then return result end
  return { cut = moon.text.truncate(text, MAX_RESULT_BYTES) }
end

local function told(err)
  if type(err) == "table" then return { code = err.code or "error", message = err.message or "" } end
  return { code = "error", message = tostring(err) }
end

local function emit(process, entry, number)
  moon.emit("process.step", { id = entry.id, title = entry.title, status = entry.status, number = number,
    of = #process.definition.steps })
end

-- A function that undoes the step, or nil.
local function undo_of(process, step, entry)
  if step.undo == false or step.undo == nil and step.kind ~= "record" then return nil end
  return function(result)
    local ok, err = pcall(function()
      if not step.undo then return records.undo(result) end
      local vars = setmetatable({ result = result }, { __index = process.vars })
      local action = fill.value(step.undo, vars)
      kinds.DO[action.kind](action, vars, process.settings)
    end)
    entry.undone, entry.undone_at = ok, stamp(moon.now())
    entry.undo_error = not ok and told(err) or nil
    process.undoing[#process.undoing + 1] = { id = entry.id, ok = ok, at = entry.undone_at, error = entry.undo_error }
    moon.emit("process.undo", { id = entry.id, ok = ok })
    if not ok then error(err, 0) end
  end
end

local function left_s(process)
  if not process.due then return nil end
  local left = process.due - moon.now()
  if left <= 0 then
    error({ code = "deadline_passed", message = "it had to be done by " .. stamp(process.due), retryable = false }, 0)
  end
  return left
end

local function act(process, step, entry, number)
  local vars = process.vars
  vars.now, vars.today = stamp(moon.now()), moon.date.format(moon.now(), "%Y-%m-%d")
  entry.started, entry.status, entry.title = vars.now, "running", fill.value(step.title, vars)
  emit(process, entry, number)
  local ok, result, by = pcall(function()
    local filled = fill.value(step, vars)
    return kinds.DO[step.kind](filled, vars, process.settings, left_s(process))
  end)
  entry.ended = stamp(moon.now())
  if not ok then
    local err = result
    entry.status = type(err) == "table" and err.code == "rejected" and "rejected" or "failed"
    entry.error = told(err)
    entry.by = type(err) == "table" and type(err.details) == "table" and err.details.by or nil
    emit(process, entry, number)
    error(err, 0)
  end
  entry.status, entry.result, entry.by = "done", shown(step.kind, result), by
  vars.steps[step.id] = result
  emit(process, entry, number)
  return result
end

-- Where a condition leads: the number of the next step; raises when it rejects.
local function branch(process, step, entry, number)
  local holds = conditions.holds(step["if"], process.vars)
  local target = holds and (step["then"] or "next") or not holds and (step["else"] or "next")
  entry.started, entry.ended = stamp(moon.now()), stamp(moon.now())
  entry.status, entry.result = "done", { holds = holds, target = target }
  process.vars.steps[step.id] = { holds = holds }
  if target == "reject" then
    entry.status = "rejected"
    error({ code = "rejected", message = step.message or "the rule " .. step.id .. " says no", retryable = false }, 0)
  end
  emit(process, entry, number)
  if target == "next" then return number + 1 end
  return target == "end" and #process.definition.steps + 1 or process.positions[target]
end

local function run_step(process, saga, step, number)
  local entry = process.entries[number]
  if step.when and not conditions.holds(step.when, process.vars) then
    entry.status = "skipped"
    return number + 1
  elseif step.kind == "condition" then
    return branch(process, step, entry, number)
  end
  local always = type(step.undo) == "table" and step.undo.on_failure or nil
  saga:step(step.id, function() return act(process, step, entry, number) end, undo_of(process, step, entry),
    { always = always })
  return number + 1
end

-- Begins with all steps as not reached.
local function entries_of(definition, vars)
  local list, positions = {}, {}
  for i, step in ipairs(definition.steps) do
    list[i] = { id = step.id, title = fill.value(step.title, vars), kind = step.kind, status = "not_reached", undone = false }
    positions[step.id] = i
  end
  return list, positions
end

local function status_of(process, err)
  for _, entry in ipairs(process.entries) do
    if entry.undo_error then return "failed" end
  end
  return err.code == "rejected" and "rejected" or "compensated"
end

-- process: {definition, vars, settings, due}. Fills process.entries, .undoing, .status, .error.
return function(process)
  process.entries, process.positions = entries_of(process.definition, process.vars)
  process.undoing = {}
  local ok, err = pcall(moon.saga, function(saga)
    local number = 1
    while number <= #process.definition.steps do
      local following = run_step(process, saga, process.definition.steps[number], number)
      for skipped = number + 1, following - 1 do process.entries[skipped].status = "skipped" end
      number = following
    end
  end, { retries = process.settings.undo_retries, name = process.definition.name })
  if ok then
    process.status = "completed"
    return
  end
  if type(err) ~= "table" then error(err, 0) end -- a mistake in this package
  process.error = told(err)
  process.status = status_of(process, process.error)
end
