-- moon.agent: the loop, its tools, its limits, what the model is told.

local World = require "tests.lua.agent_world"
local calls, told, ADD = World.calls, World.told, World.ADD

describe("moon.agent: the loop", function()
    it("answers with the model's text when it calls no tool", function()
        local world = World.new { "Paris." }
        local result = world.agent { name = "geo", instructions = "Be brief.", model = "m" }:run("Capital of France?")
        assert.equal("Paris.", result.output)
        assert.equal("Paris.", result.text)
        assert.equal("geo", result.agent)
        assert.equal(1, result.steps)
        assert.equal("stop", result.finish_reason)
        assert.same({ tokens_in = 10, tokens_out = 5, cost_micros = 100, calls = 1 }, result.usage)
        assert.same({
            system = "Be brief.", model = "m", messages = { { role = "user", content = "Capital of France?" } },
        }, world.chats[1])
    end)

    it("executes a platform tool by name and gives back the canonical JSON of its result", function()
        local world = World.new {
            calls({ "kv.get", { key = "b" } }), "done",
            tools = { ["kv.get"] = function() return { value = { z = 1, a = 2 }, found = true } end },
        }
        local result = world.agent { tools = { "kv.get" } }:run("go")
        assert.same({ { "kv.get", { key = "b" } } }, world.calls)
        assert.same({ "kv.get" }, world.chats[1].tools)
        assert.equal('{"found":true,"value":{"a":2,"z":1}}', told(world.chats[2]).content)
        assert.equal("done", result.output)
        assert.equal(2, result.steps)
        assert.equal(200, result.usage.cost_micros)
    end)

    it("tells a text that a tool returns as it is", function()
        local world = World.new { calls { "hi" }, "done" }
        world.agent { tools = { { name = "hi", description = "d", run = function() return 'a "text"' end } } }:run("go")
        assert.equal('a "text"', told(world.chats[2]).content)
    end)

    it("puts each answer into the conversation as it came, and only adds", function()
        local world = World.new { { text = "Let me see.", tool_calls = { { name = "add", arguments = { a = 1, b = 2 } } } }, "3" }
        world.agent { tools = { ADD } }:run("1 + 2?")
        local first, second = world.chats[1].messages, world.chats[2].messages
        assert.equal(1, #first)
        assert.equal(3, #second)
        assert.same(first[1], second[1])
        assert.equal("Let me see.", second[2].content)
        assert.equal("add", second[2].tool_calls[1].name)
        assert.equal(second[2].tool_calls[1].id, second[3].tool_call_id)
        assert.equal('{"sum":3}', second[3].content)
    end)

    it("executes all calls of an answer and answers them in their order", function()
        local world = World.new { calls({ "add", { a = 1, b = 1 } }, { "add", { a = 2, b = 2 } }, { "add", { a = 3, b = 3 } }), "ok" }
        world.agent { tools = { ADD } }:run("go")
        local messages = world.chats[2].messages
        for i = 1, 3 do
            assert.equal(World.encode({ sum = 2 * i }), messages[2 + i].content)
            assert.equal(messages[2].tool_calls[i].id, messages[2 + i].tool_call_id)
        end
    end)

    it("shows a table as JSON and goes on with a conversation", function()
        local world = World.new { "a", "b" }
        local agent = world.agent {}
        agent:run({ order = 7 })
        assert.equal('{"order":7}', world.chats[1].messages[1].content)
        local messages = { { role = "user", content = "x" }, { role = "assistant", content = "y" }, { role = "user", content = "z" } }
        local result = agent:run({ messages = messages })
        assert.same(messages, world.chats[2].messages)
        assert.equal(4, #result.messages)
        assert.equal(3, #messages) -- the caller's own list is left alone
    end)

    it("takes its instructions from a prompt of the package or a function", function()
        local world = World.new { "a", "b", prompts = { ["prompts/help.md"] = "Help {{name}} in {{tone}}." } }
        world.agent { instructions = { prompt = "help", vars = { name = "Kim" } } }:run("x", { vars = { tone = "peace" } })
        assert.equal("Help Kim in peace.", world.chats[1].system)
        world.agent { instructions = function(input) return "About " .. input end }:run("y")
        assert.equal("About y", world.chats[2].system)
    end)
end)

describe("moon.agent: mistakes of the model", function()
    it("an unknown tool is answered with those that there are", function()
        local world = World.new { calls { "sub" }, "sorry" }
        world.agent { tools = { ADD, "kv.get" } }:run("go")
        local answer = told(world.chats[2]).content
        assert.equal('{"error":{"code":"unknown_tool","message":"there is no tool \'sub\'; there are: add, kv.get"}}', answer)
    end)

    it("wrong arguments are answered with the field and what would be right, and the function is not called", function()
        local called = false
        local world = World.new { calls({ "add", { a = "one", b = 2 } }), calls({ "add", { a = 1 } }), "sorry" }
        local tool = { name = "add", description = "d", args = ADD.args, run = function() called = true end }
        world.agent { tools = { tool } }:run("go")
        assert.truthy(told(world.chats[2]).content:find('"field":"/a"', 1, true))
        assert.truthy(told(world.chats[2]).content:find("must be of type number, not string", 1, true))
        assert.truthy(told(world.chats[3]).content:find("/b is missing", 1, true))
        assert.is_false(called)
    end)

    it("arguments that are no JSON object are told as they were written", function()
        local world = World.new { { tool_calls = { { name = "add", arguments_text = '{"a": 1,' } } }, "sorry" }
        world.agent { tools = { ADD } }:run("go")
        assert.truthy(told(world.chats[2]).content:find("must be one JSON object", 1, true))
    end)

    it("are counted: one more than retries in a row fails the run", function()
        local world = World.new { calls { "x1" }, calls { "x2" }, calls { "x3" }, "never" }
        local err = world.fails(function() world.agent { retries = 2, tools = { ADD } }:run("go") end)
        assert.equal("invalid_tool_call", err.code)
        assert.equal(3, #world.chats)
        assert.equal("x3", err.details.tool)
    end)

    it("are forgotten after a step without one", function()
        local world = World.new {
            calls { "x" }, calls({ "add", { a = 1, b = 1 } }), calls { "y" }, calls({ "add", { a = 2, b = 2 } }), "ok",
        }
        assert.equal("ok", world.agent { retries = 1, tools = { ADD } }:run("go").output)
    end)

    it("the core's refusal of arguments counts as well", function()
        local world = World.new {
            calls({ "kv.get", { k = 1 } }), calls({ "kv.get", { k = 2 } }), "x",
            tools = { ["kv.get"] = function() error({ code = "invalid_arguments", message = "kv.get: member missing", pointer = "/key" }, 0) end },
        }
        local err = world.fails(function() world.agent { retries = 1, tools = { "kv.get" } }:run("go") end)
        assert.equal("invalid_tool_call", err.code)
        assert.truthy(told(world.chats[2]).content:find('"field":"/key"', 1, true))
    end)
end)

describe("moon.agent: errors of tools", function()
    local function answer_for(run)
        local world = World.new { calls { "t" }, "ok" }
        world.agent { tools = { { name = "t", description = "d", run = run } } }:run("go")
        return told(world.chats[2]).content, world
    end

    it("are told with code and message, and that another try may help", function()
        local text = answer_for(function() error({ code = "busy", message = "come back", retryable = true }, 0) end)
        assert.equal('{"error":{"code":"busy","message":"come back","retryable":true}}', text)
    end)

    it("nil and a reason is an error", function()
        assert.equal('{"error":{"code":"tool_error","message":"no such order"}}', (answer_for(function() return nil, "no such order" end)))
    end)

    it("a mistake of the author's is told and logged", function()
        local text, world = answer_for(function(args) return args.x.y end)
        assert.truthy(text:find("attempt to index", 1, true))
        assert.truthy(world.logs[1]:find("attempt to index", 1, true))
    end)

    it("a result that is no JSON is an error", function()
        assert.truthy(answer_for(function() return print end):find("invalid_result", 1, true))
    end)
end)

describe("moon.agent: output schema", function()
    local SCHEMA = { type = "object", required = { "n" }, additionalProperties = false, properties = { n = { type = "integer", minimum = 1 } } }

    it("gives the value that fits, and tells the model the schema", function()
        local world = World.new { '```json\n{"n": 3}\n```' }
        local result = world.agent { output = SCHEMA }:run("go")
        assert.same({ n = 3 }, result.output)
        assert.same(SCHEMA, world.chats[1].schema)
        assert.truthy(world.chats[1].system:find("fits the schema", 1, true))
    end)

    it("what does not fit is told, and each try is a call of its own", function()
        local world = World.new { "I think 3", '{"n": 0}', '{"n": 4}' }
        local result = world.agent { output = SCHEMA }:run("go")
        assert.same({ n = 4 }, result.output)
        assert.equal(3, result.usage.calls)
        assert.equal(300, result.usage.cost_micros)
        assert.truthy(told(world.chats[2]).content:find("no JSON", 1, true))
        assert.truthy(told(world.chats[3]).content:find("at /n: must be at least 1", 1, true))
        assert.same({ role = "assistant", content = '{"n": 0}' }, world.chats[3].messages[4])
    end)

    it("fails with invalid_output after the retries", function()
        local world = World.new { "a", "b", "c", "d" }
        local err = world.fails(function() world.agent { output = SCHEMA, retries = 1 }:run("go") end)
        assert.equal("invalid_output", err.code)
        assert.equal("b", err.details.text)
        assert.equal(2, #world.chats)
        assert.equal(200, err.details.usage.cost_micros)
    end)

    it("a value that is no object travels as the member value", function()
        local world = World.new { '{"value": ["a"]}', '{"value": [1]}', '{"value": ["b"]}' }
        local list = { type = "array", items = { type = "string" } }
        assert.same({ "a" }, world.agent { output = list }:run("go").output)
        assert.same(list, world.chats[1].schema.properties.value)
        assert.same({ "b" }, world.agent { output = list }:run("go").output)
        assert.truthy(told(world.chats[3]).content:find("/value/0", 1, true))
    end)
end)

describe("moon.agent: limits", function()
    local function endless()
        local script = {}
        for i = 1, 40 do script[i] = calls({ "add", { a = i, b = i } }) end
        return World.new(script)
    end

    it("max_steps ends with agent_steps and what was used", function()
        local world = endless()
        local err = world.fails(function() world.agent { name = "busy", tools = { ADD }, max_steps = 3 }:run("go") end)
        assert.equal("agent_steps", err.code)
        assert.equal(3, #world.chats)
        assert.equal("busy", err.details.agent)
        assert.equal(3, err.details.steps)
    end)

    it("max_cost_micros: no call is made once it is spent", function()
        local world = endless()
        local err = world.fails(function() world.agent { tools = { ADD }, max_cost_micros = 250 }:run("go") end)
        assert.equal("agent_budget", err.code)
        assert.equal(3, #world.chats)
        assert.equal(300, err.details.usage.cost_micros)
    end)

    it("an answer that uses the budget up is still an answer", function()
        local world = World.new { "ok" }
        assert.equal("ok", world.agent { max_cost_micros = 10 }:run("go").output)
    end)

    it("a run may only lower them", function()
        local world = endless()
        assert.equal("agent_steps", world.fails(function() world.agent { tools = { ADD }, max_steps = 2 }:run("go", { max_steps = 9 }) end).code)
        assert.equal(2, #world.chats)
    end)

    it("the same call again and again is a loop, found before it is made once more", function()
        local called = 0
        local tool = { name = "look", description = "d", run = function() called = called + 1 return called end }
        local world = World.new { calls({ "look", { q = "x" } }), calls({ "look", { q = "x" } }), calls({ "look", { q = "x" } }), "no" }
        local err = world.fails(function() world.agent { tools = { tool } }:run("go") end)
        assert.equal("loop_detected", err.code)
        assert.truthy(err.message:find('look({"q":"x"}), 3 times', 1, true))
        assert.same({ { name = "look", arguments = { q = "x" } } }, err.details.calls)
        assert.equal(2, called)
    end)

    it("a cycle of up to four calls is a loop", function()
        for length = 2, 4 do
            local script = {}
            for i = 0, 3 * length - 1 do script[#script + 1] = calls({ "add", { a = i % length, b = 0 } }) end
            local world = World.new(script)
            local err = world.fails(function() world.agent { tools = { ADD } }:run("go") end)
            assert.equal("loop_detected", err.code)
            assert.equal(length, #err.details.calls)
            assert.equal(3 * length, #world.chats)
        end
    end)

    it("other arguments, or a limit that is higher, are none", function()
        local script = {}
        for i = 1, 4 do script[i] = calls({ "add", { a = 1, b = 1 } }) end
        script[5] = "ok"
        assert.equal("ok", World.new(script).agent { tools = { ADD }, loop_limit = 5 }:run("go").output)
    end)
end)
