-- The tool calls of one answer of a model: which of them are well made, who has to approve them, their results
-- as messages. Errors are results, too: {"error": {"code", "message", ...}}, so that the model can do better.

local parts = ...
local json, emit = parts.moon_json, parts.moon_log.emit
local tools = parts.moon_agent_tools
local type, ipairs, pcall, tostring, concat = type, ipairs, pcall, tostring, table.concat

local SHOWN_BYTES = 300 -- of arguments, in an event
local PARALLEL = 8      -- calls at a time, unless the author says otherwise

local calls = {}

-- For people who look on; not part of the record, which holds the calls themselves.
local function tell(name, data)
    emit(name, data, { live = true })
end
calls.tell = tell

local function names_of(def)
    return concat(parts.moon_check.keys(def.tools.by_name), ", ")
end

-- What is wrong with a call, as the model is told; nil when nothing is.
local function problem_of(def, one)
    local tool = def.tools.by_name[one.name]
    if not tool then
        local names = names_of(def)
        return { code = "unknown_tool", message = "there is no tool '" .. tostring(one.name) .. "'; " ..
            (names == "" and "there are none" or "there are: " .. names) }
    elseif type(one.arguments) ~= "table" then
        return { code = "invalid_arguments", message = "the arguments of " .. one.name ..
            " must be one JSON object; they were: " .. tostring(one.arguments_text):sub(1, 200) }
    elseif tool.kind ~= "platform" then
        local ok, err = parts.moon_check.fits(tool.args, one.arguments)
        if not ok then
            return { code = "invalid_arguments", field = err.path, message = "the arguments of " .. one.name ..
                " do not fit: " .. (err.path == "" and "they" or err.path) .. " " .. err.message }
        end
    end
end

-- {call, tool, problem} of each.
function calls.prepare(def, message)
    local list, has_handoff = {}, false
    for i, one in ipairs(message.tool_calls) do
        local entry = { call = one, tool = def.tools.by_name[one.name], problem = problem_of(def, one) }
        if not entry.problem and entry.tool.kind == "handoff" then
            if has_handoff then
                entry.problem = { code = "handed_over", message = "the conversation is handed over already" }
            end
            has_handoff = true
        end
        list[i] = entry
    end
    return list
end

-- ok, or false and the error for the model.
local function approve(def, entry)
    local wanted = entry.tool.approval
    if not wanted then
        return true
    end
    local ask = { title = "May " .. def.name .. " call " .. entry.call.name .. "?" }
    for field, value in pairs(wanted == true and {} or wanted) do
        ask[field] = value
    end
    ask.details = { agent = def.name, tool = entry.call.name, arguments = entry.call.arguments,
        note = ask.details }
    local decision = parts.moon_people.approve(ask)
    if decision.approved then
        return true
    end
    return false, { code = "rejected", retryable = false, message = "a person did not allow this call" ..
        (decision.comment and ": " .. decision.comment or "") }
end

-- {"error": {...}} with what helps a model, and nothing else.
local function error_text(err)
    if type(err) ~= "table" then
        err = { code = "tool_error", message = tostring(err) }
    end
    local told = {
        code = type(err.code) == "string" and err.code or "tool_error",
        message = err.message ~= nil and tostring(err.message) or nil,
        field = err.field or err.pointer, retryable = err.retryable and true or nil, details = err.details,
    }
    local ok, text = pcall(json.encode, { error = told })
    if not ok then
        told.details = nil
        text = json.encode({ error = told })
    end
    return text, told.code
end

local function execute(def, entry, state)
    local ok, value = approve(def, entry)
    if not ok then
        return false, value
    elseif entry.tool.kind == "handoff" then
        return true, { transferred_to = entry.tool.agent.name }
    end
    return tools.execute(entry.tool, entry.call.arguments, state)
end

-- The message that answers one call. Marks entry.is_wrong when the model made a mistake.
local function answer(def, entry, state)
    local one, content, code = entry.call, nil, nil
    tell("agent.tool_call", {
        agent = def.name, id = one.id, tool = one.name,
        args = parts.moon_text.truncate(one.arguments and json.encode(one.arguments) or one.arguments_text or "",
            SHOWN_BYTES),
    })
    local ok, value = false, entry.problem
    if not entry.problem then
        ok, value = execute(def, entry, state)
    end
    if ok then
        content, value = tools.content(value)
    end
    if not content then
        content, code = error_text(value)
    end
    entry.is_wrong = code == "unknown_tool" or code == "invalid_arguments"
    entry.code = code
    tell("agent.tool_result", { agent = def.name, id = one.id, tool = one.name, ok = code == nil, error = code,
        bytes = #content })
    return { role = "tool", tool_call_id = one.id, content = content }
end

-- The messages that answer all of them, in order.
function calls.answer_all(def, entries, state)
    local limit = def.parallel_tools
    limit = limit == true and PARALLEL or limit or 1
    if #entries == 1 or limit == 1 then
        local messages = {}
        for i, entry in ipairs(entries) do
            messages[i] = answer(def, entry, state)
        end
        return messages
    end
    return parts.branches.map(entries, function(entry)
        return answer(def, entry, state)
    end, { limit = limit })
end

return calls
