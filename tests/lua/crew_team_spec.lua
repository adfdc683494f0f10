-- Who works for whom in a crew: managers, delegation, budget, memory, plans.

local W = require "tests.lua.crew_world"
local task, has = W.task, W.has

local function agents()
    return { { name = "analyst", role = "Market Analyst", goal = "Find facts." }, { name = "writer", role = "Writer" } }
end

local function crew(more, tasks)
    return W.with({ name = "c", agents = agents(), tasks = tasks or { { name = "one", description = "Report on {{topic}}.", expected_output = "A report." } } }, more)
end

local function run(world, spec, opts)
    return world:run(function() return world.crew(spec):run({ topic = "ai" }, opts) end)
end

local function fails(world, spec, opts)
    return world:fails(function() return world.crew(spec):run({ topic = "ai" }, opts) end)
end

local function tools_of(def)
    local names = {}
    for i, tool in ipairs(def.tools) do names[i] = type(tool) == "table" and tool.name or tool end
    return table.concat(names, " ")
end

-- Whoever has the tools delegates to the writer and wraps what comes back; others answer plainly.
local function delegating(args, name)
    return function(def, input)
        local tool = W.tool_of(def, name or "delegate_work")
        if tool then return "checked: " .. tool(args) end
        return def.name .. " did: " .. input:match("^[^\n]*")
    end
end

describe("a hierarchical crew", function()
    it("has each task done by the manager, who gives work to agents by tools", function()
        local world = W.new { script = delegating { coworker = "writer", task = "Write it.", context = "Sales rose." } }
        local result = run(world, crew { process = "hierarchical", manager = "big" })
        assert.equal("manager writer", world:who())
        assert.equal("checked: writer did: Write it.", result.output)
        assert.equal("manager", result.tasks.one.agent)
        local manager, writer = world.asked[1], world.asked[2]
        assert.same({ "big", "delegate_work ask_question" }, { manager.def.model, tools_of(manager.def) })
        assert.truthy(has(manager.def.instructions, "- analyst: Market Analyst; Find facts.\n- writer: Writer"))
        assert.truthy(has(manager.def.instructions, "Check what comes back"))
        assert.equal("Write it.\n\n# What you need to know\nSales rose.", writer.input)
        assert.equal("", tools_of(writer.def))
        assert.same({ 200, 2 }, { result.usage.cost_micros, result.tasks.one.usage.calls })
    end)

    it("lets the manager ask questions", function()
        local world = W.new { script = delegating({ coworker = "analyst", question = "How much?", context = "" }, "ask_question") }
        assert.equal("checked: analyst did: How much?", run(world, crew { process = "hierarchical" }).output)
        assert.same({ crew = "c", task = "one", from = "manager", to = "analyst", tool = "ask_question" }, world.events[2].data)
    end)

    it("may have a manager of its own, with tools", function()
        local world = W.new { script = function() return "fine" end }
        run(world, crew { process = "hierarchical", manager = { name = "boss", role = "Editor in chief", tools = { "csv.decode" } } })
        assert.equal("boss", world:who())
        assert.equal("csv.decode delegate_work ask_question", tools_of(world.asked[1].def))
        assert.truthy(has(world.asked[1].def.instructions, "You are Editor in chief."))
    end)

    it("offers the manager only the agent that a task names", function()
        local world = W.new { script = delegating { coworker = "writer", task = "Write it." } }
        local err = fails(world, crew({ process = "hierarchical" }, { task("one") }))
        assert.same({ "unknown_coworker", "task 'one': there is no co-worker 'writer'; there are: analyst" }, { err.code, err.message })
    end)

    it("asks the manager for the output schema, and holds its answer to the guardrails", function()
        local schema, answers = { type = "object" }, { { output = { n = 1 } }, { output = { n = 2 } } }
        local world = W.new { script = function() return table.remove(answers, 1) end }
        local result = run(world, crew({ process = "hierarchical" }, { task("one", { output = schema, guardrail = function(output) return output.n == 2, "Two." end }) }))
        assert.equal(schema, world.asked[1].def.output)
        assert.same({ n = 2 }, result.output)
        assert.equal("manager manager", world:who())
    end)
end)

describe("delegation", function()
    local function delegation_of(who)
        local list = agents()
        for _, agent in ipairs(list) do agent.delegation = who[agent.name] end
        return list
    end

    it("is for agents that are allowed to, to everyone but themselves", function()
        local world = W.new { script = function() return "fine" end }
        run(world, crew({ agents = delegation_of { analyst = true } }, { task("one"), task("two", { agent = "writer" }) }))
        assert.equal("delegate_work ask_question", tools_of(world.asked[1].def))
        assert.truthy(has(world.asked[1].def.instructions, "Your co-workers:\n- writer: Writer"))
        assert.falsy(has(world.asked[1].def.instructions, "- analyst"))
        assert.equal("", tools_of(world.asked[2].def))
    end)

    it("goes one level deep: a co-worker gives nothing on", function()
        local world = W.new { script = delegating { coworker = "writer", task = "Write it." } }
        run(world, crew({ agents = delegation_of { analyst = true, writer = true } }, { task("one") }))
        assert.equal("analyst writer", world:who())
        assert.equal("", tools_of(world.asked[2].def))
    end)

    it("finds a co-worker by name or role, as models write them", function()
        for _, name in ipairs({ "analyst", " Analyst ", "Market analyst", "\"MARKET  ANALYST\"" }) do
            local world = W.new { script = delegating { coworker = name, task = "Look." } }
            run(world, crew({ agents = delegation_of { writer = true } }, { task("one", { agent = "writer" }) }))
            assert.equal("writer analyst", world:who())
        end
    end)

    it("gives a co-worker its own tools, not the task's, and no schema", function()
        local list = delegation_of { analyst = true }
        list[2].tools = { "http.request" }
        local world = W.new { script = delegating { coworker = "writer", task = "Write it." } }
        run(world, crew({ agents = list }, { task("one", { tools = { "csv.decode" }, output = { type = "object" } }) }))
        assert.equal("csv.decode delegate_work ask_question", tools_of(world.asked[1].def))
        assert.equal("http.request", tools_of(world.asked[2].def))
        assert.is_nil(world.asked[2].def.output)
    end)
end)

describe("the budget of a crew", function()
    it("limits each agent to what is left, and to its own limit when that is nearer", function()
        local list = agents()
        list[2].max_cost_micros, list[2].max_steps = 50, 2
        local world = W.new()
        run(world, crew({ agents = list, max_cost_micros = 1000, max_steps = 10 }, { task("one"), task("two", { agent = "writer" }), task("three") }))
        local function limits(i) return { world.asked[i].def.max_cost_micros, world.asked[i].def.max_steps } end
        assert.same({ 1000, 10 }, limits(1))
        assert.same({ 50, 2 }, limits(2))
        assert.same({ 800, 8 }, limits(3))
    end)

    it("ends the run at the task that finds it used up", function()
        for what, more in pairs({ cost_micros = { max_cost_micros = 200 }, steps = { max_steps = 2 } }) do
            local world = W.new()
            local err = fails(world, crew(more, { task("one"), task("two"), task("three") }))
            assert.equal("crew_budget", err.code)
            assert.same({ crew = "c", task = "three", limit = what }, err.details)
            assert.truthy(has(err.message, "task 'three': the crew's budget of "), err.message)
            assert.equal(2, #world.asked)
        end
    end)

    it("ends it at the task that overruns it", function()
        local err = fails(W.new(), crew({ max_cost_micros = 150 }, { task("one"), task("two") }))
        assert.same({ "crew_budget", "two" }, { err.code, err.details.task })
    end)

    it("is used by an agent that fails, whose limit by the crew is the crew's", function()
        local function script()
            error({ code = "agent_budget", message = "no more", details = { steps = 4, usage = { cost_micros = 90, calls = 4 } } }, 0)
        end
        assert.equal("crew_budget", fails(W.new { script = script }, crew({ max_cost_micros = 100 }, { task("one") })).code)
        local list = agents()
        list[1].max_cost_micros = 10
        assert.equal("agent_budget", fails(W.new { script = script }, crew({ agents = list, max_cost_micros = 100 }, { task("one") })).code)
    end)

    it("counts co-workers and judges, whatever the model makes of the error", function()
        local world = W.new { script = function(def)
            local tool = W.tool_of(def, "delegate_work")
            if tool then
                pcall(tool, { coworker = "writer", task = "a" })
                pcall(tool, { coworker = "writer", task = "b" })
            end
            return "fine"
        end }
        local err = fails(world, crew { process = "hierarchical", max_cost_micros = 100 })
        assert.equal("table", type(err), tostring(err))
        assert.same({ "crew_budget", "one", 2 }, { err.code, err.details.task, #world.asked })
    end)

    it("may be given with the run", function()
        assert.equal("crew_budget", fails(W.new(), crew({}, { task("one"), task("two") }), { max_cost_micros = 100 }).code)
    end)

    it("does not depend on how fast async tasks are", function()
        for _, seconds in ipairs({ 0.5, 9 }) do
            local world = W.new { script = function(_, input, world)
                world:sleep(has(input, "Do slow.") and seconds or 1)
                return "fine"
            end }
            run(world, crew({ max_cost_micros = 1000 }, { task("slow", { async = true }), task("two"), task("three"), task("four", { context = { "slow" } }) }))
            local limits = {}
            for i, one in ipairs(world.asked) do limits[i] = one.def.max_cost_micros end
            assert.same({ 1000, 1000, 900, 700 }, limits)
        end
    end)
end)

describe("the memory of a crew", function()
    local function script(_, input)
        local name = input:match("Do (%w+)")
        return name == "one" and "The harbour opened in 1890. Prices of coffee rose by 12 percent. Nothing else." or "result of " .. name
    end
    local tasks = function()
        return { task("one"), task("two"), task("three", { description = "Do three. What happened to coffee prices?" }) }
    end

    it("of one run tells a task what earlier ones found out about its subject", function()
        local world = W.new { script = script }
        run(world, crew({ memory = true }, tasks()))
        assert.truthy(has(world.asked[3].input, "# What the crew knows besides\n- Prices of coffee rose by 12 percent. (one)"))
        assert.falsy(has(world.asked[3].input, "harbour"))
        assert.falsy(has(world.asked[2].input, "besides")) -- it has the whole of it as context
        assert.equal(0, #world.called)
    end)

    it("is not there unless asked for", function()
        local world = W.new { script = script }
        run(world, crew({}, tasks()))
        assert.falsy(has(world.asked[3].input, "besides"))
    end)

    it("of many runs is a collection: searched before each task, added to after it", function()
        local kept = {}
        local world = W.new { script = script, tools = {
            ["memory.search"] = function(args)
                return { documents = args.query:find("two") and { { id = "1", title = "Last year", body = "Use  tables." } } or {} }
            end,
            ["memory.upsert"] = function(args)
                kept[#kept + 1] = args.documents[1]
                return { upserted = 1 }
            end,
        } }
        run(world, crew({ memory = { collection = "notes", limit = 2 } }, { task("one"), task("two") }))
        assert.same({ "memory.search", { collection = "notes", query = "Do two.", limit = 2 } }, world.called[3])
        assert.truthy(has(world.asked[2].input, "# Remembered from earlier runs\n- Last year: Use tables."))
        assert.same({ id = "crew-uuid-2", title = "Do two.", body = "result of two", metadata = { crew = "c", task = "two", agent = "analyst" } }, kept[2])
    end)
end)

describe("the planning step", function()
    local function world_of(plans)
        return W.new { script = function(def)
            if def.name == "planner" then return { output = { plans = plans } } end
            return "fine"
        end }
    end

    it("looks at all tasks first and gives each its plan", function()
        local world = world_of { { task = "two", plan = "First this." }, { task = "two", plan = "Another." }, { task = "zero", plan = "?" } }
        local result = run(world, crew({ planning = { model = "thinker" } }, { task("one", { tools = { "csv.decode" } }), task("two", { agent = "writer", context = { "one" } }) }))
        assert.equal("planner analyst writer", world:who())
        assert.equal("thinker", world.asked[1].def.model)
        assert.truthy(has(world.asked[1].input, "## one\nDo one.\nExpected: It is done.\nAgent: Market Analyst; Find facts.\nTools: csv.decode"))
        assert.truthy(has(world.asked[1].input, "Gets the results of: one"))
        assert.falsy(has(world.asked[2].input, "# Plan"))
        assert.truthy(has(world.asked[3].input, "# Plan\nFirst this.\n"))
        assert.equal(300, result.usage.cost_micros)
    end)

    it("is left out unless asked for", function()
        local world = world_of {}
        run(world, crew({ planning = false }, { task("one") }))
        assert.equal("analyst", world:who())
    end)
end)
