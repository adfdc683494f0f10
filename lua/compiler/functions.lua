-- The functions of the expression language: what they take and give. What they do is in
-- lua/moon/expr.lua, under the same names.
--
-- takes: a kind for each argument: text, number, boolean, list, object, any, or several joined by "|";
-- "numbers" is a list of numbers; a lambda's says what its body gives: "=>any", "=>boolean"; "?" marks what may
-- be left out, "..." what may be repeated, "~" what may be null. gives: a kind, or a function of the arguments' types.

local types = require "compiler.schema"

local TEXT, NUMBER, BOOLEAN = types.of("string"), types.of("number"), types.of("boolean")
local INTEGER, ANY = types.of("integer"), types.any

local function nullable(t)
    return types.union(t, types.of("null"))
end

local function item(args)
    return nullable(types.items(args[1]))
end

local function same(args)
    return types.without_null(args[1])
end

local function body_list(args)
    return types.list(args[2])
end

local function joined(args)
    return types.list(types.union(types.items(args[1]), types.items(args[2])))
end

local function of_numbers()
    return nullable(NUMBER)
end

local function least(args)
    return #args > 1 and NUMBER or nullable(NUMBER)
end

local rows = {
    len = { takes = { "text|list|object" }, gives = INTEGER },
    lower = { takes = { "text" }, gives = TEXT },
    upper = { takes = { "text" }, gives = TEXT },
    trim = { takes = { "text" }, gives = TEXT },
    contains = { takes = { "text|list", "any" }, gives = BOOLEAN },
    starts_with = { takes = { "text", "text" }, gives = BOOLEAN },
    ends_with = { takes = { "text", "text" }, gives = BOOLEAN },
    split = { takes = { "text", "text?" }, gives = types.list(TEXT) },
    join = { takes = { "list", "text?" }, gives = TEXT },
    replace = { takes = { "text", "text", "text" }, gives = TEXT },
    truncate = { takes = { "text", "number" }, gives = TEXT },
    slice = { takes = { "text|list", "number", "number?" }, gives = same },
    first = { takes = { "list" }, gives = item },
    last = { takes = { "list" }, gives = item },
    reverse = { takes = { "list" }, gives = same },
    unique = { takes = { "list" }, gives = same },
    flatten = { takes = { "list" }, gives = function(args)
        local inner = types.items(args[1])
        return types.has(inner, "array") and types.list(types.items(inner)) or same(args)
    end },
    append = { takes = { "list", "any" }, gives = function(args)
        return types.list(types.union(types.items(args[1]), types.without_null(args[2])))
    end },
    concat = { takes = { "list", "list" }, gives = joined },
    map = { takes = { "list", "=>any" }, gives = body_list },
    filter = { takes = { "list", "=>boolean" }, gives = same },
    find = { takes = { "list", "=>boolean" }, gives = item },
    any = { takes = { "list", "=>boolean" }, gives = BOOLEAN },
    all = { takes = { "list", "=>boolean" }, gives = BOOLEAN },
    sort = { takes = { "list", "=>any?" }, gives = same },
    sum = { takes = { "numbers" }, gives = NUMBER },
    avg = { takes = { "numbers" }, gives = of_numbers },
    min = { takes = { "numbers|number", "number..." }, gives = least },
    max = { takes = { "numbers|number", "number..." }, gives = least },
    round = { takes = { "number", "number?" }, gives = function(args)
        return args[2] and NUMBER or INTEGER
    end },
    floor = { takes = { "number" }, gives = INTEGER },
    ceil = { takes = { "number" }, gives = INTEGER },
    abs = { takes = { "number" }, gives = NUMBER },
    number = { takes = { "~text|number|boolean" }, gives = nullable(NUMBER) },
    string = { takes = { "~any" }, gives = TEXT },
    json = { takes = { "~any" }, gives = TEXT },
    parse_json = { takes = { "text" }, gives = ANY },
    default = { takes = { "~any", "~any" }, gives = function(args)
        return types.union(types.without_null(args[1]), args[2])
    end },
    when = { takes = { "boolean", "~any", "~any" }, gives = function(args)
        return types.union(args[2], args[3])
    end },
    keys = { takes = { "object" }, gives = types.list(TEXT) },
    values = { takes = { "object" }, gives = types.list(ANY) },
    has = { takes = { "object", "text" }, gives = BOOLEAN },
    merge = { takes = { "object", "object" }, gives = function(args)
        return types.merge(args[1], args[2])
    end },
    now = { takes = {}, gives = NUMBER },
    format_date = { takes = { "number", "text?" }, gives = TEXT },
    parse_date = { takes = { "text" }, gives = nullable(NUMBER) },
}

-- Reads "~text|number?" into {kinds = {text = true, number = true}, null, optional, repeated, lambda}.
local function parameter(text)
    local p = { kinds = {}, null = text:find("^~") ~= nil, shown = text:gsub("[~?.]", ""):gsub("|", " or ") }
    p.repeated, p.lambda = text:find("%.%.%.$") ~= nil, text:match("^=>(%a+)")
    p.optional = p.repeated or text:find("%?$") ~= nil
    for kind in text:gmatch("%a+") do
        p.kinds[kind] = true
    end
    return p
end

local names = {}
for name, row in pairs(rows) do
    names[#names + 1] = name
    row.name, row.least, row.most = name, 0, #row.takes
    for i, text in ipairs(row.takes) do
        local p = parameter(text)
        row.takes[i] = p
        row.least = row.least + (p.optional and 0 or 1)
        row.most = p.repeated and math.huge or row.most
    end
end
table.sort(names)

return { table = rows, names = names }
