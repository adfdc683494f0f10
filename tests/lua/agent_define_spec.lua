-- moon.agent{...}: what is wrong with a definition is found when it is made, with agent and field.

local World = require "tests.lua.agent_world"

local function fault(given)
    local world = World.new {}
    local err = world.fails(world.agent, type(given) == "function" and given(world) or given)
    assert.equal("invalid_definition", err.code)
    assert.is_false(err.retryable)
    return err.message
end

local function tool(fields)
    local made = { name = "t", description = "d", run = print }
    for name, value in pairs(fields) do
        made[name] = value
    end
    return { name = "x", tools = { made } }
end

describe("a definition is refused", function()
    for _, row in ipairs({
        { "an unknown option, with those that there are", { name = "x", instruction = "?" }, "instruction is no option; there are: approval, description" },
        { "a name that is no name", { name = "my agent" }, "name must be" },
        { "a name that is too long for a handoff", { name = ("x"):rep(49) }, "name must be 1 to 48" },
        { "a type that is wrong", { name = "x", model = 5 }, "agent 'x': model must be a text" },
        { "instructions of another kind", { instructions = { file = "x" } }, "instructions must be" },
        { "a number out of range", { max_steps = 0 }, "max_steps must be a whole number from 1 to 10000" },
        { "a temperature out of range", { temperature = 3 }, "temperature must be a number from 0 to 2" },
        { "parallel_tools of another kind", { parallel_tools = "yes" }, "parallel_tools must be" },
        { "an unknown field of memory", { memory = { size = 3 } }, "memory.size is no option" },
        { "memory without a window", { memory = { summary = true } }, "memory.window is missing" },
        { "memory that keeps as much as it shows", { memory = { window = 4, keep = 4 } }, "memory.keep must be less" },
        { "a schema that is none", { output = { type = "objekt" } }, "output/type must be one of" },
        { "an unknown keyword in a schema", { output = { type = "object", propertys = {} } }, "output/propertys is no keyword" },
        { "tools that are no list", { tools = { a = "kv.get" } }, "tools must be a list" },
        { "a tool of another kind", { tools = { 5 } }, "tools[1] must be a name" },
        { "a tool's name that cannot be one", { tools = { "kv get" } }, "tools[1] 'kv get' is no tool's name" },
        { "a library function that models cannot use", { tools = { "text.wrap" } }, "'text.wrap' is no function that a model can use" },
        { "a tool without a function", tool { run = false }, "tools[1].run must be a function" },
        { "a tool without a description", { tools = { { name = "t", run = print } } }, "tools[1].description is missing" },
        { "a tool's name that no provider takes", tool { name = "a.b" }, "tools[1].name must be 1 to 64" },
        { "an unknown field of a tool", tool { parameters = {} }, "tools[1].parameters is no field of a tool" },
        { "arguments that are no object", tool { args = { type = "string" } }, "tools[1].args must be a schema of type object" },
        { "arguments that are no schema", tool { args = { type = "object", properties = { a = "string" } } }, "tools[1].args/properties/a must be a JSON Schema" },
        { "two tools of one name", { tools = { "kv.get", "kv.get" } }, "tools[2] has the name 'kv.get', and so has another tool" },
        { "two names that are one for a provider", { tools = { "kv.get", { name = "kv_get", description = "d", run = print } } }, "tools[2] has the name" },
        { "approval for a tool that is not there", { tools = { "kv.get" }, approval = { ["kv.set"] = true } }, "approval.kv.set names no tool of this agent" },
        { "approval of another kind", { tools = { "kv.get" }, approval = { ["kv.get"] = "lead" } }, "approval.kv.get must be true or a table" },
        { "a handoff that is no agent", { handoffs = { "billing" } }, "handoffs[1] must be an agent" },
        { "two handoffs of one name", function(world) return { handoffs = { world.agent { name = "b" }, world.agent { name = "b" } } } end, "handoffs[2] has the name" },
    }) do
        it(row[1], function()
            local message = fault(row[2])
            assert.truthy(message:find(row[3], 1, true), message)
        end)
    end

    it("the first wrong option in the order of names is told, whatever the table's order", function()
        for _ = 1, 20 do
            assert.truthy(fault({ zebra = 1, apple = 1, mango = 1 }):find("apple", 1, true))
        end
    end)
end)

describe("a definition", function()
    it("shows name and description, and cannot be changed from outside", function()
        local world = World.new { "a" }
        local agent = world.agent { name = "x", description = "d" }
        assert.equal("x", agent.name)
        assert.equal("d", agent.description)
        assert.is_false(getmetatable(agent))
        agent.run = nil
        assert.equal("a", agent:run("go").output)
    end)

    it("is checked for what a run is given, too", function()
        local world = World.new {}
        local agent = world.agent {}
        for _, bad in ipairs({ { nil }, { "" }, { "x", { steps = 1 } }, { "x", { max_steps = "1" } }, { { messages = {} } }, { { messages = { "x" } } } }) do
            assert.is_string(world.fails(agent.run, agent, bad[1], bad[2]))
        end
        assert.is_string(world.fails(agent.run, "no agent", "x"))
    end)

    it("takes library functions as tools", function()
        local world = World.new { { tool_calls = { { name = "date_add", arguments = { time = 0, days = 1 } } } },
            { tool_calls = { { name = "csv_decode", arguments = { text = "a,b\n1,2" } } } }, "done" }
        local result = world.agent { tools = { "date.add", "csv.decode" } }:run("go")
        assert.equal("86400", result.messages[3].content)
        assert.equal('[{"a":"1","b":"2"}]', result.messages[5].content)
        assert.equal("date_add", world.chats[1].tools[1].name)
    end)

    it("an approval may name a library function as the author does", function()
        local world = World.new {}
        assert.truthy(world.agent { tools = { "date.add" }, approval = { ["date.add"] = true } })
    end)
end)
