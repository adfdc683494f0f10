-- Crews on the real moon.agent: only the model's answers are scripted.

local A = require "tests.lua.agent_world"

local function has(text, part) return text:find(part, 1, true) ~= nil end

local function crew(world, more)
    local made = {
        name = "c", agents = { { name = "Lead Analyst", role = "Analyst" }, { name = "writer", role = "Writer" } },
        tasks = { { name = "one", agent = "Lead Analyst", description = "Do it.", expected_output = "Done." } },
    }
    for key, value in pairs(more) do made[key] = value end
    return world.parts.moon_crew(made)
end

local SCHEMA = { type = "object", properties = { n = { type = "integer" } }, required = { "n" } }

local function one(more)
    local task = { name = "one", agent = "Lead Analyst", description = "Do it.", expected_output = "Done." }
    for key, value in pairs(more) do task[key] = value end
    return { task }
end

describe("a crew of real agents", function()
    it("gives the value that fits the schema, after an answer that does not", function()
        local world = A.new { "{}", '{"n": 7}' }
        local result = crew(world, { tasks = one { output = SCHEMA } }):run()
        assert.same({ n = 7 }, result.output)
        assert.same({ 1, 2, 2, 200 }, { result.tasks.one.attempts, result.usage.steps, result.usage.calls, result.usage.cost_micros })
        assert.equal("Lead Analyst", result.tasks.one.agent)
    end)

    it("goes on with the conversation when a guardrail refuses: what a tool found is not asked again", function()
        local world = A.new { { tool_calls = { { name = "look", arguments = {} } } }, "seven", "7",
            tools = { ["kv.get"] = function() return { value = 7 } end } }
        local look = { name = "look", description = "Looks.", run = function() return world.parts.call.call("kv.get", { key = "n" }).value end }
        local result = crew(world, { tasks = one { tools = { look }, guardrail = function(text) return text == "7", "Digits only." end } }):run()
        assert.equal("7", result.output)
        assert.equal(1, #world.calls)
        local last = world.chats[3].messages
        assert.same({ "user", "assistant", "tool", "assistant", "user" },
            { last[1].role, last[2].role, last[3].role, last[4].role, last[5].role })
        assert.truthy(has(last[5].content, "Digits only."))
    end)

    it("tells a manager what its co-workers brought, and which co-worker there is none of", function()
        local function give(coworker) return { tool_calls = { { name = "delegate_work", arguments = { coworker = coworker, task = "Write.", context = "" } } } } end
        local world = A.new { give "nobody", give "Writer", "a text", "checked" }
        local result = crew(world, { process = "hierarchical", tasks = one { agent = "writer" } }):run()
        assert.equal("checked", result.output)
        local messages = world.chats[4].messages
        assert.truthy(has(messages[3].content, "unknown_coworker"))
        assert.truthy(has(messages[3].content, "there are: writer"))
        assert.equal("a text", messages[5].content)
        assert.equal("Write.", world.chats[3].messages[1].content)
        assert.same({ 4, 4 }, { result.usage.calls, result.usage.steps })
    end)

    it("tells a manager that leaves out an argument", function()
        local world = A.new { { tool_calls = { { name = "ask_question", arguments = { coworker = "writer" } } } }, "enough" }
        assert.equal("enough", crew(world, { process = "hierarchical" }):run().output)
        assert.truthy(has(world.chats[2].messages[3].content, "invalid_arguments"))
    end)

    it("stops an agent that has used the crew's budget up, as the crew's error", function()
        local look = { name = "look", description = "Looks.", run = function() return 1 end }
        local calls = {}
        for i = 1, 9 do calls[i] = { tool_calls = { { name = "look", arguments = { n = i } } } } end
        for what, more in pairs({ cost_micros = { max_cost_micros = 250 }, steps = { max_steps = 3 } }) do
            local world = A.new(calls)
            more.tasks = one { tools = { look } }
            local made = crew(world, more)
            local err = world.fails(function() made:run() end)
            assert.equal("crew_budget", err.code)
            assert.same({ crew = "c", task = "one", limit = what }, err.details)
            assert.equal(3, #world.chats)
        end
    end)

    it("does not pass off half an answer as one when an agent's own steps are used up", function()
        local look = { name = "look", description = "Looks.", run = function() return 1 end }
        local world = A.new { { text = "half", tool_calls = { { name = "look", arguments = {} } } } }
        local made = crew(world, { agents = { { name = "a", role = "A", max_steps = 1, tools = { look } } }, tasks = one { agent = "a" } })
        local err = world.fails(function() made:run() end)
        assert.same({ "agent_steps", "one" }, { err.code, err.details.task })
    end)

    it("judges by words, with a verdict that has a schema", function()
        local world = A.new { "long text", '{"ok": false, "reason": "Too long."}', "short", '{"ok": true, "reason": ""}' }
        local result = crew(world, { tasks = one { guardrail = "Is short.", guardrail_model = "small" } }):run()
        assert.same({ "short", 2 }, { result.output, result.tasks.one.attempts })
        assert.equal("small", world.chats[2].model)
        assert.truthy(has(world.chats[3].messages[3].content, "Too long."))
    end)

    it("plans by a schema", function()
        local world = A.new { '{"plans": [{"task": "one", "plan": "First look."}]}', "done" }
        crew(world, { planning = true }):run()
        assert.truthy(has(world.chats[2].messages[1].content, "# Plan\nFirst look."))
    end)

    it("passes on what an agent cannot be, with the agent's or task's name", function()
        for _, row in ipairs({
            { { agents = { { name = "a", role = "A", temperature = 9 } }, tasks = one { agent = "a" } }, "agent 'a': temperature must be a number from 0 to 2" },
            { { tasks = one { output = { type = "object", propertys = {} } } }, "task 'one': output" },
            { { tasks = one { tools = { { name = "x" } } } }, "task 'one': tools[1].run is missing" },
        }) do
            local world = A.new {}
            local err = world.fails(function() crew(world, row[1]) end)
            assert.equal("invalid_definition", err.code)
            assert.truthy(has(err.message, row[2]), err.message)
        end
    end)

    it("is named in the error of an agent that goes round in circles", function()
        local same = { tool_calls = { { name = "look", arguments = {} } } }
        local world = A.new { same, same, same }
        local look = { name = "look", description = "Looks.", run = function() return 1 end }
        local made = crew(world, { tasks = one { tools = { look } } })
        local err = world.fails(function() made:run() end)
        assert.equal("loop_detected", err.code)
        assert.truthy(has(err.message, "task 'one': agent 'Lead_Analyst': it repeats itself"), err.message)
        assert.equal("one", err.details.task)
    end)
end)
