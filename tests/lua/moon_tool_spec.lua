-- moon.tool, retries, and the kit's faces of the core's tools, against a core that the test plays.

local kit = require "tests.lua.kit"

-- A core that answers from a list: true or a value, or an error's table in {error = ...}.
local function core(answers)
    local calls = {}
    local parts = kit.load(function(name, args, opts)
        calls[#calls + 1] = { name, args, opts }
        if name == "sleep" then
            return true, {}
        end
        local answer = table.remove(answers, 1)
        if answer.error then
            return false, answer.error
        end
        return true, answer.value
    end)
    return parts, calls
end

describe("moon.tool", function()
    it("calls by name and by path", function()
        local parts, calls = core({ { value = 1 }, { value = 2 }, { value = 3 } })
        local tools = parts.moon_tool.tools()
        assert.equal(1, parts.moon_tool.tool("a.b", { x = 1 }))
        assert.equal(2, tools.a.b({ x = 1 }))
        assert.equal(3, tools.echo())
        assert.same({ { "a.b", { x = 1 } }, { "a.b", { x = 1 } }, { "echo" } }, calls)
    end)

    it("retries with growing pauses while the error may pass", function()
        local parts, calls = core({
            { error = { code = "timeout", retryable = true } }, { error = { code = "timeout", retryable = true } }, { value = "ok" },
        })
        assert.equal("ok", parts.moon_tool.tool("t", {}, { retries = 5, backoff_s = 2, timeout_ms = 100 }))
        assert.same({ "sleep", { seconds = 2 } }, calls[2])
        assert.same({ "sleep", { seconds = 4 } }, calls[4])
        assert.same({ "t", {}, { timeout_ms = 100 } }, calls[5])
    end)

    it("gives up after the retries, or at once when it will not pass", function()
        local parts, calls = core({ { error = { code = "busy", retryable = true } }, { error = { code = "busy", retryable = true } } })
        local ok, err = pcall(parts.moon_tool.tool, "t", {}, { retries = 1 })
        assert.is_false(ok)
        assert.equal("busy", err.code)
        assert.equal(3, #calls)
        parts, calls = core({ { error = { code = "no" } } })
        assert.is_false(pcall(parts.moon_tool.tool, "t", {}, { retries = 9 }))
        assert.equal(1, #calls)
    end)

    it("asks a person first when that is wanted", function()
        local parts, calls = core({ { value = { approved = true } }, { value = "done" } })
        assert.equal("done", parts.moon_tool.tool("t", { x = 1 }, { approval = { title = "Really?", roles = { "lead" } } }))
        assert.same({ "approve", { title = "Really?", roles = { "lead" }, details = { tool = "t", args = { x = 1 } } } }, calls[1])
        assert.same({ "t", { x = 1 } }, calls[2])
        parts, calls = core({ { value = { approved = false, comment = "too dear" } } })
        local ok, err = pcall(parts.moon_tool.tool, "t", {}, { approval = true })
        assert.is_false(ok)
        assert.equal("rejected", err.code)
        assert.equal("t was not approved: too dear", err.message)
        assert.equal(1, #calls)
    end)

    it("checks its options", function()
        local parts = core({})
        for _, opts in ipairs({ { retry = 1 }, { retries = 11 }, { retries = "1" }, { backoff_s = -1 },
            { timeout_ms = 0 }, { timeout_ms = "1" }, { approval = 1 } }) do
            assert.has_error(function() parts.moon_tool.tool("t", {}, opts) end)
        end
    end)
end)

describe("the kit's faces of the core's tools", function()
    local function one(value, use)
        local parts, calls = core({ { value = value } })
        return use(parts), calls[1]
    end

    it("gives what a caller wants first", function()
        assert.equal("v", (one({ value = "v" }, function(p) return (p.moon_llm.json({ schema = {} })) end)))
        assert.same({ { 1 } }, (one({ vectors = { { 1 } } }, function(p) return (p.moon_llm.embed("x")) end)))
        assert.equal("v", (one({ found = true, value = "v" }, function(p) return p.moon_kv.get("k") end)))
        assert.equal("text", (one({ content = "text" }, function(p) return (p.moon_file.read("a")) end)))
        assert.same({}, (one({ files = {} }, function(p) return (p.moon_file.list()) end)))
    end)

    it("passes arguments as the tools name them", function()
        for _, row in ipairs({
            { function(p) p.moon_llm.chat("hi") end, { "llm.chat", { prompt = "hi" } } },
            { function(p) p.moon_llm.embed("hi") end, { "llm.embed", { input = "hi" } } },
            { function(p) p.moon_memory.search("c", "q", { limit = 2 }) end, { "memory.search", { collection = "c", query = "q", limit = 2 } } },
            { function(p) p.moon_memory.delete("c", { "1" }) end, { "memory.delete", { collection = "c", ids = { "1" } } } },
            { function(p) p.moon_kv.set("k", false, { ttl_s = 5 }) end, { "kv.set", { key = "k", value = false, ttl_s = 5 } } },
            { function(p) p.moon_file.write("a", "x") end, { "file.write", { path = "a", content = "x" } } },
            { function(p) p.moon_file.write("a", "eA==", { base64 = true, content_type = "t" }) end, { "file.write", { path = "a", base64 = "eA==", content_type = "t" } } },
            { function(p) p.moon_people.approve("ok?") end, { "approve", { title = "ok?" } } },
            { function(p) p.moon_people.ask({ title = "t", form = { type = "number" } }) end, { "ask", { title = "t", form = { type = "number" } } } },
            { function(p) p.moon_people.ask("t") end, { "ask", { title = "t", form = { type = "string" } } } },
            { function(p) p.moon_time.sleep(3) end, { "sleep", { seconds = 3 } } },
        }) do
            local _, call = one({}, row[1])
            assert.same(row[2], call)
        end
    end)

    it("checks what it is given", function()
        local parts = core({})
        assert.has_error(function() parts.moon_llm.chat(5) end)
        assert.has_error(function() parts.moon_time.sleep(-1) end)
        assert.has_error(function() parts.moon_time.sleep(0 / 0) end)
        assert.has_error(function() parts.moon_people.approve() end)
    end)
end)
