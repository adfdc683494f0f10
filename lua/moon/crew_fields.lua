-- What a crew, its agents and its tasks may say, field by field, and how a wrong one is told: every
-- error names the agent or task and the field, and says what would be right.

local parts = ...
local raise, similarity, names_of = parts.call.raise, parts.moon_text.similarity, parts.moon_names
local type, tostring, ipairs = type, tostring, ipairs
local concat, find, match = table.concat, string.find, string.match

local fields = {}

-- Field -> the kinds of value that it takes; "count" is a whole number from 1, "items" a list.
fields.crew = {
    name = "text", description = "text", agents = "table", tasks = "items", process = "text",
    manager = "text boolean table", model = "text", memory = "boolean text table",
    planning = "boolean table", max_cost_micros = "count", max_steps = "count", inputs = "items",
    task_callback = "function",
}
fields.agent = {
    name = "text", role = "text", goal = "text", background = "text", backstory = "text",
    model = "text", tools = "items", delegation = "boolean", max_steps = "count",
    max_cost_micros = "count", temperature = "number", max_tokens = "count", approval = "table",
    parallel_tools = "boolean count", loop_limit = "count", retries = "number",
}
fields.task = {
    name = "text", description = "text", expected_output = "text", agent = "text",
    context = "text items boolean", tools = "items", output = "table", markdown = "boolean",
    guardrail = "function text items", guardrail_retries = "number", guardrail_model = "text",
    review = "boolean table", async = "boolean", condition = "function", callback = "function",
    output_file = "text",
}
fields.review = {
    title = "text", roles = "items", rounds = "count", deadline_s = "number", on_deadline = "text",
}
fields.memory = { collection = "text", limit = "count", facts = "number" }
fields.planning = { model = "text" }

-- What authors may know such a field as.
local ELSEWHERE = {
    llm = "model", manager_llm = "manager", manager_agent = "manager", max_iter = "max_steps",
    allow_delegation = "delegation", async_execution = "async", human_input = "review",
    output_json = "output", output_pydantic = "output", response_model = "output",
    guardrails = "guardrail", guardrail_max_retries = "guardrail_retries",
    max_retries = "guardrail_retries", planning_llm = "planning", instructions = "background",
}

-- where: {task =, agent =}, which the error's details hold besides the field.
function fields.wrong(where, field, message)
    local subject = where.task and "task '" .. where.task .. "'"
        or where.agent and "agent '" .. where.agent .. "'" or "the crew"
    raise({
        code = "invalid_definition", retryable = false,
        message = subject .. (field and ", field '" .. field .. "'" or "") .. ": " .. message,
        details = { crew = where.crew, task = where.task, agent = where.agent, field = field },
    })
end

-- The known name that is most like the wrong one.
local function nearest(name, known)
    local best, most
    if ELSEWHERE[name] and known[ELSEWHERE[name]] then
        return ELSEWHERE[name]
    end
    for _, other in ipairs(names_of(known)) do
        local like = similarity(name, other)
        if like >= 0.5 and (not most or like > most) then
            best, most = other, like
        end
    end
    return best
end

local function unknown(where, name, known)
    name = tostring(name)
    local meant = nearest(name, known)
    fields.wrong(where, name, "there is no such field; " .. (meant and "'" .. meant .. "' is meant?"
        or "there are: " .. concat(names_of(known), ", ")))
end

local is = {
    text = function(value) return type(value) == "string" and find(value, "%S") ~= nil end,
    count = function(value) return type(value) == "number" and value >= 1 and value % 1 == 0 end,
    items = function(value) return type(value) == "table" and (#value > 0 or next(value) == nil) end,
}
local SAID = {
    text = "a text that is not empty", count = "a whole number from 1", items = "a list",
    table = "a table", boolean = "true or false", number = "a number", ["function"] = "a function",
}

local function fits(value, kinds)
    for kind in kinds:gmatch("%S+") do
        if is[kind] and is[kind](value) or not is[kind] and type(value) == kind then
            return true
        end
    end
    return false
end

local function said(kinds)
    local list = {}
    for kind in kinds:gmatch("%S+") do
        list[#list + 1] = SAID[kind]
    end
    return concat(list, ", or ")
end

-- A copy of `spec`, each field of which is one of `known` and of its kind. `prefix` is put before
-- the field's name in errors.
function fields.check(where, spec, known, prefix)
    local copy = {}
    if type(spec) ~= "table" then
        fields.wrong(where, prefix, "a table is expected, not a " .. type(spec))
    end
    for _, name in ipairs(names_of(spec)) do
        if not known[name] then
            unknown(where, name, known)
        end
        if not fits(spec[name], known[name]) then
            fields.wrong(where, (prefix and prefix .. "." or "") .. name,
                said(known[name]) .. " is expected, not " .. (spec[name] == "" and "an empty text"
                or "a " .. type(spec[name])))
        end
        copy[name] = spec[name]
    end
    return copy
end

-- The {{places}} of a text: list of {path, default}; default says that it has a value of its own.
function fields.places(text)
    local list = {}
    for place in text:gmatch("{{(.-)}}") do
        list[#list + 1] = {
            path = match(place, "^%s*([^|]-)%s*|") or match(place, "^%s*(.-)%s*$"),
            default = find(place, "|%s*default%s*:") ~= nil,
        }
    end
    return list
end

return fields
