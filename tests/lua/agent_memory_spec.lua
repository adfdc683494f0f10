-- moon.agent's memory: what the model is shown of a long conversation.

local World = require "tests.lua.agent_world"

local LOOK = { name = "look", description = "d", run = function(args) return "seen " .. args.n end }

local function look(n)
    return { tool_calls = { { name = "look", arguments = { n = n } } } }
end

local function script_of(n)
    local script = {}
    for i = 1, n do script[i] = look(i) end
    script[n + 1] = "done"
    return script
end

local function assert_paired(messages)
    local open = {}
    for i, message in ipairs(messages) do
        for _, one in ipairs(message.tool_calls or {}) do open[one.id] = true end
        if message.role == "tool" then
            assert.truthy(open[message.tool_call_id], "message " .. i .. " answers a call that is not shown")
            open[message.tool_call_id] = nil
        end
    end
    assert.is_nil(next(open), "a call is shown without its result")
end

describe("memory.window", function()
    it("shows at most so many messages and what was asked, with calls and results together", function()
        local world = World.new(script_of(12))
        local result = world.agent { tools = { LOOK }, memory = { window = 6 }, max_steps = 50 }:run("the task")
        for _, chat in ipairs(world.chats) do
            assert.is_true(#chat.messages <= 7)
            assert.same({ role = "user", content = "the task" }, chat.messages[1])
            assert_paired(chat.messages)
        end
        assert.equal(26, #result.messages) -- the whole is kept
    end)

    it("cuts at once so far that the beginning stays the same for some steps", function()
        local world = World.new(script_of(12))
        world.agent { tools = { LOOK }, memory = { window = 8, keep = 2 }, max_steps = 50 }:run("the task")
        local cuts = 0
        for i = 2, #world.chats do
            local before, now = world.chats[i - 1].messages, world.chats[i].messages
            if #now > #before then
                for k = 1, #before do assert.same(before[k], now[k]) end
            else
                cuts = cuts + 1
            end
        end
        assert.is_true(cuts >= 3 and cuts <= 5, cuts)
    end)

    it("a window that begins before the question begins with a user's message", function()
        local messages = {}
        for i = 1, 20 do messages[i] = { role = i % 2 == 1 and "user" or "assistant", content = "m" .. i } end
        messages[21] = { role = "user", content = "m21" }
        local world = World.new { "done" }
        world.agent { memory = { window = 6, keep = 4 } }:run({ messages = messages })
        assert.equal("m17", world.chats[1].messages[1].content)
        assert.equal(5, #world.chats[1].messages)
    end)
end)

describe("memory.summary", function()
    it("condenses what goes into one message, by a call that counts", function()
        local world = World.new {
            look(1), look(2), look(3), function(args)
                assert.truthy(args.messages[1].content:find("seen 1", 1, true))
                assert.truthy(args.messages[1].content:find('assistant calls look: {"n":1}', 1, true))
                assert.is_nil(args.tools)
                assert.equal("small", args.model)
                return "It saw 1 and 2."
            end, "done",
        }
        local result = world.agent { tools = { LOOK }, model = "m",
            memory = { window = 6, keep = 2, summary = { model = "small" } } }:run("the task")
        local shown = world.chats[5].messages
        assert.equal("Summary of the conversation so far:\n\nIt saw 1 and 2.", shown[1].content)
        assert.equal("the task", shown[2].content)
        assert_paired(shown)
        assert.equal(5, result.usage.calls)
        assert.equal(4, result.steps)
    end)

    it("goes into the next one", function()
        local world = World.new {
            look(1), look(2), "S1", look(3), look(4), function(args)
                assert.truthy(args.messages[1].content:find("earlier: S1", 1, true))
                return "S2"
            end, "done",
        }
        world.agent { tools = { LOOK }, memory = { window = 4, keep = 2, summary = true } }:run("the task")
        assert.truthy(world.chats[7].messages[1].content:find("S2", 1, true))
    end)

    it("stops at the budget like any call", function()
        local world = World.new { look(1), look(2), look(3), "S" }
        local err = world.fails(function()
            world.agent { tools = { LOOK }, memory = { window = 6, summary = true }, max_cost_micros = 300 }:run("x")
        end)
        assert.equal("agent_budget", err.code)
        assert.equal(3, #world.chats)
    end)
end)
