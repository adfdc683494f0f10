-- The model "local" in the loop of an agent: it calls a tool once, and answers from the result, by a schema when one is
-- given.

local harness = require "tests.lua.harness"
local cjson = require "cjson"

local TOOL = {
  name = "order_status", description = "The status of an order by its number.",
  parameters = { type = "object", properties = { order = { type = "string", description = "the order's number" } },
    required = { "order" } },
}
local SCHEMA = {
  type = "object", required = { "status", "items" },
  properties = { status = { type = "string" }, items = { type = "array", items = { type = "string" } },
    carrier = { enum = { "DHL", "UPS" } } },
}

local function after(result)
  return {
    { role = "user", content = "What is the status of order 4711?" },
    { role = "assistant", tool_calls = { { id = "call_1", name = "order_status", arguments = { order = "4711" } } } },
    { role = "tool", tool_call_id = "call_1", content = result },
  }
end

local function chat(args)
  args.system = "You answer customers about their orders."
  args.tools = { TOOL }
  return harness.local_model("chat", args)
end

describe("the model local in an agent's loop", function()
  it("calls the tool whose arguments are in the message", function()
    local result = chat({ messages = { { role = "user", content = "What is the status of order 4711?" } }, schema = SCHEMA })
    assert.equal("tool_calls", result.finish_reason)
    assert.same({ { id = "call_1", name = "order_status", arguments = { order = "4711" } } }, result.tool_calls)
  end)

  it("answers from the result as text", function()
    local result = chat({ messages = after('{"status":"shipped"}') })
    assert.equal("stop", result.finish_reason)
    assert.equal("status: shipped", result.text)
  end)

  it("answers by the schema with the result's members that fit", function()
    local result = chat({ messages = after('{"order":{"status":"shipped","items":["mug"]},"carrier":"DHL"}'), schema = SCHEMA })
    assert.same({ status = "shipped", items = { "mug" }, carrier = "DHL" }, cjson.decode(result.text))
  end)

  it("does not take members that do not fit, nor those of an error", function()
    local result = chat({ messages = after('{"error":{"code":"not_found","status":"gone"},"carrier":"mule"}'), schema = SCHEMA })
    local value = cjson.decode(result.text)
    assert.is_not.equal("gone", value.status)
    assert.is_not.equal("mule", value.carrier)
  end)

  it("fills a schema without any tool", function()
    local result = harness.local_model("chat", { prompt = "Please call Kim at kim@example.com",
      schema = { type = "object", required = { "email" }, properties = { email = { type = "string", format = "email" } } } })
    assert.same({ email = "kim@example.com" }, cjson.decode(result.text))
  end)
end)
