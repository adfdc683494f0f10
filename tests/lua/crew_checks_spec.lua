-- What a task's answer must pass: guardrails and people.

local W = require "tests.lua.crew_world"
local has = W.has

local function crew(more, agent)
    local task = W.with({ name = "one", description = "Write about {{topic}}.", expected_output = "A text." }, more)
    return { name = "c", agents = { agent or { name = "writer", role = "Writer", model = "big" } }, tasks = { task } }
end

-- A script that answers from a list; the judge has a list of its own.
local function listed(answers, verdicts)
    return function(def)
        return table.remove(def.name == "judge" and verdicts or answers, 1)
    end
end

local function run(world, spec)
    return world:run(function() return world.crew(spec):run({ topic = "ai" }) end)
end

local function fails(world, spec)
    return world:fails(function() return world.crew(spec):run({ topic = "ai" }) end)
end

describe("a guardrail that is a function", function()
    it("lets an answer pass, or says what is wrong to the agent, which goes on with what it knows", function()
        local world = W.new { script = listed { "short", "long enough" } }
        local result = run(world, crew { guardrail = function(output) return #output > 5, "It is too short." end })
        assert.same({ "long enough", 2 }, { result.output, result.tasks.one.attempts })
        assert.equal("It is too short.", world.asked[2].input:match("not accepted.\n(.-)\n"))
        assert.same({ "user", "assistant", "user" }, { world.asked[2].messages[1].role, world.asked[2].messages[2].role, world.asked[2].messages[3].role })
        assert.equal("short", world.asked[2].messages[2].content)
        assert.equal(200, result.tasks.one.usage.cost_micros)
    end)

    it("knows which attempt it is, of which task and agent, from which inputs", function()
        local seen
        local world = W.new { script = listed { "x" } }
        run(world, crew { guardrail = function(_, about) seen = about return true end })
        assert.same({ text = "x", task = "one", agent = "writer", attempt = 1, inputs = { topic = "ai" } }, seen)
    end)

    it("may put another value in the answer's place", function()
        local world = W.new { script = listed { " x " } }
        local result = run(world, crew { guardrail = function(output) return true, nil, { text = output:match("%S+") } end })
        assert.same({ text = "x" }, result.output)
        assert.equal('{"text":"x"}', result.text)
    end)

    it("gives up after the retries, three unless the task says otherwise", function()
        for retries, attempts in pairs({ [0] = 1, [2] = 3, [3] = 4 }) do
            local world = W.new { script = function() return "bad" end }
            local err = fails(world, crew { guardrail = function() return false, "Still bad." end, guardrail_retries = retries ~= 3 and retries or nil })
            assert.equal("guardrail_failed", err.code)
            assert.equal("task 'one': after " .. attempts .. " attempts: Still bad.", err.message)
            assert.equal("one", err.details.task)
            assert.equal(attempts, #world.asked)
        end
    end)

    it("must say yes or no", function()
        local err = fails(W.new { script = listed { "x" } }, crew { guardrail = function() return "fine" end })
        assert.truthy(has(tostring(err), "guardrail of task 'one' returned a string"))
    end)

    it("is one of several, in order, each on what the one before left", function()
        local world = W.new { script = listed { "a" } }
        local function add(letter) return function(output) return true, nil, output .. letter end end
        assert.equal("abc", run(world, crew { guardrail = { add("b"), add("c") } }).output)
    end)
end)

describe("a guardrail in words", function()
    local RULE = "Names at least one number."

    it("is judged by the agent's model, or another that is named; it costs the crew", function()
        for model, named in pairs({ big = false, small = "small" }) do
            local world = W.new { script = listed({ "no number", "42" },
                { { output = { ok = false, reason = "There is no number." } }, { output = { ok = true, reason = "" } } }) }
            local result = run(world, crew { guardrail = RULE, guardrail_model = named or nil })
            assert.equal("writer judge writer judge", world:who())
            assert.equal(model, world.asked[2].def.model)
            assert.truthy(has(world.asked[2].input, "# Rule\n" .. RULE .. "\n\n# Task\nWrite about ai.\n\n# Answer\nno number"))
            assert.truthy(has(world.asked[3].input, "There is no number."))
            assert.same({ "42", 2, 400 }, { result.output, result.tasks.one.attempts, result.usage.cost_micros })
        end
    end)

    it("tells events why an answer went back", function()
        local world = W.new { script = listed({ "a", "b" }, { { output = { ok = false, reason = "No." } }, { output = { ok = true } } }) }
        run(world, crew { guardrail = RULE })
        assert.same({ crew = "c", task = "one", attempt = 1, cause = "guardrail", reason = "No." }, world.events[2].data)
    end)
end)

describe("a review", function()
    local function world_of(answers, decisions)
        return W.new { script = listed(answers), tools = { approve = function() return table.remove(decisions, 1) end } }
    end

    it("shows a person the draft and goes on when it is approved", function()
        local world = world_of({ { output = { n = 1 } } }, { { approved = true, by = "kim" } })
        local result = run(world, crew { output = { type = "object" }, review = { title = "Post on {{topic}}?", roles = { "editor" }, deadline_s = 60, on_deadline = "fail" } })
        assert.same({ n = 1 }, result.output)
        assert.same({ "approve", {
            title = "Post on ai?", roles = { "editor" }, deadline_s = 60, on_deadline = "fail",
            details = { crew = "c", task = "one", agent = "writer", draft = { n = 1 }, expected = "A text.", round = 1, rounds = 3 },
        } }, world.called[1])
    end)

    it("gives a person's comment back to the agent, and asks again", function()
        local world = world_of({ "dull", "lively" }, { { approved = false, by = "kim", comment = "Too dull." }, { approved = true, by = "kim" } })
        local result = run(world, crew { review = true })
        assert.same({ "lively", 2 }, { result.output, result.tasks.one.attempts })
        assert.truthy(has(world.asked[2].input, "A reviewer rejected it, saying: Too dull."))
        assert.equal(2, world.called[2][2].details.round)
    end)

    it("fails after the rounds, three unless the task says otherwise", function()
        for rounds = 1, 3 do
            local decisions = {}
            for i = 1, 3 do decisions[i] = { approved = false, by = "kim", comment = "No " .. i .. "." } end
            local world = world_of({ "a", "b", "c" }, decisions)
            local err = fails(world, crew { review = rounds == 3 and true or { rounds = rounds } })
            assert.same({ "review_rejected", rounds }, { err.code, #world.asked })
            assert.equal(("task 'one': rejected in review %d of %d: No %d."):format(rounds, rounds, rounds), err.message)
            assert.same({ by = "kim", comment = "No " .. rounds .. ".", task = "one" }, err.details.cause)
        end
    end)

    it("that nobody makes in time does not cost another answer", function()
        local world = world_of({ "a", "b" }, { { approved = false } })
        local err = fails(world, crew { review = { deadline_s = 60 } })
        assert.same({ "review_rejected", 1 }, { err.code, #world.asked })
        assert.truthy(has(err.message, "nobody reviewed the result in time"))
    end)

    it("comes after the guardrails, each time anew", function()
        local guarded, world = {}, world_of({ "bad", "good 1", "good 2" }, { { approved = false, comment = "More." }, { approved = true } })
        local result = run(world, crew { review = true, guardrail = function(output)
            guarded[#guarded + 1] = output
            return output ~= "bad", "It is bad."
        end })
        assert.same({ "bad", "good 1", "good 2" }, guarded)
        assert.equal("good 1", world.called[1][2].details.draft)
        assert.same({ "good 2", 3 }, { result.output, result.tasks.one.attempts })
    end)
end)
