-- moon.agent and others: people who approve, agents that are called or take over, those who look on.

local World = require "tests.lua.agent_world"
local calls, told, ADD = World.calls, World.told, World.ADD

describe("moon.agent: approval", function()
    local function ask(decision, given)
        local asked, called
        local world = World.new {
            calls({ "add", { a = 1, b = 2 } }), "ok",
            tools = { approve = function(args) asked = args return decision end },
        }
        local tool = { name = "add", description = "d", args = ADD.args, run = function() called = true return 3 end }
        world.agent { name = "calc", tools = { tool }, approval = { add = given or true } }:run("go")
        return asked, called, told(world.chats[2]).content
    end

    it("asks a person with the call, and goes on when it is granted", function()
        local asked, called, text = ask({ approved = true }, { roles = { "lead" }, deadline_s = 60 })
        assert.equal("May calc call add?", asked.title)
        assert.same({ "lead" }, asked.roles)
        assert.equal(60, asked.deadline_s)
        assert.same({ a = 1, b = 2 }, asked.details.arguments)
        assert.is_true(called)
        assert.equal("3", text)
    end)

    it("tells the model of a rejection, with the person's words, and does not call", function()
        local _, called, text = ask({ approved = false, comment = "too dear" })
        assert.is_nil(called)
        assert.equal('{"error":{"code":"rejected","message":"a person did not allow this call: too dear"}}', text)
    end)

    it("may be a field of the tool", function()
        local world = World.new { calls { "t" }, "ok", tools = { approve = function() return { approved = false } end } }
        world.agent { tools = { { name = "t", description = "d", approval = true, run = error } } }:run("go")
        assert.truthy(told(world.chats[2]).content:find("rejected", 1, true))
    end)
end)

describe("moon.agent: other agents", function()
    it("an agent is a tool: its answer is the result, its use and cost count", function()
        local world = World.new { calls({ "expert", { input = "why?" } }), "because", "so: because" }
        local expert = world.agent { name = "expert", description = "Knows why.", instructions = "You know." }
        local result = world.agent { name = "boss", tools = { expert } }:run("go")
        assert.equal("so: because", result.output)
        assert.equal("You know.", world.chats[2].system)
        assert.same({ { role = "user", content = "why?" } }, world.chats[2].messages)
        assert.equal("because", told(world.chats[3]).content)
        assert.equal("Knows why.", world.chats[1].tools[1].description)
        assert.same({ tokens_in = 30, tokens_out = 15, cost_micros = 300, calls = 3 }, result.usage)
        assert.equal(2, result.steps)
    end)

    it("an agent that fails is an error of the tool, and what it used counts", function()
        local world = World.new { calls({ "expert", { input = "x" } }), calls { "nothing" }, "sorry" }
        local expert = world.agent { name = "expert", retries = 0 }
        local result = world.agent { tools = { expert } }:run("go")
        assert.truthy(told(world.chats[3]).content:find('"code":"invalid_tool_call"', 1, true))
        assert.equal(300, result.usage.cost_micros)
    end)

    it("what is left of the budget limits the agent below", function()
        local world = World.new { calls({ "expert", { input = "x" } }), calls({ "add", { a = 1, b = 1 } }), "late", "over" }
        local expert = world.agent { name = "expert", tools = { ADD } }
        local err = world.fails(function() world.agent { tools = { expert }, max_cost_micros = 200 }:run("go") end)
        assert.equal("agent_budget", err.code)
        assert.equal(2, #world.chats)
    end)

    it("a handoff takes the conversation along", function()
        local world = World.new { calls({ "transfer_to_billing", { reason = "an invoice" } }), "Paid." }
        local billing = world.agent { name = "billing", description = "Invoices.", instructions = "You bill.", tools = { ADD } }
        local result = world.agent { name = "front", instructions = "You greet.", handoffs = { billing } }:run("My invoice?")
        assert.equal("billing", result.agent)
        assert.equal("Paid.", result.output)
        assert.equal("You bill.", world.chats[2].system)
        assert.equal("My invoice?", world.chats[2].messages[1].content)
        assert.equal('{"transferred_to":"billing"}', told(world.chats[2]).content)
        assert.equal("add", world.chats[2].tools[1].name)
        assert.equal("Hands the conversation over to billing: Invoices.", world.chats[1].tools[1].description)
        assert.same({ from = "front", to = "billing" }, world.events[3].data)
    end)

    it("agents may hand over to each other, by a function", function()
        local world = World.new { calls { "transfer_to_b" }, calls { "transfer_to_a" }, "home" }
        local a, b
        a = world.agent { name = "a", handoffs = function() return { b } end }
        b = world.agent { name = "b", handoffs = function() return { a } end }
        assert.equal("a", a:run("go").agent)
    end)

    it("handing over in circles is a loop", function()
        local script = {}
        for i = 1, 6 do script[i] = calls { i % 2 == 1 and "transfer_to_b" or "transfer_to_a" } end
        local world = World.new(script)
        local a, b
        a = world.agent { name = "a", handoffs = function() return { b } end }
        b = world.agent { name = "b", handoffs = function() return { a } end }
        assert.equal("loop_detected", world.fails(function() a:run("go") end).code)
    end)

    it("of two handoffs at once the first counts", function()
        local world = World.new { calls({ "transfer_to_b" }, { "transfer_to_c" }), "ok" }
        local b, c = world.agent { name = "b" }, world.agent { name = "c" }
        assert.equal("b", world.agent { name = "a", handoffs = { b, c } }:run("go").agent)
        assert.truthy(told(world.chats[2]).content:find("handed_over", 1, true))
    end)
end)

describe("moon.agent: events", function()
    it("tells of calls and results to those who look on, with small payloads", function()
        local world = World.new { calls({ "add", { a = 1, b = 2 } }, { "none", { long = ("x"):rep(5000) } }), "ok" }
        world.agent { name = "calc", tools = { ADD } }:run("go")
        local names = {}
        for i, event in ipairs(world.events) do
            names[i] = event.name
            assert.is_true(event.is_live)
            assert.is_true(#World.encode(event) < 600)
        end
        assert.same({ "agent.tool_call", "agent.tool_result", "agent.tool_call", "agent.tool_result" }, names)
        assert.equal("unknown_tool", world.events[4].data.error)
        assert.is_true(world.events[2].data.ok)
    end)
end)
