-- moon.template: places, paths, filters.

local render = require("tests.lua.kit").load().moon_template.render

describe("moon.template", function()
    local vars = { name = " Ann ", n = 3, half = 0.5, yes = true, list = { "a", "b" }, deep = { { x = { y = "z" } } } }

    it("fills places", function()
        for source, expected in pairs({
            ["{{name}}"] = " Ann ", ["{{ n }}/{{half}}/{{yes}}"] = "3/0.5/true", ["{{deep.1.x.y}}"] = "z",
            ["{{none}}{{name.x}}{{deep.9.x}}"] = "", ["{{list}}"] = '["a","b"]', ["{ {n} }"] = "{ {n} }",
            ["no places"] = "no places", ["{{n"] = "{{n", ["%d {{n}} %1"] = "%d 3 %1",
        }) do
            assert.equal(expected, render(source, vars))
        end
    end)

    it("applies filters in order", function()
        for source, expected in pairs({
            ["{{name|trim}}"] = "Ann", ["{{name | trim | upper}}"] = "ANN", ['{{none | default: "no | one"}}'] = "no | one",
            ['{{list | join: "; "}}'] = "a; b", ["{{list | json}}"] = '["a","b"]', ["{{name|trim|truncate: 2}}"] = "An",
            ["{{n | default: 7}}"] = "3", ["{{none | default: 7}}"] = "7",
        }) do
            assert.equal(expected, render(source, vars))
        end
    end)

    it("fills without variables", function() assert.equal("", render("{{x}}")) end)

    it("does not render what it filled in", function()
        assert.equal("{{n}}", render("{{x}}", { x = "{{n}}", n = 1 }))
    end)

    it("names a filter that is not there", function()
        assert.has_error(function() render("{{n | explode}}", vars) end, "there is no filter 'explode'")
    end)
end)

describe("moon.template.check", function()
    local template = require("tests.lua.kit").load().moon_template

    local function problems(source, names)
        local list = {}
        for i, problem in ipairs(template.check(source, names)) do list[i] = problem.line .. ": " .. problem.message end
        return list
    end

    it("finds nothing where nothing is wrong", function()
        assert.same({}, problems('{{a}} {{ b.c.1 | trim | default: "x" }} } {{"{{"}} {"json": {"a": 1}}'))
        assert.same({}, problems("{{a.b}} {{a}}", { "a" }))
    end)

    it("names the line of each place that is wrong", function()
        assert.same({
            "1: a place does not close: {{ without }}", "2: the place is empty", "3: there is no filter 'explode'",
            "4: 'a b' is no path to a variable", "5: there is no filter 'up'",
        }, problems("{{a \n{{}}\n{{a | explode}}\n{{a b}}\n{{\na|up}}"))
    end)

    it("comes to an end with a text that is all openings, which would take minutes place by place", function()
        local openings = ("{{ "):rep(300000)
        assert.equal(20, #problems(openings))
        assert.equal(20, #problems(openings .. "}}"))
        assert.equal(openings, template.render(openings, {}))
        assert.equal("x" .. openings, template.render("{{a}}" .. openings, { a = "x" }))
        local spaces = (" "):rep(300000)
        assert.same({ "x" }, (template.front("---\nvars:" .. spaces .. "x" .. spaces .. "\n---\n")))
        assert.equal(2, select(3, template.front("---\nvars:" .. spaces .. "x" .. spaces .. ";\n---\n")).line)
    end)

    it("names variables that are not declared", function()
        assert.same({ "1: the variable 'b' is not declared in 'vars:'" }, problems("{{a}}{{b.c}}", { "a" }))
        assert.same({ "1: the variable 'a' is not declared in 'vars:'" }, problems("{{a}}", {}))
    end)
end)

describe("moon.prompt", function()
    local function prompt(source, vars)
        local parts = require("tests.lua.kit").load()
        parts.host.text = function(path) return path == "prompts/x.md" and source or nil end
        return parts.moon_prompt("x", vars)
    end

    it("renders what follows the front matter", function()
        assert.equal("Hi Kim\n", prompt("---\nvars: name, tone\n---\nHi {{name}}\n", { name = "Kim", tone = false }))
        assert.equal("Hi Kim", prompt("Hi {{name}}", { name = "Kim" }))
        assert.equal("--- no\n", prompt("--- no\n"))
    end)

    it("raises when a declared variable is missing", function()
        assert.has_error(function() prompt("---\nvars: name, tone\n---\nHi", { name = "Kim" }) end,
            "prompts/x.md needs the variable 'tone'")
    end)

    it("raises when the front matter is not right", function()
        assert.has_error(function() prompt("---\ntitle: x\n---\nHi") end,
            "prompts/x.md:2: the front matter knows only 'vars: name, name'")
    end)
end)
