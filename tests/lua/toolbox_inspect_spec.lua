-- The job "inspect": what an upload is refused for in Lua files and prompts, with file and line.

local inspect

local function errors(files)
    local list = {}
    for i, err in ipairs(inspect({ files = files }).errors or {}) do
        list[i] = err.file .. ":" .. err.line .. ": " .. err.message
    end
    return list
end

describe("inspect", function()
    setup(function()
        local parts = require("tests.lua.kit").load()
        package.loaded["moon.json"], package.loaded["moon.template"] = parts.moon_json, parts.moon_template
        package.loaded["job.lua_scan"] = dofile("lua/toolbox/lua_scan.lua")
        package.loaded["job.inspect_prompts"] = dofile("lua/toolbox/inspect_prompts.lua")
        inspect = dofile("lua/toolbox/inspect.lua")
    end)
    teardown(function()
        for _, name in ipairs({ "moon.json", "moon.template", "job.lua_scan", "job.inspect_prompts" }) do
            package.loaded[name] = nil
        end
    end)

    it("takes a package in which nothing is wrong", function()
        assert.same({ ok = true }, inspect({ files = {
            ["main.lua"] = 'local moon = require "moon"\nreturn function() return moon.prompt("a/b", {}) end',
            ["prompts/a/b.md"] = "---\nvars: x\n---\n{{x}}",
        } }))
    end)

    it("names what does not compile, before all else", function()
        assert.same({ "main.lua:2: unexpected symbol near '='" }, errors({ ["main.lua"] = "\nx = = 1", ["prompts/a.md"] = "{{" }))
        assert.same({ "main.lua:1: compiled code is not accepted" }, errors({ ["main.lua"] = "\27LJ" }))
    end)

    it("counts lines of prompts with their front matter", function()
        assert.same({ "prompts/a.md:5: the variable 'y' is not declared in 'vars:'" },
            errors({ ["prompts/a.md"] = "---\nvars: x\n---\n{{x}}\n{{y}}" }))
        assert.same({ "prompts/a.md:2: there is no filter 'zap'" }, errors({ ["prompts/a.md"] = "\n{{y | zap}}" }))
        assert.same({ "prompts/a.md:2: '1x' is no name of a variable" }, errors({ ["prompts/a.md"] = "---\nvars: 1x\n---\n" }))
    end)

    it("names a prompt that is not in the package, however it is written", function()
        for source, line in pairs({
            ['local m = require("moon")\nreturn m.prompt("gone")'] = 2,
            ["local m = require 'moon'\n\nreturn m.prompt 'gone'"] = 3,
            ["return moon.prompt([[gone]], {})"] = 1,
            ['return require("moon").agent{\n  instructions = { prompt = "gone", vars = {} } }'] = 2,
        }) do
            assert.same({ "main.lua:" .. line .. ": the package has no prompts/gone.md" }, errors({ ["main.lua"] = source }))
        end
    end)

    it("names the first hundred of what is wrong", function()
        local files = { ["main.lua"] = ("local moon = require 'moon'\n" .. ("moon.prompt 'gone'\n"):rep(5000)) }
        for i = 1, 10 do
            files["prompts/" .. i .. ".md"] = ("{{?}}"):rep(1000)
        end
        assert.equal(100, #errors(files))
    end)

    it("leaves alone what is no literal name of a prompt", function()
        for _, source in ipairs({
            'local moon = require "moon" return moon.prompt("a" .. "b")', "return moon.prompt(name)",
            '-- moon.prompt("gone")\nreturn 1', '--[[ moon.prompt("gone") ]] return 1', "return 'moon.prompt(\"gone\")'",
            'return ui.prompt("gone")', 'return moon.llm.chat{prompt = "gone"}', 'local args = {prompt = "Say hi"} return args',
            'return [==[ moon.prompt "gone" ]==]', 'return "\\"moon.prompt(\\"gone\\")"',
        }) do
            assert.same({}, errors({ ["main.lua"] = source }))
        end
    end)
end)
