-- lua/compiler/read*.lua: packages that a person has changed. What the canvas can show is in the document; what it
-- cannot is said with its line, and the rest still comes back.

local world = require "tests.lua.compiler_world"
local cases = require "tests.lua.compiler_cases"
local read = require "compiler.read"

-- The case's files with a text of one file replaced; the text has to be there once.
local function changed(name, path, old, new)
    local files = world.package(cases[name].document)
    local at, to = files[path]:find(old, 1, true)
    assert(at and not files[path]:find(old, to, true), "not there once: " .. old)
    files[path] = files[path]:sub(1, at - 1) .. new .. files[path]:sub(to + 1)
    return files
end

local function node_of(document, id)
    for _, node in ipairs(document.nodes) do
        if node.id == id then
            return node
        end
    end
end

local function edges_of(document)
    local list = {}
    for i, edge in ipairs(document.edges) do
        list[i] = edge.from .. " " .. (edge.kind or "next") .. " " .. edge.to
    end
    table.sort(list)
    return table.concat(list, ", ")
end

-- The node after the change; no problems are expected.
local function edited(name, id, path, old, new)
    local document, problems = read.package(changed(name, path, old, new))
    assert.are.equal(0, #problems, problems[1] and problems[1].message)
    return node_of(document, id), document
end

local function line_of(files, text)
    local at = assert(files["main.lua"]:find(text, 1, true))
    local _, n = files["main.lua"]:sub(1, at):gsub("\n", "")
    return n + 1
end

describe("a package that was changed", function()
    it("gives the document the new code", function()
        local node = edited("code", "count", "main.lua", "sum = sum + order.total", "sum = sum + order.total * 2 -- twice\n\n        print(sum)")
        assert.are.equal("local sum = 0\nfor _, order in ipairs(input.orders) do\n    sum = sum + order.total * 2 -- twice\n\n    print(sum)\nend\n" ..
            "state.sum = sum\nreturn sum", node.params.code)
        node = edited("code", "again", "main.lua", "    return state.sum + input.more", "    return [[\nx]] .. state.sum")
        assert.are.equal("    return [[\nx]] .. state.sum", node.params.code)
    end)

    it("gives the document the new fields of a transform", function()
        local node = edited("transform", "shape", "main.lua", 'text("Re: ", input.question)', 'text("Answer: ", expr.upper(input.question), "!")')
        assert.are.equal("Answer: {{ upper(input.question) }}!", node.params.fields.subject)
        node = edited("transform", "shape", "main.lua", "list = { expr.upper(input.urgency), 2 }", "list = { 1, 'x' }, added = { ['a b'] = -1 }")
        assert.are.same({ ["a b"] = -1 }, node.params.fields.added)
        assert.are.equal("x", node.params.fields.list[2])
    end)

    it("gives the document the new prompt", function()
        local node = edited("llm", "sort", "prompts/sort_it.md", "Sort this:", "Sort {{ question }} well:")
        assert.are.equal("Sort {{ input.question }} well:\n\n{{ input.question }}\n", node.params.prompt)
        node = edited("llm", "draft", "main.lua", '"Reply to "', '"Answer "')
        assert.are.equal("Answer {{ input.question }} in a {{ nodes.sort.mood }} mood", node.params.prompt)
    end)

    it("gives the document new expressions, tries and settings", function()
        local node = edited("condition", "urgent", "main.lua", "input.n > 2 then", "not (input.n <= 5) then")
        assert.are.equal("input.urgency == 'high' and not input.n <= 5", node.params.expression)
        node = edited("llm", "sort", "main.lua", "retries = 2", "retries = 4, backoff_s = 2")
        assert.are.same({ attempts = 5, backoff_s = 2 }, node.retry)
        node = edited("loop", "all", "main.lua", "limit = 4 }", "limit = 9 }")
        assert.are.equal(9, node.params.concurrency)
        node = edited("human", "decide", "main.lua", "deadline_s = 3600", "deadline_s = 60")
        assert.are.equal(60, node.params.deadline_s)
    end)

    it("gives the document new titles and notes", function()
        local node = edited("llm", "sort", "main.lua", "-- Sort it [sort]\n    -- Cheap and quick.", "-- Sort well [sort]\n    -- One.\n    --\n    -- Two.")
        assert.are.equal("Sort well", node.title)
        assert.are.equal("One.\n\nTwo.", node.note)
    end)

    it("follows a variable that got another name", function()
        local files = world.package(cases.llm.document)
        files["main.lua"] = files["main.lua"]:gsub("sort_it%f[^%w_]", "mood_of_it"):gsub('prompt%("mood_of_it"', 'prompt("sort_it"')
        local document, problems = read.package(files)
        assert.are.equal(0, #problems)
        assert.are.equal(world.text(cases.llm.document), world.text(document))
    end)

    it("loses a step that was deleted, and its edges lead on", function()
        local document, problems = read.package(changed("delay", "main.lua", "    -- Rest [rest]\n    moon.sleep(60)\n\n", ""))
        assert.are.equal(0, #problems)
        assert.is_nil(node_of(document, "rest"))
        assert.are.equal("more next done, start next more", edges_of(document))
    end)

    it("gains a step that was written without a comment", function()
        local document, problems = read.package(changed("delay", "main.lua", "    -- Done [done]", '    local found = moon.tool("kv.get", { key = "a" })\n\n    -- Done [done]'))
        assert.are.equal(0, #problems)
        local node = node_of(document, "found")
        assert.are.same({ "tool", "Found", "kv.get" }, { node.type, node.title, node.params.tool })
        assert.are.equal("found next done, more next found, rest next more, start next rest", edges_of(document))
    end)

    it("keeps what the canvas knows of a step, and gives new edges new ids", function()
        local document = read.package(changed("delay", "main.lua", "moon.sleep(60)\n", 'moon.sleep(60)\n\n    -- New [fresh]\n    moon.sleep(1)\n'))
        local ids = {}
        for i, edge in ipairs(document.edges) do
            assert.is_nil(ids[edge.id])
            ids[edge.id], ids[i] = true, edge.id
        end
        assert.are.equal(4, #document.edges)
    end)

    -- name of the case, file, what is replaced, by what, where its line is, what is said
    local PROBLEMS = {
        { "delay", "    -- Done [done]", '    print("hello")\n\n    -- Done [done]', "print", "no step of the canvas says this" },
        { "delay", "    -- Done [done]", "    local x = 5\n\n    -- Done [done]", "local x = 5", "no step of the canvas says this" },
        { "delay", "    -- Done [done]", "    while input.n > 1 do\n        input.n = input.n - 1\n    end\n\n    -- Done [done]", "while", "no step of the canvas says this" },
        { "delay", "    -- Done [done]", "    for i = 1, 3 do moon.sleep(i) end\n\n    -- Done [done]", "for i", "this is '=' where the canvas expects 'in'" },
        { "delay", "moon.sleep(60)", "moon.sleep(os.time())", "os.time", "'os' is no variable that the canvas knows" },
        { "condition", "input.n < 10", "is_small(input.n)", "is_small", "'is_small' is no variable" },
        { "tool", 'q = input.question', 'q = input.question:upper()', ":upper", "the canvas knows no calls" },
        { "tool", "retries = 1", "retries = 1, priority = 3", "priority", "'priority' of moon.tool has no place on the canvas" },
        { "llm", "max_tokens = 200", "max_tokens = 200, top_p = 1", "top_p", "'top_p' of moon.llm.chat has no place" },
        { "llm", "max_tokens = 200", "max_tokens = input.n", "max_tokens = input.n", "only constants can stand here" },
        { "llm", 'moon.prompt("sort_it"', 'moon.prompt("other"', "other", "the package has no prompts/other.md" },
        { "loop", "each_order[#each_order + 1] =", "table.insert(each_order, 1)\n        each_order[#each_order + 1] =", "table.insert", "no step of the canvas" },
        { "transform", "    -- Done [done]", "    -- a thought\n\n    -- Done [done]", "-- a thought", "this comment belongs to no step" },
        { "code", "    -- Count [count]", "    -- Count [again]", "-- Count again [again]", "there are two steps [again]" },
        { "input", "-- Start [start]", "local cache = {}\n\n-- Start [start]", "local cache", "the canvas does not show this" },
    }

    for _, row in ipairs(PROBLEMS) do
        local name, old, new, place, told = unpack(row)
        it("says in which line it is when the canvas cannot show " .. place, function()
            local files = changed(name, "main.lua", old, new)
            local document, problems = read.package(files)
            assert.is_truthy(problems[1], "nothing is said")
            local found, all = nil, {}
            for i, problem in ipairs(problems) do
                all[i] = problem.file .. ":" .. problem.line .. ": " .. problem.message
                found = found or problem.message:find(told, 1, true) and problem
            end
            assert.is_truthy(found, table.concat(all, "\n"))
            assert.are.same({ "main.lua", line_of(files, place) }, { found.file, found.line })
            assert.is_truthy(found.expected)
            assert.is_truthy(node_of(document, "start"))
            assert.is_truthy(node_of(document, "done"), "the rest is there")
        end)
    end

    it("says what a prompt's place cannot be", function()
        local _, problems = read.package(changed("llm", "prompts/sort_it.md", "Sort this:\n", "Sort this:\n{{ customer }} {{ question | upper }}"))
        assert.are.equal(2, #problems)
        assert.are.same({ "prompts/sort_it.md", 2 }, { problems[1].file, problems[1].line })
        assert.is_truthy(problems[1].message:find("no variable 'customer'", 1, true))
        assert.is_truthy(problems[2].message:find("filters", 1, true))
    end)

    it("says that a file is used by no step", function()
        local files = world.package(cases.delay.document)
        files["helper.lua"], files["prompts/old.md"], files["README.md"] = "return {}", "x", "# Read me"
        local _, problems = read.package(files)
        assert.are.same({ "helper.lua", "prompts/old.md" }, { problems[1].file, problems[2].file })
        assert.are.equal(2, #problems)
    end)

    it("comes back without its canvas, but for places and names", function()
        local files = world.package(cases.switch.document)
        files["canvas.json"] = nil
        local document, problems = read.package(files)
        assert.are.equal(0, #problems)
        assert.are.equal(#cases.switch.document.nodes, #document.nodes)
        assert.are.equal(edges_of(cases.switch.document), edges_of(document))
        files["canvas.json"] = "{"
        document, problems = read.package(files)
        assert.are.equal("canvas.json", problems[1].file)
        assert.are.equal(edges_of(cases.switch.document), edges_of(document))
    end)

    it("takes grants from agent.json, and leaves out those that its steps need", function()
        local files = world.package(cases.tool.document)
        files["agent.json"] = files["agent.json"]:gsub('"http.request"', '"http.request", "kv.set"')
        local document = read.package(files)
        assert.are.equal("kv.set", document.grants.tools[1])
        assert.is_nil(document.grants.tools[2])
    end)

    it("is said to be none when there is nothing to read", function()
        local document, problems = read.package({ ["main.lua"] = "return 5" })
        assert.is_true(#problems >= 2)
        assert.are.equal(1, document.version)
    end)
end)
