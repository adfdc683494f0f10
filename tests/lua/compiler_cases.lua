-- A document for each node type, with what its run is given, asks for and returns: for compiler_emit_spec.lua.

local INPUT = {
    type = "object", required = { "question", "n", "urgency", "orders" },
    properties = {
        question = { type = "string" }, n = { type = "integer" }, urgency = { enum = { "high", "low", "none" } },
        orders = { type = "array", items = { type = "object", required = { "id", "total" },
            properties = { id = { type = "string" }, total = { type = "number" } } } },
        note = { type = "string" },
    },
}

local RUN = { question = "Where is it?", n = 3, urgency = "high", orders = { { id = "o1", total = 5 }, { id = "o2", total = 7 } } }

-- Nodes in a row, between an input and an output that gives `value`; edges: more of them, or instead of those in a row.
local function document(name, nodes, value, edges)
    local all, row = { { id = "start", type = "input", title = "Start" } }, {}
    for _, node in ipairs(nodes) do
        all[#all + 1] = node
    end
    all[#all + 1] = { id = "done", type = "output", title = "Done", params = { value = value } }
    if edges then
        for i, edge in ipairs(edges) do
            row[i] = { id = "e" .. i, from = edge[1], to = edge[2], kind = edge[3] }
        end
    else
        for i = 1, #all - 1 do
            row[i] = { id = "e" .. i, from = all[i].id, to = all[i + 1].id }
        end
    end
    return { version = 1, name = name, title = "Case " .. name, input = INPUT, nodes = all, edges = row }
end

local function node(id, kind, title, params, more)
    local result = { id = id, type = kind, title = title, params = params }
    for key, value in pairs(more or {}) do
        result[key] = value
    end
    return result
end

local MOOD = { type = "object", required = { "mood" }, properties = { mood = { enum = { "good", "bad" } } } }

local function echo(args) return args end

return {
    input = { document = document("input_case", {}, "{{ input.question }}"), gives = "Where is it?" },

    output = {
        document = document("output_case", {}, { text = "Asked: {{ input.question }}", n = "{{ input.n + 1 }}", fixed = { 1, true, "x" } }),
        gives = { text = "Asked: Where is it?", n = 4, fixed = { 1, true, "x" } },
    },

    trigger = {
        document = document("trigger_case", { node("clock", "trigger", "Every Monday", { kind = "cron", schedule = "0 7 * * 1",
            input = { question = "What is new?", n = 1, urgency = "low", orders = { { id = "x", total = 1 } } } }) }, "{{ input.n }}",
            { { "clock", "start" }, { "start", "done" } }),
        gives = 3,
    },

    llm = {
        document = document("llm_case", {
            node("sort", "llm", "Sort it", { prompt = "Sort this:\n\n{{ input.question }}\n", system = "You sort.", schema = MOOD, model = "small",
                temperature = 0 }, { note = "Cheap and quick.", retry = { attempts = 3 }, timeout_ms = 9000 }),
            node("draft", "llm", "Draft a reply", { prompt = "Reply to {{ input.question }} in a {{ nodes.sort.mood }} mood", max_tokens = 200 }),
        }, { reply = "{{ nodes.draft }}", mood = "{{ nodes.sort.mood }}" }),
        script = { "It is on its way." },
        tools = { ["llm.json"] = function(args)
            assert(args.prompt == "Sort this:\n\nWhere is it?\n" and args.system == "You sort." and args.model == "small", "other arguments")
            return { value = { mood = "good" } }
        end },
        gives = { reply = "It is on its way.", mood = "good" }, chats = { "Reply to Where is it? in a good mood" },
    },

    agent = {
        document = document("agent_case", {
            node("find", "agent", "Find out", { instructions = "You look things up.", input = "{{ input.question }}", tools = { "kv.get" }, max_steps = 4 }),
        }, { answer = "{{ nodes.find }}" }),
        script = { { tool_calls = { { name = "kv.get", arguments = { key = "a" } } } }, "Found 7." },
        tools = { ["kv.get"] = function() return { value = 7 } end },
        gives = { answer = "Found 7." }, calls = { "kv.get" },
    },

    tool = {
        document = document("tool_case", {
            node("fetch", "tool", "Fetch page", { tool = "http.request", args = { url = "https://example.com/{{ input.n }}", query = { q = "{{ input.question }}" } },
                approval = { title = "Fetch {{ input.n }}?", roles = { "lead" } } }, { retry = { attempts = 2, backoff_s = 1 } }),
        }, "{{ nodes.fetch }}"),
        tools = { ["http.request"] = echo, approve = function(args) return { approved = args.title == "Fetch 3?" and args.roles[1] == "lead" } end },
        gives = { url = "https://example.com/3", query = { q = "Where is it?" } }, calls = { "approve", "http.request" },
    },

    memory = {
        document = document("memory_case", { node("search", "memory", "Search the FAQ", { collection = "faq", query = "{{ input.question }} please", limit = 2,
            filter = { lang = "en" } }, { timeout_ms = 500 }) }, { first = "{{ first(nodes.search.documents) }}" }),
        tools = { ["memory.search"] = function(args) return { documents = { { id = args.query, body = args.filter.lang .. args.limit } } } end },
        gives = { first = { id = "Where is it? please", body = "en2" } }, calls = { "memory.search" },
    },

    condition = {
        document = document("condition_case", {
            node("urgent", "condition", "Is it urgent?", { expression = "input.urgency == 'high' and input.n > 2" }),
            node("page", "tool", "Page somebody", { tool = "pager.page", args = { text = "{{ input.question }}" } }),
            node("small", "condition", "Is it small?", { expression = "input.n < 10" }),
            node("tell", "tool", "Tell the boss", { tool = "mail.send", args = {} }),
        }, "{{ default(nodes.page, 'nobody') }}", { { "start", "urgent" }, { "urgent", "page", "true" }, { "urgent", "small", "false" }, { "page", "small" },
            { "small", "done", "true" }, { "small", "tell", "false" }, { "tell", "done" } }),
        tools = { ["pager.page"] = function() return { paged = true } end }, gives = { paged = true }, calls = { "pager.page" },
    },

    switch = {
        document = document("switch_case", {
            node("which", "switch", "Which way?", { expression = "input.urgency", cases = { { name = "high", equals = "high" }, { name = "quiet", equals = "none" } } }),
            node("fast", "transform", "Fast lane", { fields = { lane = "fast" } }),
            node("slow", "transform", "Slow lane", { fields = { lane = "slow" } }),
        }, "{{ default(nodes.fast.lane, default(nodes.slow.lane, 'none')) }}", { { "start", "which" }, { "which", "fast", "case:high" }, { "which", "done", "case:quiet" },
            { "which", "slow", "case:default" }, { "fast", "done" }, { "slow", "done" } }),
        gives = "fast",
    },

    loop = {
        document = document("loop_case", {
            node("each", "loop", "Each order", { list = "input.orders", as = "order", collect = "{{ nodes.check.ok }}", limit = 10 }),
            node("check", "tool", "Check order", { tool = "orders.check", args = { id = "{{ order.id }}", place = "{{ order_index }}" } }),
            node("all", "loop", "All at once", { list = "input.orders", collect = { id = "{{ item.id }}" }, concurrency = 4 }),
            node("ping", "delay", "Ping", { seconds = "item.total" }),
        }, { ok = "{{ nodes.each }}", all = "{{ nodes.all }}" }, { { "start", "each" }, { "each", "check", "body" }, { "check", "each" }, { "each", "all" },
            { "all", "ping", "body" }, { "ping", "all" }, { "all", "done" } }),
        tools = { ["orders.check"] = function(args) return { ok = args.id .. args.place } end, sleep = echo },
        gives = { ok = { "o11", "o22" }, all = { { id = "o1" }, { id = "o2" } } }, calls = { "orders.check", "orders.check", "sleep", "sleep" },
    },

    parallel = {
        document = document("parallel_case", {
            node("both", "parallel", "Both at once", { concurrency = 2 }),
            node("left", "tool", "Left", { tool = "a.left", args = { n = 1 } }),
            node("right", "tool", "Right", { tool = "a.right", args = { n = 2 } }),
            node("meet", "join", "Both are done", nil, { note = "Waits for both." }),
        }, { l = "{{ nodes.left }}", r = "{{ nodes.right }}" }, { { "start", "both" }, { "both", "left", "branch" }, { "both", "right", "branch" }, { "left", "meet" },
            { "right", "meet" }, { "meet", "done" } }),
        tools = { ["a.left"] = echo, ["a.right"] = echo }, gives = { l = { n = 1 }, r = { n = 2 } }, calls = { "a.left", "a.right" },
    },

    join = {
        document = document("join_case", {
            node("both", "parallel", "Both at once"), node("left", "delay", "Left", { seconds = 1 }), node("meet", "join", "Both are done"),
        }, "done", { { "start", "both" }, { "both", "left", "branch" }, { "both", "meet", "branch" }, { "left", "meet" }, { "meet", "done" } }),
        tools = { sleep = echo }, gives = "done", calls = { "sleep" },
    },

    human = {
        document = document("human_case", {
            node("decide", "human", "Team lead decides", { mode = "approve", title = "Answer {{ input.question }}", details = { n = "{{ input.n }}" }, roles = { "lead" },
                deadline_s = 3600, on_deadline = "reject" }),
            node("fill", "human", "Fill in", { mode = "ask", title = "Which mood?", form = MOOD }),
        }, { ok = "{{ nodes.decide.approved }}", mood = "{{ nodes.fill.data.mood }}" }),
        tools = { approve = function(args) return { approved = args.title == "Answer Where is it?" } end,
            ask = function() return { approved = true, data = { mood = "bad" } } end },
        gives = { ok = true, mood = "bad" }, calls = { "approve", "ask" },
    },

    transform = {
        document = document("transform_case", { node("shape", "transform", "Shape it", { fields = { subject = "Re: {{ input.question }}",
            total = "{{ sum(map(input.orders, o => o.total)) }}", nothing = "{{ input.note }}", list = { "{{ upper(input.urgency) }}", 2 } } }) }, "{{ nodes.shape }}"),
        gives = { subject = "Re: Where is it?", total = 12, list = { "HIGH", 2 } },
    },

    code = {
        document = document("code_case", {
            node("count", "code", "Count", { code = "local sum = 0\nfor _, order in ipairs(input.orders) do\n    sum = sum + order.total\nend\nstate.sum = sum\nreturn sum",
                output = { type = "number" } }),
            node("again", "code", "Count again", { code = "return state.sum + input.more", input = { more = "{{ nodes.count }}" } },
                { retry = { attempts = 2, on = { "timeout" } }, fallback = { value = -1 } }),
        }, { first = "{{ nodes.count }}", second = "{{ nodes.again }}" }),
        gives = { first = 12, second = 24 },
    },

    subworkflow = {
        document = document("subworkflow_case", { node("refund", "subworkflow", "Refund", { workflow = "refunds", input = { id = "{{ input.n }}" },
            output = { type = "object", required = { "ok" }, properties = { ok = { type = "boolean" } } } }, { timeout_ms = 1500 }) }, "{{ nodes.refund.ok }}"),
        tools = { ["agent.run"] = function(args) return { run_id = "run_1", output = { ok = args.target == "refunds" and args.input.id == 3 and args.timeout_s == 1.5 } } end },
        gives = true, calls = { "agent.run" },
    },

    delay = {
        document = document("delay_case", { node("rest", "delay", "Rest", { seconds = 60 }), node("more", "delay", "Rest more", { seconds = "input.n * 2" }) }, "rested"),
        tools = { sleep = echo }, gives = "rested", calls = { "sleep", "sleep" },
    },

    error_edge = {
        document = document("error_case", {
            node("fetch", "tool", "Fetch", { tool = "http.request", args = { url = "x" } }),
            node("tell", "transform", "What happened", { fields = { why = "{{ errors.fetch.code }}" } }),
            node("ask", "agent", "Ask around", { instructions = "You know it.", input = { why = "{{ nodes.tell.why }}" } },
                { timeout_ms = 1000, fallback = { value = "unknown: {{ nodes.tell.why }}" } }),
        }, { why = "{{ default(nodes.ask, 'fine') }}", got = "{{ default(nodes.fetch, 'nothing') }}" }, { { "start", "fetch" }, { "fetch", "done" },
            { "fetch", "tell", "error" }, { "tell", "ask" }, { "ask", "done" } }),
        tools = { ["http.request"] = function() error({ code = "timeout", message = "too late", retryable = true }, 0) end, sleep = echo },
        script = { { error = { code = "model_auth", message = "no", retryable = false } } },
        gives = { why = "unknown: timeout", got = "nothing" },
    },

    input_value = RUN,
}
