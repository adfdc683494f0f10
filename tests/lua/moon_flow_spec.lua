-- moon.flow: tries, timeouts, fallbacks and errors as values; the lists of loops.

local agent_world = require "tests.lua.agent_world"

local function kit(tools)
    local world = agent_world.new({ tools = tools or { sleep = function() return {} end } })
    return world.parts.moon_flow, world, world.parts.call
end

-- A function that fails so often, then gives a value.
local function failing(call, times, err)
    local n = 0
    return function()
        n = n + 1
        if n <= times then
            if type(err) == "string" then error(err, 0) end
            call.raise({ code = err.code, message = "no", retryable = err.retryable })
        end
        return "try " .. n
    end
end

local function pauses(world)
    local list = {}
    for i, call in ipairs(world.calls) do
        list[i] = call[2].seconds
    end
    return list
end

describe("moon.flow", function()
    it("tries again while the error is retryable, with pauses that double", function()
        local flow, world, call = kit()
        assert.are.equal("try 3", flow.try({ attempts = 4, backoff_s = 2 }, failing(call, 2, { code = "timeout", retryable = true })))
        assert.are.same({ 2, 4 }, pauses(world))
    end)

    it("does not try again for other errors", function()
        local flow, world, call = kit()
        local err = world.fails(flow.try, { attempts = 4 }, failing(call, 2, { code = "denied", retryable = false }))
        assert.are.equal("denied", err.code)
        assert.are.same({}, pauses(world))
    end)

    it("tries again for the codes in `on` only", function()
        local flow, world, call = kit()
        assert.are.equal("try 2", flow.try({ attempts = 2, on = { "agent_error" } }, failing(call, 1, "plain text")))
        assert.are.equal("try 2", flow.try({ attempts = 2, on = { "denied" } }, failing(call, 1, { code = "denied" })))
        local err = world.fails(flow.try, { attempts = 2, on = { "denied" } }, failing(call, 1, { code = "timeout", retryable = true }))
        assert.are.equal("timeout", err.code)
    end)

    it("gives the fallback instead of the error, made when it is needed", function()
        local flow, world, call = kit()
        local fail = failing(call, 9, { code = "denied" })
        assert.are.equal(7, flow.try({ fallback = 7 }, fail))
        assert.are.equal(false, flow.try({ fallback = false }, fail))
        assert.is_nil(flow.try({ fallback = world.parts.moon_json.null }, fail))
        assert.are.equal("made", flow.try({ fallback = function() return "made" end }, fail))
        assert.are.equal("try 1", flow.try({ fallback = function() error("not needed") end }, failing(call, 0)))
    end)

    it("gives the error as the second value", function()
        local flow, _, call = kit()
        local value, err = flow.attempt(failing(call, 0))
        assert.are.same({ "try 1" }, { value, err })
        value, err = flow.attempt({ attempts = 1 }, failing(call, 1, { code = "denied" }))
        assert.is_nil(value)
        assert.are.same({ "denied", "no", false }, { err.code, err.message, err.retryable })
        value, err = flow.attempt(failing(call, 1, "plain text"))
        assert.is_nil(value)
        assert.are.same({ code = "agent_error", message = "plain text", retryable = false }, err)
    end)

    it("gives up a try that takes too long", function()
        local flow, world = kit()
        assert.are.equal("quick", flow.try({ timeout_ms = 50 }, function() return "quick" end))
        world.parts.branches.race = function() return nil, 2 end -- the clock is first
        local err = world.fails(flow.try, { timeout_ms = 1500 }, function() return "late" end)
        assert.are.same({ "timeout", true }, { err.code, err.retryable })
    end)

    it("refuses options that it does not know, and what is no function", function()
        local flow, world = kit()
        assert.is_truthy(world.fails(flow.try, { tries = 2 }, print):find("no option 'tries'", 1, true))
        assert.is_truthy(world.fails(flow.try, { attempts = 99 }, print):find("from 1 to 11", 1, true))
        assert.is_truthy(world.fails(flow.try, {}, 5):find("a function is expected", 1, true))
    end)

    it("lets no list be longer than its loop takes", function()
        local flow, world = kit()
        local list = { 1, 2, 3 }
        assert.are.equal(list, flow.items(list))
        assert.are.equal(list, flow.items(list, 3))
        assert.are.equal("loop_limit", world.fails(flow.items, list, 2).code)
        assert.are.equal("expression_failed", world.fails(flow.items, nil).code)
    end)

    it("gathers what moon.map gave without its holes", function()
        local flow = kit()
        assert.are.same({ "a", "c" }, { unpack(flow.gather({ [1] = "a", [3] = "c" })) })
        assert.is_false(getmetatable(flow.gather({})))
    end)
end)
