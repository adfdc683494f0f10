-- Definitions of crews: what is wrong with one is told when it is made, by place and field.

local W = require "tests.lua.crew_world"
local task = W.task

local function agents()
    return { { name = "analyst", role = "Analyst" }, { name = "writer", role = "Writer" } }
end

local function crew(more)
    return W.with({ name = "c", agents = agents(), tasks = { task("one"), task("two") } }, more)
end

-- The error of moon.crew(spec).
local function refused(spec)
    local ok, err = pcall(W.new().crew, spec)
    assert.is_false(ok, "it was accepted")
    assert.equal("table", type(err), tostring(err))
    assert.equal("invalid_definition", err.code)
    assert.is_false(err.retryable)
    return err
end

-- {what, spec, task or agent, field, a part of the message}
local function check_rows(rows)
    for _, row in ipairs(rows) do
        local what, spec, place, field, part = unpack(row, 1, 5)
        local err = refused(spec)
        assert.equal(place, err.details.task or err.details.agent or "crew", what)
        assert.equal(field, err.details.field, what)
        assert.truthy(err.message:find(part, 1, true), what .. ": " .. err.message)
        if place ~= "crew" then assert.truthy(err.message:find("'" .. place .. "'", 1, true), err.message) end
    end
end

describe("the definition of a crew", function()
    it("is taken when it is right", function()
        assert.equal("c", W.new().crew(crew()).name)
    end)

    it("names who is to do each task", function()
        check_rows({
            { "unknown", crew { tasks = { task("one", { agent = "nobody" }) } }, "one", "agent", "the crew has: analyst, writer" },
            { "none", crew { tasks = { { name = "one", description = "d", expected_output = "e" } } }, "one", "agent", "One of: analyst, writer" },
        })
        assert.truthy(W.new().crew { agents = { solo = { role = "All" } }, tasks = { { description = "d", expected_output = "e" } } })
    end)

    it("takes only earlier tasks as context", function()
        check_rows({
            { "later", crew { tasks = { task("one", { context = { "two" } }), task("two") } }, "one", "context", "put it before 'one'" },
            { "unknown", crew { tasks = { task("one"), task("two", { context = { "zero" } }) } }, "two", "context", "earlier ones are: one" },
            { "itself", crew { tasks = { task("one"), task("two", { context = "two" }) } }, "two", "context", "names itself" },
            { "twice", crew { tasks = { task("one"), task("two", { context = { "one", "one" } }) } }, "two", "context", "named twice" },
            { "true", crew { tasks = { task("one", { context = true }) } }, "one", "context", "false for none" },
        })
    end)

    it("tells a cycle from a task that only comes too late", function()
        check_rows({ { "cycle", crew { tasks = {
            task("a", { context = { "c" } }), task("b", { context = { "a" } }), task("c", { context = { "b" } }),
        } }, "a", "context", "a cycle: 'c' needs 'a' in turn" } })
    end)

    it("has one last task, a first one without condition, and no async one with", function()
        local yes = function() return true end
        check_rows({
            { "two async at the end", crew { tasks = { task("one"), task("two", { async = true }), task("three", { async = true }) } },
                "two", "async", "at most one async task" },
            { "first is conditional", crew { tasks = { task("one", { condition = yes }), task("two") } }, "one", "condition", "cannot be conditional" },
            { "conditional and async", crew { tasks = { task("one"), task("two", { condition = yes, async = true }), task("three") } },
                "two", "async", "cannot be async" },
        })
        assert.truthy(W.new().crew(crew { tasks = { task("one"), task("two", { async = true }) } }))
    end)

    it("knows its fields, and which is meant", function()
        check_rows({
            { "typo", crew { tasks = { task("one", { contxt = {} }) } }, "one", "contxt", "'context' is meant" },
            { "theirs", crew { tasks = { task("one", { human_input = true }) } }, "one", "human_input", "'review' is meant" },
            { "theirs", crew { manager_llm = "m" }, "crew", "manager_llm", "'manager' is meant" },
            { "of an agent", crew { agents = { { name = "analyst", role = "A", llm = "m" } } }, "analyst", "llm", "'model' is meant" },
            { "not here", crew { max_rpm = 10 }, "crew", "max_rpm", "no such field" },
            { "not here", crew { cache = true }, "crew", "cache", "no such field" },
            { "no likeness", crew { zzz = 1 }, "crew", "zzz", "there are: agents, description" },
            { "of a review", crew { tasks = { task("one", { review = { who = "x" } }) } }, "one", "who", "no such field" },
        })
    end)

    it("knows what kind of value each field takes", function()
        check_rows({
            { "text", crew { tasks = { task("one", { description = "" }) } }, "one", "description", "a text that is not empty" },
            { "function", crew { tasks = { task("one", { callback = "x" }) } }, "one", "callback", "a function is expected, not a string" },
            { "list", crew { tasks = { task("one", { tools = { http = true } }) } }, "one", "tools", "a list is expected" },
            { "whole", crew { max_steps = 1.5 }, "crew", "max_steps", "a whole number from 1" },
            { "guardrail", crew { tasks = { task("one", { guardrail = { "a rule", 7 } }) } }, "one", "guardrail", "guardrail 2 must be" },
            { "retries", crew { tasks = { task("one", { guardrail_retries = -1 }) } }, "one", "guardrail_retries", "from 0 to 20" },
            { "deadline", crew { tasks = { task("one", { review = { on_deadline = "maybe" } }) } }, "one", "review.on_deadline", "'reject', 'approve' or 'fail'" },
            { "collection", crew { memory = "no good" }, "crew", "memory.collection", "letters" },
            { "process", crew { process = "chaos" }, "crew", "process", "'sequential' or 'hierarchical'" },
            { "no tasks", crew { tasks = {} }, "crew", "tasks", "at least one task" },
            { "no agents", crew { agents = {} }, "crew", "agents", "at least one agent" },
            { "no role", crew { agents = { { name = "analyst" } } }, "analyst", "role", "what the agent is" },
            { "no description", crew { tasks = { { name = "one", agent = "analyst", expected_output = "e" } } }, "one", "description", "a text is expected" },
        })
    end)

    it("has each name once", function()
        check_rows({
            { "task", crew { tasks = { task("one"), task("one") } }, "one", "name", "another task" },
            { "agent", crew { agents = { { name = "analyst", role = "A" }, { name = "analyst", role = "B" } } }, "analyst", "name", "another agent" },
        })
    end)

    it("has a manager when it is hierarchical, and only then", function()
        check_rows({
            { "sequential", crew { manager = "m" }, "crew", "manager", "process = 'hierarchical'" },
            { "refused", crew { process = "hierarchical", manager = false }, "crew", "manager", "a model's name, an agent, or true" },
            { "one of the agents", crew { process = "hierarchical", manager = { name = "writer" } }, "writer", "name", "none of the agents" },
        })
        assert.truthy(W.new().crew(crew { process = "hierarchical" }))
    end)

    it("finds places that no input can fill, when the inputs are named", function()
        check_rows({
            { "task", crew { inputs = { "topic" }, tasks = { task("one", { description = "On {{topik}}." }) } }, "one", "description", "{{topik}} is none of the crew's inputs (topic)" },
            { "agent", crew { inputs = { "topic" }, agents = { { name = "analyst", role = "{{who}}" } } }, "analyst", "role", "{{who}}" },
            { "filter", crew { tasks = { task("one", { description = "{{topic | shout}}" }) } }, "one", "description", "no filter 'shout'" },
        })
        assert.truthy(W.new().crew(crew { inputs = { "topic" }, tasks = { task("one", { description = "{{topic.name | trim}}" }) } }))
    end)

    it("passes on what moon.agent says of an agent or of a task's tools", function()
        check_rows({
            { "agent", crew { agents = { { name = "analyst", role = "A", tools = { "no.such" } }, { name = "w", role = "W" } } }, "analyst", nil, "names no tool" },
            { "task", crew { tasks = { task("one", { tools = { "no.such" } }) } }, "one", nil, "names no tool" },
        })
    end)

    it("does not change with the author's tables", function()
        local world, spec = W.new(), crew()
        local made = world.crew(spec)
        spec.tasks[1].description, spec.agents[1].role = "Something else.", "Nobody"
        world:run(function() return made:run() end)
        assert.truthy(world.asked[1].input:find("Do one.", 1, true))
        assert.truthy(world.asked[1].def.instructions:find("Analyst", 1, true))
    end)
end)
