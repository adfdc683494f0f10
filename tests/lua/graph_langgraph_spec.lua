-- moon.graph against what LangGraph documents, case by case: state, supersteps, routes and joins. The rows of
-- the table in lua/moon/README.md name these tests and those of graph_langgraph_run_spec.lua.

local graph_case = require "tests.lua.graph_case"

local world, moon, NULL, run, fails, add, names_of_calls, events, diamond

before_each(function()
    local case = graph_case()
    world, moon, NULL, run, fails, add, names_of_calls, events, diamond =
        case.world, case.moon, case.NULL, case.run, case.fails, case.add, case.names_of_calls, case.events, case.diamond
end)

describe("supersteps", function()
    it("runs nodes that follow one node in one step, and what follows them once, after both", function()
        local state, steps = run(diamond({ a = add "a", b = add "b", c = add "c", d = add "d" }))
        assert.same({ "a", "b", "c", "d" }, state.log)
        assert.equal(3, steps)
    end)

    it("shows nodes of one step the state as the step found it", function()
        local seen = {}
        run(diamond({
            a = function() return { n = 1 } end,
            b = function(s) seen.b = s.n return { n = 10 } end,
            c = function(s) moon.sleep(5) seen.c = s.n return { n = 100 } end,
            d = function(s) seen.d = s.n end,
        }, { n = "sum" }))
        assert.same({ b = 1, c = 1, d = 111 }, seen)
    end)

    it("merges updates in the order of the nodes, whichever ended first", function()
        local slow = diamond({ a = add "a", b = add("b", 9), c = add("c", 1), d = add "d" })
        assert.same({ "a", "b", "c", "d" }, run(slow).log)
        local listed = diamond({ { name = "a", run = add "a" }, { name = "c", run = add("c", 9) },
            { name = "b", run = add("b", 1) }, { name = "d", run = add "d" } })
        assert.same({ "a", "c", "b", "d" }, run(listed).log)
    end)

    it("applies nothing of a step in which a node fails", function()
        local merged = {}
        local def = diamond({
            a = add "a", b = add "b", c = function() error({ code = "broken" }) end, d = add "d",
        }, { log = function(old, new) merged[#merged + 1] = new return old .. new end })
        def.state.log = { reducer = def.state.log, default = "" }
        assert.equal("broken", fails(def, nil, { stream = "updates" }).code)
        assert.same({ "a" }, merged)
        assert.equal(1, #events("graph.update"))
    end)

    it("waits for the other nodes of a step in which one fails", function()
        local def = diamond({ a = add "a", b = function() error({ code = "broken" }) end, c = add("c", 5), d = add "d" })
        assert.equal("broken", fails(def).code)
        assert.same({ "c" }, names_of_calls())
    end)

    it("raises graph_conflict when two nodes of a step set a field that holds one value", function()
        local err = fails(diamond({
            a = function() end, b = function() return { x = 1 } end, c = function() return { x = 2 } end, d = function() end,
        }, { x = "number" }))
        assert.equal("graph_conflict", err.code)
        assert.same({ graph = "graph", nodes = { "b", "c" }, field = "x" }, err.details)
        assert.matches("give it a reducer", err.message)
    end)

    it("runs at most so many nodes of a step at a time as limit says", function()
        local def = { state = { items = "array", log = "append" }, start = { each = "items", to = "work" },
            nodes = { work = function(item)
                moon.tool("work", { seconds = 1, name = item })
                return { log = item }
            end }, edges = { work = "end" }, limit = 2 }
        local items = { "1", "2", "3", "4", "5" }
        assert.same(items, run(def, { items = items }).log)
        local most = 0
        world.answer = function(_, args)
            most = math.max(most, #world.pending + 1)
            return true, args, 1
        end
        run(def, { items = items }, { limit = 3 })
        assert.equal(3, most)
    end)
end)

describe("state", function()
    local function one(state, updates, input)
        local nodes, edges = {}, {}
        for i, update in ipairs(updates) do
            nodes["n" .. i] = type(update) == "function" and update or function() return update end
            edges["n" .. i] = updates[i + 1] and "n" .. i + 1 or "end"
        end
        return run({ state = state, start = "n1", nodes = nodes, edges = edges }, input)
    end

    it("replaces a field without a reducer and leaves what an update does not name", function()
        assert.same({ a = 2, b = "x" }, one({ a = "number", b = "string" }, { { a = 2 } }, { a = 1, b = "x" }))
    end)

    it("takes the input through the reducers", function()
        assert.same({ log = { "in", "out" }, n = 12 },
            one({ log = "append", n = { reducer = "sum", default = 1 } }, { { log = "out", n = 1 } }, { log = { "in" }, n = 10 }))
    end)

    it("appends, sums and merges", function()
        assert.same({ log = { 1, 2, 3, { 4 } }, n = 5, facts = { a = 2, b = 3 } },
            one({ log = "append", n = "sum", facts = "merge" }, {
                { log = 1, n = 2, facts = { a = 1, c = 9 } },
                { log = { 2, 3 }, n = 3, facts = { a = 2, b = 3, c = NULL } },
                { log = { { 4 } } },
            }))
    end)

    it("calls a reducer of one's own with the old and the new value", function()
        local best = function(old, new) return math.max(old, new) end
        assert.same({ best = 7 }, one({ best = best }, { { best = 3 }, { best = 7 }, { best = 5 } }))
    end)

    it("sets a field past its reducer with ctx.overwrite", function()
        assert.same({ log = { "new", "more" } }, one({ log = "append" }, {
            { log = { "old", "older" } },
            function(_, ctx) return { log = ctx.overwrite({ "new" }) } end,
            { log = "more" },
        }))
    end)

    it("adds messages, and replaces or removes those whose id is there", function()
        local state = one({ messages = "messages" }, {
            { messages = { { role = "assistant", content = "1", id = "x" }, { role = "assistant", content = "2", id = "y" } } },
            { messages = { role = "assistant", content = "better", id = "x" } },
            { messages = { { id = "y", remove = true }, "thanks" } },
        }, { messages = "hello" })
        assert.same({
            { role = "user", content = "hello" }, { role = "assistant", content = "better", id = "x" },
            { role = "user", content = "thanks" },
        }, state.messages)
        assert.same({ { role = "user", content = "anew" } }, one({ messages = "messages" },
            { { messages = { { remove = "all" }, "anew" } } }, { messages = { "a", "b" } }).messages)
    end)

    it("checks every update against the field's type, and names node and field", function()
        local err = fails({ state = { n = "integer" }, start = "a", nodes = { a = function() return { n = 1.5 } end },
            edges = { a = "end" } })
        assert.equal("invalid_update", err.code)
        assert.same({ graph = "graph", node = "a", field = "n" }, err.details)
        assert.equal("node 'a' of graph 'graph': field 'n' must be an integer, not a number", err.message)
    end)

    it("refuses a field that is not declared", function()
        local err = fails({ state = { n = "number" }, start = "a", nodes = { a = function() return { m = 1 } end },
            edges = { a = "end" } })
        assert.equal("invalid_update", err.code)
        assert.matches("sets 'm', which is no field of the state: it has 'n'", err.message)
    end)

    it("refuses a node that writes to the state it was given", function()
        local err = fails({ state = { n = "number" }, start = "a", nodes = { a = function(s) s.n = 2 end },
            edges = { a = "end" } })
        assert.equal("invalid_update", err.code)
        assert.matches("writes to state.n", err.message)
    end)

    it("takes only the fields of input and gives only those of output", function()
        local def = { state = { question = "string", found = "string", answer = "string" }, input = { "question" },
            output = { "answer" }, start = "find",
            nodes = { find = function(s) return { found = s.question .. "!" } end,
                answer = function(s) return { answer = s.found .. "?" } end },
            edges = { find = "answer", answer = "end" } }
        assert.same({ answer = "hi!?" }, run(def, { question = "hi" }))
        local err = fails(def, { found = "x" })
        assert.equal("invalid_input", err.code)
        assert.matches("may not set 'found'; it may set question", err.message)
        def.input, def.output = "question", "answer"
        assert.equal("hi!?", run(def, "hi"))
    end)
end)

describe("routes", function()
    local function route(choose, to, nodes)
        return { state = { log = "append", go = "any" }, start = "a",
            nodes = { a = add "a", b = add "b", c = add "c" },
            edges = { a = { choose = choose, to = to }, b = "end", c = "end" } }, nodes
    end

    it("goes where a choice says, by name or through a map", function()
        assert.same({ "a", "b" }, run(route(function() return "b" end, { "b", "c" })).log)
        local by_map = route(function(s) return #s.log > 5 end, { [true] = "b", [false] = "c" })
        by_map.nodes.b, by_map.edges.b, by_map.edges.c = add "b", "end", { "b" }
        assert.same({ "a", "c", "b" }, run(by_map).log)
    end)

    it("goes to all nodes that a choice lists", function()
        assert.same({ "a", "b", "c" }, run(route(function() return { "c", "b" } end, { "b", "c" })).log)
    end)

    it("begins where a choice at the start says", function()
        local def = { state = { log = "append", vip = "boolean" },
            start = { choose = function(s) return s.vip end, to = { [true] = "fast", [false] = "slow" } },
            nodes = { fast = add "fast", slow = add "slow" }, edges = { fast = "end", slow = "end" } }
        assert.same({ "fast" }, run(def, { vip = true }).log)
        assert.same({ "slow" }, run(def, { vip = false }).log)
    end)

    it("must be told where a choice can lead", function()
        assert.equal("invalid_definition", fails(route(function() return "b" end, nil)).code)
        local err = fails(route(function() return "z" end, { "b", "c" }))
        assert.equal("invalid_route", err.code)
        assert.matches("node 'a' of graph 'graph' leads to 'z', which its `to` does not name: it names b, c", err.message)
    end)

    it("asks a choice after the whole step is merged", function()
        local seen
        run({ state = { log = "append" }, start = { "a", "b" }, nodes = { a = add "a", b = add("b", 3) },
            edges = { a = { choose = function(s) seen = #s.log return "end" end, to = "end" }, b = "end" } })
        assert.equal(2, seen)
    end)

    it("updates and goes on at once with ctx.go", function()
        local def = { state = { log = "append" }, start = "a",
            nodes = { a = { to = { "b", "c" }, run = function(_, ctx) return ctx.go("c", { log = "a" }) end },
                b = add "b", c = add "c" },
            edges = { b = "end", c = "end" } }
        assert.same({ "a", "c" }, run(def).log)
        def.nodes.a.to = { "b", "end" }
        assert.equal("invalid_definition", fails(def).code) -- nothing leads to c
        def.nodes.c, def.edges.c = nil, nil
        assert.equal("invalid_route", fails(def).code)
    end)

    it("follows a node's edges besides what it says with ctx.go", function()
        local def = { state = { log = "append" }, start = "a",
            nodes = { a = { to = { "c" }, run = function(_, ctx) return ctx.go("c", { log = "a" }) end },
                b = add "b", c = add "c" },
            edges = { a = "b", b = "end", c = "end" } }
        assert.same({ "a", "b", "c" }, run(def).log)
    end)

    it("runs a node once for each item that it is sent, and merges in the items' order", function()
        local def = { state = { subjects = "array", jokes = "append" }, start = "plan",
            nodes = {
                plan = function() return { subjects = { "cat", "dog", "cow" } } end,
                joke = function(input, ctx)
                    moon.tool("work", { seconds = 9 - 3 * ctx.index })
                    return { jokes = ctx.index .. input.subject .. #ctx.state.subjects }
                end,
                gather = function(s) return { jokes = "all " .. #s.jokes } end,
            },
            edges = {
                plan = { choose = function(s, ctx)
                    local sends = {}
                    for i, subject in ipairs(s.subjects) do
                        sends[i] = ctx.send("joke", { subject = subject })
                    end
                    return sends
                end, to = "joke" },
                joke = "gather", gather = "end",
            } }
        local state, steps = run(def)
        assert.same({ "1cat3", "2dog3", "3cow3", "all 3" }, state.jokes)
        assert.equal(3, steps)
        def.edges.plan = { each = "subjects", to = "joke", as = "subject" }
        assert.same(state, (run(def)))
    end)

    it("goes on after an empty list as if its items were done", function()
        local state = run({ state = { items = "array", log = "append" }, start = { each = "items", to = "work" },
            nodes = { work = add "work", gather = add "gather" }, edges = { work = "gather", gather = "end" } }, { items = {} })
        assert.same({ "gather" }, state.log)
    end)

    it("refuses a node that is sent several items and sets a field that holds one value", function()
        local err = fails({ state = { items = "array", last = "any" }, start = { each = "items", to = "work" },
            nodes = { work = function(item) return { last = item } end }, edges = { work = "end" } }, { items = { 1, 2 } })
        assert.equal("graph_conflict", err.code)
    end)
end)

describe("joins", function()
    -- a -> b -> b2 -> d and a -> c -> d
    local function uneven(d, edges)
        return { state = { log = "append" }, start = "a",
            nodes = { a = add "a", b = add "b", b2 = add "b2", c = add "c", d = d }, edges = edges }
    end
    local by_name = { a = { "b", "c" }, b = "b2", b2 = "d", c = "d", d = "end" }

    it("runs a node again when branches of different lengths reach it one after the other", function()
        assert.same({ "a", "b", "c", "b2", "d", "d" }, run(uneven(add "d", by_name)).log)
    end)

    it("runs a deferred node once, when nothing else is left", function()
        assert.same({ "a", "b", "c", "b2", "d" }, run(uneven({ run = add "d", defer = true }, by_name)).log)
    end)

    it("runs a node after all that an edge from several names", function()
        local def = uneven(add "d", { { "a", "b" }, { "a", "c" }, { "b", "b2" }, { { "b2", "c" }, "d" }, { "d", "end" } })
        assert.same({ "a", "b", "c", "b2", "d" }, run(def).log)
    end)
end)
