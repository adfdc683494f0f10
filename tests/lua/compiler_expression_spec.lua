-- lua/compiler: the expression language. What expressions come to, that they survive the way to Lua and back,
-- and what is said of those that are wrong.
-- Long because it is tables of cases.

local harness = require "tests.lua.harness"
local kit = require "tests.lua.kit"

local expression = require "compiler.expression"
local lexer = require "compiler.lexer"
local types = require "compiler.schema"
local json = require "moon.json"

local expr = kit.load().moon_expr

local function object(properties, required)
    return { type = "object", properties = properties, required = required, additionalProperties = false }
end

local TEXT, NUMBER, WHOLE, FLAG = { type = "string" }, { type = "number" }, { type = "integer" }, { type = "boolean" }

local ORDER = object({ id = TEXT, total = NUMBER, paid = FLAG, note = TEXT, ["ship to"] = TEXT }, { "id", "total", "paid" })

local INPUT = object({
    name = TEXT, age = WHOLE, price = NUMBER, vip = FLAG, mood = { enum = { "good", "bad" } }, tags = { type = "array", items = TEXT },
    scores = { type = "array", items = NUMBER }, orders = { type = "array", items = ORDER }, address = object({ city = TEXT, zip = TEXT }, { "city" }),
    maybe = TEXT, count = WHOLE, any = {}, ["end"] = TEXT, matrix = { type = "array", items = { type = "array", items = WHOLE } },
    either = { type = { "string", "null" } }, choice = { anyOf = { { type = "string" }, { type = "number" } } }, box = { type = "object" },
    parent = object({ child = object({ name = TEXT }, { "name" }) }),
}, { "name", "age", "price", "vip", "mood", "tags", "scores", "orders", "address", "any", "end", "matrix", "either", "choice", "box", "parent" })

local INPUT_VALUE = {
    name = "Kim Larsen", age = 41, price = 2.5, vip = true, mood = "good", tags = { "b", "a", "b" }, scores = { 3, 1, 2 },
    orders = { { id = "o1", total = 10, paid = true, ["ship to"] = "Oslo" }, { id = "o2", total = 5.5, paid = false, note = "late" } },
    address = { city = "Århus" }, any = { x = { y = 7 }, list = { 1, 2 } }, ["end"] = "stop", matrix = { { 1, 2 }, { 3 } },
    choice = "c", box = { k = 1 }, parent = {},
}

local NODES = {
    classify = { state = "ok", title = "Classify", type = types.type(object({ category = { enum = { "billing", "other" } }, score = NUMBER }, { "category" })) },
    draft = { state = "some", title = "Draft", type = types.type(object({ text = TEXT }, { "text" })) },
    later = { state = "never", title = "Later", type = types.of("string") },
    wait = { state = "nothing", title = "Wait" },
}
local NODE_VALUES = { classify = { category = "billing" } }

local NAMES = { nodes = { classify = "sorted", draft = "draft", later = "later" }, errors = { classify = "sorted_error" }, locals = { item = "item" } }

local scope = {
    input = types.type(INPUT), config = types.type(object({ limit = NUMBER }, { "limit" })), node_ids = { "classify", "draft", "later", "wait" },
    locals = { item = types.type(ORDER) },
    node = function(id) return NODES[id] end,
    error = function(id) return NODES[id] and { state = id == "classify" and "ok" or "never", title = NODES[id].title } end,
}

local ENV = { expr = expr, text = expr.text, input = INPUT_VALUE, config = { limit = 8 }, sorted = NODE_VALUES.classify,
    sorted_error = { code = "timeout", message = "too late", retryable = true }, item = INPUT_VALUE.orders[1] }

-- Errors and warnings of infer, as {message, at, code}.
local function problems_of(ast, source)
    local errors, warnings = {}, {}
    expression.infer(ast, scope, function(message, at, code, expected, is_warning)
        local list = is_warning and warnings or errors
        list[#list + 1] = { message = message, at = lexer.character(source, at), code = code, expected = expected }
    end)
    return errors, warnings
end

local function run(lua)
    local chunk = assert(loadstring("return " .. lua, lua))
    return setfenv(chunk, ENV)()
end

local function lists(value)
    if type(value) ~= "table" then
        return value
    end
    local copy = {}
    for key, item in pairs(value) do
        copy[key] = lists(item)
    end
    return copy
end

-- source -> value
local VALUES = {
    -- literals
    { "1", 1 }, { "1.5", 1.5 }, { "1e3", 1000 }, { "0.1", 0.1 }, { "'a'", "a" }, { '"a\\n\\"b"', 'a\n"b' }, { "true", true }, { "false", false },
    { "null", nil }, { "[]", {} }, { "[1, 'a', true]", { 1, "a", true } }, { "{}", {} }, { "{a: 1, 'b c': {d: 2}}", { a = 1, ["b c"] = { d = 2 } } },
    { "'it''s' == 'x'", nil, "syntax" }, { "'Århus'", "Århus" },
    -- paths
    { "input.name", "Kim Larsen" }, { "input.address.city", "Århus" }, { "input.address.zip", nil }, { "input.parent.child.name", nil },
    { "input['end']", "stop" }, { "input.end", "stop" }, { "input.orders[1].id", "o1" }, { "input.orders[9].id", nil }, { "input.orders[2].note", "late" },
    { "input.orders[1]['ship to']", "Oslo" }, { "input.any.x.y", 7 }, { "input.any.x.z.q", nil }, { "input.any.list[2]", 2 }, { "input.box.k", 1 },
    { "config.limit", 8 }, { "nodes.classify.category", "billing" }, { "nodes.classify.score", nil }, { "errors.classify.code", "timeout" },
    { "item.total", 10 }, { "input.matrix[1][2]", 2 }, { "input.tags[input.age - 40]", "b" },
    -- operators
    { "1 + 2 * 3", 7 }, { "(1 + 2) * 3", 9 }, { "7 % 4", 3 }, { "1 / 4", 0.25 }, { "2 - 3 - 4", -5 }, { "2 - (3 - 4)", 3 }, { "-input.age", -41 },
    { "- -1", 1 }, { "-(1 + 2)", -3 }, { "8 / 4 / 2", 1 }, { "8 / (4 / 2)", 4 }, { "input.price * 2 + 1", 6 },
    { "'a' .. 'b' .. 'c'", "abc" }, { "'n' .. 1 + 1", "n2" }, { "input.name .. '!'", "Kim Larsen!" },
    { "1 == 1", true }, { "1 != 1", false }, { "input.age >= 18", true }, { "input.age < 18", false }, { "'a' < 'b'", true }, { "input.age <= 41", true },
    { "input.age > 41", false }, { "input.maybe == null", true }, { "input.name != null", true }, { "input.mood == 'good'", true },
    { "not input.vip", false }, { "not input.age == 41", false }, { "not not input.vip", true }, { "input.vip and input.age > 40", true },
    { "input.vip or input.age > 100", true }, { "not input.vip or input.age == 41", true }, { "not (input.vip or false)", false },
    { "input.vip and (input.age > 50 or input.price < 3)", true }, { "(1 < 2) == true", true }, { "input.maybe == 'x' or input.vip", true },
    -- texts
    { "len(input.name)", 10 }, { "len('Århus')", 5 }, { "lower('ABC')", "abc" }, { "upper(input.mood)", "GOOD" }, { "trim('  a ')", "a" },
    { "contains('abc', 'b')", true }, { "contains('a.c', '.')", true }, { "contains('abc', 'B')", false }, { "starts_with(input.name, 'Kim')", true },
    { "ends_with(input.name, 'x')", false }, { "split('a,b,c')", { "a", "b", "c" } }, { "split('a b', ' ')", { "a", "b" } }, { "split('ab', '')", { "a", "b" } },
    { "join(['a', 'b'])", "a, b" }, { "join(input.scores, '-')", "3-1-2" }, { "replace('a.b.c', '.', '%')", "a%b%c" }, { "replace('aaa', 'a', 'b')", "bbb" },
    { "replace('a', '', 'b')", "a" }, { "truncate('abcdef', 3)", "..." }, { "slice('Århus', 1, 2)", "År" }, { "slice('abc', -2)", "bc" }, { "slice('abc', 2, 2)", "b" },
    -- lists
    { "len(input.tags)", 3 }, { "contains(input.tags, 'a')", true }, { "contains(input.scores, 9)", false }, { "first(input.tags)", "b" }, { "last(input.scores)", 2 },
    { "first([])", nil }, { "slice(input.scores, 2)", { 1, 2 } }, { "slice(input.scores, 1, -2)", { 3, 1 } }, { "slice(input.scores, 5)", {} },
    { "reverse(input.scores)", { 2, 1, 3 } }, { "unique(input.tags)", { "b", "a" } }, { "flatten(input.matrix)", { 1, 2, 3 } }, { "append(input.tags, 'z')", { "b", "a", "b", "z" } },
    { "concat(input.scores, [9])", { 3, 1, 2, 9 } }, { "map(input.orders, o => o.total)", { 10, 5.5 } }, { "map(input.orders, o => {id: o.id, big: o.total > 6})", { { id = "o1", big = true }, { id = "o2", big = false } } },
    { "map(input.orders, o => o.note)", { "late" } }, { "filter(input.orders, o => o.paid)", { INPUT_VALUE.orders[1] } }, { "find(input.orders, o => o.total < 6).id", "o2" },
    { "find(input.orders, o => o.total > 99)", nil }, { "any(input.scores, n => n > 2)", true }, { "all(input.scores, n => n > 2)", false },
    { "sort(input.scores)", { 1, 2, 3 } }, { "sort(input.orders, o => o.total)[1].id", "o2" }, { "sort(input.tags)", { "a", "b", "b" } },
    { "sum(input.scores)", 6 }, { "sum([])", 0 }, { "avg(input.scores)", 2 }, { "avg([])", nil }, { "min(input.scores)", 1 }, { "max(1, 5, 3)", 5 }, { "min([])", nil },
    { "sum(map(filter(input.orders, o => o.paid), o => o.total))", 10 }, { "map(input.matrix, row => sum(map(row, n => n * 2)))", { 6, 6 } },
    { "map(input.orders, o => o.total * config.limit)", { 80, 44 } }, { "[input.maybe, 'x']", { "x" } }, { "[input.name, input.mood]", { "Kim Larsen", "good" } },
    -- numbers and conversions
    { "round(2.567, 2)", 2.57 }, { "round(2.5)", 3 }, { "round(-2.5)", -3 }, { "floor(-1.5)", -2 }, { "ceil(1.2)", 2 }, { "abs(-3)", 3 }, { "number('12.5')", 12.5 },
    { "number('x')", nil }, { "number('0x10')", nil }, { "number(true)", 1 }, { "string(12)", "12" }, { "string(1.5)", "1.5" }, { "string(true)", "true" }, { "string(null)", "" }, { "json([1, 2])", "[1,2]" },
    { "json('a')", '"a"' }, { "parse_json('[1,2]')[2]", 2 }, { "parse_json('{')", nil }, { "json(null)", "null" },
    -- choices
    { "default(input.maybe, 'none')", "none" }, { "default(input.name, 'none')", "Kim Larsen" }, { "default(nodes.draft.text, input.name)", "Kim Larsen" },
    { "default(nodes.draft, nodes.classify).category", "billing" }, { "when(input.vip, 'yes', 'no')", "yes" }, { "when(input.maybe != null, input.maybe .. '!', 'nobody')", "nobody" },
    { "when(input.age > 50, 1, when(input.age > 40, 2, 3))", 2 }, { "default(input.count, 0) + 1", 1 },
    -- objects and dates
    { "keys({b: 1, a: 2})", { "a", "b" } }, { "values({b: 1, a: 2})", { 2, 1 } }, { "has(input.address, 'zip')", false }, { "has(input.box, 'k')", true },
    { "merge({a: 1, b: 1}, {b: 2})", { a = 1, b = 2 } }, { "merge({a: 1}, {b: 2}).b + 1", 3 }, { "now()", 1700000000 }, { "format_date(0, '%Y-%m-%d')", "1970-01-01" }, { "parse_date('1970-01-02')", 86400 },
    { "parse_date('soon')", nil }, { "format_date(now() + 86400, '%d')", "15" },
}

-- source -> canonical form
local FORMS = {
    { "1+2*3", "1 + 2 * 3" }, { "((1))", "1" }, { '"a"', "'a'" }, { '"it\'s"', '"it\'s"' }, { "(1 + 2) + 3", "1 + 2 + 3" }, { "1 + (2 + 3)", "1 + (2 + 3)" },
    { "('a' .. 'b') .. 'c'", "('a' .. 'b') .. 'c'" }, { "not (not input.vip)", "not not input.vip" }, { "input['name']", "input.name" }, { "{b:1,a:2}", "{a: 2, b: 1}" },
    { "map( input.tags,t=>t )", "map(input.tags, t => t)" }, { "- ( 1 )", "-1" }, { "(input.vip and input.vip) or input.vip", "input.vip and input.vip or input.vip" },
    { "1e2", "100" }, { "1.50", "1.5" }, { "1 == (2 == 3)", "1 == (2 == 3)" },
}

-- source -> where (character), code, message
local WRONG = {
    { "", 1, "syntax", "the expression ends where a value is expected" },
    { "1 +", 4, "syntax", "the expression ends where a value is expected" },
    { "(1 + 2", 7, "syntax", "expected ')' to close this bracket, found the end" },
    { "1 2", 3, "syntax", "expected an operator or the end, found '2'" },
    { "'abc", 1, "syntax", "this text has no closing '" },
    { "'a\\q'", 3, "syntax", "there is no escape '\\q' in texts" },
    { "1 = 2", 3, "syntax", "'=' is not written here; write ==" },
    { "1 === 2", 3, "syntax", "'===' is not written here; write ==" },
    { "1 ~= 2", 3, "syntax", "'~=' is not written here; write !=" },
    { "input.vip && true", 11, "syntax", "'&&' is not written here; write and" },
    { "!input.vip", 1, "syntax", "'!' is not written here; write not" },
    { "input.vip ? 1 : 2", 11, "syntax", "'?' is not written here; write when(condition, x, y)" },
    { "1 < 2 < 3", 7, "syntax", "comparisons cannot be chained; join two of them by 'and'" },
    { "{{ input.name }}", 1, "syntax", "an expression is written without {{ and }} here" },
    { "nil", 1, "syntax", "write null instead of nil" },
    { "None", 1, "syntax", "write null instead of None" },
    { "12abc", 1, "syntax", "a name cannot begin with a digit, and a number not end with a letter" },
    { "1e999", 1, "syntax", "this number is too large" },
    { "input.", 7, "syntax", "expected a name after '.', found the end" },
    { "input.tags[1", 13, "syntax", "expected ']' after the index, found the end" },
    { "[1, 2", 6, "syntax", "expected ',' or ']' after an item, found the end" },
    { "lower('a'", 10, "syntax", "expected ',' or ')' after an argument, found the end" },
    { "{a 1}", 4, "syntax", "expected ':' after the field's name, found '1'" },
    { "{a: 1, a: 2}", 8, "syntax", "the field 'a' is there twice" },
    { "x => x", 1, "syntax", "'x => ...' can only be an argument of map, filter and their like" },
    { "or 1", 1, "syntax", "'or' needs a value on its left" },
    { "input.name()", 11, "syntax", "only functions can be called, by their names" },
    { "1 == not true", 6, "syntax", "write brackets around 'not ...' here" },
    { "'Å' # 1", 5, "syntax", "'#' has no meaning here" },
    { "lowr('a')", 1, "unknown_function", "there is no function 'lowr'; did you mean 'lower'?" },
    { "foo()", 1, "unknown_function", "there is no function 'foo'" },
    { "inputs.name", 1, "unknown_name", "there is no 'inputs' here; did you mean 'input'?" },
    { "classify.category", 1, "unknown_name", "write nodes.classify for what that node gives" },
    { "len", 1, "unknown_name", "'len' is a function: write len(...)" },
    { "nodes", 1, "unknown_name", "say which node: nodes.<id>" },
    { "nodes['x' .. 'y']", 6, "syntax", "write nodes.<id>: which node is meant has to be known before it runs" },
    { "nodes.clasify.category", 7, "unknown_node", "there is no node 'clasify'; did you mean 'classify'?" },
    { "nodes.later", 7, "not_available", "'Later' has not run when this is reached" },
    { "nodes.wait", 7, "no_output", "'Wait' gives nothing that could be used" },
    { "nodes.draft.text", 7, "not_on_all_paths", "'Draft' has not run on every path that leads here; nodes.draft may only stand in default(...) here" },
    { "errors.later.code", 8, "not_available", "'Later' has no error edge that leads here" },
    { "input.nam", 7, "unknown_field", "'input' has no field 'nam'; did you mean 'name'?" },
    { "input.address.street", 15, "unknown_field", "'input.address' has no field 'street'" },
    { "nodes.classify.categroy", 16, "unknown_field", "'nodes.classify' has no field 'categroy'; did you mean 'category'?" },
    { "errors.classify.reason", 17, "unknown_field", "'errors.classify' has no field 'reason'" },
    { "input.name.first", 12, "type_mismatch", "'input.name' is text, which has no field 'first'" },
    { "input.orders.id", 14, "type_mismatch", "'input.orders' is a list; take an item of it with [1], first(...) or map(...), which has no field 'id'" },
    { "input.tags[0]", 12, "type_mismatch", "lists count from 1" },
    { "input.age[1]", 10, "type_mismatch", "'input.age' is a whole number; only lists and objects have [...]" },
    { "input.name + 1", 7, "type_mismatch", "'+' takes a number, and 'input.name' is text; texts are joined by '..'" },
    { "1 - input.vip", 11, "type_mismatch", "'-' takes a number, and 'input.vip' is true or false" },
    { "-input.name", 8, "type_mismatch", "'-' takes a number, and 'input.name' is text" },
    { "input.tags .. 'x'", 7, "type_mismatch", "'..' takes a number or text, and 'input.tags' is a list; string(...) makes a text of it" },
    { "input.age < input.name", 11, "type_mismatch", "a number cannot be compared with a text ('input.name'); number(...) makes a number of it" },
    { "input.vip > 1", 7, "type_mismatch", "'>' takes a number or text, and 'input.vip' is true or false" },
    { "input.age == 'x'", 11, "type_mismatch", "'input.age' is a whole number and ''x'' is text; they are never equal" },
    { "input.tags == 'x'", 7, "type_mismatch", "'input.tags' is a list, which cannot be compared; compare a field of it, or len(...)" },
    { "input.mood == 'goood'", 15, "never_equal", "'input.mood' is never 'goood'; did you mean 'good'?" },
    { "input.vip and input.name", 21, "type_mismatch", "'and' takes true or false, and 'input.name' is text; compare it with something" },
    { "not input.age", 11, "type_mismatch", "'not' takes true or false, and 'input.age' is a whole number" },
    { "lower(1)", 7, "type_mismatch", "lower() takes text, and '1' is a whole number" },
    { "lower()", 1, "arguments", "lower() takes 1 argument, not 0" },
    { "lower('a', 'b')", 1, "arguments", "lower() takes 1 argument, not 2" },
    { "split()", 1, "arguments", "split() takes 1 to 2 arguments, not 0" },
    { "now(1)", 1, "arguments", "now() takes no arguments, not 1" },
    { "max()", 1, "arguments", "max() takes at least 1 argument, not 0" },
    { "sum(input.tags)", 11, "type_mismatch", "sum() takes a list of numbers, and 'input.tags' is a list of text" },
    { "map(input.name, x => x)", 11, "type_mismatch", "map() takes a list, and 'input.name' is text" },
    { "map(input.tags, 'x')", 17, "type_mismatch", "map() takes 'x => ...' here" },
    { "filter(input.orders, o => o.total)", 29, "type_mismatch", "filter() takes true or false, and 'o.total' is a number" },
    { "map(input.orders, o => o.totl)", 26, "unknown_field", "'o' has no field 'totl'; did you mean 'total'?" },
    { "map(input.orders, input => input)", 19, "name_taken", "'input' means something else here; choose another name" },
    { "map(input.orders, end => 1)", 19, "name_taken", "'end' means something else here; choose another name" },
    { "[1, null]", 5, "type_mismatch", "null cannot be in a list" },
    { "null + 1", 1, "type_mismatch", "'+' takes a number, and null is none" },
    { "merge({a: 1}, {b: 2}).c", 23, "unknown_field", "'merge({a: 1}, {b: 2})' has no field 'c'" },
}

local WARNED = {
    { "input.count + 1", 7, "'input.count' may be null, and '+' would fail; say default(input.count, ...)" },
    { "lower(input.maybe)", 13, "'input.maybe' may be null, and lower() would fail; say default(input.maybe, ...)" },
    { "input.either .. 'x'", 7, "'input.either' may be null, and '..' would fail; say default(input.either, ...)" },
    { "len(input.parent.child)", 18, "'input.parent.child' may be null, and len() would fail; say default(input.parent.child, ...)" },
}

describe("an expression", function()
    for _, case in ipairs(VALUES) do
        local source, value, syntax = case[1], case[2], case[3]
        if not syntax then
            it("comes to its value: " .. source, function()
                local ast, problem = expression.parse(source)
                assert(ast, problem and problem.message)
                local errors = problems_of(ast, source)
                assert.are.same({}, errors)
                local lua = expression.to_lua(ast, NAMES)
                local result = lists(run(lua))
                if type(value) == "number" and type(result) == "number" then
                    assert.is_true(math.abs(result - value) < 1e-9, lua .. " is " .. result)
                else
                    assert.are.same(value, result, lua)
                end
            end)
            it("comes back from Lua: " .. source, function()
                local ast = expression.parse(source)
                problems_of(ast, source)
                local lua = expression.to_lua(ast, NAMES)
                local back, to = expression.read_expression("x = " .. lua .. " -- end", 5, NAMES)
                assert.is_table(back, type(to) == "table" and to.message or lua)
                assert.are.equal(expression.format(ast), expression.format(back))
                assert.are.equal(5 + #lua, to)
            end)
        end
    end

    for _, case in ipairs(FORMS) do
        it("has one canonical form: " .. case[1], function()
            local text = expression.format(assert(expression.parse(case[1])))
            assert.are.equal(case[2], text)
            assert.are.equal(text, expression.format(assert(expression.parse(text))))
        end)
    end

    for _, case in ipairs(WRONG) do
        it("is refused: " .. case[1], function()
            local ast, problem = expression.parse(case[1])
            if ast then
                local errors = problems_of(ast, case[1])
                assert.is_true(#errors > 0, "no error")
                problem = errors[1]
            end
            assert.are.same({ case[2], case[3], case[4] }, { problem.at, problem.code, problem.message })
            assert.is_string(problem.expected)
        end)
    end

    for _, case in ipairs(WARNED) do
        it("is warned of: " .. case[1], function()
            local errors, warnings = problems_of(assert(expression.parse(case[1])), case[1])
            assert.are.same({}, errors)
            assert.are.equal(1, #warnings)
            assert.are.same({ case[2], case[3] }, { warnings[1].at, warnings[1].message })
        end)
    end

    it("takes Lua's own dot where something is certain, and steps where it is not", function()
        local function lua(source)
            local ast = assert(expression.parse(source))
            problems_of(ast, source)
            return expression.to_lua(ast, NAMES)
        end
        assert.are.equal("input.address.city", lua("input.address.city"))
        assert.are.equal('expr.get(input.orders[1], "id")', lua("input.orders[1].id"))
        assert.are.equal('expr.get(input.parent.child, "name")', lua("input.parent.child.name"))
        assert.are.equal("sorted.category", lua("nodes.classify.category"))
        assert.are.equal('expr.default(expr.get(draft, "text"), "x")', lua("default(nodes.draft.text, 'x')"))
        assert.are.equal('input["end"]', lua("input.end"))
    end)

    it("is refused when it is nested too deep or too long", function()
        for _, source in ipairs({ ("("):rep(300) .. "1" .. (")"):rep(300), ("not "):rep(300) .. "true", ("-"):rep(300) .. "1", ("1 + "):rep(900) .. "1",
            "input" .. (".a"):rep(300), ("["):rep(300), ("{a:"):rep(300), ("lower("):rep(300) }) do
            local ast, problem = expression.parse(source)
            assert.is_nil(ast)
            assert.are.equal("syntax", problem.code)
        end
        assert.are.equal("this is longer than 4000 bytes", select(2, expression.parse(("x"):rep(5000))).message)
    end)
end)

describe("a template", function()
    local CASES = {
        { "Dear {{ input.name }}:", 'text("Dear ", input.name, ":")', "Dear Kim Larsen:" }, { "plain", '"plain"', "plain" }, { "", '""', "" },
        { "{{ input.age }}", "text(input.age)", "41" }, { "{{ input.maybe }}|", 'text(input.maybe, "|")', "|" }, { "{{ input.tags }}", "text(input.tags)", '["b","a","b"]' },
        { "a {{ '{{' }} b", '"a {{ b"', "a {{ b" }, { "{{ '}}' }}", '"}}"', "}}" }, { "{{ {a: {b: 1}} }}", "text({ a = { b = 1 } })", '{"a":{"b":1}}' },
        { "{{input.name}}{{input.mood}}", "text(input.name, input.mood)", "Kim Larsengood" }, { "one }} two", '"one }} two"', "one }} two" },
        { "line\nnext {{ input.age }}", 'text([[\nline\nnext ]], input.age)', "line\nnext 41" },
    }
    for _, case in ipairs(CASES) do
        it("is filled: " .. case[1], function()
            local tree = assert(expression.template(case[1]))
            for _, part in ipairs(tree.parts or {}) do
                if type(part) == "table" then problems_of(part, case[1]) end
            end
            local lua = expression.template_to_lua(tree, NAMES)
            assert.are.equal(case[2], lua)
            assert.are.equal(case[3], run(lua))
            local back = assert(expression.read_template(lua, 1, NAMES))
            assert.are.equal(expression.format_template(tree), expression.format_template(back))
        end)
    end

    local BROKEN = {
        { "a {{ input.name", 3, "'{{' has no '}}'" }, { "{{ }}", 4, "there is nothing between {{ and }}" }, { "x {{ 1 + }} y", 10, "expected a value, found '}'" },
        { "{{ a b }}", 6, "expected '}}', found 'b'" }, { "ÅÅ {{ 1 # }}", 9, "'#' has no meaning here" },
    }
    for _, case in ipairs(BROKEN) do
        it("is refused: " .. case[1], function()
            local tree, problem = expression.template(case[1])
            assert.is_nil(tree)
            assert.are.same({ case[2], case[3] }, { problem.at, problem.message })
        end)
    end
end)

describe("a value", function()
    local VALUE = { url = "https://x/{{ input.name }}", n = "{{ input.age }}", flag = true, list = { 1, "{{ input.tags }}", "x" }, deep = { a = { b = "{{ len(input.tags) > 2 }}" } },
        ["odd key"] = "a {{ '{{' }} b", number = 1.5, empty = {}, quoted = "say \"hi\"\n", long = ("words "):rep(30) }

    local function infer_tree(tree)
        if tree.kind == "expression" then
            problems_of(tree.ast, tree.source or "")
        end
        for _, part in ipairs(tree.parts or {}) do
            if type(part) == "table" then problems_of(part, tree.source) end
        end
        for _, inner in ipairs(tree.fields or tree.items or {}) do
            infer_tree(tree.fields and inner.value or inner)
        end
    end

    it("keeps the types of what stands alone", function()
        local tree, problems = expression.value(VALUE)
        assert.are.same({}, problems)
        infer_tree(tree)
        local value = lists(run(expression.value_to_lua(tree, NAMES)))
        assert.are.same({ url = "https://x/Kim Larsen", n = 41, flag = true, list = { 1, { "b", "a", "b" }, "x" }, deep = { a = { b = true } },
            ["odd key"] = "a {{ b", number = 1.5, empty = {}, quoted = "say \"hi\"\n", long = ("words "):rep(30) }, value)
    end)

    it("comes back from Lua as it was", function()
        local tree = expression.value(VALUE)
        infer_tree(tree)
        local lua = expression.value_to_lua(tree, NAMES, "    ")
        local back, to = expression.read_lua(lua, 1, NAMES)
        assert.is_table(back, type(to) == "table" and to.message)
        local expected = lists(VALUE)
        expected["odd key"] = 'a {{ "{{" }} b'
        assert.are.same(expected, lists(expression.format_value(back)))
    end)

    it("is JSON where JSON can say it", function()
        for source, canonical in pairs({ ["{{ 5 }}"] = 5, ["{{ -5 }}"] = -5, ["{{ 'a' }}"] = "a", ["{{ true }}"] = true, ["{{ [1, input.age] }}"] = { 1, "{{ input.age }}" },
            ["{{ {a: input.age} }}"] = { a = "{{ input.age }}" } }) do
            assert.are.same(canonical, lists(expression.format_value((expression.value(source)))))
        end
    end)

    it("tells every broken text with its path", function()
        local _, problems = expression.value({ a = "{{", b = { "x", "{{ 1 + }}" }, c = { d = "{{ foo( }}" } })
        local found = {}
        for _, problem in ipairs(problems) do
            found[#found + 1] = problem.path .. " " .. problem.code
        end
        assert.are.same({ "a syntax", "b.2 syntax", "c.d syntax" }, found)
    end)

    it("tells null from absent in Lua", function()
        local tree = expression.value({ "a", json.null })
        assert.are.equal('{ "a", expr.null }', expression.value_to_lua(tree, NAMES))
        assert.are.equal(json.null, expression.format_value(assert(expression.read_lua("expr.null", 1, NAMES))))
    end)
end)

describe("Lua that is read back", function()
    local READ = {
        { "(input.age)", "input.age" }, { "not (input.vip)", "not input.vip" }, { "input.age ~= 1", "input.age != 1" }, { "#input.tags", "len(input.tags)" },
        { "expr.map(input.tags, function(t) return expr.lower(t) end)", "map(input.tags, t => lower(t))" }, { "text('a', input.age) .. 'x'", "('a' .. string(input.age)) .. 'x'" },
        { "input.age --[[ why ]] + 1", "input.age + 1" }, { "expr.when(input.vip, function() return 1 end, 2)", "when(input.vip, 1, 2)" }, { "0x10", "16" },
        { "{ 1, 2, }", "[1, 2]" }, { "expr.get(sorted, 'a', 1)", "nodes.classify.a[1]" }, { "nil", "null" },
    }
    for _, case in ipairs(READ) do
        it("is an expression: " .. case[1], function()
            local ast, problem = expression.read_expression(case[1], 1, NAMES)
            assert.is_table(ast, problem and type(problem) == "table" and problem.message)
            assert.are.equal(case[2], expression.format(ast))
        end)
    end

    local REFUSED = {
        { "os.time()", 1, "'os' is no variable that the canvas knows" }, { "input.name:lower()", 11, "the canvas knows no calls but those of the expression language" },
        { "expr.foo(1)", 6, "the language has no function 'foo'" }, { "input.age ^ 2", nil }, { "{ 1, a = 2 }", 1, "a table is either a list or an object" },
        { "function() return 1 end", 1, "a function without a name for its argument can only stand in expr.when" }, { "'abc", 1, "this text has no end" }, { "sorted(1)", 7, "the canvas knows no calls but those of the expression language" },
    }
    for _, case in ipairs(REFUSED) do
        it("is refused with its place: " .. case[1], function()
            local ast, problem = expression.read_expression(case[1], 1, NAMES)
            if case[2] then
                assert.is_nil(ast)
                assert.are.same({ case[2], case[3] }, { problem.at, problem.message })
            else
                assert.is_true(problem < #case[1]) -- it ends before what it does not know
            end
        end)
    end
end)

describe("no text", function()
    -- Tokens at random, with a generator of our own so that failures can be had again.
    local TOKENS = { "input", "nodes", "errors", "classify", ".", "[", "]", "(", ")", "{", "}", "{{", "}}", ",", ":", "=>", "+", "-", "*", "/", "%", "..", "==", "!=", "<", ">=", "and",
        "or", "not", "true", "null", "1", "2.5", "'a'", '"b', "'", "\\", "map", "when", "default", "len", "x", "#", "Å", "\0", "\n", "=", "?", "end", "function", "return", "text", "expr", "[[", "--", "~=", "nil" }
    local seed = 1
    local function random(n)
        seed = (seed * 1103515245 + 12345) % 2147483648
        return math.floor(seed / 65536) % n + 1
    end
    local function tokens(n)
        local list = {}
        for i = 1, n do
            list[i] = TOKENS[random(#TOKENS)]
        end
        return table.concat(list, random(3) == 1 and "" or " ")
    end

    local function check_problem(problem)
        assert(type(problem) == "table" and type(problem.message) == "string" and type(problem.at) == "number" and type(problem.code) == "string")
    end

    it("raises anything but a clean problem, and what parses survives the round trip", function()
        local parsed = 0
        for _ = 1, 20000 do
            local source = tokens(random(12))
            local ast, problem = expression.parse(source)
            if ast then
                parsed = parsed + 1
                local text = expression.format(ast)
                local again = assert(expression.parse(text), text)
                assert.are.equal(text, expression.format(again))
                local errors = problems_of(ast, source)
                local lua = expression.to_lua(ast, NAMES)
                if #errors == 0 then
                    assert(loadstring("return " .. lua), lua)
                    assert.are.equal(text, expression.format((assert(expression.read_expression(lua, 1, NAMES)))))
                end
            else
                check_problem(problem)
            end
        end
        assert.is_true(parsed > 300, parsed .. " parsed")
    end)

    it("breaks a template or the reader of Lua", function()
        for _ = 1, 10000 do
            local source = tokens(random(14))
            local tree, problem = expression.template(source)
            if tree then
                local text = expression.format_template(tree)
                assert.are.equal(text, expression.format_template((assert(expression.template(text)))))
            else
                check_problem(problem)
            end
            local back, why = expression.read_lua(source, 1, NAMES)
            if not back then check_problem(why) end
        end
    end)
end)

it("has a function in the kit for each of the language, and each gives one value", function()
    for _, name in ipairs(require("compiler.functions").names) do
        assert.is_function(expr[name], name)
    end
    assert.are.equal(1, select("#", expr.replace("a", "a", "b")))
    assert.are.equal(1, select("#", expr.parse_date("x")))
    assert.are.equal(1, select("#", expr.parse_json("{")))
    assert(harness)
end)
