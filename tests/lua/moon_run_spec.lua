-- moon.run: the face of agent.run and agent.wait.

local kit = require "tests.lua.kit"

local function core(answers)
    local calls = {}
    local parts = kit.load(function(name, args)
        calls[#calls + 1] = { name, args }
        local answer = table.remove(answers, 1)
        return not answer.error, answer.error or answer.value
    end)
    return parts.moon_run.run(), calls
end

describe("moon.run", function()
    it("gives the output first, then the whole result", function()
        local run, calls = core({ { value = { run_id = "run_1", output = { x = 1 } } } })
        local output, result = run("helper", { n = 2 }, { budget_micros = 5, timeout_s = 60 })
        assert.same({ x = 1 }, output)
        assert.equal("run_1", result.run_id)
        assert.same({ { "agent.run", { target = "helper", input = { n = 2 }, budget_micros = 5, timeout_s = 60 } } }, calls)
    end)

    it("gives a handle when it is not to wait, and waits for it later", function()
        local run, calls = core({ { value = { run_id = "run_1" } }, { value = { run_id = "run_1", output = 7 } } })
        local handle = run("helper", nil, { wait = false })
        assert.same({ run_id = "run_1" }, handle)
        assert.equal(7, (run.wait(handle)))
        assert.same({ "agent.run", { target = "helper", wait = false } }, calls[1])
        assert.same({ "agent.wait", { run_id = "run_1" } }, calls[2])
    end)

    it("raises the child's error", function()
        local run = core({ { error = { code = "no_stock", message = "sold out", details = { run_id = "run_1" } } } })
        local ok, err = pcall(run, "helper")
        assert.is_false(ok)
        assert.equal("no_stock", err.code)
        assert.equal("run_1", err.details.run_id)
    end)

    it("says what is wrong with its arguments", function()
        local run, calls = core({})
        for _, row in ipairs({
            { "name of a deployment", 5 }, { "options must be a table", "a", nil, 7 },
            { "no option 'budget'", "a", nil, { budget = 1 } }, { "timeout_s must be a number", "a", nil, { timeout_s = "1" } },
            { "wait must be a boolean", "a", nil, { wait = 1 } },
        }) do
            local ok, err = pcall(run, row[2], row[3], row[4])
            assert.is_false(ok)
            assert.matches(row[1], err)
        end
        assert.is_false(pcall(run.wait, 5))
        assert.equal(0, #calls)
    end)
end)
