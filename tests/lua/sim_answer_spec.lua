-- lua/sim: what a tool would answer: from its examples, or made up, always fitting its schema, always the same.

local harness = require "tests.lua.harness"
local check = require "local.check"

local answer_of = require "toolbox.simulate_answer"
local fill = require "sim.fill"
local entities = require "sim.entities"
local random = require "sim.random"

local HTTP = harness.json("tools/http_request/manifest.json")

local function answer(manifest, args, seed, n)
  local made = answer_of({ manifest = manifest, args = args, seed = seed or 1, n = n or 0 })
  if manifest.result and not made.error then
    local ok, err = check.validate(manifest.result, made.result)
    assert(ok, err and err.path .. " " .. err.message)
  end
  return made
end

describe("examples", function()
  it("answer the request whose arguments are nearest, with the request's own address", function()
    local made = answer(HTTP, { url = "https://api.acme.example/orders", query = { number = 12 } })
    assert.equal("example", made.source)
    assert.same({ status = "shipped" }, made.result.json)
    assert.equal("https://api.acme.example/orders", made.result.url)
  end)

  it("do not answer another method or another subject", function()
    assert.equal("generator", answer(HTTP, { method = "DELETE", url = "https://api.example.com/orders" }).source)
    assert.equal("generator", answer(HTTP, { url = "https://api.example.com/employees" }).source)
  end)

  it("fail only for their very arguments", function()
    assert.equal("egress_denied", answer(HTTP, { url = "https://elsewhere.example.org/" }).error.code)
    assert.is_nil(answer(HTTP, { url = "https://elsewhere.example.org/x" }).error)
  end)

  it("echo arguments by name and by {{args.path}}", function()
    local manifest = { name = "crm.find", effect = "read", args = {},
      examples = { { args = { id = "C-1", deep = { a = "x1" } }, result = { id = "C-1", note = "found {{args.id}} and {{args.deep.a}}", whole = "{{args.deep}}", list = { { id = "C-1" } } } } } }
    assert.same({ id = "C-77", note = "found C-77 and y2", whole = { a = "y2" }, list = { { id = "C-77" } } },
      answer(manifest, { id = "C-77", deep = { a = "y2" } }).result)
  end)

  it("that would not fit the result's schema are passed over", function()
    local manifest = { name = "x.get", effect = "read", args = {}, result = { type = "object", properties = { n = { type = "integer" } }, required = { "n" } }, examples = { { args = { n = 1 }, result = { n = "{{args.missing}}" } } } }
    assert.equal("generator", answer(manifest, { n = 1 }).source)
  end)
end)

describe("made-up answers", function()
  it("are the same for the same seed and other for another", function()
    local url = { url = "https://crm.example.com/tickets" }
    local first = random.canonical(answer(HTTP, url, 7).result)
    assert.equal(first, random.canonical(answer(HTTP, url, 7).result))
    assert.not_equal(first, random.canonical(answer(HTTP, url, 8).result))
  end)

  it("give a record with an id the same way wherever it is asked for", function()
    local one = answer(HTTP, { url = "https://a.example.com/v1/invoices/INV-9" }).result.json
    local two = answer(HTTP, { url = "https://a.example.com/v2/invoices/INV-9", query = { full = true } }).result.json
    assert.equal("INV-9", one.number)
    assert.same(one, two)
  end)

  it("repeat for reads and move on for writes", function()
    local read = { name = "crm.get", effect = "read", args = {}, result = { type = "object", properties = { id = { type = "string" } }, required = { "id" } } }
    local write = { name = "crm.create", effect = "write", args = {}, result = read.result }
    assert.equal(answer(read, { a = 1 }, 1, 0).result.id, answer(read, { a = 1 }, 1, 1).result.id)
    assert.not_equal(answer(write, { a = 1 }, 1, 0).result.id, answer(write, { a = 1 }, 1, 1).result.id)
  end)

  it("echo what is written and give it an id", function()
    local result = answer(HTTP, { method = "POST", url = "https://crm.example.com/tickets/new", json = { subject = "Hi", tags = { "a" } } }).result
    assert.equal(201, result.status)
    assert.equal("Hi", result.json.subject)
    assert.truthy(result.json.id)
  end)

  it("take fields from the request where the result repeats them", function()
    local manifest = { name = "orders.get", effect = "read", args = {}, result = { type = "object", properties = { order_id = { type = "integer" }, total = { type = "number" }, customer = { type = "object", properties = { email = { type = "string", format = "email" }, name = { type = "string" } } } }, required = { "order_id" } } }
    local result = answer(manifest, { order_id = 4711 }).result
    assert.equal(4711, result.order_id)
    assert.truthy(result.customer.email:find("@", 1, true))
  end)

  it("sum up the lines of orders and invoices", function()
    for i = 1, 20 do
      local invoice = fill.record("invoice", { 3 }, i)
      local sum = 0
      for _, line in ipairs(invoice.items) do sum = sum + line.quantity * line.unit_price end
      assert.near(sum, invoice.subtotal, 0.011)
      assert.near(invoice.subtotal + invoice.tax, invoice.total, 0.011)
      assert.is_true(invoice.due_date > invoice.date)
    end
  end)

  it("agree within a record: the address belongs to the name", function()
    local employee = fill.record("employee", { 1 }, 1)
    assert.equal((employee.first_name .. "." .. employee.last_name):lower(), employee.email:match("^[^@]+"))
  end)

  it("make CSV tables with a head and rows of the same width", function()
    local result = answer(HTTP, { url = "https://files.example.com/exports/orders.csv" }).result
    assert.equal("text/csv", result.headers["content-type"])
    local rows = {}
    for line in result.body:gmatch("[^\r\n]+") do rows[#rows + 1] = line end
    assert.equal(9, #rows)
    assert.truthy(rows[1]:find("currency", 1, true))
  end)

  for _, noun in ipairs({ "ticket", "order", "invoice", "log", "alert", "employee", "customer", "product", "payment", "message", "document" }) do
    it("know what a record of kind " .. noun .. " holds", function()
      local record = fill.record(noun, { 5 }, 1)
      assert(check.validate(entities.schema(noun), record))
    end)
  end

  local SCHEMAS = {
    { type = "string", minLength = 30, maxLength = 40 }, { type = "string", maxLength = 3 }, { type = "string", pattern = "^[A-Z]{3}-[0-9]{4}$" },
    { type = "integer", minimum = 5, maximum = 7 }, { type = "number", exclusiveMinimum = 0, exclusiveMaximum = 1 }, { type = "integer", multipleOf = 5, minimum = 11 },
    { type = "array", items = { type = "integer" }, minItems = 5, uniqueItems = true }, { const = 42 }, { enum = { "a", "b" } }, { type = "null" }, {}, { type = { "string", "null" } },
    { type = "object", minProperties = 2 }, { type = "object", required = { "anything" } }, { anyOf = { { type = "integer", minimum = 100 }, { type = "boolean" } } },
    { oneOf = { { type = "object", properties = { kind = { const = "a" } }, required = { "kind" } }, { type = "object", properties = { kind = { const = "b" } }, required = { "kind" } } } },
    { type = "object", properties = { child = { ["$ref"] = "#" }, name = { type = "string" } }, required = { "name" } },
    { allOf = { { type = "object", properties = { a = { type = "string" } }, required = { "a" } }, { properties = { b = { type = "integer" } }, required = { "b" } } } },
    { type = "array", prefixItems = { { type = "string" }, { type = "boolean" } }, items = false },
    { type = "object", properties = { urgent = { type = "boolean" }, reason = { type = "string" } }, required = { "urgent" }, ["if"] = { properties = { urgent = { const = false } } }, ["then"] = { required = { "reason" } } },
  }
  for _, format in ipairs({ "email", "uuid", "date", "date-time", "time", "uri", "hostname", "ipv4", "ipv6" }) do SCHEMAS[#SCHEMAS + 1] = { type = "string", format = format } end
  for i, schema in ipairs(SCHEMAS) do
    it("always fit (schema " .. i .. ")", function()
      for seed = 1, 25 do answer({ name = "x.get", effect = "read", args = {}, result = schema }, { q = "x" }, seed) end
    end)
  end

  it("fit the result of every tool that there is", function()
    for _, folder in ipairs({ "core/gate/tools", "core/llm/tools" }) do
      for _, file in ipairs(harness.files(folder)) do
        local manifest = harness.json(folder .. "/" .. file)
        for seed = 1, 5 do answer({ name = manifest.name, effect = manifest.effect, args = manifest.args, result = manifest.result }, {}, seed) end
      end
    end
  end)

  it("leave a form's choices as they are: defaults, and nothing that need not be there", function()
    local form = { type = "object", properties = { warehouse = { enum = { "north" } }, note = { type = "string" }, n = { type = "integer", default = 3 } }, required = { "warehouse", "n" } }
    assert.same({ warehouse = "north", n = 3 }, answer({ name = "ask", is_form = true, result = form }, { title = "Which?" }).result)
    assert.equal(require("local.value").null, answer({ name = "approve", is_form = true, result = { type = { "object", "null" }, properties = { reply = { type = "string" } } } }, { title = "Send?" }).result)
  end)
end)
