-- The test packages do what their tests in other suites count on.

local world = require "tests.lua.package_world"

local function run(name, given)
  local result = world.run("tests/packages/" .. name, given)
  return result.output, result
end

describe("test packages", function()
  it("echo returns its input", function() assert.same({ a = { 1, 2 } }, (run("echo", { input = { a = { 1, 2 } } }))) end)

  it("bench_task takes exactly three steps and uses the order's state", function()
    local ticket = { subject = "Charged twice for order 4711", body = "Hello, I was charged twice." }
    local output, result = run("bench_task", { input = ticket, kv = { ["order:4711"] = "shipped" } })
    assert.same({ number = "4711", status = "shipped" }, output.order)
    assert.equal("billing", output.category)
    local names = {}
    for i, step in ipairs(result.steps) do names[i] = step.tool end
    assert.same({ "llm.chat", "kv.get", "llm.chat" }, names)
  end)

  it("sleeper sleeps", function() assert.equal("sleep", select(2, run("sleeper", { config = { seconds = 5 } })).steps[1].tool) end)

  it("approver returns the decision", function()
    assert.same({ approved = false, comment = "no" }, (run("approver", { input = { title = "May I?" }, tools = { approve = function() return { approved = false, comment = "no" } end } })))
  end)

  it("writer writes each step under a key of its own", function()
    local output, result = run("writer", { input = { id = "a", n = 3 } })
    assert.same({ id = "a", steps = 3, sum = 6 }, output)
    for step = 1, 3 do assert.same({ step = step, id = "a" }, result.kv["writer:a:step:" .. step]) end
  end)

  it("parallel returns values in the order of the keys", function()
    local output = run("parallel", { input = { n = 3 }, kv = { ["parallel:1"] = "a", ["parallel:3"] = "c" } })
    assert.same({ n = 3, values = { { index = 1, key = "parallel:1", value = "a" }, { index = 2, key = "parallel:2" }, { index = 3, key = "parallel:3", value = "c" } } }, output)
  end)
end)
