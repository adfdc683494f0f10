-- The texts that a crew's agents get.

local parts = ...
local render, encode = parts.moon_template.render, parts.moon_json.encode
local fields, fail = parts.moon_crew_fields, parts.call.fail
local type, ipairs, concat, tonumber = type, ipairs, table.concat, tonumber

local prompt = {}

local MARKDOWN = "Write the answer as Markdown: headings with #, lists with -, code in fences; no fence "
    .. "around the whole."

-- A value as a person would read it.
function prompt.text(value)
    return type(value) == "string" and value or encode(value)
end

local function has(vars, path)
    local value = vars
    for key in path:gmatch("[^.]+") do
        if type(value) ~= "table" then
            return false
        end
        local found = value[key]
        if found == nil then
            found = value[tonumber(key) or key]
        end
        value = found
    end
    return value ~= nil
end

-- Every {{place}} without a default must have a value: told before the first task begins.
function prompt.check_inputs(def, inputs)
    local function check(what, spec, names)
        for _, name in ipairs(names) do
            for _, place in ipairs(spec[name] and fields.places(spec[name]) or {}) do
                if not place.default and not has(inputs, place.path) then
                    fail("invalid_input", what .. ", field '" .. name .. "': the input has nothing for {{"
                        .. place.path .. "}}; give it, or write {{" .. place.path .. ' | default: "..."}}')
                end
            end
        end
    end
    for _, task in ipairs(def.tasks) do
        check("task '" .. task.name .. "'", task, { "description", "expected_output", "output_file" })
    end
    for _, name in ipairs(def.agents) do
        check("agent '" .. name .. "'", def.agent[name], { "role", "goal", "background" })
    end
    if def.manager then
        check("agent '" .. def.manager.name .. "'", def.manager, { "role", "goal", "background" })
    end
end

local function section(list, title, body)
    if body and body ~= "" then
        list[#list + 1] = "# " .. title .. "\n" .. body
    end
end

local function bullets(list)
    return #list > 0 and "- " .. concat(list, "\n- ") or nil
end

function prompt.instructions(spec, vars, team)
    local list = { "You are " .. render(spec.role, vars) .. "." }
    if spec.goal then
        list[#list + 1] = "Your goal: " .. render(spec.goal, vars)
    end
    if spec.background then
        list[#list + 1] = render(spec.background, vars)
    end
    if team then
        list[#list + 1] = team
    end
    return concat(list, "\n")
end

-- context: list of {task, text}; facts, memories: lists of texts; plan: text or nil.
function prompt.task(task, vars, known)
    local list, context = {}, {}
    section(list, "Task", render(task.description, vars))
    section(list, "What is expected", render(task.expected_output, vars)
        .. (task.markdown and "\n" .. MARKDOWN or ""))
    section(list, "Plan", known.plan)
    for i, result in ipairs(known.context) do
        context[i] = "## " .. result.task .. "\n" .. result.text
    end
    section(list, "Results of earlier tasks", concat(context, "\n\n"))
    section(list, "What the crew knows besides", bullets(known.facts))
    section(list, "Remembered from earlier runs", bullets(known.memories))
    return concat(list, "\n\n")
end

-- What goes on with a conversation whose answer was not accepted: the agent keeps what it has found out.
function prompt.again(messages, why)
    local list = {}
    for i, message in ipairs(messages) do
        list[i] = message
    end
    list[#list + 1] = {
        role = "user", content = "Your answer was not accepted.\n" .. why
            .. "\n\nAnswer again, the whole of it, with this put right.",
    }
    return { messages = list }
end

return prompt
