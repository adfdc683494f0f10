-- moon.graph against what LangGraph documents, case by case: limits, graphs in graphs, people, failures,
-- events and history. The rows of the table in lua/moon/README.md name these tests and those of
-- graph_langgraph_spec.lua.

local graph_case = require "tests.lua.graph_case"

local world, moon, run, fails, add, names_of_calls, events, diamond

before_each(function()
    local case = graph_case()
    world, moon, run, fails, add, names_of_calls, events, diamond =
        case.world, case.moon, case.run, case.fails, case.add, case.names_of_calls, case.events, case.diamond
end)

describe("limits of steps", function()
    local cycle = { state = { n = "sum" }, start = "a", max_steps = 7,
        nodes = { a = function() return { n = 1 } end, b = function() return { n = 1 } end },
        edges = { a = "b", b = { choose = function(s) return s.n < 9 and "a" or "end" end, to = { "a", "end" } } } }

    it("raises graph_step_limit and names the nodes of the cycle", function()
        local err = fails(cycle)
        assert.equal("graph_step_limit", err.code)
        assert.same({ "a", "b", "a", "b", "a", "b", "a" }, err.details.nodes)
        assert.matches("did not reach its end in 7 steps; the last were a, b, a, b, a, b, a, then 'b'", err.message)
    end)

    it("counts steps and not nodes, and does not mind a run that ends with its last", function()
        assert.equal(10, run(cycle, nil, { max_steps = 10 }).n)
        assert.equal("graph_step_limit", fails(cycle, nil, { max_steps = 9 }).code)
        local wide = diamond({ a = add "a", b = add "b", c = add "c", d = add "d" })
        assert.equal(4, #run(wide, nil, { max_steps = 3 }).log)
    end)

    it("lets a node see how many steps there were", function()
        local steps = {}
        run({ state = { n = "any" }, start = "a", nodes = { a = function(_, ctx) steps[1] = ctx.step end,
            b = function(_, ctx) steps[2] = ctx.step end }, edges = { a = "b", b = "end" } })
        assert.same({ 1, 2 }, steps)
    end)
end)

describe("graphs in graphs", function()
    local function inner(nodes, state)
        return moon.graph{ name = "inner", state = state, start = "x", nodes = nodes, edges = { x = "end" } }
    end

    it("shares fields of the same name, and hands back only what is new", function()
        local sub = inner({ x = function(s) return { log = "inner saw " .. #s.log, n = 5, secret = 1 } end },
            { log = "append", n = "sum", secret = "number" })
        local state = run({ state = { log = "append", n = "sum" }, start = "a",
            nodes = { a = add "a", sub = sub, z = add "z" }, edges = { a = "sub", sub = "z", z = "end" } }, { n = 1 })
        assert.same({ log = { "a", "inner saw 1", "z" }, n = 6 }, state)
    end)

    it("maps the state in and out", function()
        local sub = inner({ x = function(s) return { answer = s.query .. "!" } end }, { query = "string", answer = "string" })
        local def = { state = { question = "string", reply = "string" }, start = "sub",
            nodes = { sub = { run = sub, input = { query = "question" }, output = { reply = "answer" } } },
            edges = { sub = "end" } }
        assert.equal("why!", run(def, { question = "why" }).reply)
        def.nodes.sub.input = function(s) return { query = s.question:upper() } end
        def.nodes.sub.output = function(result) return { reply = "<" .. result.answer .. ">" } end
        assert.equal("<WHY!>", run(def, { question = "why" }).reply)
    end)

    it("must be told what goes in and out when no field is shared", function()
        local sub = inner({ x = function() end }, { other = "any" })
        local err = fails({ state = { log = "append" }, start = "sub", nodes = { sub = sub }, edges = { sub = "end" } })
        assert.equal("invalid_definition", err.code)
        assert.matches("node 'sub': graph 'inner' shares no field with this one", err.message)
    end)

    it("names the way to an inner graph in errors and events", function()
        local sub = inner({ x = function() return { n = "no" } end }, { n = "number" })
        local err = fails({ name = "outer", state = { n = "number" }, start = "sub", nodes = { sub = sub },
            edges = { sub = "end" } }, nil, { stream = { "tasks" } })
        assert.equal("outer.sub", err.details.graph)
        assert.equal("outer.sub", events("graph.task")[2].graph)
    end)
end)

describe("people", function()
    local function answer(value)
        world.answer = function(name, args)
            return true, name == "approve" and value or { echo = args }, 1
        end
    end

    it("waits for a person in the middle of a node, and goes on from there", function()
        local ran = 0
        answer({ approved = true, data = { text = "edited" } })
        local state = run({ state = { draft = "string" }, start = "a", nodes = { a = function()
            moon.tool("write", { name = "draft" })
            ran = ran + 1
            local said = moon.approve{ title = "Send?" }
            return { draft = said.data.text }
        end }, edges = { a = "end" } })
        assert.equal("edited", state.draft)
        assert.equal(1, ran)
        assert.same({ "draft", "approve" }, names_of_calls())
    end)

    it("asks before and after the nodes of interrupt_before and interrupt_after", function()
        answer({ approved = true })
        local def = { name = "desk", state = { log = "append" }, start = "a", nodes = { a = add("a", 1), b = add("b", 1) },
            edges = { a = "b", b = "end" }, interrupt_before = { "b" }, interrupt_after = { a = { title = "Fine?", roles = { "lead" } } } }
        assert.same({ "a", "b" }, run(def).log)
        assert.same({ "a", "approve", "approve", "b" }, names_of_calls())
        assert.same({ title = "Fine?", roles = { "lead" }, details = { graph = "desk", node = "a", update = { log = "a" } } },
            world.calls[2][2])
        assert.equal("Run node 'b' of graph 'desk'?", world.calls[3][2].title)
        def.interrupt_before, def.interrupt_after = nil, nil
        run(def, nil, { interrupt_before = "a" })
        assert.same({ "approve", "a", "b" }, { unpack(names_of_calls(), 5) })
    end)

    it("ends with rejected when the person says no", function()
        answer({ approved = false, by = "kim", comment = "too early" })
        local err = fails({ state = { log = "append" }, start = "a", nodes = { a = add("a", 1) }, edges = { a = "end" },
            interrupt_before = { "a" } })
        assert.equal("rejected", err.code)
        assert.equal("node 'a' of graph 'graph' was rejected: too early", err.message)
        assert.same({ "approve" }, names_of_calls())
    end)

    it("lays what the person fills in over the node's update", function()
        answer({ approved = true, data = { draft = "better" } })
        assert.equal("better", run({ state = { draft = "string" }, start = "a",
            nodes = { a = function() return { draft = "good" } end }, edges = { a = "end" }, interrupt_after = { "a" } }).draft)
    end)
end)

describe("failures", function()
    local function failing(times, err, options)
        local tries = 0
        options.run = function(_, ctx)
            tries = tries + 1
            if tries <= times then
                error(err, 0)
            end
            return { log = "try " .. ctx.attempt }
        end
        return { state = { log = "append" }, start = "a", nodes = { a = options, b = function(_, ctx)
            return { log = ctx.error and "after " .. ctx.error.code or "b" }
        end }, edges = { a = "end", b = "end", start = options.fallback == "b" and "a" or { "a", "b" } } }
    end

    it("tries a node again while its error may pass, with growing pauses", function()
        assert.same({ "try 3", "b" }, run(failing(2, { code = "busy", retryable = true }, { retries = 3, backoff_s = 2 })).log)
        assert.same({ { "sleep", { seconds = 2 } }, { "sleep", { seconds = 4 } } }, world.calls)
        assert.equal("busy", fails(failing(3, { code = "busy", retryable = true }, { retries = 2 })).code)
        assert.equal("no", fails(failing(1, { code = "no" }, { retries = 2 })).code)
    end)

    it("tries again on the codes, or by the function, of retry_on", function()
        assert.equal("try 2", run(failing(1, { code = "no" }, { retries = 1, retry_on = { "no" } })).log[1])
        assert.equal("busy", fails(failing(1, { code = "busy", retryable = true }, { retries = 1, retry_on = { "no" } })).code)
        assert.equal("try 2", run(failing(1, "a bug", { retries = 1, retry_on = function(err) return err == "a bug" end })).log[1])
        assert.equal("a bug", fails(failing(1, "a bug", { retries = 1 })))
    end)

    it("gives up a try of a node after timeout_s", function()
        local def = { state = { log = "append" }, start = "a", nodes = { a = { run = add("a", 10), timeout_s = 3 } },
            edges = { a = "end" } }
        local err = fails(def)
        assert.equal("node_timeout", err.code)
        assert.is_true(err.retryable)
        def.nodes.a.timeout_s = 30
        assert.same({ "a" }, run(def).log)
    end)

    it("runs the fallback once the tries are used up", function()
        local def = failing(9, { code = "no" }, { retries = 1, retry_on = true, fallback = function(_, _, err)
            return { log = "instead of " .. err.code }
        end })
        assert.same({ "instead of no", "b" }, run(def).log)
        assert.same({ "after no" }, run(failing(9, { code = "no" }, { fallback = "b" })).log)
    end)

    it("lets an error of a node that nothing catches end the run unchanged", function()
        local err = { code = "mine", message = "as it was" }
        assert.equal(err, fails({ state = { n = "any" }, start = "a", nodes = { a = function() error(err) end },
            edges = { a = "end" } }))
    end)
end)

describe("events", function()
    local def = diamond({ a = add "a", b = add("b", 5), c = add("c", 1), d = function() end })

    it("tells each update, in the order in which they are merged", function()
        run(def, nil, { stream = "updates" })
        local told = {}
        for i, event in ipairs(events("graph.update")) do
            told[i] = event.step .. event.node .. (event.update.log or "")
        end
        assert.same({ "1aa", "2bb", "2cc", "3d" }, told)
        assert.equal(0, #events("graph.values"))
    end)

    it("tells the state before the first step and after each", function()
        run(def, { log = "in" }, { stream = { "values" } })
        local sizes = {}
        for i, event in ipairs(events("graph.values")) do
            sizes[i] = #event.values.log
        end
        assert.same({ 1, 2, 4, 4 }, sizes)
    end)

    it("tells the fields only when the values are too large to tell", function()
        local state = run({ state = { text = "string" }, start = "a", nodes = { a = function()
            return { text = ("x"):rep(70000) }
        end }, edges = { a = "end" } }, nil, { stream = "updates" })
        assert.equal(70000, #state.text)
        assert.same({ "text" }, events("graph.update")[1].fields)
    end)

    it("carries events that a node emits itself", function()
        run({ state = { n = "any" }, start = "a", nodes = { a = function() moon.emit("half", { done = 50 }) end },
            edges = { a = "end" } })
        assert.same({ { done = 50 } }, events("half"))
    end)
end)

describe("history", function()
    it("gives the same state again from the recorded answers, and calls nothing", function()
        local asked = 0
        world.answer = function(_, args)
            asked = asked + 1
            return true, { said = args.name .. asked }, (asked * 7) % 5
        end
        local function node(name)
            return function() return { log = moon.tool("llm", { name = name }).said } end
        end
        local def = diamond({ a = node "a", b = node "b", c = node "c", d = node "d" })
        local first, recorded = run(def), {}
        for i, call in ipairs(world.calls) do
            recorded[call[2].name] = first.log[i]
        end
        for _, said in ipairs(first.log) do
            recorded[said:sub(1, 1)] = said
        end
        world.answer = function(_, args)
            return true, { said = recorded[args.name] }, 0
        end
        assert.same(first, (run(def)))
        assert.equal(4, asked)
    end)

    it("has no cache of nodes, and says what to use", function()
        local err = fails({ state = { n = "any" }, start = "a", nodes = { a = { run = function() end, cache = true } },
            edges = { a = "end" } })
        assert.equal("invalid_definition", err.code)
        assert.matches("the journal, and moon.kv", err.message)
    end)

    it("grows with what is new: appending does not copy what is there", function()
        local lists = {}
        run({ state = { log = "append" }, start = "a", nodes = { a = function(s) lists[#lists + 1] = s.log return { log = 1 } end },
            edges = { a = { choose = function(s) return #s.log < 5 and "a" or "end" end, to = { "a", "end" } } } })
        assert.equal(lists[1], lists[5])
    end)

    it("keeps what a field took from a growing list as it was", function()
        local state = run({ state = { log = "append", copy = "any" }, start = "a",
            nodes = { a = add "a", b = function(s) return { copy = s.log } end, c = add "c" },
            edges = { a = "b", b = "c", c = "end" } })
        assert.same({ log = { "a", "c" }, copy = { "a" } }, state)
    end)

    it("gives nodes the run's context, which is no part of the state", function()
        local seen
        local state = run({ state = { n = "any" }, start = "a", nodes = { a = function(_, ctx) seen = ctx.context.model end },
            edges = { a = "end" } }, nil, { context = { model = "m" } })
        assert.equal("m", seen)
        assert.same({}, state)
    end)
end)

describe("the table in lua/moon/README.md", function()
    it("names a test of these two files in every row", function()
        local function read(path)
            local file = assert(io.open(path))
            local text = file:read("*a")
            file:close()
            return text
        end
        local readme = read("lua/moon/README.md")
        local spec = read("tests/lua/graph_langgraph_spec.lua") .. read("tests/lua/graph_langgraph_run_spec.lua")
        local section = readme:match("### Against LangGraph\n(.-)\n## ")
        local rows = 0
        for row in section:gmatch("\n(|[^\n]+)") do
            local name = row:match("|%s*`([^`]+)`%s*|$")
            if name then
                rows = rows + 1
                assert.truthy(spec:find('it("' .. name .. '"', 1, true), "no test: " .. name)
            end
        end
        assert.is_true(rows >= 25, rows .. " rows")
    end)
end)
