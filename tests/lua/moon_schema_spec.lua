-- moon.schema: the JSON Schemas that the builders make.

local schema = require("tests.lua.kit").load().moon_schema

describe("moon.schema", function()
    it("builds objects whose fields are required", function()
        assert.same({
            type = "object", additionalProperties = false, required = { "a", "b" },
            properties = {
                a = { type = "string", maxLength = 5 }, b = { type = "integer", minimum = 1 },
                c = { enum = { "x", "y" }, description = "which" },
            },
        }, schema.object({
            b = schema.integer({ min = 1 }), a = schema.string({ max = 5 }),
            c = schema.optional(schema.enum({ "x", "y" }, { description = "which" })),
        }))
    end)

    it("builds the rest", function()
        assert.same({ type = "array", items = { type = "number" }, minItems = 2 }, schema.array(schema.number(), { min = 2 }))
        assert.same({ anyOf = { { type = "boolean" }, { type = "number" } } }, schema.any_of({ schema.boolean(), schema.number() }))
        assert.is_true(schema.object({}, { additionalProperties = true }).additionalProperties)
    end)

    it("refuses what is no schema", function()
        assert.has_error(function() schema.object({ a = "string" }) end)
        assert.has_error(function() schema.object() end)
        assert.has_error(function() schema.string("x") end)
    end)
end)
