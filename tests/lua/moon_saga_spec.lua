-- moon.saga: what is undone, in which order, and what is told of it.

local kit = require "tests.lua.kit"

local log, clock, sleeps, events

local function load_saga()
    log, clock, sleeps, events = {}, 1000, {}, {}
    local parts = kit.load(function(name, args)
        assert.equal("sleep", name)
        sleeps[#sleeps + 1] = args.seconds
        return true, {}
    end)
    parts.host.now = function()
        clock = clock + 1
        return clock
    end
    parts.moon_log = { emit = function(name, data)
        events[#events + 1] = { name = name, data = data }
    end }
    return parts.moon_saga, parts
end

local function did(name, result)
    return function()
        log[#log + 1] = "do " .. name
        return result
    end
end

local function undo(name)
    return function(result)
        log[#log + 1] = "undo " .. name .. (result ~= nil and " " .. tostring(result) or "")
    end
end

local function fails(err)
    return function()
        error(err, 0)
    end
end

describe("moon.saga", function()
    it("gives what its body gives, and undoes nothing when all went well", function()
        local saga = load_saga()
        local a, b, c = saga(function(s)
            local x, y = s:step("one", function() return 1, 2 end, undo("one"))
            return x, nil, y
        end)
        assert.same({ 1, nil, 2 }, { a, b, c })
        assert.same({}, log)
        assert.same({}, events)
    end)

    it("undoes with the result of each step, the last first", function()
        local saga = load_saga()
        local ok, err = pcall(saga, function(s)
            s:step("flight", did("flight", "F1"), undo("flight"))
            s:step(did("log"))
            s:step("hotel", did("hotel", "H1"), undo("hotel"))
            s:step("car", fails({ code = "no_car", message = "none left", retryable = true }), undo("car"))
        end)
        assert.is_false(ok)
        assert.same({ "do flight", "do log", "do hotel", "undo hotel H1", "undo flight F1" }, log)
        assert.equal("no_car", err.code)
        assert.equal("none left", err.message)
        assert.is_true(err.retryable)
        assert.same({ "hotel", "flight" }, { unpack(err.details.compensated) })
        assert.equal(0, #err.details.failed_compensations)
        assert.same({ "saga.compensating", { "hotel", "flight" } }, { events[1].name, { unpack(events[1].data.steps) } })
    end)

    it("undoes as well when the body itself raises, and keeps the details of the error", function()
        local saga = load_saga()
        local _, err = pcall(saga, function(s)
            s:step("a", did("a"), undo("a"))
            error({ code = "late", message = "m", details = { by = 3 } }, 0)
        end)
        assert.same({ "do a", "undo a" }, log)
        assert.equal(3, err.details.by)
        local _, plain = pcall(saga, function(s)
            s:step("a", did("a"), undo("a"))
            error("oops", 0)
        end)
        assert.same({ "agent_error", "oops" }, { plain.code, plain.message })
    end)

    it("leaves an error alone when nothing was done", function()
        local saga = load_saga()
        local _, err = pcall(saga, fails("oops"))
        assert.equal("oops", err)
    end)

    it("goes on when the body catches the failure of a step", function()
        local saga = load_saga()
        assert.equal("plan b", saga(function(s)
            s:step("a", did("a"), undo("a"))
            if not pcall(s.step, s, "b", fails({ code = "no" }), undo("b")) then
                return "plan b"
            end
        end))
        assert.same({ "do a" }, log)
    end)

    it("undoes a step that failed when it is told to: it may have happened", function()
        local saga = load_saga()
        pcall(saga, function(s)
            s:step("pay", fails({ code = "timeout" }), undo("pay"), { always = true })
        end)
        assert.same({ "undo pay" }, log)
    end)

    it("tries an undo again, with growing pauses, and collects what cannot be undone", function()
        local saga = load_saga()
        local tries = 0
        local _, err = pcall(saga, function(s)
            s:step("first", did("first"), undo("first"))
            s:step("stuck", did("stuck"), function()
                tries = tries + 1
                error({ code = "down", message = "try later" }, 0)
            end)
            s:step("bug", did("bug"), function() error("nil index", 0) end)
            s:step("denied", did("denied"), fails({ code = "tool_denied", message = "no", retryable = false }))
            error({ code = "end" }, 0)
        end, { retries = 2, backoff_s = 4 })
        assert.equal(3, tries)
        assert.same({ 4, 8 }, sleeps)
        assert.equal("end", err.code)
        assert.same({ "first" }, { unpack(err.details.compensated) })
        local failed = {}
        for i, one in ipairs(err.details.failed_compensations) do
            failed[i] = one.name .. ": " .. one.error.code
        end
        assert.same({ "denied: tool_denied", "bug: agent_error", "stuck: down" }, failed)
    end)

    it("undoes a part by itself when the part fails, and then the whole", function()
        local saga = load_saga()
        local _, err = pcall(saga, function(s)
            s:step("a", did("a"), undo("a"))
            s:saga(function(inner)
                inner:step("b", did("b"), undo("b"))
                error({ code = "inner" }, 0)
            end)
        end)
        assert.same({ "do a", "do b", "undo b", "undo a" }, log)
        assert.same({ "b", "a" }, { unpack(err.details.compensated) })
    end)

    it("undoes a part that went well with the whole", function()
        local saga = load_saga()
        pcall(saga, function(s)
            s:step("a", did("a"), undo("a"))
            s:saga(function(inner)
                inner:step("b", did("b"), undo("b"))
            end)
            s:step("c", did("c"), undo("c"))
            error({ code = "late" }, 0)
        end)
        assert.same({ "do a", "do b", "do c", "undo c", "undo b", "undo a" }, log)
    end)

    it("orders steps side by side by the clock, not by the order of their answers", function()
        local _, parts = load_saga()
        local at = { a = 50, b = 20, c = 50 }
        local current
        parts.host.now = function() return at[current] end
        local saga = assert(loadfile("lua/moon/saga.lua"))(setmetatable({ moon_time = { now = parts.host.now } }, { __index = parts }))
        pcall(saga, function(s)
            for _, name in ipairs({ "a", "b", "c" }) do
                s:step(name, function() current = name end, undo(name))
            end
            error({ code = "end" }, 0)
        end)
        assert.same({ "undo c", "undo a", "undo b" }, log)
    end)

    it("checks its arguments, and takes no steps when it is over", function()
        local saga = load_saga()
        for _, row in ipairs({
            { "a function is expected", function() saga(5) end },
            { "retries must be", function() saga(did("x"), { retries = 11 }) end },
            { "step x: a function that does it", function() saga(function(s) s:step("x", 5) end) end },
            { "step 1: what undoes it", function() saga(function(s) s:step(did("x"), 5) end) end },
            { "the saga is over", function()
                local kept
                saga(function(s) kept = s end)
                kept:step("x", did("x"))
            end },
        }) do
            local ok, err = pcall(row[2])
            assert.is_false(ok)
            assert.matches(row[1], err)
        end
    end)
end)
