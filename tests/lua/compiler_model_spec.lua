-- lua/compiler: right documents: how they are structured, what is declared where, names, types, grants, costs.

local harness = require "tests.lua.harness"

local check = require "compiler.check"
local scope = require "compiler.scope"
local types = require "compiler.schema"
local type_names = require "compiler.types"

local GIVEN = { tools = { ["http.request"] = harness.json("tools/http_request/manifest.json"), ["crm.update"] = { name = "crm.update", price_micros = 7,
    args = { type = "object" }, result = { type = "object", required = { "ok" }, properties = { ok = { type = "boolean" } } } } }, models = harness.json("core/llm/models.json") }

local INPUT = { type = "object", required = { "urgent", "orders", "kind", "text" }, properties = { urgent = { type = "boolean" }, kind = { enum = { "a", "b" } }, text = { type = "string" },
    amount = { type = "number" }, orders = { type = "array", maxItems = 50, items = { type = "object", required = { "id", "total" }, properties = { id = { type = "string" }, total = { type = "number" } } } } } }

local DEFAULTS = {
    llm = { prompt = "Say {{ input.text }}" }, condition = { expression = "input.urgent" }, transform = { fields = { x = "{{ input.text }}" } },
    loop = { list = "input.orders" }, delay = { seconds = 1 }, output = { value = "done" }, memory = { collection = "faq", query = "x" },
    switch = { expression = "input.kind", cases = { { name = "a", equals = "a" }, { name = "b", equals = "b" } } }, code = { code = "return 1" },
    tool = { tool = "crm.update", args = {} }, human = { mode = "approve", title = "ok?" }, agent = { instructions = "x", input = "y" }, subworkflow = { workflow = "w" },
    trigger = { kind = "webhook" },
}

-- nodes: "id type", or a table with overrides; edges: "a>b", "a:true>b"
local function document(nodes, edges, more)
    local result = { version = 1, name = "test", title = "Test", input = INPUT, nodes = {}, edges = {} }
    for i, given in ipairs(nodes) do
        local node = type(given) == "table" and given or {}
        local id, kind = (type(given) == "string" and given or given[1]):match("^(%S+) (%S+)$")
        result.nodes[i] = { id = id, type = kind, title = node.title or id, params = node.params or DEFAULTS[kind], retry = node.retry, fallback = node.fallback }
    end
    for i, text in ipairs(edges) do
        local from, kind, to = text:match("^([%w_]+):?([%w_:]*)>([%w_]+)$")
        result.edges[i] = { id = "e" .. i, from = from, to = to, kind = kind ~= "" and kind or nil }
    end
    for key, value in pairs(more or {}) do
        result[key] = value
    end
    return result
end

local function compile(doc, given)
    local result = check.check(doc, given or GIVEN)
    assert.are.same({}, result.errors)
    return result.model, result
end

-- Statements as text: "a if(yes: b | no: -) c"
local function show(sequence)
    local texts = {}
    for i, statement in ipairs(sequence) do
        local ways = {}
        if statement.kind ~= "node" and statement.kind ~= "output" then
            for k, inner in ipairs(scope.sequences(statement)) do
                ways[k] = #inner > 0 and show(inner) or "-"
            end
        end
        local declared = statement.declare and "!" .. table.concat(statement.declare, ",") or ""
        texts[i] = statement.node.id .. declared .. (#ways > 0 and "(" .. table.concat(ways, " | ") .. ")" or "")
    end
    return table.concat(texts, " ")
end

local function llm(id, uses)
    return { id .. " llm", params = { prompt = "Use {{ " .. uses .. " }}" } }
end

local function output(uses)
    return { "out output", params = { value = "{{ " .. uses .. " }}" } }
end

local STRUCTURES = {
    { "one after the other", { "in input", "a llm", "out output" }, { "in>a", "a>out" }, "a out" },
    { "an if whose ways meet", { "in input", "c condition", "a llm", "b llm", "out output" }, { "in>c", "c:true>a", "c:false>b", "a>out", "b>out" }, "c(a | b) out" },
    { "an if with one empty way", { "in input", "c condition", "a llm", "out output" }, { "in>c", "c:true>a", "c:false>out", "a>out" }, "c(a | -) out" },
    { "an if that returns early: the rest stands beside it", { "in input", "c condition", "stop output", "a llm", "out output" }, { "in>c", "c:true>stop", "c:false>a", "a>out" }, "c(stop | -) a out" },
    { "an if that returns on both ways", { "in input", "c condition", "stop output", "out output" }, { "in>c", "c:true>stop", "c:false>out" }, "c(stop | out)" },
    { "ifs in ifs that meet in one place", { "in input", "c condition", "d condition", "a llm", "b llm", "out output" }, { "in>c", "c:true>d", "c:false>out", "d:true>a", "d:false>b", "a>out", "b>out" }, "c(d(a | b) | -) out" },
    { "ifs in ifs that meet one after the other", { "in input", "c condition", "d condition", "a llm", "b llm", "m llm", "out output" }, { "in>c", "c:true>d", "c:false>out", "d:true>a", "d:false>b", "a>m", "b>m", "m>out" }, "c(d(a | b) m | -) out" },
    { "a chain of early returns without nesting", { "in input", "c condition", "d condition", "s1 output", "s2 output", "out output" }, { "in>c", "c:true>s1", "c:false>d", "d:true>s2", "d:false>out" }, "c(s1 | -) d(s2 | out)" },
    { "an early return inside of an if", { "in input", "c condition", "d condition", "s output", "a llm", "out output" }, { "in>c", "c:true>d", "c:false>out", "d:true>s", "d:false>a", "a>out" }, "c(d(s | -) a | -) out" },
    { "a switch", { "in input", "s switch", "a llm", "b llm", "out output" }, { "in>s", "s:case:a>a", "s:case:b>b", "a>out", "b>out" }, "s(a | b | -) out" },
    { "a switch with a default that returns", { "in input", "s switch", "a llm", "stop output", "out output" }, { "in>s", "s:case:a>a", "s:case:b>out", "s:case:default>stop", "a>out" }, "s(a | - | stop) out" },
    { "a loop", { "in input", "l loop", "a llm", "b llm", "out output" }, { "in>l", "l:body>a", "a>b", "b>l", "l>out" }, "l(a b) out" },
    { "a loop with an if that goes on early", { "in input", "l loop", "c condition", "a llm", "out output" }, { "in>l", "l:body>c", "c:true>a", "c:false>l", "a>l", "l>out" }, "l(c(a | -)) out" },
    { "loops in loops", { "in input", "l loop", { "k loop", params = { list = "[1, 2]", as = "n" } }, "a llm", "out output" }, { "in>l", "l:body>k", "k:body>a", "a>k", "k>l", "l>out" }, "l(k(a)) out" },
    { "a parallel", { "in input", "p parallel", "a llm", "b llm", "j join", "out output" }, { "in>p", "p:branch>a", "p:branch>b", "a>j", "b>j", "j>out" }, "p(a | b) out" },
    { "a parallel with an if in a branch and an empty branch", { "in input", "p parallel", "c condition", "a llm", "j join", "out output" }, { "in>p", "p:branch>c", "p:branch>j", "c:true>a", "c:false>j", "a>j", "j>out" }, "p(c(a | -) | -) out" },
    { "a parallel in a loop", { "in input", "l loop", "p parallel", "a llm", "b llm", "j join", "out output" }, { "in>l", "l:body>p", "p:branch>a", "p:branch>b", "a>j", "b>j", "j>l", "l>out" }, "l(p(a | b)) out" },
    { "a loop in a branch", { "in input", "p parallel", "l loop", "a llm", "b llm", "j join", "out output" }, { "in>p", "p:branch>l", "p:branch>b", "l:body>a", "a>l", "l>j", "b>j", "j>out" }, "p(l(a) | b) out" },
    { "an error edge that meets the way on", { "in input", "a llm", "b llm", "out output" }, { "in>a", "a>out", "a:error>b", "b>out" }, "a(- | - | b) out" },
    { "an error edge that returns", { "in input", "a llm", "stop output", "out output" }, { "in>a", "a>out", "a:error>stop" }, "a(- | - | stop) out" },
    { "an error edge of a loop", { "in input", "l loop", "a llm", "stop output", "out output" }, { "in>l", "l:body>a", "a>l", "l>out", "l:error>stop" }, "l(a | - | stop) out" },
    { "an error edge in a body that goes on", { "in input", "l loop", "a llm", "out output" }, { "in>l", "l:body>a", "a>l", "a:error>l", "l>out" }, "l(a(- | - | -)) out" },
    { "triggers beside it", { "in input", "t trigger", "a llm", "out output" }, { "t>in", "in>a", "a>out" }, "a out" },
    -- what has to be declared before
    { "with an output that is read behind its if", { "in input", "c condition", "a llm", "b llm", output("default(nodes.a, nodes.b)") }, { "in>c", "c:true>a", "c:false>b", "a>out", "b>out" }, "c!a,b(a | b) out" },
    { "with an output that is read inside only", { "in input", "c condition", "a llm", llm("b", "nodes.a"), "out output" }, { "in>c", "c:true>a", "c:false>out", "a>b", "b>out" }, "c(a b | -) out" },
    { "with outputs of branches", { "in input", "p parallel", "a llm", "b llm", "j join", output("nodes.a .. nodes.b") }, { "in>p", "p:branch>a", "p:branch>b", "a>j", "b>j", "j>out" }, "p!a,b(a | b) out" },
    { "with what a body collects", { "in input", { "l loop", params = { list = "input.orders", collect = "{{ nodes.a }}" } }, "a llm", output("join(nodes.l)") }, { "in>l", "l:body>a", "a>l", "l>out" }, "l(a) out" },
    { "with what an if in a body makes and the body collects", { "in input", { "l loop", params = { list = "input.orders", collect = "{{ default(nodes.a, 'none') }}" } }, "c condition", "a llm", "out output" }, { "in>l", "l:body>c", "c:true>a", "c:false>l", "a>l", "l>out" }, "l(c!a(a | -)) out" },
    { "with an output of a try", { "in input", "a llm", "stop output", output("nodes.a") }, { "in>a", "a>out", "a:error>stop" }, "a!a(- | - | stop) out" },
    { "with an output made deep and read far out", { "in input", "c condition", "d condition", "a llm", output("default(nodes.a, 'x')") }, { "in>c", "c:true>d", "c:false>out", "d:true>a", "d:false>out", "a>out" }, "c!a(d(a | -) | -) out" },
    { "with an output read behind an early return", { "in input", "c condition", "stop output", "a llm", output("nodes.a") }, { "in>c", "c:true>stop", "c:false>a", "a>out" }, "c(stop | -) a out" },
}

describe("a workflow is structured", function()
    for _, case in ipairs(STRUCTURES) do
        it("as " .. case[1], function()
            assert.are.equal(case[4], show(compile(document(case[2], case[3])).body))
        end)
    end

    it("with the edge that leads to each statement", function()
        local model = compile(document({ "in input", "c condition", "a llm", "b llm", "out output" }, { "in>c", "c:true>a", "c:false>out", "a>b", "b>out" }))
        local statement = model.body[1]
        assert.are.equal("e2", statement.yes[1].edge.id)
        assert.are.equal("e4", statement.yes[2].edge.id)
        assert.is_nil(model.body[2].edge)
    end)

    it("with its nodes in the order of the Lua", function()
        local model = compile(document({ "out output", "b llm", "a llm", "c condition", "in input", "t trigger" }, { "in>c", "c:true>a", "c:false>b", "a>out", "b>out", "t>in" }))
        assert.are.equal("t in c a b out", table.concat(model.order, " "))
        assert.are.equal("in", model.entry.id)
        assert.are.equal(1, #model.triggers)
    end)

    it("when 300 conditions return one after the other", function()
        local nodes, edges = { "in input" }, { "in>c1" }
        for i = 1, 240 do
            nodes[#nodes + 1], nodes[#nodes + 2] = "c" .. i .. " condition", "s" .. i .. " output"
            edges[#edges + 1] = "c" .. i .. ":true>s" .. i
            edges[#edges + 1] = "c" .. i .. ":false>" .. (i < 240 and "c" .. i + 1 or "out")
        end
        nodes[#nodes + 1] = "out output"
        assert.is_true(#compile(document(nodes, edges)).body > 0)
    end)
end)

describe("a model", function()
    it("has Lua names from titles, no two alike and none of Lua's", function()
        local model = compile(document({ "in input", { "a llm", title = "Classify the ticket!" }, { "b llm", title = "classify the ticket" }, { "c llm", title = "End" }, { "d llm", title = "2nd try" },
            { "e llm", title = "Größe prüfen" }, { "f llm", title = "日本" }, { "g transform", title = "Order", params = { fields = { x = "{{ map(input.orders, order => order.id) }}" } } }, "out output" },
            { "in>a", "a>b", "b>c", "c>d", "d>e", "e>f", "f>g", "g>out" }))
        local names = {}
        for _, id in ipairs({ "a", "b", "c", "d", "e", "f", "g" }) do
            names[#names + 1] = model.nodes[id].name
        end
        assert.are.equal("classify_the_ticket classify_the_ticket_2 end_2 n2nd_try groesse_pruefen f order_2", table.concat(names, " "))
    end)

    it("says what is read", function()
        local model = compile(document({ "in input", "a llm", "b llm", output("nodes.a") }, { "in>a", "a>b", "b>out" }))
        assert.is_true(model.nodes.a.read)
        assert.is_nil(model.nodes.b.read)
    end)

    it("grants what the nodes need and the document names", function()
        local model = compile(document({ "in input", "a llm", { "b llm", params = { prompt = "x", schema = { type = "object" }, model = "local" } }, "t tool", "h human", "m memory", "w delay", "out output" },
            { "in>a", "a>b", "b>t", "t>h", "h>m", "m>w", "w>out" }, { grants = { tools = { "kv.get" }, hosts = { "b.example", "a.example" }, secrets = { "KEY" } } }))
        assert.are.same({ "approve", "crm.update", "kv.get", "llm.chat", "llm.json", "memory.search", "sleep" }, model.grants.tools)
        assert.are.same({ "*" }, model.grants.models)
        assert.are.same({ "a.example", "b.example" }, model.grants.hosts)
        assert.are.same({ "KEY" }, model.grants.secrets)
    end)

    it("knows what each type of node gives", function()
        local model = compile(document({ "in input", "a llm", { "b llm", params = { prompt = "x", schema = { type = "object", properties = { n = { type = "integer" } } } } }, "t tool", "h human", "m memory",
            { "x transform", params = { fields = { n = "{{ len(input.orders) }}", s = "a {{ input.text }}", o = "{{ input.amount }}" } } }, { "l loop", params = { list = "input.orders", collect = "{{ item.total }}" } }, "y llm",
            { "k code", params = { code = "return 1", output = { type = "integer" } } }, "out output" },
            { "in>a", "a>b", "b>t", "t>h", "h>m", "m>x", "x>l", "l:body>y", "y>l", "l>k", "k>out" }))
        local function shown(id, ...)
            local t = model.nodes[id].output_type
            for _, name in ipairs({ ... }) do
                t = types.property(t, name)
            end
            return types.show(t)
        end
        assert.are.equal("text", shown("a"))
        assert.are.equal("a whole number", shown("b", "n"))
        assert.are.equal("true or false", shown("t", "ok"))
        assert.are.equal("true or false", shown("h", "approved"))
        assert.are.equal("a list", shown("m", "documents"))
        assert.are.equal("a whole number", shown("x", "n"))
        assert.are.equal("text", shown("x", "s"))
        assert.is_false(select(2, types.property(model.nodes.x.output_type, "o")))
        assert.are.equal("a number", types.show(types.items(model.nodes.l.output_type)))
        assert.are.equal("a whole number", shown("k"))
        assert.is_nil(model.nodes.y.def.output == nil or nil)
    end)

    it("warns of what nothing uses and of what may be null", function()
        local _, result = compile(document({ "in input", "a llm", { "out output", params = { value = { n = "{{ input.amount + 1 }}" } } } }, { "in>a", "a>out" }))
        local found = {}
        for _, warning in ipairs(result.warnings) do
            found[#found + 1] = warning.node .. " " .. warning.field .. " " .. warning.code
        end
        assert.are.same({ "a id unused", "out params.value.n may_be_null" }, found)
    end)
end)

describe("a cost", function()
    local function cost(nodes, edges, given)
        local _, result = compile(document(nodes, edges), given)
        return result.cost
    end
    local HAIKU = { prompt = "Say {{ input.kind }}", model = "claude-haiku-4-5", max_tokens = 1000 } -- 1 and 5 micro-dollars a token

    it("comes from the texts, the bounds and the price table", function()
        local c = cost({ "in input", { "a llm", params = HAIKU }, "out output" }, { "in>a", "a>out" })
        assert.are.same({ 20 + 1 + 1 + 20 * 5, 20 + 1 + 3 + 300 * 5, 20 + 1 + 8 + 1000 * 5 }, { c.low, c.likely, c.high })
        assert.are.same({ low = c.low, likely = c.likely, high = c.high }, c.nodes.a)
    end)

    it("takes past runs for what is likely", function()
        local given = { models = GIVEN.models, past = { a = { input_tokens = 100, output_tokens = 50 } } }
        assert.are.equal(100 + 50 * 5, cost({ "in input", { "a llm", params = HAIKU }, "out output" }, { "in>a", "a>out" }, given).likely)
    end)

    it("counts ways that part, rounds of loops, branches and tries", function()
        local one = cost({ "in input", { "a llm", params = HAIKU }, "out output" }, { "in>a", "a>out" })
        local way = cost({ "in input", "c condition", { "a llm", params = HAIKU }, "out output" }, { "in>c", "c:true>a", "c:false>out", "a>out" })
        assert.are.same({ 0, math.ceil(one.likely / 2), one.high }, { way.low, way.likely, way.high })
        local loop = cost({ "in input", "l loop", { "a llm", params = HAIKU }, "out output" }, { "in>l", "l:body>a", "a>l", "l>out" })
        assert.are.same({ 0, one.likely * 10, one.high * 50 }, { loop.low, loop.likely, loop.high })
        local both = cost({ "in input", "p parallel", { "a llm", params = HAIKU }, { "b llm", params = HAIKU }, "j join", "out output" }, { "in>p", "p:branch>a", "p:branch>b", "a>j", "b>j", "j>out" })
        assert.are.equal(one.high * 2, both.high)
        local tried = cost({ "in input", { "a llm", params = HAIKU, retry = { attempts = 3 } }, "out output" }, { "in>a", "a>out" })
        assert.are.equal(one.high * 3, tried.high)
    end)

    it("of an agent stays within what it may spend, and of tools is their price", function()
        local c = cost({ "in input", { "a agent", params = { instructions = "x", input = "y", model = "claude-haiku-4-5", max_cost_micros = 100 } }, "t tool", "out output" }, { "in>a", "a>t", "t>out" })
        assert.are.equal(107, c.high)
    end)

    it("is nothing with the local model", function()
        assert.are.equal(0, cost({ "in input", "a llm", "out output" }, { "in>a", "a>out" }).high)
    end)
end)

describe("the compiler's files", function()
    it("name every type of node that there is, and the JSON Schema says the same fields", function()
        local listed, files = {}, {}
        for _, name in ipairs(type_names) do
            listed[name] = true
        end
        for _, file in ipairs(harness.files("lua/compiler/nodes")) do
            local name = file:match("^(%w+)%.lua$")
            if name then
                files[name] = true
            end
        end
        assert.are.same(files, listed)
        local schema = harness.json("lua/compiler/workflow.schema.json")
        local enum = {}
        for _, name in ipairs(schema["$defs"].node.properties.type.enum) do
            enum[name] = true
        end
        assert.are.same(listed, enum)
        for _, name in ipairs(type_names) do
            local of = schema["$defs"][name == "tool" and "tool_call" or name] or { properties = {}, required = {} }
            local fields, needed, required = {}, {}, {}
            for _, field in ipairs(require("compiler.nodes." .. name).fields) do
                fields[field.name], needed[field.name] = true, field.needed or nil
            end
            for _, field in ipairs(of.required or {}) do
                required[field] = true
            end
            local properties = {}
            for field in pairs(of.properties) do
                properties[field] = true
            end
            assert.are.same(properties, fields, name)
            assert.are.same(required, needed, name)
        end
    end)

    it("are the job compile, which answers with plain JSON", function()
        local run = assert(loadfile("lua/toolbox/compile.lua"))()
        local cjson = require "cjson"
        local good = run({ document = document({ "in input", "a llm", "out output" }, { "in>a", "a>out" }), models = GIVEN.models })
        assert.is_true(good.ok)
        assert.is_string(cjson.encode(good))
        local bad = run({ document = document({ "in input", "a llm" }, { "in>a" }) })
        assert.is_false(bad.ok)
        assert.is_string(cjson.encode(bad))
        assert.is_false(pcall(run, { document = 5 }))
    end)
end)
