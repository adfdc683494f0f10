-- moon.graph: what its check finds, its fields' types, agents as nodes, and its drawing.

local graph_kit = require "tests.lua.graph_kit"

local world, moon

before_each(function()
    world = graph_kit.new()
    moon = world.moon
end)

local function nothing() end

-- A definition that passes, with changes; false takes a word out.
local function definition(changes)
    local def = { name = "g", state = { n = "number" }, start = "a", nodes = { a = nothing, b = nothing },
        edges = { a = "b", b = "end" } }
    for word, value in pairs(changes or {}) do
        def[word] = value or nil
    end
    return def
end

local function refuses(changes, message, details)
    local ok, err = pcall(moon.graph, definition(changes))
    assert(not ok, "was taken: " .. message)
    assert(type(err) == "table", err)
    assert.equal("invalid_definition", err.code)
    assert.truthy(err.message:find(message, 1, true), err.message)
    for key, value in pairs(details or {}) do
        assert.equal(value, err.details[key])
    end
end

describe("the check of a definition", function()
    local to = { "b", "end" }
    local function choose() return "b" end
    local function node(options)
        options.run = options.run or nothing
        return { nodes = { a = options, b = nothing } }
    end
    local cases = {
        { "a node that nothing leads to", { nodes = { a = nothing, b = nothing, c = nothing }, edges = { a = "b", b = "end", c = "end" } },
            "graph 'g': node 'c': nothing leads here from the start", { node = "c", field = "edges" } },
        { "a node that nothing follows", { edges = { a = "b" } }, "node 'b': nothing follows it; add an edge from it, to \"end\"", { node = "b" } },
        { "a cycle without a way out", { edges = { a = "b", b = "a" } }, "node 'a': no way leads from here to the end, only to b" },
        { "an unknown target", { edges = { a = "b", b = "bb" } }, "node 'b': an edge leads to 'bb', and there is no such node" },
        { "an unknown source", { edges = { a = "b", b = "end", x = "a" } }, "an edge leads from 'x', and there is no such node" },
        { "a target that is nearly right", { nodes = { a = nothing, answer = nothing }, edges = { a = "anwser", answer = "end" } },
            "did you mean 'answer'?" },
        { "no start", { start = false }, "start must name the first node, as in start = \"a\"", { field = "start" } },
        { "an unknown start", { start = "z" }, "leads to 'z'" },
        { "two nodes of one name", { nodes = { { name = "a", run = nothing }, { name = "a", run = nothing } } },
            "node 'a': there are two nodes of this name", { node = "a" } },
        { "a node without a name", { nodes = { { run = nothing } } }, "every node must have a name" },
        { "a node named end", { nodes = { ["end"] = nothing } }, "'end' is taken" },
        { "no nodes", { nodes = false }, "nodes must name the nodes" },
        { "no state", { state = false }, "state must name the fields" },
        { "an edge back to the start", { edges = { a = "b", b = "start" } }, "nothing can lead back to the start" },
        { "an edge from the end", { edges = { a = "b", b = "end", ["end"] = "a" } }, "nothing follows the end" },
        { "an unknown word", { node = {} }, "a graph has no 'node'; did you mean 'nodes'?" },
        { "an unknown option of a node", node{ timeout = 1 }, "node 'a': a node has no 'timeout'; did you mean 'timeout_s'?", { node = "a", field = "timeout" } },
        { "too many retries", node{ retries = 11 }, "retries must be a number from 0 to 10" },
        { "a timeout of nothing", node{ timeout_s = 0 }, "timeout_s must be a number of seconds" },
        { "a wrong retry_on", node{ retry_on = "busy" }, "retry_on must be a list of error codes" },
        { "a wrong fallback", node{ fallback = 1 }, "fallback must be the name of a node" },
        { "an unknown fallback", node{ fallback = "x" }, "node 'a': fallback leads to 'x'" },
        { "a fallback as the only way on", { nodes = { a = { run = nothing, fallback = "b" }, b = nothing }, edges = { b = "end" } },
            "node 'a': nothing follows it" },
        { "a wrong defer", node{ defer = 1 }, "defer must be a boolean" },
        { "an unknown name in to", node{ to = { "x" } }, "node 'a': to leads to 'x'" },
        { "a node that is no function", { nodes = { a = 5, b = nothing } }, "node 'a': a node is a function (state, ctx) -> update" },
        { "a node that runs no function", node{ run = "x" }, "node 'a': run must be a function" },
        { "input for a function", node{ input = "n" }, "input and output are for agents and graphs" },
        { "a choice without targets", { edges = { a = { choose = choose }, b = "end" } }, "a choice must say where it can lead" },
        { "a choice of an unknown name", { edges = { a = { choose = choose, to = { "b", "c" } }, b = "end" } }, "to leads to 'c'" },
        { "a choice that is no function", { edges = { a = { choose = "b", to = to }, b = "end" } }, "choose must be a function" },
        { "targets without a choice", { edges = { a = { to = to }, b = "end" } }, "an edge with `to` needs choose or each" },
        { "each of an unknown field", { edges = { a = { each = "m", to = "b" }, b = "end" } }, "each names 'm', which is no field" },
        { "each to the end", { edges = { a = { each = "n", to = "end" }, b = "end" } }, "each must lead to a node" },
        { "an edge of a number", { edges = { a = 5, b = "end" } }, "an edge must lead to a name" },
        { "an edge to nothing", { edges = { a = {}, b = "end" } }, "an edge must lead to a name" },
        { "a pair of three", { edges = { { "a", "b", "end" } } }, "edges[1]" },
        { "a join of one", { edges = { { { "a" }, "b" }, { "b", "end" } } }, "leads from two or more to one name" },
        { "an unknown type", { state = { n = "strnig" } }, "field 'n' of the state: there is no type 'strnig'; did you mean 'string'?", { field = "state.n" } },
        { "an unknown reducer", { state = { n = { reducer = "add" } } }, "there is no reducer 'add'" },
        { "an unknown word of a field", { state = { n = { type = "string", minlength = 1 } } }, "field 'n' of the state: /minlength is no keyword" },
        { "an unknown type inside", { state = { n = { type = "array", items = { type = "text" } } } }, "field 'n' of the state: /items/type must be one of" },
        { "a type that the reducer does not take", { state = { n = { type = "string", reducer = "sum" } } }, "the reducer 'sum' is for fields of type number, not string" },
        { "a default that does not fit", { state = { n = { type = "number", default = "1" } } }, "its default must be a number, not a string" },
        { "a field without a name", { state = { "n" } }, "the fields of state must have names" },
        { "an unknown field as output", { output = { "m" } }, "output names 'm', which is no field of the state" },
        { "an unknown field as input", { input = "m" }, "input names 'm'" },
        { "an interrupt of an unknown node", { interrupt_before = { "x" } }, "interrupt_before names 'x', and there is no such node" },
        { "an unknown option of an interrupt", { interrupt_after = { a = { role = "x" } } }, "interrupt_after has no 'role'; did you mean 'roles'?" },
        { "max_steps of nothing", { max_steps = 0 }, "max_steps must be a whole number from 1" },
    }
    for _, case in ipairs(cases) do
        it("finds " .. case[1], function()
            refuses(case[2], case[3], case[4])
        end)
    end

    it("says the same whatever the order of a table", function()
        for _ = 1, 20 do
            refuses({ edges = { a = "x1", b = "x2" } }, "node 'a': an edge leads to 'x1'")
            refuses({ edges = { a = "b", b = "end", z1 = "a", z2 = "a", z3 = "a" } }, "leads from 'z1'")
            refuses({ state = { q = "x", p = "y" } }, "field 'p'")
        end
    end)

    it("takes what is right", function()
        moon.graph(definition())
        moon.graph(definition({ edges = { start = "a", a = { "b", "end" }, b = "end" }, start = false }))
        moon.graph(definition({ edges = { { "start", "a" }, { "a", "b" }, { "b", "end" } }, start = false }))
        moon.graph(definition({ edges = { a = { "b", { choose = choose, to = to } }, b = "end" } }))
    end)
end)

describe("a run's options and input", function()
    local function run(input, opts)
        return world:error(function() return moon.graph(definition()):run(input, opts) end)
    end

    it("are checked", function()
        assert.matches("must be a table of fields, not a string", run("x").message)
        assert.equal("input", (function() local err = run({ m = 1 }) return err.code:match("input") end)())
        assert.matches("the input of graph 'g': field 'n' must be a number, not a string", run({ n = "x" }).message)
        assert.matches("stream is", run({}, { stream = "all" }))
        assert.matches("max_steps must be", run({}, { max_steps = 0 }))
        assert.matches("with a colon", select(2, pcall(function() return moon.graph(definition()).run({}) end)))
    end)
end)

describe("a field's schema", function()
    local function problem(field, value)
        local ok, err = pcall(world.run, world, function()
            return moon.graph(definition({ state = { n = field } })):run({ n = value })
        end)
        return not ok and err.message:match("field 'n' (.*)") or nil
    end
    local S
    before_each(function() S = moon.schema end)

    it("is checked in depth, with the place of what is wrong", function()
        local ticket = { type = "object", properties = { id = { type = "integer" }, tags = { type = "array", items = { type = "string" } } },
            required = { "id" }, additionalProperties = false }
        for _, case in ipairs({
            { { type = "string", enum = { "a", "b" } }, "a" },
            { { type = "string", enum = { "a", "b" } }, "c", "must be one of [\"a\",\"b\"]" },
            { { type = { "string", "null" } }, 5, "must be of type string or null, not number" },
            { { type = "number", minimum = 1, maximum = 2 }, 3, "must be at most 2" },
            { { type = "string", maxLength = 2 }, "äöü", "must have at most 2 characters" },
            { { type = "array", minItems = 1 }, {}, "must have at least 1 items" },
            { ticket, { id = 1, tags = { "x" } } },
            { ticket, { id = "1" }, "at /id must be of type integer, not string" },
            { ticket, { id = 1, tags = { "x", 2 } }, "at /tags/1 must be of type string, not number" },
            { ticket, { tags = {} }, "at /id is missing" },
            { ticket, { id = 1, x = 1 }, "at /x is not allowed; there are: id, tags" },
            { { anyOf = { { type = "string" }, { type = "number" } } }, true, "must be of type string, not boolean" },
            { "boolean", "x", "must be a boolean, not a string" },
            { "object", { 1 }, "must be an object, not an array" },
            { "array", { a = 1 }, "must be an array, not an object" },
            { "messages", { { content = "x" } }, "[1] must have a role, as in {role = \"assistant\", content = ...}" },
            { "messages", 5, "must be a message {role, content} or a text, not a number" },
            { "sum", "x", "must be a number, not a string" },
            { "merge", 5, "must be an object, not a number" },
        }) do
            assert.equal(case[3], problem(case[1], case[2]))
        end
    end)

    it("may be written with moon.schema", function()
        assert.is_nil(problem(S.object{ a = S.string() }, { a = "x" }))
        assert.equal("at /a is missing", problem(S.object{ a = S.string() }, {}))
    end)

    it("holds for the items that are appended, and for what a reducer of one's own gives", function()
        assert.equal("at /0 must be of type string, not number", problem({ type = "array", items = { type = "string" }, reducer = "append" }, 5))
        local err = world:error(function()
            return moon.graph(definition({ state = { n = { type = "number", reducer = function() return "x" end, default = 1 } },
                nodes = { a = function() return { n = 1 } end, b = nothing } })):run{}
        end)
        assert.equal("the reducer of field 'n', for node 'a' of graph 'g': the value must be a number, not a string", err.message)
    end)

    it("complains of the first field by name", function()
        for _ = 1, 20 do
            local err = world:error(function()
                return moon.graph(definition({ state = { a = "number", b = "number", c = "number" } })):run{ c = "", b = "", a = "" }
            end)
            assert.equal("a", err.details.field)
        end
    end)
end)

describe("an agent as a node", function()
    local asked
    local function agent(result)
        return setmetatable({ name = "helper", run = function(_, input) asked = input return result end }, { __metatable = false })
    end
    local function run(def, input)
        return world:run(function() return moon.graph(def):run(input) end)
    end

    it("is asked by and answers into the conversation", function()
        local state = run({ state = { messages = "messages" }, start = "a", nodes = { a = agent({ text = "hello", output = "hello" }) },
            edges = { a = "end" } }, { messages = "hi" })
        assert.same({ { role = "user", content = "hi" }, { role = "assistant", content = "hello" } }, state.messages)
        assert.same({ { role = "user", content = "hi" } }, asked.messages)
    end)

    it("is asked and answers by field or function", function()
        local def = { state = { topic = "string", story = "any" }, start = "a",
            nodes = { a = { run = agent({ text = "...", output = { title = "T" } }), input = "topic", output = "story" } }, edges = { a = "end" } }
        assert.same({ title = "T" }, run(def, { topic = "cats" }).story)
        assert.equal("cats", asked)
        def.nodes.a.input = function(state) return "about " .. state.topic end
        def.nodes.a.output = function(result, state) return { story = state.topic .. result.text } end
        assert.equal("cats...", run(def, { topic = "cats" }).story)
        assert.equal("about cats", asked)
    end)

    it("must know what it is asked", function()
        refuses({ nodes = { a = agent({}), b = nothing } }, "node 'a': say what the agent is asked")
        refuses({ nodes = { a = { run = agent({}), input = "n" }, b = nothing } }, "node 'a': say where its answer goes")
        refuses({ nodes = { a = { run = agent({}), input = "m" }, b = nothing } }, "input must be a field of the state or a function")
    end)
end)

describe("graph:mermaid()", function()
    it("draws nodes, edges, choices and sends, always the same", function()
        local inner = moon.graph(definition())
        local text = moon.graph({ state = { n = "number", list = "array" }, start = "plan",
            nodes = { plan = { run = nothing, fallback = "the last" }, work = nothing, ["the last"] = { run = nothing, defer = true }, sub = inner },
            edges = { plan = { { each = "list", to = "work" }, { choose = nothing, to = { yes = "sub", no = "end" } } },
                work = "the last", sub = "the last", ["the last"] = "end" } }):mermaid()
        assert.equal([==[
flowchart TD
    graph_start([start])
    n_plan["plan"]
    n_sub[["sub"]]
    n3{{"the last"}}
    n_work["work"]
    graph_end([end])
    graph_start --> n_plan
    n_plan -. "no" .-> graph_end
    n_plan -. "yes" .-> n_sub
    n_plan -. "each of list" .-> n_work
    n_plan -. "fallback" .-> n3
    n_sub --> n3
    n3 --> graph_end
    n_work --> n3
]==], text)
    end)
end)

describe("the example in lua/moon/README.md", function()
    it("runs", function()
        local file = assert(io.open("lua/moon/README.md"))
        local code = file:read("*a"):match("## moon.graph\n.-```lua\n(.-)```")
        file:close()
        local approvals, searches = 0, 0
        world.answer = function(name, args)
            if name == "llm.json" then
                return true, { value = { kind = "question" } }
            elseif name == "memory.search" then
                searches = searches + 1
                if args.query:find("Or") then
                    return false, { code = "busy", retryable = true }
                end
                return true, { documents = { { title = "T", score = searches } } }
            elseif name == "llm.chat" then
                return true, { text = "draft for " .. args.prompt }
            end
            approvals = approvals + (name == "approve" and 1 or 0)
            return true, { approved = approvals == 2, comment = "be kind" }
        end
        local kit = setmetatable({}, { __index = function(_, name)
            return moon[name] or (name == "memory" or name == "llm" or name == "template" or name == "text") and world.parts["moon_" .. name]
        end })
        local main = setfenv(assert(loadstring(code)), setmetatable({ require = function() return kit end }, { __index = _G }))()
        local reply = world:run(function() return main({ ticket = "How do I print? Or scan?" }) end)
        assert.matches("^draft for Answer: How do I print%? Or scan%? Mind: be kind", reply)
        assert.equal(4, searches) -- one, and three tries of the other
    end)
end)
