-- Runs of crews: order, context, inputs, async and conditional tasks, results, lists of inputs.

local W = require "tests.lua.crew_world"
local task, has = W.task, W.has

local function agents()
    return { { name = "analyst", role = "Analyst of {{topic | default: \"all\"}}", goal = "Find facts.", background = "Ten years." },
        { name = "writer", role = "Writer" } }
end

local function crew(tasks, more)
    return W.with({ name = "c", agents = agents(), tasks = tasks }, more)
end

-- Answers with the task's name, which the prompt's first lines hold, after `seconds[name]`.
local function by_task(seconds, answers)
    return function(_, input, world)
        local name = input:match("Do (%w+)%.") or "?"
        if seconds and seconds[name] then world:sleep(seconds[name]) end
        return answers and answers[name] or "result of " .. name
    end
end

local function run(world, spec, inputs, opts)
    return world:run(function() return world.crew(spec):run(inputs, opts) end)
end

local function asked_for(world, name)
    for _, one in ipairs(world.asked) do
        if has(one.input, "Do " .. name .. ".") then return one end
    end
end

describe("a sequential crew", function()
    it("does the tasks in their order and gives the last one's output as its own", function()
        local world = W.new { script = by_task() }
        local result = run(world, crew { task("one"), task("two", { agent = "writer" }), task("three") })
        assert.equal("analyst writer analyst", world:who())
        assert.equal("result of three", result.output)
        assert.equal("result of one", result.tasks.one.output)
        assert.same({ "writer", 1 }, { result.tasks.two.agent, result.tasks.two.attempts })
        assert.same({ tokens_in = 30, tokens_out = 15, cost_micros = 300, calls = 3, steps = 3 }, result.usage)
        assert.equal(100, result.tasks.one.usage.cost_micros)
    end)

    it("tells an agent its role, goal and background, and the task with what is expected", function()
        local world = W.new { script = by_task() }
        run(world, crew({ task("one", { markdown = true }) }, { agents = { analyst = { role = "Analyst", goal = "Find facts.", backstory = "Ten years." } } }))
        assert.equal("You are Analyst.\nYour goal: Find facts.\nTen years.", world.asked[1].def.instructions)
        assert.truthy(has(world.asked[1].input, "# Task\nDo one."))
        assert.truthy(has(world.asked[1].input, "# What is expected\nIt is done.\nWrite the answer as Markdown"))
    end)

    it("gives each task the output of the one before it, unless it names others or none", function()
        local world = W.new { script = by_task() }
        run(world, crew { task("one"), task("two"), task("three"), task("four", { context = { "one", "three" } }), task("five", { context = false }) })
        local function known(name)
            local list = {}
            for other in asked_for(world, name).input:gmatch("result of (%w+)") do list[#list + 1] = other end
            return table.concat(list, " ")
        end
        assert.equal("", known("one"))
        assert.equal("one", known("two"))
        assert.equal("two", known("three"))
        assert.equal("one three", known("four"))
        assert.equal("", known("five"))
    end)

    it("has the tools of the task in place of the agent's", function()
        local world = W.new { script = by_task() }
        run(world, crew({ task("one"), task("two", { tools = { "http.request" } }) },
            { agents = { { name = "analyst", role = "A", tools = { "csv.decode" } } } }))
        assert.same({ "csv.decode" }, world.asked[1].def.tools)
        assert.same({ "http.request" }, world.asked[2].def.tools)
    end)

    it("asks for an output schema where the task has one, and shows tables as JSON to later tasks", function()
        local schema = { type = "object" }
        local world = W.new { script = by_task(nil, { one = { output = { n = 1 } } }) }
        local result = run(world, crew { task("one", { output = schema }), task("two") })
        assert.equal(schema, world.asked[1].def.output)
        assert.is_nil(world.asked[2].def.output)
        assert.same({ n = 1 }, result.tasks.one.output)
        assert.equal('{"n":1}', result.tasks.one.text)
        assert.truthy(has(world.asked[2].input, '## one\n{"n":1}'))
    end)

    it("says in events what begins and what is done", function()
        local world = W.new { script = by_task() }
        run(world, crew { task("one"), task("two") })
        local told = {}
        for i, event in ipairs(world.events) do told[i] = event.name .. " " .. event.data.task end
        assert.same({ "crew.task_started one", "crew.task_done one", "crew.task_started two", "crew.task_done two" }, told)
        assert.equal(100, world.events[2].data.usage.cost_micros)
    end)

    it("keeps the events of many runs out of the record, which holds a thousand", function()
        local world, list = W.new { script = by_task() }, {}
        for i = 1, 150 do list[i] = {} end
        local made = world.crew(crew { task("one"), task("two") })
        world:run(function() made:run() made:run_each(list, { limit = 1 }) made:run() end)
        local kept = 0
        for i, event in ipairs(world.events) do
            assert.equal(i > 400, event.is_live)
            kept = kept + (event.is_live and 0 or 1)
        end
        assert.same({ 400, 608 }, { kept, #world.events })
    end)

    it("tells the callbacks of task and crew, in that order, each result", function()
        local told = {}
        local world = W.new { script = by_task() }
        run(world, crew({ task("one", { callback = function(result) told[#told + 1] = "task " .. result.output end }), task("two") },
            { task_callback = function(result) told[#told + 1] = "crew " .. result.task end }))
        assert.same({ "task result of one", "crew one", "crew two" }, told)
    end)

    it("writes a task's text to the file that it names", function()
        local world = W.new { script = by_task(), tools = { ["file.write"] = function() return { bytes = 1 } end } }
        local result = run(world, crew { task("one", { output_file = "reports/{{topic}}.md" }) }, { topic = "ai" })
        assert.same({ { "file.write", { path = "reports/ai.md", content = "result of one" } } }, world.called)
        assert.equal("reports/ai.md", result.tasks.one.file)
    end)

    it("fails with the agent's error, naming the task", function()
        local world = W.new { script = function()
            error({ code = "loop_detected", message = "agent 'analyst': it repeats itself", retryable = false, details = { steps = 3 } }, 0)
        end }
        local err = world:fails(function() return world.crew(crew { task("one"), task("two") }):run() end)
        assert.equal("loop_detected", err.code)
        assert.equal("task 'one': agent 'analyst': it repeats itself", err.message)
        assert.same({ crew = "c", task = "one", agent = "analyst", cause = { steps = 3 } }, err.details)
        assert.equal(1, #world.asked)
    end)

    it("asks the same again when it runs again", function()
        local function texts()
            local world, list = W.new { script = by_task({ one = 2, two = 1 }) }, {}
            run(world, crew { task("one", { async = true }), task("two"), task("three", { context = { "one", "two" } }) }, { b = 1, a = 2 })
            for i, one in ipairs(world.asked) do list[i] = one.def.instructions .. one.input end
            return list
        end
        assert.same(texts(), texts())
    end)
end)

describe("the inputs of a crew", function()
    it("fill the places of tasks and agents, by path and filter", function()
        local world = W.new { script = by_task() }
        run(world, crew { task("one", { description = "Do one. On {{topic | upper}} for {{who.name}}.", expected_output = "{{n}} lines" }) },
            { topic = "ai", who = { name = "Kim" }, n = 3 })
        assert.truthy(has(world.asked[1].input, "On AI for Kim."))
        assert.truthy(has(world.asked[1].input, "3 lines"))
        assert.truthy(has(world.asked[1].def.instructions, "Analyst of ai"))
    end)

    it("are asked for before anything runs", function()
        for _, row in ipairs({
            { crew { task("one"), task("two", { expected_output = "{{n}}" }) }, "task 'two', field 'expected_output': the input has nothing for {{n}}" },
            { crew({ task("one") }, { agents = { { name = "analyst", role = "{{who.name}}" } } }), "agent 'analyst', field 'role'" },
        }) do
            local world = W.new { script = by_task() }
            local err = world:fails(function() return world.crew(row[1]):run({ who = {} }) end)
            assert.equal("invalid_input", err.code)
            assert.truthy(has(err.message, row[2]), err.message)
            assert.equal(0, #world.asked)
        end
    end)

    it("are a table", function()
        local world = W.new()
        local err = world:fails(function() return world.crew(crew { task("one") }):run("ai") end)
        assert.equal("invalid_input", err.code)
    end)

    it("are text, never again places", function()
        local world = W.new { script = by_task() }
        run(world, crew { task("one", { description = "Do one. {{topic}}" }) }, { topic = "{{secret}}" })
        assert.truthy(has(world.asked[1].input, "{{secret}}"))
    end)
end)

describe("an async task", function()
    local spec = function()
        return crew { task("slow", { async = true }), task("quick"), task("next"), task("last", { context = { "slow", "next" } }) }
    end

    it("runs beside later ones until one needs its output", function()
        local world = W.new { script = by_task({ slow = 10, quick = 2, next = 3, last = 1 }) }
        local result = run(world, spec())
        assert.same({ 0, 0, 2, 10 }, { asked_for(world, "slow").at, asked_for(world, "quick").at, asked_for(world, "next").at, asked_for(world, "last").at })
        assert.truthy(has(asked_for(world, "last").input, "result of slow"))
        assert.equal(11, world.now)
        assert.equal(400, result.usage.cost_micros)
    end)

    it("is not the context of the task after it, which does not wait", function()
        local world = W.new { script = by_task({ slow = 10 }) }
        run(world, crew { task("first"), task("slow", { async = true }), task("after") })
        assert.truthy(has(asked_for(world, "after").input, "result of first"))
        assert.falsy(has(asked_for(world, "after").input, "result of slow"))
        assert.equal(0, asked_for(world, "after").at)
    end)

    it("may be the last one: its output is the crew's", function()
        local world = W.new { script = by_task({ slow = 10 }) }
        assert.equal("result of slow", run(world, crew { task("one"), task("slow", { async = true }) }).output)
    end)

    it("may need another async task: that one is waited for first", function()
        local world = W.new { script = by_task({ slow = 5 }) }
        run(world, crew { task("slow", { async = true }), task("more", { async = true, context = { "slow" } }), task("last", { context = { "more" } }) })
        assert.equal(5, asked_for(world, "more").at)
    end)

    it("asks the same whichever is faster", function()
        local function texts(seconds)
            local world, list = W.new { script = by_task(seconds) }, {}
            run(world, spec())
            for i, one in ipairs(world.asked) do list[i] = one.input end
            table.sort(list)
            return list
        end
        assert.same(texts { slow = 9 }, texts { quick = 4, next = 4 })
    end)

    it("fails the crew where it is needed, after what is under way has ended", function()
        local script = function(_, input, world)
            if has(input, "Do slow.") then
                world:sleep(1)
                error({ code = "model_overloaded", message = "busy", retryable = true }, 0)
            end
            world:sleep(2)
            return "fine"
        end
        local world = W.new { script = script }
        local err = world:fails(function() return world.crew(spec()):run() end)
        assert.same({ "model_overloaded", "task 'slow': busy", true }, { err.code, err.message, err.retryable })
        assert.is_nil(asked_for(world, "last"))
        assert.truthy(asked_for(world, "next"))
    end)

    it("is waited for when another task fails, whose error is raised unless it fails, too", function()
        local function fails(slow_too)
            local world = W.new { script = function(_, input, world)
                local slow = has(input, "Do slow.")
                world:sleep(slow and 5 or 1)
                if slow and not slow_too then return "fine" end
                error({ code = slow and "first" or "second", message = "no" }, 0)
            end }
            return world:fails(function() return world.crew(spec()):run() end), world
        end
        local err, world = fails(false)
        assert.same({ "second", 5 }, { err.code, world.now })
        assert.equal("first", (fails(true)).code)
    end)
end)

describe("a conditional task", function()
    local function world_of() return W.new { script = by_task() } end

    it("is done when its condition says so, by all earlier outputs and the inputs", function()
        local world, seen = world_of(), nil
        run(world, crew { task("one"), task("two"), task("three", { condition = function(outputs, inputs)
            seen = { outputs.one.output, outputs.two.text, inputs.n }
            return true
        end }) }, { n = 7 })
        assert.same({ "result of one", "result of two", 7 }, seen)
        assert.truthy(asked_for(world, "three"))
    end)

    it("is skipped otherwise: no agent is asked, later tasks go without it", function()
        local world = world_of()
        local result = run(world, crew { task("one"), task("two", { condition = function() return false end }), task("three"),
            task("four", { context = { "one", "two" } }) })
        assert.is_nil(asked_for(world, "two"))
        assert.truthy(has(asked_for(world, "three").input, "## one"))
        assert.falsy(has(asked_for(world, "four").input, "## two"))
        assert.same({ true, 0 }, { result.tasks.two.skipped, result.tasks.two.attempts })
    end)

    it("that is skipped as the last one leaves the crew the output before it", function()
        local result = run(world_of(), crew { task("one"), task("two", { condition = function() return false end }) })
        assert.equal("result of one", result.output)
    end)

    it("waits only for the async tasks in its own context", function()
        local world, seen = W.new { script = by_task({ slow = 5 }) }, {}
        local function look(outputs) seen[#seen + 1] = outputs.slow ~= nil return true end
        run(world, crew { task("one"), task("slow", { async = true }), task("two", { condition = look }),
            task("three", { condition = look, context = { "slow" } }) })
        assert.same({ false, true }, seen)
    end)

    it("that raises fails the crew", function()
        local world = world_of()
        local err = world:fails(function()
            return world.crew(crew { task("one"), task("two", { condition = function() error("no such field") end }) }):run()
        end)
        assert.truthy(has(tostring(err), "no such field"))
    end)
end)

describe("run_each", function()
    local function spec() return crew { task("one", { description = "Do {{n}}." }) } end

    it("runs the crew for each input, side by side up to the limit, results in order", function()
        local world = W.new { script = by_task({ a = 3, b = 1, c = 1 }) }
        local results = world:run(function()
            return world.crew(spec()):run_each({ { n = "a" }, { n = "b" }, { n = "c" } }, { limit = 2 })
        end)
        assert.same({ "result of a", "result of b", "result of c" }, { results[1].output, results[2].output, results[3].output })
        assert.same({ 0, 1 }, { asked_for(world, "b").at, asked_for(world, "c").at })
        assert.equal(100, results[2].usage.cost_micros)
    end)

    it("raises the first error, or collects errors beside results", function()
        local function world_of()
            return W.new { script = function(_, input)
                if has(input, "Do b.") then error({ code = "bad", message = "no" }, 0) end
                return "fine"
            end }
        end
        local list = { { n = "a" }, { n = "b" }, {} }
        local world = world_of()
        assert.equal("bad", world:fails(function() return world.crew(spec()):run_each({ list[1], list[2] }) end).code)
        world = world_of()
        local results = world:run(function() return world.crew(spec()):run_each(list, { on_error = "collect" }) end)
        assert.same({ "fine", "bad", "invalid_input" }, { results[1].output, results[2].error.code, results[3].error.code })
    end)

    it("checks what it is given", function()
        local world = W.new()
        local made = world.crew(spec())
        for _, call in ipairs({
            function() made:run_each("x") end, function() made:run_each({}, { on_error = "ignore" }) end,
            function() made:run({}, { limit = 2 }) end, function() made:run({}, { max_steps = 0 }) end,
        }) do
            assert.has_error(call)
        end
    end)
end)
