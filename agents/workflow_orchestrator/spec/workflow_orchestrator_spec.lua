-- workflow_orchestrator over the real kit: what is done, what is undone, what is refused.

local world = require "tests.lua.package_world"

local FOLDER = "agents/workflow_orchestrator"

local function start(input, given)
  given = given or {}
  given.input = input
  return world.run(FOLDER, given)
end

local function process(steps, data)
  return { definition = { name = "p", steps = steps }, data = data or {} }
end

local function done(input, given)
  local run = start(input, given)
  if not run.ok then error(type(run.error) == "table" and run.error.message or run.error, 0) end
  return run.output, run
end

local function refused(steps, data)
  local run = start(process(steps, data))
  assert.is_false(run.ok)
  assert.equal(0, #run.steps)
  assert.equal("invalid_definition", run.error.code)
  return run.error.message
end

local function record(id, fields)
  local step = { id = id, kind = "record", record = id }
  for name, value in pairs(fields or { set = { x = 1 } }) do step[name] = value end
  return step
end

local STOP = { id = "stop", kind = "condition", ["if"] = { path = "id", op = "exists" }, ["then"] = "reject", message = "no" }

describe("workflow_orchestrator's records", function()
  it("keep what a process sets, and count what it adds", function()
    local output, run = done(process({ record("a", { set = { n = "{{data.n}}", text = "n={{data.n}}" } }),
      record("b", { add = { sum = "{{data.n}}" } }) }, { n = 5 }), { kv = { ["record/b"] = { sum = 2 } } })
    assert.equal("completed", output.status)
    assert.same({ n = 5, text = "n=5" }, run.kv["record/a"])
    assert.same({ sum = 7 }, run.kv["record/b"])
  end)

  it("are put back field by field, so that others' fields stay", function()
    local kv = { ["record/a"] = { x = 0, other = 1 }, ["record/c"] = { n = 3 }, ["record/d"] = { name = "Acme" } }
    local output = done(process({ record("a", { set = { x = 1, y = 2 } }), record("b"), record("c", { add = { n = 4 } }),
      record("d", { remove = true }), STOP }), { kv = kv })
    assert.equal("rejected", output.status)
    assert.same({ x = 0, other = 1 }, kv["record/a"])
    assert.is_nil(kv["record/b"])
    assert.same({ n = 3 }, kv["record/c"])
    assert.same({ name = "Acme" }, kv["record/d"])
  end)

  it("stay when undo is false", function()
    local _, run = done(process({ record("a", { set = { x = 1 }, undo = false }), STOP }))
    assert.same({ x = 1 }, run.kv["record/a"])
  end)

  it("do not show what was deleted", function()
    local output = done(process({ record("d", { remove = true }) }), { kv = { ["record/d"] = { name = "Acme" } } })
    assert.is_nil(require("cjson").encode(output):find("Acme"))
  end)
end)

describe("workflow_orchestrator's steps", function()
  it("are undone the last first", function()
    local output = done(process({ record("a"), record("b"), record("c"), STOP }))
    local order = {}
    for id in output.audit:gmatch("Z (%w+): undone") do order[#order + 1] = id end
    assert.same({ "c", "b", "a" }, order)
    assert.equal("no", output.error.message)
  end)

  it("fail with the status of the answer, and are compensated", function()
    local steps = { record("a"), { id = "h", kind = "http", method = "POST", url = "https://x.example/y" } }
    local output = done(process(steps), { tools = { ["http.request"] = function() return { status = 409, headers = {} } end } })
    assert.equal("compensated", output.status)
    assert.equal("POST https://x.example/y answered 409", output.error.message)
    assert.is_true(output.steps[1].undone)
  end)

  it("are undone on failure, too, when they say so", function()
    local undone = 0
    local steps = { { id = "h", kind = "http", method = "POST", url = "https://x.example/y",
      undo = { kind = "http", method = "DELETE", url = "https://x.example/y", on_failure = true } } }
    done(process(steps), { tools = { ["http.request"] = function(args)
      if args.method == "POST" then error({ code = "timeout", message = "slow", retryable = false }, 0) end
      undone = undone + 1
      return { status = 200, headers = {} }
    end } })
    assert.equal(1, undone)
  end)

  it("that cannot be undone are a person's business, and the others are undone", function()
    local steps = { record("a"), { id = "t", kind = "tool", tool = "kv.get", args = { key = "k" },
      undo = { kind = "tool", tool = "file.read", args = { path = "none" } } }, STOP }
    local output = done(process(steps))
    assert.equal("failed", output.status)
    assert.is_true(output.steps[1].undone)
    assert.truthy(output.audit:find("## A person has to undo", 1, true))
  end)

  it("are skipped when their condition does not hold, or a rule goes past them", function()
    local output, run = done(process({
      record("a", { when = { path = "data.n", op = ">", value = 5 }, set = { x = 1 } }),
      { id = "r", kind = "condition", ["if"] = { all = { { path = "data.n", op = "==", value = 5 } } }, ["then"] = "c" },
      record("b"), record("c") }, { n = 5 }))
    local status = {}
    for i, step in ipairs(output.steps) do status[i] = step.status end
    assert.same({ "skipped", "done", "skipped", "done" }, status)
    assert.is_nil(run.kv["record/b"])
  end)

  it("wait until a date, and not when it is over", function()
    local _, run = done(process({ { id = "w", kind = "wait", ["until"] = "2020-01-01" }, { id = "v", kind = "wait", seconds = 60 } }))
    local sleeps = {}
    for _, step in ipairs(run.steps) do
      if step.tool == "sleep" then sleeps[#sleeps + 1] = step.args.seconds end
    end
    assert.same({ 60 }, sleeps)
  end)
end)

describe("workflow_orchestrator's people", function()
  local function asked(step, config, answer)
    local seen
    local output = done(process({ step }), { config = config, tools = { approve = function(args)
      seen = args
      return answer or { approved = true, by = "kim" }
    end } })
    return seen, output
  end

  it("are reminded and escalated as the deployment says, unless the step does", function()
    local step = { id = "a", kind = "approval", title = "Well?", roles = { "lead" } }
    local seen = asked(step, { roles = { lead = { "lead_emea" } }, escalate_to = { "boss" } })
    assert.same({ "lead_emea" }, seen.roles)
    assert.same({ 604800, 86400, 3, 259200 }, { seen.deadline_s, seen.reminder_s, seen.reminders, seen.escalate_s })
    assert.same({ "boss" }, seen.escalate_to)
    step.deadline_s, step.reminder_s = 3600, 600
    seen = asked(step, { reminder_s = 0 })
    assert.same({ 3600, 600 }, { seen.deadline_s, seen.reminder_s })
    assert.is_nil(seen.escalate_to)
  end)

  it("end the process by saying no, or nothing", function()
    local step = { id = "a", kind = "approval", title = "Well?" }
    local _, output = asked(step, nil, { approved = false, by = "kim", comment = "not now" })
    assert.same({ "rejected", "kim said no: not now", "kim" }, { output.status, output.error.message, output.steps[1].by })
    _, output = asked(step, nil, { approved = false })
    assert.same({ "rejected", "nobody decided in time" }, { output.status, output.error.message })
  end)

  it("are not asked for longer than the process has", function()
    local definition = { name = "p", due_days = 1, steps = { { id = "a", kind = "approval", title = "Well?" } } }
    local seen
    done({ definition = definition }, { tools = { approve = function(args)
      seen = args
      return { approved = true }
    end } })
    assert.equal(86400, seen.deadline_s)
  end)
end)

describe("workflow_orchestrator's definitions", function()
  local cases = {
    { { { id = "a", kind = "approvel" } }, "step 'a': kind: 'approvel' is no kind; there are agent, approval, ask" },
    { { record("a"), record("a") }, "step 'a': id: is used twice" },
    { { { kind = "wait", seconds = 1 } }, "step '1': id: is missing" },
    { { { id = "a", kind = "wait" } }, "step 'a': seconds: one of seconds and until is expected" },
    { { { id = "a", kind = "tool", tool = "sql.query" } }, "step 'a': tool: 'sql.query' is no tool of this package" },
    { { { id = "a", kind = "http", url = "x" } }, "step 'a': url: an address that begins with https://" },
    { { { id = "a", kind = "approval", tittle = "x" } }, "step 'a': tittle: there is no such field here" },
    { { { id = "a", kind = "approval", on_deadline = "maybe" } }, "step 'a': on_deadline: reject, approve or fail" },
    { { { id = "a", kind = "approval", title = "{{steps.b.x}}" }, record("b") }, "step 'a': title: {{steps.b.x}} names no step before this one" },
    { { { id = "a", kind = "approval", title = "{{dta.x}}" } }, "step 'a': title: {{dta.x}} begins with none of" },
    { { record("a", { set = { x = 1 }, undo = { kind = "wait" } }) }, "step 'a': undo/kind: 'wait' cannot undo" },
    { { record("a", { set = { x = 1 }, add = { x = 1 } }) }, "step 'a': set: exactly one of set, add and remove" },
    { { { id = "a", kind = "condition", ["if"] = { path = "id", op = "=" } } }, "step 'a': if/op: '=' is no comparison; there are !=, <" },
    { { record("b"), { id = "a", kind = "condition", ["if"] = { path = "id", op = "exists" }, ["then"] = "b" } }, "step 'a': then: 'b' is no later step" },
  }
  for _, case in ipairs(cases) do
    it("are refused: " .. case[2], function() assert.truthy(refused(case[1]):find(case[2], 1, true), refused(case[1])) end)
  end

  it("tell all mistakes at once", function()
    local _, n = refused({ { id = "a", kind = "x" }, { id = "b", kind = "y" } }):gsub("is no kind", "")
    assert.equal(2, n)
  end)

  it("of the package are right", function()
    for _, name in ipairs({ "employee_onboarding", "purchase_request", "customer_offboarding" }) do
      world.module(FOLDER, "definition").check(world.module(FOLDER, "processes." .. name))
    end
  end)
end)

describe("workflow_orchestrator's input", function()
  it("is checked, and all that is wrong is named", function()
    local run = start({ process = "purchase_request", data = { item = "x", amount = 0, requester = "kim" } })
    assert.equal("invalid_data", run.error.code)
    for _, part in ipairs({ "data/cost_center: is missing", "data/amount: must be at least", "data/requester: must be an e-mail" }) do
      assert.truthy(run.error.message:find(part, 1, true), run.error.message)
    end
  end)

  it("is done once for an id, and not while another run is at it", function()
    local input = process({ record("a", { add = { n = 1 } }) })
    input.id = "X-1"
    local first, run = done(input)
    local again = done(input, { kv = run.kv, files = run.files })
    assert.is_false(first.repeated)
    assert.is_true(again.repeated)
    assert.equal(first.audit, again.audit)
    assert.same({ n = 1 }, run.kv["record/a"])
    local busy = start(input, { kv = { ["process/p/X-1"] = { status = "running", run_id = "run_other" } } })
    assert.equal("already_running", busy.error.code)
    input.restart = true
    assert.equal("completed", done(input, { kv = { ["process/p/X-1"] = { status = "running", run_id = "run_other" } } }).status)
  end)

  it("may be a text", function()
    local asked = 0
    local output, run = done({ process = "purchase_request", text = "Please order a label printer for EUR 240.00. Mail: kim@example.com",
      data = { item = "printer", cost_center = "12" } }, { tools = {
        approve = function() asked = asked + 1 return { approved = true, by = "kim" } end,
        ask = function() return { approved = true, by = "kim", data = { order_number = "7" } } end } })
    assert.equal("completed", output.status)
    assert.equal(1, asked)
    assert.same({ reserved = 240 }, run.kv["record/budget/12"])
  end)
end)
