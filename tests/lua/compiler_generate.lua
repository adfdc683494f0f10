-- Random workflow documents that are right, in canonical form, the same for the same seed: nested conditions,
-- switches, loops, parallels and error edges, nodes of all types, expressions over what exists where they stand.
-- Long because it is one grammar.

local json = require "moon.json"

local M = {}

local INPUT = {
    type = "object", required = { "subject", "body", "n", "price", "flag", "kind", "tags", "orders", "address" },
    properties = {
        subject = { type = "string" }, body = { type = "string" }, n = { type = "integer" }, price = { type = "number" },
        flag = { type = "boolean" }, kind = { enum = { "billing", "shipping", "other" } },
        tags = { type = "array", items = { type = "string" } }, note = { type = "string" },
        orders = { type = "array", items = { type = "object", required = { "id", "total" },
            properties = { id = { type = "string" }, total = { type = "number" }, ["ship to"] = { type = "string" } } } },
        address = { type = "object", required = { "city" }, properties = { city = { type = "string" }, zip = { type = "string" } } },
    },
}
local CONFIG = { type = "object", properties = { limit = { type = "number" }, tone = { type = "string" } }, required = { "limit", "tone" } }

local Generator = {}
Generator.__index = Generator

function Generator:random(n)
    -- Park and Miller, so that the same seed is the same document on every machine
    self.seed = self.seed * 16807 % 2147483647
    return self.seed % n + 1
end

function Generator:chance(percent)
    return self:random(100) <= percent
end

function Generator:pick(list)
    return list[self:random(#list)]
end

-- ------------------------------------------------------------------------------ expressions

local TEXTS = { "'a'", "'it is \"so\"'", "\"it's\"", "'Århus'", "'x\\ny'", "''" }

-- An expression of this kind that may stand where `scope` is what exists: {text, number, boolean, list = {expressions}}.
local GROW = {
    text = {
        function(g, s, d) return "lower(" .. g:expression("text", s, d) .. ")" end,
        function(g, s, d) return g:expression("atom", s, d) .. " .. " .. g:pick(TEXTS) end,
        function(g, s, d) return "join(" .. g:expression("list", s, d) .. ", '; ')" end,
        function(g, s, d) return "when(" .. g:expression("boolean", s, d) .. ", " .. g:expression("text", s, d) .. ", " .. g:expression("text", s, d) .. ")" end,
        function(g, s, d) return "default(input.note, " .. g:expression("text", s, d) .. ")" end,
        function(g, s, d) return "truncate(" .. g:expression("text", s, d) .. ", " .. g:random(90) .. ")" end,
        function() return "default(input.address.zip, '0000')" end,
    },
    number = {
        function(g, s, d) return g:expression("number", s, d) .. " + " .. g:random(9) end,
        function(g, s, d) return "(" .. g:expression("number", s, d) .. " - " .. g:random(9) .. ") * 2" end,
        function(g, s, d) return "len(" .. g:expression("list", s, d) .. ")" end,
        function() return "sum(map(input.orders, o => o.total))" end,
        function(g, s, d) return "-len(" .. g:expression("text", s, d) .. ")" end,
        function(g, s, d) return "round(" .. g:expression("number", s, d) .. ", 2)" end,
    },
    boolean = {
        function(g, s, d) return g:expression("number", s, d) .. " > " .. g:random(50) end,
        function(g) return "not " .. g:pick({ "input.flag", "contains(input.tags, 'x')", "not input.flag" }) end,
        function(g, s) return g:expression("boolean", s, 0) .. " and " .. g:expression("boolean", s, 0) end,
        function(g) return "input.kind " .. g:pick({ "==", "!=" }) .. " '" .. g:pick({ "billing", "shipping" }) .. "'" end,
        function(g, s, d) return "contains(" .. g:expression("text", s, d) .. ", 'a')" end,
        function(g, s) return "(input.flag or " .. g:expression("boolean", s, 0) .. ") == true" end,
        function() return "not (input.flag and input.n > 2)" end,
    },
    list = {
        function() return "filter(input.tags, t => t != 'x')" end,
        function(g, s, d) return "split(" .. g:expression("text", s, d) .. ", ' ')" end,
        function() return "map(input.orders, o => o.id .. '!')" end,
        function(g, s, d) return "[" .. g:expression("text", s, d) .. ", 'z']" end,
        function(g, s, d) return "slice(" .. g:expression("list", s, d) .. ", 1, 3)" end,
    },
}

function Generator:expression(kind, scope, depth)
    if kind == "atom" then
        return self:pick(scope.text)
    end
    if depth <= 0 or self:chance(45) then
        return self:pick(scope[kind])
    end
    return self:pick(GROW[kind])(self, scope, depth - 1)
end

function Generator:any(scope)
    return self:expression(self:pick({ "text", "text", "number", "boolean", "list" }), scope, 2)
end

local WORDS = { "Dear customer, ", "Re: ", " and ", "\n", "100 % of { it }", "}", "a \"quote\" ", "\\ ", " --[[ no comment", "]] ", "\n\n  - " }

function Generator:template(scope, long)
    local pieces = { self:pick({ "Please answer ", "Say: ", "Sort this\n" }) }
    for _ = 1, self:random(long and 7 or 3) do
        if self:chance(50) then
            pieces[#pieces + 1] = "{{ " .. self:expression("text", scope, 1) .. " }}"
        elseif self:chance(8) then
            pieces[#pieces + 1] = '{{ "{{" }}'
        else
            pieces[#pieces + 1] = self:pick(WORDS)
        end
    end
    -- canonical: texts are no places
    return (table.concat(pieces):gsub("{{ ('[^']*') }}", "t"):gsub('{{ ("[^"{]*") }}', "t"))
end

function Generator:value(scope, depth)
    local kind = self:random(depth > 0 and 8 or 5)
    if kind == 1 then
        return self:random(1000) / (self:chance(30) and 8 or 1)
    elseif kind == 2 then
        return self:chance(50)
    elseif kind == 3 then
        return self:template(scope)
    elseif kind <= 5 then
        local e = self:any(scope)
        return e:find("^['\"%d%[{-]") and "plain" or "{{ " .. e .. " }}"
    elseif kind == 6 then
        local list = {}
        for i = 1, self:random(3) do
            list[i] = self:value(scope, depth - 1)
        end
        return json.array(list)
    end
    local object = {}
    for _ = 1, self:random(3) do
        object[self:pick({ "a", "b", "long name", "end", "c_1", "x" })] = self:value(scope, depth - 1)
    end
    return object
end

-- ------------------------------------------------------------------------------ nodes

local TITLES = { "Look up order", "Classify ticket", "Draft the reply", "Prüfen", "If 2 > 1?", "End", "Local", "Score [x]", "Text", "Fetch", "Input" }

function Generator:node(kind, params)
    local n = #self.nodes + 1
    local node = {
        id = self:pick({ "step", "look", "n", "do_it" }) .. "_" .. n, type = kind, title = self:pick(TITLES) .. " " .. n, params = params,
        position = self:chance(60) and { x = self:random(2000), y = self:random(900) / 2 } or nil,
    }
    if self:chance(20) then
        node.note = self:pick({ "One line.", "Two\nlines", "  moved\n\nand more [x_1]", "tab\there ", "-- case x" })
    end
    self.nodes[n] = node
    return node
end

function Generator:edge(from, to, kind)
    local n = #self.edges + 1
    self.edges[n] = { id = "e" .. n, from = from, to = to, kind = kind ~= "next" and kind or self:chance(10) and "next" or nil }
end

-- Leads all open ends to a node.
function Generator:connect(ends, to)
    for _, open in ipairs(ends) do
        self:edge(open[1], to, open[2])
    end
end

function Generator:extras(node, may)
    if may:find("r") and self:chance(20) then
        node.retry = { attempts = self:random(5) + 1, backoff_s = self:chance(50) and self:random(8) / 4 or nil,
            on = self:chance(30) and json.array({ "timeout", "unavailable" }) or nil }
    end
    if may:find("t") and self:chance(20) then
        node.timeout_ms = self:random(60000)
    end
end

local ANSWER = { type = "object", required = { "text", "n" }, properties = { text = { type = "string" }, n = { type = "number" },
    mood = { enum = { "good", "bad" } } } }

local MAKE = {
    llm = function(g, scope)
        local schema = g:chance(40) and ANSWER or nil
        local node = g:node("llm", {
            prompt = g:template(scope, true), system = g:chance(30) and g:template(scope, true) or nil, schema = schema,
            model = g:chance(20) and "openai/gpt" or nil, temperature = g:chance(20) and 0.2 or nil, max_tokens = g:chance(20) and g:random(900) or nil,
        })
        return node, "rtf", schema and { text = ".text", number = ".n" } or { text = "" }
    end,
    agent = function(g, scope)
        local tools = g:chance(50) and json.array({ "http.request", "kv.get" }) or nil
        local node = g:node("agent", {
            instructions = g:template(scope, true), input = g:chance(60) and "{{ input.body }}" or { q = g:value(scope, 1) }, tools = tools,
            approval = tools and g:chance(50) and json.array({ "kv.get" }) or nil, max_steps = g:chance(40) and g:random(12) or nil,
            schema = g:chance(20) and ANSWER or nil,
        })
        return node, "rtf", node.params.schema and { text = ".text", number = ".n" } or { text = "" }
    end,
    tool = function(g, scope)
        local approval = g:chance(20) and { title = g:template(scope), roles = json.array({ "lead" }) }
        local node = g:node("tool", { tool = g:pick({ "http.request", "kv.get" }), args = g:chance(90) and { url = g:value(scope, 1), q = g:value(scope, 2) } or nil,
            approval = approval or (g:chance(20) and g:chance(70)) or nil })
        return node, "rtf", {}
    end,
    human = function(g, scope)
        local mode = g:pick({ "approve", "ask" })
        local node = g:node("human", { mode = mode, title = g:template(scope), details = g:chance(40) and g:value(scope, 2) or nil,
            form = mode == "ask" and ANSWER or nil, roles = g:chance(30) and json.array({ "lead", "boss" }) or nil,
            deadline_s = g:chance(40) and g:random(9000) or nil })
        node.params.on_deadline = node.params.deadline_s and g:chance(50) and g:pick({ "reject", "fail" }) or nil
        return node, "f", { boolean = ".approved" }
    end,
    transform = function(g, scope)
        local node = g:node("transform", { fields = { subject = "Re: {{ " .. g:pick(scope.text) .. " }}", total = "{{ " .. g:pick({ "input.n", "input.price * 2" }) .. " }}",
            more = g:value(scope, 2) } })
        return node, "f", { text = ".subject", number = ".total" }
    end,
    code = function(g, scope)
        local node = g:node("code", {
            code = g:pick({ "return #input.tags", "local n = 0\nfor i = 1, 3 do\n  n = n + i\nend\n\nreturn n\n", "state.n = (state.n or 0) + 1\nreturn state.n",
                "return [[\nlong\n]]", "if input.flag then\n\treturn 1\nend -- end", "return 'function end'" }),
            input = g:chance(40) and g:value(scope, 2) or nil, output = g:chance(50) and { type = "number" } or nil,
        })
        return node, "rf", node.params.output and { number = "" } or {}
    end,
    memory = function(g, scope)
        local node = g:node("memory", { collection = "faq", query = g:template(scope), limit = g:chance(50) and g:random(20) or nil,
            filter = g:chance(30) and { lang = g:value(scope, 0) } or nil })
        return node, "rtf", {}
    end,
    subworkflow = function(g, scope)
        local node = g:node("subworkflow", { workflow = g:pick({ "refunds", "billing_2" }), input = g:chance(70) and { a = g:value(scope, 2) } or nil,
            output = g:chance(50) and ANSWER or nil })
        return node, "rtf", node.params.output and { text = ".text", number = ".n" } or {}
    end,
    delay = function(g, scope)
        return g:node("delay", { seconds = g:chance(50) and g:random(5000) or g:pick(scope.number) }), "", {}
    end,
}
local KINDS = { "llm", "agent", "tool", "human", "transform", "code", "memory", "subworkflow", "delay" }

local function extend(scope, id, gives)
    local new = {}
    for _, kind in ipairs({ "text", "number", "boolean", "list", "maybe" }) do
        new[kind] = { unpack(scope[kind]) }
        if gives[kind] then
            table.insert(new[kind], "nodes." .. id .. gives[kind])
            table.insert(new[kind], "nodes." .. id .. gives[kind])
        end
    end
    return new
end

local FALLBACK = { llm = { [false] = "sorry" }, agent = { [false] = "sorry" } }

local sequence

-- What was made on one way only, for what comes after: default(nodes.x, ...)
local function after(scope, id, gives)
    local new = extend(scope, id, {})
    if gives.text == "" then
        table.insert(new.text, "default(nodes." .. id .. ", 'none')")
    end
    return new
end

-- An error edge: both ways, one of which may end the run.
local function try(g, node, scope, gives, ends, room)
    g:connect(ends, node.id)
    local good, bad = extend(scope, node.id, gives), extend(scope, node.id, {})
    table.insert(bad.text, "errors." .. node.id .. ".message")
    local open = { { node.id, "next" } }
    if g:chance(50) then
        open = sequence(g, good, open, room - 1)
    end
    local failed = { { node.id, "error" } }
    if g:chance(60) then
        failed = sequence(g, bad, failed, room - 1)
    end
    if not room.inside and g:chance(30) then
        g:output(bad, failed)
        return open, extend(scope, node.id, gives)
    end
    for _, one in ipairs(failed) do
        open[#open + 1] = one
    end
    return open, after(scope, node.id, gives)
end

local function simple(g, scope, ends, room)
    local kind = g:pick(KINDS)
    local node, may, gives = MAKE[kind](g, scope)
    g:extras(node, may)
    if may ~= "" and g:chance(15) then
        return try(g, node, scope, gives, ends, room)
    elseif may:find("f") and g:chance(15) and FALLBACK[kind] and not node.params.schema then
        node.fallback = { value = g:chance(50) and "sorry" or "sorry: {{ input.subject }}" }
    end
    g:connect(ends, node.id)
    return { { node.id, "next" } }, extend(scope, node.id, gives)
end

local function merge(a, b)
    for _, one in ipairs(b) do
        a[#a + 1] = one
    end
    return a
end

local function ways(g, scope, node, kinds, room)
    local open = {}
    for i, kind in ipairs(kinds) do
        local way = { { node.id, kind } }
        if g:chance(70) then
            way = sequence(g, scope, way, room - 1)
        end
        if not room.inside and i > 1 and g:chance(20) then
            g:output(scope, way)
        else
            merge(open, way)
        end
    end
    return open
end

local function condition(g, scope, ends, room)
    local node = g:node("condition", { expression = g:expression("boolean", scope, 2) })
    g:connect(ends, node.id)
    return ways(g, scope, node, { "true", "false" }, room), scope
end

local function switch(g, scope, ends, room)
    local cases = { { name = "billing", equals = "billing" }, { name = "way_2", equals = "shipping" } }
    local node = g:node("switch", { expression = "input.kind", cases = json.array(cases) })
    g:connect(ends, node.id)
    return ways(g, scope, node, { "case:billing", "case:way_2", "case:default" }, room), scope
end

local function loop(g, scope, ends, room)
    local as = "it" .. #g.nodes
    local explicit = g:chance(70)
    if not explicit and (room.items or 0) > 0 then
        explicit = true
    end
    local node = g:node("loop", { list = "input.orders", as = explicit and as or nil, limit = g:chance(40) and g:random(500) or nil,
        concurrency = g:chance(50) and g:random(4) or nil })
    local name = explicit and as or "item"
    local inner = extend(scope, node.id, {})
    table.insert(inner.text, name .. ".id")
    table.insert(inner.number, name .. ".total")
    table.insert(inner.number, name .. "_index")
    local body_room = setmetatable({ n = room.n - 1, inside = true, items = (room.items or 0) + (explicit and 0 or 1) }, getmetatable(room))
    g:connect(ends, node.id)
    local open, seen = sequence(g, inner, { { node.id, "body" } }, body_room)
    g:connect(open, node.id)
    local gives = {}
    if g:chance(60) then
        node.params.collect = "{{ " .. g:pick(seen.text) .. " }}"
        gives = { list = "" }
    end
    if g:chance(15) then
        local own = extend(scope, node.id, {})
        local failed = sequence(g, own, { { node.id, "error" } }, room - 1)
        return merge({ { node.id, "next" } }, failed), scope
    end
    return { { node.id, "next" } }, extend(scope, node.id, gives)
end

local function parallel(g, scope, ends, room)
    local node = g:node("parallel", g:chance(50) and { concurrency = g:random(5) } or nil)
    g:connect(ends, node.id)
    local open, joined = {}, scope
    local branch_room = setmetatable({ n = room.n - 1, inside = true, items = room.items }, getmetatable(room))
    for _ = 1, g:random(2) + 1 do
        local way, seen = sequence(g, scope, { { node.id, "branch" } }, branch_room)
        merge(open, way)
        local both = extend(joined, node.id, {})
        for _, kind in ipairs({ "text", "number", "boolean" }) do
            for i = #scope[kind] + 1, #seen[kind] do
                table.insert(both[kind], seen[kind][i])
            end
        end
        joined = both
    end
    local join = g:node("join", g:chance(30) and {} or nil)
    g:connect(open, join.id)
    return { { join.id, "next" } }, joined
end

-- Some steps from open ends; returns the ends that are open then, and what exists there.
function sequence(g, scope, ends, room)
    for i = 1, g:random(room.n > 1 and 3 or 2) do
        if #g.nodes > g.most and i > 1 then
            break
        end
        local make = simple
        if #g.nodes <= g.most and room.n > 0 and g:chance(45) then
            make = g:pick({ condition, condition, switch, loop, parallel })
        end
        ends, scope = make(g, scope, ends, room)
    end
    return ends, scope
end

function Generator:output(scope, ends)
    local node = self:node("output", { value = { reply = self:value(scope, 2), more = self:value(scope, 1) } })
    self:connect(ends, node.id)
end

local ROOM = { __sub = function(room, n)
    return setmetatable({ n = room.n - n, inside = room.inside, items = room.items }, getmetatable(room))
end }

-- The document of a seed.
function M.document(seed)
    local g = setmetatable({ seed = seed * 7919 % 2147483646 + 1, nodes = {}, edges = {}, most = seed % 10 == 0 and 40 or 8 }, Generator)
    for _ = 1, 5 do
        g:random(2)
    end
    local entry = g:node("input", nil)
    local scope = {
        text = { "input.subject", "input.body", "input.address.city", "config.tone" }, number = { "input.n", "input.price", "config.limit" },
        boolean = { "input.flag", "input.n > 3" }, list = { "input.tags" }, maybe = {},
    }
    local ends
    ends, scope = sequence(g, scope, { { entry.id, "next" } }, setmetatable({ n = 3 }, ROOM))
    g:output(scope, ends)
    if g:chance(20) then
        local trigger = g:node("trigger", { kind = "webhook", secret = "HOOK" })
        g:edge(trigger.id, entry.id, "next")
    end
    return {
        version = 1, name = "made_" .. seed, title = "Made " .. seed, summary = g:chance(50) and "A summary." or nil, category = g:chance(50) and "support" or nil,
        input = INPUT, config = CONFIG, output = g:chance(30) and { type = "object" } or nil,
        grants = g:chance(40) and { tools = json.array({ "kv.set", "http.request" }), hosts = json.array({ "api.example.com" }) } or nil,
        nodes = json.array(g.nodes), edges = json.array(g.edges),
        notes = g:chance(20) and json.array({ { id = "note_1", text = "Remember", position = { x = 1, y = 2 } } }) or nil,
    }
end

return M
