-- Functions of the kit's libraries that a model can use as tools, by name: what each is told to be, and does.

local parts = ...
local array = parts.moon_json.array
local pairs = pairs

local function text(description)
    return { type = "string", description = description }
end

local function number(description)
    return { type = "number", description = description }
end

local MOMENT = number("a moment, in seconds of Unix time")

local function row(description, properties, required, run)
    return {
        description = description, run = run, args = {
            type = "object", properties = properties, required = array(required), additionalProperties = false,
        },
    }
end

local amounts = {}
for _, unit in ipairs({ "years", "months", "weeks", "days", "hours", "minutes", "seconds" }) do
    amounts[unit] = { type = "number" }
end

-- The rest of the arguments are the amounts.
local function without_time(args)
    local rest = {}
    for name, value in pairs(args) do
        if name ~= "time" then
            rest[name] = value
        end
    end
    return rest
end

local function with_time(properties)
    properties.time = MOMENT
    return properties
end

local pure = {
    ["csv.decode"] = row("Reads comma-separated values with a header; gives a list of rows.",
        { text = text("the CSV"), separator = { type = "string", minLength = 1, maxLength = 1 } }, { "text" },
        function(args) return parts.moon_csv.decode(args.text, args) end),
    ["csv.encode"] = row("Writes a list of rows as comma-separated values.",
        { rows = { type = "array", items = { type = "object" } }, columns = { type = "array", items = { type = "string" } } },
        { "rows" }, function(args) return parts.moon_csv.encode(args.rows, { columns = args.columns }) end),
    ["date.now"] = row("The present moment, in seconds of Unix time and as a text (UTC).", {}, {}, function()
        local now = parts.moon_time.now()
        return { time = now, text = parts.moon_date.format(now) }
    end),
    ["date.parse"] = row("Gives the Unix time of a date or time in ISO 8601.", { text = text("as 2026-05-01T12:30:00Z") },
        { "text" }, function(args) return parts.moon_date.parse(args.text) end),
    ["date.format"] = row("Writes a moment (UTC).",
        { time = MOMENT, format = text("in strftime's letters; ISO 8601 without it") }, { "time" },
        function(args) return parts.moon_date.format(args.time, args.format) end),
    ["date.add"] = row("Gives the moment that lies the amounts after another.", with_time(amounts), { "time" },
        function(args) return parts.moon_date.add(args.time, without_time(args)) end),
    ["date.diff"] = row("How much later one moment is than another.",
        { later = MOMENT, earlier = MOMENT, unit = { enum = { "seconds", "minutes", "hours", "days", "weeks" } } },
        { "later", "earlier" }, function(args) return parts.moon_date.diff(args.later, args.earlier, args.unit) end),
    ["date.start_of"] = row("When the unit that a moment lies in began.",
        { time = MOMENT, unit = { enum = { "year", "month", "week", "day", "hour", "minute" } } }, { "time", "unit" },
        function(args) return parts.moon_date.start_of(args.time, args.unit) end),
    ["json.decode"] = row("Reads a text of JSON.", { text = text("the JSON") }, { "text" },
        function(args) return parts.moon_json.decode(args.text) end),
    ["template.render"] = row("Fills {{places}} in a text.", { text = text("the template"), vars = { type = "object" } },
        { "text" }, function(args) return parts.moon_template.render(args.text, args.vars) end),
    ["text.similarity"] = row("How alike two texts are, from 0 to 1.", { a = { type = "string" }, b = { type = "string" } },
        { "a", "b" }, function(args) return parts.moon_text.similarity(args.a, args.b) end),
    ["text.split"] = row("Splits a text at a separator.", { text = { type = "string" }, separator = { type = "string" } },
        { "text", "separator" }, function(args) return array(parts.moon_text.split(args.text, args.separator)) end),
    ["text.truncate"] = row("The first characters of a text.",
        { text = { type = "string" }, characters = { type = "integer", minimum = 1 } }, { "text", "characters" },
        function(args) return parts.moon_text.truncate(args.text, args.characters) end),
}

return pure
