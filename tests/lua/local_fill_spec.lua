-- lua/local: filling JSON Schemas, always validly.

local harness = require "tests.lua.harness"

local check = require "local.check"
local pattern = require "local.pattern"
local value = require "local.value"

local TICKET = "<ticket>\nSubject: Charged twice for order 4711\n\nHello, I was charged twice for my order 4711 on 2024-05-03: EUR 49.90. " ..
  "Please refund one. Mail kim@example.com or call +49 30 1234567.\n\nRegards,\nKim Larsen\n</ticket>"

local function fill(schema, text, system)
  local result = harness.local_model("json", { prompt = text or TICKET, system = system, schema = schema })
  assert(check.validate(schema, result.value, schema))
  return result.value, result
end

local function object(properties, required)
  return { type = "object", properties = properties, required = required, additionalProperties = false }
end

describe("fill", function()
  it("finds what the fields' names ask for", function()
    local found = fill(object({
      category = { enum = { "shipping", "billing", "other" } }, urgency = { enum = { "low", "normal", "high" } }, language = { type = "string" },
      order_number = { type = "string" }, amount = { type = "number" }, currency = { type = "string" }, email = { type = "string", format = "email" },
      phone = { type = "string" }, customer_name = { type = "string" }, date = { type = "string", format = "date" }, refund_requested = { type = "boolean" },
      confidence = { type = "number", minimum = 0, maximum = 1 }, subject = { type = "string" },
    }, { "category", "confidence" }))
    local confidence = found.confidence
    found.confidence = nil
    assert.same({
      category = "billing", urgency = "normal", language = "en", order_number = "4711", amount = 49.9, currency = "EUR", email = "kim@example.com",
      phone = "+49 30 1234567", customer_name = "Kim Larsen", date = "2024-05-03", refund_requested = true, subject = "Charged twice for order 4711",
    }, found)
    assert.is_true(confidence > 0.6 and confidence <= 1)
  end)

  it("leaves out what is optional and not there, and gives null where that is allowed", function()
    local found = fill(object({ email = { type = "string", format = "email" }, order_number = { type = { "string", "null" } }, iban = { type = "string" } }, { "order_number" }), "Hello there.")
    assert.same({ order_number = value.null }, found)
  end)

  it("fills nested objects, arrays and references", function()
    local schema = object({
      customer = { ["$ref"] = "#/$defs/person" }, emails = { type = "array", items = { type = "string", format = "email" } },
      tags = { type = "array", items = { enum = { "refund", "shipping", "billing", "hr" } }, minItems = 1 },
    }, { "customer", "emails", "tags" })
    schema["$defs"] = { person = object({ name = { type = "string" }, contact = object({ email = { type = "string" } }, { "email" }) }, { "name", "contact" }) }
    local found = fill(schema)
    assert.same({ name = "Kim Larsen", contact = { email = "kim@example.com" } }, found.customer)
    assert.same({ "kim@example.com" }, found.emails)
    assert.is_true(found.tags[1] == "refund" or found.tags[1] == "billing")
  end)

  it("reads the rows of a list into objects", function()
    local found = fill(object({ items = { type = "array", items = object({ sku = { type = "string" }, price = { type = "number" } }, { "sku", "price" }) } }, { "items" }),
      "We ordered:\n- article AB-1001 for EUR 12.50\n- article AB-1002 for EUR 8.00\n")
    assert.same({ { sku = "AB-1001", price = 12.5 }, { sku = "AB-1002", price = 8 } }, found.items)
  end)

  -- schemas that a person or a machine may write; each must be filled validly from any text
  local SCHEMAS = {
    { type = "string", minLength = 30, maxLength = 40 }, { type = "string", maxLength = 5 }, { type = "string", pattern = "^[A-Z]{3}-[0-9]{4}$" }, { type = "string", pattern = "^(low|high)$" },
    { type = "integer", minimum = 5, maximum = 7 }, { type = "number", exclusiveMinimum = 0, exclusiveMaximum = 1 }, { type = "integer", multipleOf = 5, minimum = 11 },
    { type = "array", items = { type = "integer" }, minItems = 3, uniqueItems = true }, { type = "array", prefixItems = { { type = "string" }, { type = "boolean" } }, items = false },
    { type = "array", items = { enum = { "a", "b", "c" } }, minItems = 2, maxItems = 2, uniqueItems = true }, { type = "array", items = { type = "string" }, minItems = 2, uniqueItems = true },
    { const = 42 }, { enum = { 1, 2, 3 } }, { enum = { true, false } }, { type = "null" }, { type = "boolean" }, {}, { type = "object", minProperties = 2 },
    { type = "object", required = { "anything" } }, { anyOf = { { type = "integer", minimum = 100 }, { type = "string", maxLength = 3 } } },
    { oneOf = { object({ kind = { const = "a" }, n = { type = "integer" } }, { "kind", "n" }), object({ kind = { const = "b" }, s = { type = "string" } }, { "kind", "s" }) } },
    { allOf = { { type = "object", properties = { a = { type = "string" } }, required = { "a" } }, { properties = { b = { type = "integer" } }, required = { "b" } } } },
    { type = "object", properties = { urgent = { type = "boolean" }, reason = { type = "string" } }, required = { "urgent" }, ["if"] = { properties = { urgent = { const = false } } }, ["then"] = { required = { "reason" } } },
    { type = "string", format = "date-time" }, { type = "string", format = "uuid" }, { type = "string", format = "uri" }, { type = "string", format = "ipv4" }, { type = "string", format = "email" },
    { type = "object", properties = { a = { type = "string" } }, dependentRequired = { a = { "b" } }, required = { "a" } },
  }
  for i, schema in ipairs(SCHEMAS) do
    it("always gives a value that fits (schema " .. i .. ")", function()
      for _, text in ipairs({ TICKET, "", "x", "ßäöü 漢字", ("12.5 "):rep(50) }) do
        if text == "" then fill(schema, nil, nil) else fill(schema, text) end
      end
    end)
  end

  it("fills a recursive schema to its plainest end", function()
    local schema = { type = "object", required = { "text" }, additionalProperties = false, properties = { text = { type = "string" }, replies = { type = "array", items = { ["$ref"] = "#" } } } }
    assert.is_string(fill(schema).text)
  end)

  for name, schema in pairs({
    ["a pattern beyond it"] = { type = "string", pattern = "^(?=x)y$" }, ["endless recursion"] = { ["$ref"] = "#" }, ["what nothing fits"] = { type = "integer", minimum = 3, maximum = 2 },
    ["an unknown $ref"] = { ["$ref"] = "#/$defs/none" }, ["false"] = { type = "object", properties = { a = false }, required = { "a" } }, ["a million items"] = { type = "array", items = { type = "null" }, minItems = 1000000 },
  }) do
    it("refuses rather than giving what does not fit: " .. name, function()
      local ok, err = pcall(fill, schema)
      assert.is_false(ok)
      assert.equal("model_invalid_output", err.code)
    end)
  end
end)

describe("pattern", function()
  for _, case in ipairs({
    { "^a+b?$", "aa", true }, { "^a+b?$", "b", false }, { "^[^0-9]{2,3}$", "ab", true }, { "\\d{3}", "x123", true }, { "^(ab|cd)+$", "abcd", true }, { "^\\w+@\\w+\\.\\w+$", "a@b.c", true },
    { "^$", "", true }, { "^$", "a", false }, { "[a-c]-[]x]", "b-]", true }, { "^(a|ab)(c|bcd)$", "abcd", true },
  }) do
    it(case[1] .. (case[3] and " matches " or " does not match ") .. '"' .. case[2] .. '"', function()
      assert.equal(case[3], pattern.matches(assert(pattern.compile(case[1])), case[2]))
    end)
  end

  it("makes examples that match and are long enough", function()
    for _, expression in ipairs({ "^[A-Z]{2}-[0-9]+$", "^(a|b){3}x?$", "^\\d{4}$", "^[^a]+$" }) do
      local compiled = pattern.compile(expression)
      assert.is_true(pattern.matches(compiled, pattern.example(compiled, 0, 100)))
    end
    assert.is_true(#pattern.example(pattern.compile("^[a-z]+$"), 12, 20) >= 12)
  end)

  it("knows what it does not know", function()
    for _, expression in ipairs({ "(?=a)", "\\1", "\\bx", "(", "[a", "a**", "a{2,1}", ("a"):rep(1000) }) do assert.is_nil(pattern.compile(expression)) end
  end)

  it("gives up on a pattern that takes for ever", function()
    assert.is_nil(pattern.matches(pattern.compile("^(a*)*(a*)*(a*)*b$"), ("a"):rep(60)))
  end)
end)
