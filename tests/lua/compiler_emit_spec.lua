-- lua/compiler/emit*.lua: each node type as Lua that is compared word for word with a file, run over the real kit,
-- and read back. GOLDEN=write busted tests/lua/compiler_emit_spec.lua writes the files anew: read what changed.

local world = require "tests.lua.compiler_world"
local cases = require "tests.lua.compiler_cases"
local read = require "compiler.read"
local types = require "compiler.types"

local GOLDEN = "tests/lua/compiler/golden/"

local function plain(value)
    if type(value) ~= "table" then
        return value
    end
    local copy = {}
    for key, item in pairs(value) do
        copy[key] = plain(item)
    end
    return copy
end

local names = { "error_edge" }
for i, name in ipairs(types) do
    names[i + 1] = name
end

describe("a workflow's package", function()
    for _, name in ipairs(names) do
        local case = cases[name]

        it("has the Lua of " .. name .. " that a person would write", function()
            local files = world.package(case.document)
            if os.getenv("GOLDEN") == "write" then
                local file = assert(io.open(GOLDEN .. name .. ".lua", "wb"))
                file:write(files["main.lua"])
                file:close()
            end
            assert.are.equal(world.read(GOLDEN .. name .. ".lua"), files["main.lua"])
        end)

        it("does with " .. name .. " what the canvas shows", function()
            local files = world.package(case.document)
            local output, ran, err = world.run(files, { input = cases.input_value, script = case.script, tools = case.tools })
            assert.is_nil(err and tostring(err.message or err))
            assert.are.same(case.gives, plain(output))
            for i, chat in ipairs(case.chats or {}) do
                assert.are.equal(chat, ran.chats[i].prompt)
            end
            if case.calls then
                local called = {}
                for i, call in ipairs(ran.calls) do
                    called[i] = call[1]
                end
                assert.are.same(case.calls, called)
            end
        end)

        it("comes back as the same document with " .. name, function()
            local document, problems = read.package(world.package(case.document))
            assert.are.same({}, plain(problems))
            assert.are.equal(world.text(case.document), world.text(document))
        end)
    end

    it("is the same bytes for the same document", function()
        local first, second = world.package(cases.llm.document), world.package(cases.llm.document)
        assert.are.same(first, second)
    end)

    it("says in agent.json what the workflow needs", function()
        local files = world.package(cases.subworkflow.document)
        local manifest = require("moon.json").decode(files["agent.json"])
        assert.are.same({ "agent.run" }, manifest.tools)
        assert.are.same({ "refunds" }, manifest.agents)
        assert.are.equal("1.0.0", manifest.version)
        assert.are.equal("Case subworkflow_case", manifest.summary)
        manifest = require("moon.json").decode(world.package(cases.tool.document)["agent.json"])
        assert.are.same({ "approve", "http.request", "sleep" }, manifest.tools)
        manifest = require("moon.json").decode(world.package(cases.llm.document)["agent.json"])
        assert.are.same({ "llm.chat", "llm.json", "sleep" }, manifest.tools)
        assert.are.same({ "*" }, manifest.models)
        assert.are.same(cases.llm.document.input.required, manifest.input.required)
    end)

    it("keeps long texts in prompts", function()
        local files = world.package(cases.llm.document)
        assert.are.equal("Sort this:\n\n{{ question }}\n", files["prompts/sort_it.md"])
    end)

    it("has room for more variables than Lua gives a function", function()
        local nodes, edges, value = { { id = "start", type = "input", title = "Start" } }, {}, {}
        for i = 1, 230 do
            nodes[#nodes + 1] = { id = "n" .. i, type = "transform", title = "Step " .. i, params = { fields = { n = i } } }
            value["v" .. i] = "{{ nodes.n" .. i .. ".n }}"
        end
        nodes[#nodes + 1] = { id = "done", type = "output", title = "Done", params = { value = value } }
        for i = 1, #nodes - 1 do
            edges[i] = { id = "e" .. i, from = nodes[i].id, to = nodes[i + 1].id }
        end
        local document = { version = 1, name = "big_one", title = "Big", nodes = nodes, edges = edges }
        local files = world.package(document)
        local output = world.run(files, { input = {} })
        assert.are.equal(230, output.v230)
        local back, problems = read.package(files)
        assert.are.same({}, plain(problems))
        assert.are.equal(world.text(document), world.text(back))
    end)
end)
