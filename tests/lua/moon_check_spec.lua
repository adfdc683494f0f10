-- moon.check: whether a value fits a JSON Schema, and whether a schema is one. Held against the cases of the core's
-- own checker (tests/unit/base/schema_cases.json), so that both say the same.

local World = require "tests.lua.agent_world"
local cjson = require "cjson"

local parts = World.new({}).parts
local check, json = parts.moon_check, parts.moon_json

local function place(schema, value)
    local ok, err = check.fits(schema, value)
    return ok and "fits" or err.path .. " " .. err.message
end

describe("check.fits", function()
    it("says where a value does not fit and what would be right", function()
        for _, row in ipairs({
            { { type = "string" }, 1, " must be of type string, not number" },
            { { type = { "string", "null" } }, nil, "fits" },
            { { type = "integer" }, 1.5, " must be of type integer, not number" },
            { { enum = { "a", "b" } }, "c", ' must be one of ["a","b"]' },
            { { const = { a = 1 } }, { a = 2 }, ' must be {"a":1}' },
            { { properties = { a = { minimum = 3 } } }, { a = 2 }, "/a must be at least 3" },
            { { type = "object", required = { "a" } }, {}, "/a is missing" },
            { { additionalProperties = false, properties = { a = true, b = true } }, { c = 1 }, "/c is not allowed; there are: a, b" },
            { { items = { type = "string", maxLength = 1 } }, { "x", "ä", "xy" }, "/2 must have at most 1 characters" },
            { { minItems = 2 }, { 1 }, " must have at least 2 items" },
            { { uniqueItems = true }, { { 1 }, { 1 } }, "/1 must not be the same as another item" },
            { { pattern = "^[A-Z]{2}-\\d+$" }, "AB-12", "fits" },
            { { pattern = "^[A-Z]{2}-\\d+$" }, "ab-12", " must match the pattern ^[A-Z]{2}-\\d+$" },
            { { format = "email" }, "me", " must be a valid email" },
            { { anyOf = { { type = "string" }, { properties = { a = { type = "string" } } } } }, { a = 1 }, "/a must be of type string, not number" },
            { { ["not"] = { type = "string" } }, "x", " is what it must not be" },
            { { ["if"] = { required = { "a" } }, ["then"] = { required = { "b" } } }, { a = 1 }, "/b is missing" },
            { { ["$ref"] = "#/$defs/n", ["$defs"] = { n = { type = "number" } } }, "x", " must be of type number, not string" },
        }) do
            assert.equal(row[3], place(row[1], row[2]))
        end
    end)

    it("takes an absent member for null where the schema takes null", function()
        local schema = { type = "object", required = { "a" }, properties = { a = { type = { "string", "null" } } } }
        assert.equal("fits", place(schema, {}))
    end)

    it("takes an empty table for an object and for a list, a marked one only for a list", function()
        assert.equal("fits", place({ type = "array" }, {}))
        assert.equal("fits", place({ type = "object" }, {}))
        assert.equal(" must be of type object, not array", place({ type = "object" }, json.array({})))
    end)

    it("ends on a schema that refers to itself without end", function()
        assert.equal(" is too complex to check", place({ ["$ref"] = "#" }, 1))
    end)
end)

describe("check.inspect", function()
    it("finds what is no schema, with its place", function()
        for _, row in ipairs({
            { { type = "text" }, "/type" }, { { tpye = "string" }, "/tpye" }, { "string", "" }, { { "string" }, "" },
            { { properties = { a = { type = "strin" } } }, "/properties/a/type" }, { { required = "a" }, "/required" },
            { { items = "string" }, "/items" }, { { pattern = "(?=x)" }, "/pattern" }, { { format = "mail" }, "/format" },
            { { anyOf = {} }, "/anyOf" }, { { ["$ref"] = "#/$defs/none" }, "/$ref" }, { { minimum = "1" }, "/minimum" },
        }) do
            local ok, err = check.inspect(row[1])
            assert.is_nil(ok)
            assert.equal(row[2], err.path)
        end
    end)

    it("takes what moon.schema makes", function()
        local s = parts.moon_schema
        assert.is_true(check.inspect(s.object({ a = s.string({ max = 3 }), b = s.optional(s.array(s.enum({ 1, 2 }))) })))
    end)
end)

-- What a value of cjson is once it has crossed into a sandbox: no members that are null. nil, true when it holds an empty
-- list or object: cjson cannot tell which.
local function crossed(value)
    if type(value) ~= "table" then return value end
    if next(value) == nil then return nil, true end
    local copy = {}
    for key, item in pairs(value) do
        if item ~= cjson.null or type(key) == "number" then
            local inner, unclear = crossed(item)
            if unclear then return nil, true end
            copy[key] = inner
        end
    end
    return copy
end

-- What is said to differ in lua/moon/check.lua: formats by their shape, numbers as doubles, patterns on bytes, and null
-- members, which do not cross.
local DIFFERENT = {}
for rule in ([[const null;const of a large integer is exact;bounds on large integers are exact;multipleOf 0.1;
    multipleOf of something large;pattern works on characters;date-time;date;time;duration;email;hostname;ipv4;ipv6;uri;
    uri-reference;json-pointer;regex;required]]):gmatch("[^;]+") do
    DIFFERENT[rule:match("^%s*(.*)$")] = true
end

describe("the core's cases", function()
    local file = assert(io.open("tests/unit/base/schema_cases.json"))
    local cases = cjson.decode(file:read("*a")).cases
    file:close()
    for _, case in ipairs(cases) do
        local schema, unclear = crossed(case.schema)
        local usable = not unclear and (type(schema) ~= "table" or check.inspect(schema))
        if usable and not DIFFERENT[case.rule] then
            it(case.rule, function()
                for wanted, list in pairs({ fits = case.valid, refused = case.invalid }) do
                    for _, raw in ipairs(list) do
                        local value, odd = crossed(raw)
                        if not odd then
                            local ok = check.fits(schema, value)
                            assert.equal(wanted, ok and "fits" or "refused", cjson.encode(raw))
                        end
                    end
                end
            end)
        end
    end
end)
