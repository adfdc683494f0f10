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
