-- lua/compiler: documents that are wrong, each with all that is said of it: node, field, code and message.
-- Long because it is a table of cases.

local harness = require "tests.lua.harness"

local check = require "compiler.check"
local problems = require "compiler.problems"

local GIVEN = {
    tools = {
        ["http.request"] = harness.json("tools/http_request/manifest.json"),
        ["crm.update"] = { name = "crm.update", args = { type = "object", additionalProperties = false, required = { "id", "status" }, properties = {
            id = { type = "string", minLength = 2 }, status = { enum = { "open", "closed" } }, score = { type = "integer", minimum = 0, maximum = 10 },
            tags = { type = "array", maxItems = 2, items = { type = "string" } } } }, result = { type = "object", required = { "ok" }, properties = { ok = { type = "boolean" } } } },
    },
    models = harness.json("core/llm/models.json"),
    workflows = { refunds = { input = { type = "object", required = { "order" }, properties = { order = { type = "string" } }, additionalProperties = false }, output = { type = "object", properties = { done = { type = "boolean" } }, required = { "done" } } } },
}

local INPUT = {
    type = "object", required = { "subject", "amount", "urgent", "orders", "kind" },
    properties = {
        subject = { type = "string" }, amount = { type = "number" }, urgent = { type = "boolean" }, note = { type = "string" }, kind = { enum = { "a", "b" } },
        orders = { type = "array", items = { type = "object", required = { "id", "total" }, properties = { id = { type = "string" }, total = { type = "number" } } } },
    },
}
local OUTPUT = { type = "object", required = { "reply" }, properties = { reply = { type = "string" }, score = { type = "number" } }, additionalProperties = false }

-- "a>b", "a:true>b"
local function edges_of(texts)
    local edges = {}
    for i, text in ipairs(texts) do
        local from, kind, to = text:match("^([%w_]+):?([%w_:]*)>([%w_]+)$")
        edges[i] = { id = "e" .. i, from = from, to = to, kind = kind ~= "" and kind or nil }
    end
    return edges
end

local function node(id, kind, params, more)
    local result = { id = id, type = kind, title = id:sub(1, 1):upper() .. id:sub(2), params = params }
    for key, value in pairs(more or {}) do
        result[key] = value
    end
    return result
end

local IN, OUT = node("start", "input"), node("done", "output", { value = { reply = "{{ input.subject }}" } })

local function llm(id, prompt, more)
    return node(id, "llm", { prompt = prompt or "Say {{ input.subject }}" }, more)
end

local function document(nodes, edges, more)
    local result = { version = 1, name = "test", title = "Test", input = INPUT, output = OUTPUT, nodes = nodes, edges = edges_of(edges) }
    for key, value in pairs(more or {}) do
        result[key] = value
    end
    return result
end

-- One node between input and output.
local function one(kind, params, more, top)
    return document({ IN, node("it", kind, params, more), OUT }, { "start>it", "it>done" }, top)
end

local function with_output(value)
    return document({ IN, node("done", "output", { value = value }) }, { "start>done" })
end

local function with_condition(expression)
    return document({ IN, node("it", "condition", { expression = expression }), OUT, node("other", "output", { value = { reply = "x" } }) },
        { "start>it", "it:true>done", "it:false>other" })
end

local SCHEMA = { type = "object", required = { "ok" }, properties = { ok = { type = "boolean" }, why = { type = "string" } } }

-- {rule, document, {node, field, code, message}...}
local CASES = {
    -- the document itself
    { "without a name, title, nodes", { version = 1 },
        { nil, "name", "missing_field", "'name' is missing" },
        { nil, "title", "missing_field", "'title' is missing" },
        { nil, "nodes", "missing_field", "'nodes' is missing" },
        { nil, "edges", "missing_field", "'edges' is missing" } },
    { "of another version", document({ IN, OUT }, { "start>done" }, { version = 2 }),
        { nil, "version", "not_allowed", "this compiler knows version 1 only" } },
    { "with a name that is none", document({ IN, OUT }, { "start>done" }, { name = "My Flow" }),
        { nil, "name", "bad_name", "'My Flow' is not written as a name: small letters, digits and _" } },
    { "with a field that there is not", document({ IN, OUT }, { "start>done" }, { sumary = "x" }),
        { nil, "sumary", "unknown_field", "there is no field 'sumary'; did you mean 'summary'?" } },
    { "with an empty title", document({ IN, OUT }, { "start>done" }, { title = " " }),
        { nil, "title", "empty", "this is empty" } },
    { "whose nodes are no list", document({ IN, OUT }, {}, { nodes = { a = 1 } }),
        { nil, "nodes", "wrong_kind", "this is not a list" } },
    { "whose edges are text", document({ IN, OUT }, {}, { edges = "x" }),
        { nil, "edges", "wrong_kind", "this is not a list" } },
    { "with an input schema of a type that there is not", document({ IN, OUT }, { "start>done" }, { input = { type = "objekt", properties = INPUT.properties, required = INPUT.required } }),
        { nil, "input.type", "bad_schema", "'objekt' is no type of JSON; did you mean 'object'?" } },
    { "whose input is no object", document({ IN, node("done", "output", { value = { reply = "x" } }) }, { "start>done" }, { input = { type = "string" } }),
        { nil, "input", "bad_schema", "the run's input is an object" } },
    { "with a schema whose reference leads nowhere", document({ IN, OUT }, { "start>done" }, { config = { type = "object", properties = { a = { ["$ref"] = "#/$defs/b" } } } }),
        { nil, "config.properties.a.$ref", "bad_schema", "'#/$defs/b' leads nowhere" } },
    { "with a secret's name that is none", document({ IN, OUT }, { "start>done" }, { grants = { secrets = { "token" } } }),
        { nil, "grants.secrets.1", "bad_name", "'token' is not written as the name of a secret" } },
    { "with two notes of one id", document({ IN, OUT }, { "start>done" }, { notes = { { id = "n", text = "a" }, { id = "n", text = "b" } } }),
        { nil, "notes.n.id", "duplicate", "two notes have the id 'n'" } },
    { "with a note without text", document({ IN, OUT }, { "start>done" }, { notes = { { id = "n" } } }),
        { nil, "notes.n.text", "missing_field", "'text' is missing" } },
    -- nodes
    { "with two nodes of one id", document({ IN, llm("a"), llm("a"), OUT }, { "start>a", "a>done" }),
        { "a", "id", "duplicate", "two nodes have the id 'a'" } },
    { "with two nodes of one title", document({ IN, llm("a"), llm("b", "x {{ nodes.a }}", { title = "A" }), OUT }, { "start>a", "a>b", "b>done" }),
        { "b", "title", "duplicate", "'a' has the same title" } },
    { "with a node of no known type", document({ IN, node("it", "lllm", {}), OUT }, { "start>it", "it>done" }),
        { "it", "type", "unknown_type", "'lllm' is not allowed here; did you mean 'llm'?" } },
    { "with a node without id", document({ IN, { type = "llm", title = "X", params = { prompt = "x" } }, OUT }, { "start>done" }),
        { nil, "nodes.2.id", "missing_field", "'id' is missing" } },
    { "with an id that is none", document({ IN, llm("a", nil, { id = "A b" }), OUT }, { "start>done" }),
        { "A b", "id", "bad_name", "'A b' is not written as an id: small letters, digits and _, a letter first" },
        { "A b", "id", "unreachable", "no path leads from the input to 'A'" },
        { "A b", "exits.next", "missing_edge", "the next node is missing: lead it to another node, or an output node at the end" } },
    { "with a node that is none", document({ IN, 5, OUT }, { "start>done" }),
        { nil, "nodes.2", "wrong_kind", "this is not a node" } },
    { "with a node without title", document({ IN, { id = "a", type = "llm", params = { prompt = "x" } }, OUT }, { "start>a", "a>done" }),
        { "a", "title", "missing_field", "'title' is missing" } },
    { "with a field of a node that there is not", one("llm", { prompt = "x" }, { retries = 3 }),
        { "it", "retries", "unknown_field", "there is no field 'retries'" } },
    { "with a parameter that there is not", one("llm", { promt = "x" }),
        { "it", "params.promt", "unknown_field", "there is no field 'promt'; did you mean 'prompt'?" },
        { "it", "params.prompt", "missing_field", "'prompt' is missing" } },
    { "with params that are no object", one("llm", "x"),
        { "it", "params", "wrong_kind", "this is text, not an object" } },
    { "with a position without y", one("llm", { prompt = "x" }, { position = { x = 1 } }),
        { "it", "position.y", "missing_field", "'y' is missing" } },
    -- fields of nodes
    { "with an empty prompt", one("llm", { prompt = "  " }),
        { "it", "params.prompt", "empty", "the prompt is empty" } },
    { "with a prompt that is no text", one("llm", { prompt = 5 }),
        { "it", "params.prompt", "wrong_kind", "this is a number, not text" } },
    { "with a broken place in a prompt", one("llm", { prompt = "Hello {{ input.subject" }),
        { "it", "params.prompt", "syntax", "'{{' has no '}}'" } },
    { "with a place that is no expression", one("llm", { prompt = "Hello {{ input.subject + }}" }),
        { "it", "params.prompt", "syntax", "expected a value, found '}'" } },
    { "with a temperature out of bounds", one("llm", { prompt = "x", temperature = 3 }),
        { "it", "params.temperature", "out_of_range", "this is 3" } },
    { "with max_tokens that are not whole", one("llm", { prompt = "x", max_tokens = 1.5 }),
        { "it", "params.max_tokens", "wrong_kind", "this is 1.5, not a whole number" } },
    { "with a model that is not listed", one("llm", { prompt = "x", model = "claude-haiku-5" }),
        { "it", "params.model", "unknown_model", "there is no model 'claude-haiku-5'; did you mean 'claude-haiku-5-5'?" } },
    { "with a schema that is a text", one("llm", { prompt = "x", schema = "text" }),
        { "it", "params.schema", "bad_schema", "this is text, not a JSON Schema" } },
    { "with one try", one("llm", { prompt = "x" }, { retry = { attempts = 1 } }),
        { "it", "retry.attempts", "out_of_range", "this is 1" } },
    { "with a retry without attempts", one("llm", { prompt = "x" }, { retry = { backoff_s = 1 } }),
        { "it", "retry.attempts", "missing_field", "'attempts' is missing" } },
    { "with a code that is none to try again for", one("llm", { prompt = "x" }, { retry = { attempts = 2, on = { "Time out" } } }),
        { "it", "retry.on.1", "bad_name", "'Time out' is not written as an error's code" } },
    { "with a timeout of nothing", one("llm", { prompt = "x" }, { timeout_ms = 0 }),
        { "it", "timeout_ms", "out_of_range", "this is 0" } },
    { "with a retry where there is none", one("delay", { seconds = 1 }, { retry = { attempts = 2 } }),
        { "it", "retry", "unknown_field", "a node of type delay has no 'retry'" } },
    { "with a timeout where there is none", one("human", { mode = "approve", title = "x" }, { timeout_ms = 10 }),
        { "it", "timeout_ms", "unknown_field", "a node of type human has no 'timeout_ms'" } },
    { "with a fallback that does not fit", one("llm", { prompt = "x", schema = SCHEMA }, { fallback = { value = { ok = "no" } } }),
        { "it", "fallback.value.ok", "type_mismatch", "this is text, not true or false" } },
    { "with a fallback that lacks a field", one("llm", { prompt = "x", schema = SCHEMA }, { fallback = { value = { why = "x" } } }),
        { "it", "fallback.value", "type_mismatch", "'ok' is missing" } },
    { "with a fallback of the wrong kind", one("llm", { prompt = "x" }, { fallback = { value = 5 } }),
        { "it", "fallback.value", "type_mismatch", "this is a number, not text" } },
    { "with a fallback that uses the node itself", one("llm", { prompt = "x" }, { fallback = { value = "{{ nodes.it }}" } }),
        { "it", "fallback.value", "not_available", "'It' has not run when this is reached" } },
    { "with a fallback and an error edge", document({ IN, llm("a", nil, { fallback = { value = "x" } }), OUT, node("other", "output", { value = { reply = "{{ nodes.a }}" } }) }, { "start>a", "a>other", "a:error>done" }),
        { "a", "fallback", "conflict", "a node has a fallback or an error edge, not both" } },
    -- agents
    { "with an agent without instructions", one("agent", { input = "x" }),
        { "it", "params.instructions", "missing_field", "'instructions' is missing" } },
    { "with an agent's tool that there is not", one("agent", { instructions = "x", input = "y", tools = { "crm.updat" } }),
        { "it", "params.tools.1", "unknown_tool", "there is no tool 'crm.updat'; did you mean 'crm.update'?" } },
    { "with an agent's tool twice", one("agent", { instructions = "x", input = "y", tools = { "crm.update", "crm.update" } }),
        { "it", "params.tools.2", "duplicate", "'crm.update' is there twice" } },
    { "with approval of a tool that the agent has not", one("agent", { instructions = "x", input = "y", tools = { "crm.update" }, approval = { "http.request" } }),
        { "it", "params.approval.1", "unknown_tool", "'http.request' is none of the agent's tools" } },
    { "with an agent that is asked nothing", one("agent", { instructions = "x", input = "" }),
        { "it", "params.input", "empty", "the agent is asked nothing" } },
    { "with an agent of too many steps", one("agent", { instructions = "x", input = "y", max_steps = 500 }),
        { "it", "params.max_steps", "out_of_range", "this is 500" } },
    -- tools
    { "with a tool that there is not", one("tool", { tool = "crm.udpate" }),
        { "it", "params.tool", "unknown_tool", "there is no tool 'crm.udpate'; did you mean 'crm.update'?" } },
    { "with a tool without its arguments", one("tool", { tool = "crm.update" }),
        { "it", "params.args", "type_mismatch", "'id' is missing" },
        { "it", "params.args", "type_mismatch", "'status' is missing" } },
    { "with an argument that the tool has not", one("tool", { tool = "crm.update", args = { id = "abc", status = "open", stat = "x" } }),
        { "it", "params.args.stat", "type_mismatch", "there is no field 'stat'; did you mean 'status'?" } },
    { "with an argument of the wrong type", one("tool", { tool = "crm.update", args = { id = "{{ input.amount }}", status = "open" } }),
        { "it", "params.args.id", "type_mismatch", "'input.amount' is a number, not text" } },
    { "with a constant argument out of bounds", one("tool", { tool = "crm.update", args = { id = "a", status = "opn", score = 11 } }),
        { "it", "params.args.id", "type_mismatch", "this has 1 character" },
        { "it", "params.args.score", "type_mismatch", "this is 11" },
        { "it", "params.args.status", "type_mismatch", "'opn' is not one of the values that are allowed; did you mean 'open'?" } },
    { "with a text where a number is needed", one("tool", { tool = "crm.update", args = { id = "abc", status = "open", score = "{{ input.amount }}0" } }),
        { "it", "params.args.score", "type_mismatch", "this is text, not a whole number" } },
    { "with too many items", one("tool", { tool = "crm.update", args = { id = "abc", status = "open", tags = { "a", "b", 3 } } }),
        { "it", "params.args.tags", "type_mismatch", "this has 3 items" },
        { "it", "params.args.tags.3", "type_mismatch", "this is a number, not text" } },
    { "with an unknown field deep in an argument", one("tool", { tool = "crm.update", args = { id = "abc", status = "open", tags = { "{{ input.subjekt }}" } } }),
        { "it", "params.args.tags.1", "unknown_field", "'input' has no field 'subjekt'; did you mean 'subject'?" } },
    { "with arguments that are a list", one("tool", { tool = "crm.update", args = { "a" } }),
        { "it", "params.args", "wrong_kind", "this is a list, not an object" },
        { "it", "params.args", "type_mismatch", "'id' is missing" },
        { "it", "params.args", "type_mismatch", "'status' is missing" } },
    { "with an approval that is a text", one("tool", { tool = "crm.update", args = { id = "abc", status = "open" }, approval = "yes" }),
        { "it", "params.approval", "wrong_kind", "this is text, not an object" } },
    -- conditions and switches
    { "with a condition on a text", with_condition("input.subject"),
        { "it", "params.expression", "type_mismatch", "a condition takes true or false, and 'input.subject' is text; compare it with something" } },
    { "with a condition in braces", with_condition("{{ input.urgent }}"),
        { "it", "params.expression", "syntax", "an expression is written without {{ and }} here" } },
    { "with an empty condition", with_condition(" "),
        { "it", "params.expression", "empty", "this is empty" } },
    { "with a condition that is always false", with_condition("input.kind == 'c'"),
        { "it", "params.expression", "never_equal", "'input.kind' is never 'c'" } },
    { "with a condition that compares a number with a text", with_condition("input.amount > '5'"),
        { "it", "params.expression", "type_mismatch", "a number cannot be compared with a text (''5''); number(...) makes a number of it" } },
    { "with a condition that goes one way", document({ IN, node("it", "condition", { expression = "input.urgent" }), OUT }, { "start>it", "it:true>done" }),
        { "it", "exits.false", "missing_edge", "the way 'false' is missing: lead it to another node, or an output node at the end" } },
    { "with a condition that goes on by next", document({ IN, node("it", "condition", { expression = "input.urgent" }), OUT }, { "start>it", "it>done" }),
        { "it", "edges.e2", "wrong_edge", "no edge of kind 'next' leaves a node of type condition" } },
    { "with a switch without cases", document({ IN, node("it", "switch", { expression = "input.kind", cases = {} }), OUT }, { "start>it", "it:case:default>done" }),
        { "it", "params.cases", "empty", "there are no cases" } },
    { "with a case that leads nowhere", document({ IN, node("it", "switch", { expression = "input.kind", cases = { { name = "a", equals = "a" } } }), OUT }, { "start>it", "it:case:default>done" }),
        { "it", "params.cases.1", "missing_edge", "the case 'a' leads nowhere" } },
    { "with a switch that does not cover all", document({ IN, node("it", "switch", { expression = "input.kind", cases = { { name = "a", equals = "a" } } }), OUT }, { "start>it", "it:case:a>done" }),
        { "it", "params.cases", "missing_case", "what none of the cases equals leads nowhere" } },
    { "with an edge of a case that there is not", document({ IN, node("it", "switch", { expression = "input.kind", cases = { { name = "first", equals = "a" }, { name = "second", equals = "b" } } }), OUT }, { "start>it", "it:case:first>done", "it:case:secnd>done" }),
        { "it", "edges.e3", "missing_case", "the switch has no case 'secnd'; did you mean 'case:second'?" },
        { "it", "params.cases.2", "missing_edge", "the case 'second' leads nowhere" } },
    { "with a case that can never be", document({ IN, node("it", "switch", { expression = "input.kind", cases = { { name = "a", equals = "aa" } } }), OUT }, { "start>it", "it:case:a>done", "it:case:default>done" }),
        { "it", "params.cases.1.equals", "never_equal", "the expression is never 'aa'" } },
    { "with a case of another type", document({ IN, node("it", "switch", { expression = "input.amount", cases = { { name = "a", equals = "x" } } }), OUT }, { "start>it", "it:case:a>done", "it:case:default>done" }),
        { "it", "params.cases.1.equals", "type_mismatch", "this is text, and the expression is a number" } },
    { "with two cases of one value", document({ IN, node("it", "switch", { expression = "input.subject", cases = { { name = "a", equals = "x" }, { name = "a", equals = "x" } } }), OUT }, { "start>it", "it:case:a>done", "it:case:default>done" }),
        { "it", "params.cases.2.name", "duplicate", "the case 'a' is there twice" },
        { "it", "params.cases.2.equals", "duplicate", "the case 'a' takes this value already" } },
    { "with a case called default", document({ IN, node("it", "switch", { expression = "input.subject", cases = { { name = "default", equals = "x" } } }), OUT }, { "start>it", "it:case:default>done" }),
        { "it", "params.cases.1.name", "bad_name", "'default' is what no other case equals" } },
    { "with a switch on a list", document({ IN, node("it", "switch", { expression = "input.orders", cases = { { name = "a", equals = "x" } } }), OUT }, { "start>it", "it:case:a>done", "it:case:default>done" }),
        { "it", "params.expression", "type_mismatch", "a switch takes true or false or a number or text, and 'input.orders' is a list" } },
    -- loops
    { "with a loop over a text", document({ IN, node("each", "loop", { list = "input.subject" }), llm("a"), OUT }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "each", "params.list", "type_mismatch", "a loop takes a list, and 'input.subject' is text" } },
    { "with a loop without body", document({ IN, node("each", "loop", { list = "input.orders" }), OUT }, { "start>each", "each>done" }),
        { "each", "exits.body", "missing_edge", "the body is missing: lead it to another node, or an output node at the end" } },
    { "with a body that ends nowhere", document({ IN, node("each", "loop", { list = "input.orders" }), llm("a"), OUT }, { "start>each", "each:body>a", "each>done" }),
        { "a", "exits.next", "missing_edge", "the next node is missing: lead it to 'Each', to end the round" } },
    { "with a body that leaves its loop", document({ IN, node("each", "loop", { list = "input.orders" }), llm("a"), llm("b"), OUT }, { "start>each", "each:body>a", "a>b", "each>b", "b>done" }),
        { "a", "edges.e3", "leaves_region", "'B' is reached from the body of 'Each' and from outside; what is in the body of 'Each' has to lead back to 'Each'" } },
    { "with an output in a body", document({ IN, node("each", "loop", { list = "input.orders" }), node("stop", "output", { value = { reply = "x" } }), OUT }, { "start>each", "each:body>stop", "each>done" }),
        { "stop", "type", "leaves_region", "an output ends the run, and this is in the body of 'Each'" } },
    { "with what a body gives used behind it", document({ IN, node("each", "loop", { list = "input.orders" }), llm("a"), node("done", "output", { value = { reply = "{{ nodes.a }}" } }) }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "done", "params.value.reply", "not_available", "'A' is in the body of 'Each'; what leaves a body is collected: nodes.each" } },
    { "with the item used behind its loop", document({ IN, node("each", "loop", { list = "input.orders" }), llm("a"), node("done", "output", { value = { reply = "{{ item.id }}" } }) }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "done", "params.value.reply", "unknown_name", "there is no 'item' here" } },
    { "with an item's field that there is not", document({ IN, node("each", "loop", { list = "input.orders", as = "order" }), llm("a", "{{ order.totl }} of {{ order_index }}"), OUT }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "a", "params.prompt", "unknown_field", "'order' has no field 'totl'; did you mean 'total'?" } },
    { "with a loop that collects nothing and is used", document({ IN, node("each", "loop", { list = "input.orders" }), llm("a"), node("done", "output", { value = { reply = "{{ join(nodes.each) }}" } }) }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "done", "params.value.reply", "no_output", "'Each' gives nothing that could be used" } },
    { "with an item called like a word of Lua", document({ IN, node("each", "loop", { list = "input.orders", as = "end" }), llm("a"), OUT }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "each", "params.as", "name_taken", "'end' means something else in expressions or in Lua" } },
    { "with loops in loops that call their items alike", document({ IN, node("each", "loop", { list = "input.orders" }), node("inner", "loop", { list = "input.orders" }), llm("a"), OUT }, { "start>each", "each:body>inner", "inner:body>a", "a>inner", "inner>each", "each>done" }),
        { "inner", "params.as", "name_taken", "the loop 'Each' around this one calls its items 'item', too" } },
    { "with a limit of a loop that is too high", document({ IN, node("each", "loop", { list = "input.orders", limit = 100000 }), llm("a"), OUT }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "each", "params.limit", "out_of_range", "this is 100000" } },
    { "with a path into a body from outside", document({ IN, node("c", "condition", { expression = "input.urgent" }), node("each", "loop", { list = "input.orders" }), llm("a"), OUT }, { "start>c", "c:true>each", "c:false>a", "each:body>a", "a>each", "each>done" }),
        { "each", "edges.e4", "leaves_region", "'A' is reached from the body of 'Each' and from outside; what is in the body of 'Each' has to lead back to 'Each'" } },
    { "with what is collected of the wrong name", document({ IN, node("each", "loop", { list = "input.orders", collect = { t = "{{ nodes.b }}" } }), llm("a"), OUT }, { "start>each", "each:body>a", "a>each", "each>done" }),
        { "each", "params.collect.t", "unknown_node", "there is no node 'b'" } },
    { "with what is collected not on every path", document({ IN, node("each", "loop", { list = "input.orders", collect = "{{ nodes.a }}" }), node("c", "condition", { expression = "item.total > 5" }), llm("a"), OUT }, { "start>each", "each:body>c", "c:true>a", "c:false>each", "a>each", "each>done" }),
        { "each", "params.collect", "not_on_all_paths", "'A' has not run on every path that leads here; nodes.a may only stand in default(...) here" } },
    -- parallels
    { "with a parallel of one branch", document({ IN, node("both", "parallel"), llm("a"), node("meet", "join"), OUT }, { "start>both", "both:branch>a", "a>meet", "meet>done" }),
        { "both", "exits.branch", "missing_edge", "a parallel has at least two branches, and this has 1" } },
    { "with branches that do not meet", document({ IN, node("both", "parallel"), llm("a"), llm("b"), node("meet", "join"), OUT }, { "start>both", "both:branch>a", "both:branch>b", "a>meet", "meet>done" }),
        { "b", "exits.next", "missing_edge", "the next node is missing: lead it to the join of 'Both'" } },
    { "with a join without a parallel", document({ IN, llm("a"), node("meet", "join"), OUT }, { "start>a", "a>meet", "meet>done" }),
        { "a", "edges.e2", "no_parallel", "'Meet' joins the branches of a parallel, and this path is in none" } },
    { "with branches that meet in two joins", document({ IN, node("both", "parallel"), llm("a"), llm("b"), node("meet", "join"), node("other", "join"), OUT }, { "start>both", "both:branch>a", "both:branch>b", "a>meet", "b>other", "meet>done", "other>done" }),
        { "b", "edges.e5", "no_join", "the branches of 'Both' meet in 'Meet', not in 'Other'" } },
    { "with branches that meet in no join", document({ IN, node("both", "parallel"), llm("a"), llm("b"), OUT }, { "start>both", "both:branch>a", "both:branch>b", "a>done", "b>done" }),
        { "both", "exits.branch", "no_join", "the branches do not meet in a join" },
        { "b", "edges.e5", "leaves_region", "'Done' is reached from more than one branch of 'Both'; what is in a branch of 'Both' has to lead to the join of 'Both'" },
        { "done", "type", "leaves_region", "an output ends the run, and this is in a branch of 'Both'" } },
    { "with a branch that uses another's output", document({ IN, node("both", "parallel"), llm("a"), llm("b", "{{ nodes.a }}"), node("meet", "join"), OUT }, { "start>both", "both:branch>a", "both:branch>b", "a>meet", "b>meet", "meet>done" }),
        { "b", "params.prompt", "not_available", "'A' has not run when this is reached" } },
    { "with a parallel that goes on by next", document({ IN, node("both", "parallel"), llm("a"), llm("b"), node("meet", "join"), OUT }, { "start>both", "both:branch>a", "both:branch>b", "both>meet", "a>meet", "b>meet", "meet>done" }),
        { "both", "edges.e4", "wrong_edge", "no edge of kind 'next' leaves a node of type parallel" } },
    -- edges and paths
    { "without an input node", document({ llm("a"), OUT }, { "a>done" }),
        { nil, "nodes", "no_input", "there is no input node" } },
    { "with two input nodes", document({ IN, node("again", "input"), OUT }, { "start>done", "again>done" }),
        { "again", "type", "no_input", "'Start' is the input node already" } },
    { "without an output node", document({ IN, llm("a") }, { "start>a" }),
        { nil, "nodes", "no_output_node", "there is no output node" },
        { "a", "exits.next", "missing_edge", "the next node is missing: lead it to another node, or an output node at the end" } },
    { "with a node that no path reaches", document({ IN, llm("a"), OUT }, { "start>done", "a>done" }),
        { "a", "id", "unreachable", "no path leads from the input to 'A'" } },
    { "with a node that leads nowhere", document({ IN, node("c", "condition", { expression = "input.urgent" }), llm("a"), OUT }, { "start>c", "c:true>a", "c:false>done" }),
        { "a", "exits.next", "missing_edge", "the next node is missing: lead it to another node, or an output node at the end" } },
    { "with an edge to a node that there is not", document({ IN, llm("a"), OUT }, { "start>a", "a>dne" }),
        { "a", "edges.e2.to", "unknown_node", "there is no node 'dne'; did you mean 'done'?" },
        { "done", "id", "unreachable", "no path leads from the input to 'Done'" } },
    { "with an edge from a node that there is not", document({ IN, llm("a"), OUT }, { "start>a", "b>done", "a>done" }),
        { nil, "edges.e2.from", "unknown_node", "there is no node 'b'" } },
    { "with two edges of one id", document({ IN, llm("a"), OUT }, {}, { edges = { { id = "e", from = "start", to = "a" }, { id = "e", from = "a", to = "done" } } }),
        { nil, "edges.e.id", "duplicate", "two edges have the id 'e'" } },
    { "with two ways by next", document({ IN, llm("a"), llm("b"), OUT }, { "start>a", "start>b", "a>done", "b>done" }),
        { "start", "edges.e2", "wrong_edge", "'next' leads to 'A' already; a parallel goes several ways at once" } },
    { "with an edge from a node to itself", document({ IN, llm("a"), OUT }, { "start>a", "a>a", "a>done" }),
        { "a", "edges.e2", "wrong_edge", "the edge leads from the node to itself" } },
    { "with an edge that leaves the output", document({ IN, llm("a"), OUT }, { "start>a", "a>done", "done>a" }),
        { "done", "edges.e3", "wrong_edge", "nothing follows an output node" } },
    { "with an edge into the input", document({ IN, node("c", "condition", { expression = "input.urgent" }), OUT }, { "start>c", "c:true>start", "c:false>done" }),
        { "c", "edges.e2", "wrong_edge", "nothing leads to the input node but triggers" } },
    { "with a kind of edge that the node has not", document({ IN, llm("a"), OUT }, { "start>a", "a>done", "a:body>done" }),
        { "a", "edges.e3", "wrong_edge", "no edge of kind 'body' leaves a node of type llm" } },
    { "with a kind of edge that there is not", document({ IN, llm("a"), OUT }, { "start>a", "a>done" }, { edges = { { id = "e1", from = "start", to = "a", kind = "Next!" }, { id = "e2", from = "a", to = "done" } } }),
        { nil, "edges.e1.kind", "bad_name", "'Next!' is not written as a kind of edge" } },
    { "with an error edge of what cannot fail", document({ IN, node("c", "delay", { seconds = 1 }), OUT }, { "start>c", "c>done", "c:error>done" }),
        { "c", "edges.e3", "wrong_edge", "no edge of kind 'error' leaves a node of type delay" } },
    { "with an edge without an end", document({ IN, OUT }, {}, { edges = { { id = "e1", from = "start" } } }),
        { nil, "edges.e1.to", "missing_field", "'to' is missing" },
        { "done", "id", "unreachable", "no path leads from the input to 'Done'" } },
    { "with a cycle", document({ IN, llm("a"), node("c", "condition", { expression = "input.urgent" }), OUT }, { "start>a", "a>c", "c:true>a", "c:false>done" }),
        { "c", "edges.e3", "cycle", "this path comes back to 'A'; only a loop node goes round" } },
    { "with paths that meet crosswise", document({ IN, node("c", "condition", { expression = "input.urgent" }), node("d", "condition", { expression = "input.amount > 5" }), llm("a"), OUT }, { "start>c", "c:true>a", "c:false>d", "d:true>a", "d:false>done", "a>done" }),
        { "c", "exits", "unstructured", "the paths from 'C' meet in 'A' in a way that if and else cannot say: one of them meets the others elsewhere before" } },
    -- references
    { "with a reference to a node that there is not", with_output({ reply = "{{ nodes.answer }}" }),
        { "done", "params.value.reply", "unknown_node", "there is no node 'answer'" } },
    { "with a reference to what runs later", document({ IN, llm("a", "{{ nodes.b }}"), llm("b"), OUT }, { "start>a", "a>b", "b>done" }),
        { "a", "params.prompt", "not_available", "'B' has not run when this is reached" } },
    { "with a reference to itself", document({ IN, llm("a", "{{ nodes.a }}"), OUT }, { "start>a", "a>done" }),
        { "a", "params.prompt", "not_available", "'A' has not run when this is reached" } },
    { "with a reference that does not hold on every path", document({ IN, node("c", "condition", { expression = "input.urgent" }), llm("a"), node("done", "output", { value = { reply = "{{ nodes.a }}" } }) }, { "start>c", "c:true>a", "c:false>done", "a>done" }),
        { "done", "params.value.reply", "not_on_all_paths", "'A' has not run on every path that leads here; nodes.a may only stand in default(...) here" } },
    { "with a reference to what failed", document({ IN, llm("a"), llm("b"), node("done", "output", { value = { reply = "{{ nodes.a }}" } }) }, { "start>a", "a>done", "a:error>b", "b>done" }),
        { "done", "params.value.reply", "not_on_all_paths", "'A' has not run on every path that leads here; nodes.a may only stand in default(...) here" } },
    { "with a reference to an error that has not happened", document({ IN, llm("a"), node("done", "output", { value = { reply = "{{ errors.a.message }}" } }) }, { "start>a", "a>done" }),
        { "done", "params.value.reply", "not_available", "'A' has no error edge that leads here" } },
    { "with a reference to a condition", document({ IN, node("c", "condition", { expression = "input.urgent" }), node("done", "output", { value = { reply = "{{ nodes.c }}" } }) }, { "start>c", "c:true>done", "c:false>done" }),
        { "done", "params.value.reply", "no_output", "'C' gives nothing that could be used" } },
    { "with a reference to the input node", with_output({ reply = "{{ nodes.start.subject }}" }),
        { "done", "params.value.reply", "no_output", "'Start' gives the run's input, which is written input" } },
    { "with a field that the schema has not", document({ IN, node("a", "llm", { prompt = "x", schema = SCHEMA }), node("done", "output", { value = { reply = "{{ nodes.a.reason }}" } }) }, { "start>a", "a>done" }),
        { "done", "params.value.reply", "unknown_field", "'nodes.a' has no field 'reason'" } },
    { "with a field of a text", document({ IN, llm("a"), node("done", "output", { value = { reply = "{{ nodes.a.text }}" } }) }, { "start>a", "a>done" }),
        { "done", "params.value.reply", "type_mismatch", "'nodes.a' is text, which has no field 'text'" } },
    { "with a field of a tool's result that there is not", document({ IN, node("a", "tool", { tool = "http.request", args = { url = "https://example.com/" } }), node("done", "output", { value = { reply = "{{ nodes.a.boddy }}" } }) }, { "start>a", "a>done" }),
        { "done", "params.value.reply", "unknown_field", "'nodes.a' has no field 'boddy'; did you mean 'body'?" } },
    { "with a setting that there is not", document({ IN, node("done", "output", { value = { reply = "{{ config.tone }}" } }) }, { "start>done" }, { config = { type = "object", properties = { tune = { type = "string" } } } }),
        { "done", "params.value.reply", "unknown_field", "'config' has no field 'tone'; did you mean 'tune'?" } },
    -- output
    { "whose output lacks a field", with_output({ score = 1 }),
        { "done", "params.value", "type_mismatch", "'reply' is missing" } },
    { "whose output has a field too many", with_output({ reply = "x", mood = "y" }),
        { "done", "params.value.mood", "type_mismatch", "there is no field 'mood'" } },
    { "whose output is of the wrong type", with_output({ reply = "{{ input.amount }}", score = "{{ input.subject }}" }),
        { "done", "params.value.reply", "type_mismatch", "'input.amount' is a number, not text" },
        { "done", "params.value.score", "type_mismatch", "'input.subject' is text, not a number" } },
    { "whose output is a text", with_output("{{ input.subject }}"),
        { "done", "params.value", "type_mismatch", "'input.subject' is text, not an object" } },
    { "whose output is an object that does not fit", document({ IN, node("t", "transform", { fields = { reply = "{{ input.amount }}" } }), node("done", "output", { value = "{{ nodes.t }}" }) }, { "start>t", "t>done" }),
        { "done", "params.value.reply", "type_mismatch", "'nodes.t.reply' is a number, not text" } },
    { "without an output's value", document({ IN, node("done", "output") }, { "start>done" }),
        { "done", "params.value", "missing_field", "'value' is missing" } },
    -- the others
    { "with a transform without fields", one("transform", { fields = {} }),
        { "it", "params.fields", "empty", "this has no fields" } },
    { "with a transform whose field adds texts", one("transform", { fields = { a = "{{ input.subject + 1 }}" } }),
        { "it", "params.fields.a", "type_mismatch", "'+' takes a number, and 'input.subject' is text; texts are joined by '..'" } },
    { "with Lua that does not compile", one("code", { code = "local x = \nreturn x" }),
        { "it", "params.code", "bad_code", "line 2: unexpected symbol near 'return'" } },
    { "with Lua that ends the function it is in", one("code", { code = "return 1 end os.exit() function x()" }),
        { "it", "params.code", "bad_code", "line 1: '<eof>' expected near 'end'" } },
    { "with Lua that is bytecode", one("code", { code = "\27LJ" }),
        { "it", "params.code", "bad_code", "compiled code is not accepted" } },
    { "with an empty code", one("code", { code = "" }),
        { "it", "params.code", "empty", "this is empty" } },
    { "with a question without a form", one("human", { mode = "ask", title = "What?" }),
        { "it", "params.form", "missing_field", "'form' is missing: what is the person asked?" } },
    { "with a deadline's end without a deadline", one("human", { mode = "approve", title = "x", on_deadline = "fail" }),
        { "it", "params.on_deadline", "conflict", "without deadline_s there is no deadline" } },
    { "with a question that is taken as answered", one("human", { mode = "ask", title = "x", form = { type = "string" }, deadline_s = 5, on_deadline = "approve" }),
        { "it", "params.on_deadline", "conflict", "nobody can be taken to have answered a question" } },
    { "with a person's mode that there is not", one("human", { mode = "aprove", title = "x" }),
        { "it", "params.mode", "not_allowed", "'aprove' is not allowed here; did you mean 'approve'?" } },
    { "with a collection's name that is none", one("memory", { collection = "My FAQ", query = "x" }),
        { "it", "params.collection", "bad_name", "'My FAQ' is not written as the name of a collection" } },
    { "with a search for nothing", one("memory", { collection = "faq", query = "" }),
        { "it", "params.query", "empty", "the query is empty" } },
    { "with too many documents", one("memory", { collection = "faq", query = "x", limit = 1000 }),
        { "it", "params.limit", "out_of_range", "this is 1000" } },
    { "with a workflow that there is not", one("subworkflow", { workflow = "refund" }),
        { "it", "params.workflow", "unknown_workflow", "there is no workflow 'refund'; did you mean 'refunds'?" } },
    { "with a workflow's input that does not fit", one("subworkflow", { workflow = "refunds", input = { order = 5 } }),
        { "it", "params.input.order", "type_mismatch", "this is a number, not text" } },
    { "with a delay that is a text", one("delay", { seconds = "input.subject" }),
        { "it", "params.seconds", "type_mismatch", "a delay takes a number, and 'input.subject' is text" } },
    { "with a delay below nothing", one("delay", { seconds = -1 }),
        { "it", "params.seconds", "out_of_range", "this is -1" } },
    { "with a delay that is a list", one("delay", { seconds = { 1 } }),
        { "it", "params.seconds", "wrong_kind", "this is a list, not an expression" } },
    { "with a cron trigger without a schedule", document({ IN, OUT, node("clock", "trigger", { kind = "cron", input = { subject = "x", amount = 1, urgent = true, orders = {}, kind = "a" } }) }, { "clock>start", "start>done" }),
        { "clock", "params.schedule", "missing_field", "'schedule' is missing" } },
    { "with a schedule that is none", document({ IN, OUT, node("clock", "trigger", { kind = "cron", schedule = "61 * * * *", input = { subject = "x", amount = 1, urgent = true, orders = {}, kind = "a" } }) }, { "clock>start", "start>done" }),
        { "clock", "params.schedule", "bad_schedule", "'61' is no minute" } },
    { "with a schedule of six fields", document({ IN, OUT, node("clock", "trigger", { kind = "cron", schedule = "0 0 7 * * 1", input = { subject = "x", amount = 1, urgent = true, orders = {}, kind = "a" } }) }, { "clock>start", "start>done" }),
        { "clock", "params.schedule", "bad_schedule", "a schedule has 5 fields, and this has 6" } },
    { "with a trigger whose input does not fit", document({ IN, OUT, node("clock", "trigger", { kind = "cron", schedule = "0 7 * * mon", input = { subject = 5, amount = 1, urgent = true, orders = {} } }) }, { "clock>start", "start>done" }),
        { "clock", "params.input", "type_mismatch", "'kind' is missing" },
        { "clock", "params.input.subject", "type_mismatch", "this is a number, not text" } },
    { "with a webhook with a schedule", document({ IN, OUT, node("hook", "trigger", { kind = "webhook", schedule = "0 7 * * 1" }) }, { "hook>start", "start>done" }),
        { "hook", "params.schedule", "unknown_field", "a webhook trigger has no 'schedule'" } },
    { "with a trigger that leads past the input", document({ IN, OUT, node("hook", "trigger", { kind = "webhook" }) }, { "hook>done", "start>done" }),
        { "hook", "edges.e1", "wrong_edge", "a trigger leads to the input node" } },
    { "with a trigger that leads nowhere", document({ IN, OUT, node("hook", "trigger", { kind = "webhook" }) }, { "start>done" }),
        { "hook", "exits.next", "missing_edge", "the next node is missing: lead it to another node, or an output node at the end" } },
    { "with several errors, all of which are told", document({ IN, node("a", "llm", { prompt = "{{ input.subjct }} {{ foo(1) }}", temperature = 9, modl = "x" }), node("c", "condition", { expression = "nodes.a > 5" }), OUT }, { "start>a", "a>c", "c:true>done", "c:flase>done" }),
        { "a", "params.modl", "unknown_field", "there is no field 'modl'; did you mean 'model'?" },
        { "a", "params.temperature", "out_of_range", "this is 9" },
        { "a", "params.prompt", "unknown_field", "'input' has no field 'subjct'; did you mean 'subject'?" },
        { "a", "params.prompt", "unknown_function", "there is no function 'foo'" },
        { "c", "edges.e4", "wrong_edge", "no edge of kind 'flase' leaves a node of type condition" },
        { "c", "params.expression", "type_mismatch", "a number cannot be compared with a text ('nodes.a'); number(...) makes a number of it" } },
}

local function found_in(result)
    local list = {}
    for i, problem in ipairs(result.errors) do
        list[i] = { problem.node or "", problem.field, problem.code, problem.message }
        assert.is_string(problem.expected, problem.message)
        assert.is_string(problems.codes[problem.code], problem.code)
    end
    return list
end

describe("a document is refused", function()
    for _, case in ipairs(CASES) do
        it(case[1], function()
            local expected = {}
            for i = 3, table.maxn(case) do
                expected[#expected + 1] = { case[i][1] or "", case[i][2], case[i][3], case[i][4] }
            end
            local result = check.check(case[2], GIVEN)
            assert.is_true(#expected > 0)
            assert.are.same(expected, found_in(result))
            assert.is_nil(result.model)
        end)
    end

    it("when it is none", function()
        for _, value in ipairs({ 5, "x", true, { 1, 2 } }) do
            local result = check.check(value, {})
            assert.are.equal("wrong_kind", result.errors[1].code)
        end
    end)

    it("with more nodes than may be", function()
        local nodes = { IN, OUT }
        for i = 1, 600 do
            nodes[#nodes + 1] = llm("n" .. i)
        end
        local result = check.check(document(nodes, { "start>done" }), GIVEN)
        assert.are.same({ "", "nodes", "too_many", "there are 602 nodes" }, found_in(result)[1])
    end)

    it("the same way each time, whatever the order of its tables", function()
        local cjson = require "cjson"
        for i = #CASES - 20, #CASES do
            local again = cjson.decode(cjson.encode(CASES[i][2]))
            assert.are.same(found_in(check.check(CASES[i][2], GIVEN)), found_in(check.check(again, GIVEN)))
        end
    end)

    it("cleanly, whatever is broken in it", function()
        local cjson = require "cjson"
        local seed = 7
        local function random(n)
            seed = (seed * 1103515245 + 12345) % 2147483648
            return math.floor(seed / 65536) % n + 1
        end
        local junk = { 5, "x", true, "{{ input", "{{ nodes.a }}", "done", "start", -1, "case:x", "body", "loop", "join", "parallel" }
        local function places_of(value, path, list)
            for key, item in pairs(value) do
                list[#list + 1] = { value, key, path .. "/" .. key }
                if type(item) == "table" then
                    places_of(item, path .. "/" .. key, list)
                end
            end
            return list
        end
        for _ = 1, 3000 do
            local broken = cjson.decode(cjson.encode(CASES[random(#CASES)][2]))
            for _ = 1, random(3) do
                local places = places_of(broken, "", {})
                table.sort(places, function(a, b) return a[3] < b[3] end)
                local place = places[random(math.max(#places, 1))] or { {}, "x" }
                local what = random(#junk + 3)
                if what <= #junk then
                    place[1][place[2]] = junk[what]
                elseif what == #junk + 1 then
                    place[1][place[2]] = {}
                elseif what == #junk + 2 then
                    place[1][place[2]] = { 1, { a = 1 } }
                elseif type(place[2]) == "string" then
                    place[1][place[2]] = nil
                end
            end
            local ok, result = pcall(check.check, broken, GIVEN)
            assert.is_true(ok, tostring(result))
            for _, problem in ipairs(result.errors) do
                assert(type(problem.field) == "string" and type(problem.message) == "string" and problems.codes[problem.code], problem.message)
            end
        end
    end)
end)
