-- The run of an agent: ask the model, do what it calls for, tell it what came of it, until it answers.
--
-- A step is one answer of the model. The conversation only grows: each answer is put into it as llm.chat gave
-- it, each result of a tool as the text of that result. What the model is shown of it is agent_memory.lua's.

local parts = ...
local json, call = parts.moon_json, parts.call
local chat, calls, loops = parts.moon_llm.chat, parts.moon_agent_calls, parts.moon_agent_loops
local type, ipairs, error, concat, min, huge = type, ipairs, error, table.concat, math.min, math.huge

local loop = {}

local function fail(state, code, message, details)
    details = details or {}
    details.agent, details.steps, details.usage = state.def.name, state.steps, state.usage
    call.raise({ code = code, message = "agent '" .. state.def.name .. "': " .. message, retryable = false,
        details = details })
end

-- ------------------------------------------------------------------------------------- the conversation

local function check_messages(messages)
    if #messages == 0 then
        error("the messages must be a list with at least one", 4)
    end
    for i, message in ipairs(messages) do
        if type(message) ~= "table" or type(message.role) ~= "string" then
            error("message " .. i .. " must be a table with role and content", 4)
        end
    end
end

-- Messages of the input: a copy, which the run adds to.
local function messages_of(input)
    if type(input) == "table" and type(input.messages) == "table" then
        check_messages(input.messages)
        local copy = {}
        for i, message in ipairs(input.messages) do
            copy[i] = message
        end
        return json.array(copy)
    elseif input == nil or input == "" then
        error("an input is expected: a text, a table, or {messages = {...}}", 3)
    end
    local content = type(input) == "string" and input or json.encode(input)
    return json.array({ { role = "user", content = content } })
end

-- The last message of the user's: what is asked.
local function find_task(messages)
    for i = #messages, 1, -1 do
        if messages[i].role == "user" then
            return i
        end
    end
    return 1
end

local function instructions_of(def, input, opts)
    local given = def.instructions
    if type(given) == "function" then
        given = given(input, opts.vars)
        if given ~= nil and type(given) ~= "string" then
            def.fault("instructions", "must return a text, not a " .. type(given))
        end
    elseif type(given) == "table" then
        local vars = {}
        for _, source in ipairs({ given.vars or {}, opts.vars or {} }) do
            for name, value in pairs(source) do
                vars[name] = value
            end
        end
        given = parts.moon_prompt(given.prompt, vars)
    end
    return given
end

-- Makes `def` the agent that answers from here on.
local function take_over(state, def)
    local system = { instructions_of(def, state.input, state.opts) }
    if def.output then
        system[#system + 1] = def.output.sentence
    end
    state.def = def
    state.system = #system > 0 and concat(system, "\n\n") or nil
end

-- ------------------------------------------------------------------------------------- asking the model

-- What an agent that is called as a tool uses counts for the agents above it, too.
local function spend(state, usage, cost_micros)
    repeat
        local sum = state.usage
        sum.tokens_in = sum.tokens_in + (usage.input_tokens or 0)
        sum.tokens_out = sum.tokens_out + (usage.output_tokens or 0)
        sum.cost_micros = sum.cost_micros + (cost_micros or 0)
        sum.calls = sum.calls + 1
        state = state.above
    until not state
end

local function check_budget(state)
    local one = state
    repeat
        if one.usage.cost_micros >= one.max_cost_micros then
            fail(one, "agent_budget", "it has used " .. one.usage.cost_micros .. " of " .. one.max_cost_micros ..
                " micro-dollars, and has no answer")
        end
        one = one.above
    until not one
end

-- One call of a model on behalf of the run.
local function ask(state, args)
    check_budget(state)
    local result = chat(args)
    spend(state, result.usage, result.cost_micros)
    return result
end

local function question(state)
    local def = state.def
    local shown = state.messages
    if def.memory then
        shown = parts.moon_agent_memory.shown(state, ask)
    end
    return {
        system = state.system, messages = shown, model = def.model, temperature = def.temperature,
        top_p = def.top_p, max_tokens = def.max_tokens, effort = def.effort,
        tools = #def.tools.wire > 0 and def.tools.wire or nil, schema = def.output and def.output.wire,
    }
end

-- ------------------------------------------------------------------------------------- one answer

-- The model made a mistake: that is told to it, but not for ever.
local function count_mistake(state, code, message, details)
    state.mistakes = state.mistakes + 1
    if state.mistakes > state.def.retries then
        fail(state, code, message .. " (after " .. state.mistakes .. " tries)", details)
    end
end

local function add(state, message)
    state.messages[#state.messages + 1] = message
end

local function hand_over(state, entries)
    for _, entry in ipairs(entries) do
        if entry.tool and entry.tool.kind == "handoff" and not entry.code and not entry.problem then
            local from = state.def.name
            take_over(state, state.complete(entry.tool.agent))
            calls.tell("agent.handoff", { from = from, to = state.def.name })
            return
        end
    end
end

local function do_calls(state, message)
    local entries = calls.prepare(state.def, message)
    local repeated = loops.find(state.history, entries, state.def.loop_limit)
    if repeated then
        fail(state, "loop_detected", "it repeats itself: " .. repeated.text, { calls = repeated.calls })
    end
    local wrong
    for _, answer in ipairs(calls.answer_all(state.def, entries, state)) do
        add(state, answer)
    end
    for _, entry in ipairs(entries) do
        wrong = wrong or (entry.is_wrong and entry)
    end
    if wrong then
        count_mistake(state, "invalid_tool_call", "the model calls tools that are not there or with wrong arguments",
            { tool = wrong.call.name, error = wrong.code })
    else
        state.mistakes = 0
    end
    hand_over(state, entries)
end

-- The final answer: true and the value, or false when the model has to try again.
local function read_answer(state, result)
    local output = state.def.output
    if not output then
        return true, result.text
    end
    local ok, value = parts.moon_agent_output.read(output, result.text)
    if ok then
        return true, value
    end
    count_mistake(state, "invalid_output", value, { text = parts.moon_text.truncate(result.text, 500) })
    add(state, { role = "user", content = value .. ". Answer again, with nothing but JSON that fits." })
    return false
end

local function step(state)
    if state.steps >= state.max_steps then
        fail(state, "agent_steps", "it has made " .. state.steps .. " steps, and has no answer")
    end
    local result = ask(state, question(state))
    state.steps = state.steps + 1
    add(state, result.message)
    if #result.tool_calls > 0 then
        do_calls(state, result.message)
        return nil
    end
    local ok, value = read_answer(state, result)
    return ok and {
        output = value, text = result.text, messages = state.messages, agent = state.def.name,
        steps = state.steps, usage = state.usage, finish_reason = result.finish_reason,
    } or nil
end

-- ------------------------------------------------------------------------------------- the whole

local OPTIONS = { max_steps = "number", max_cost_micros = "number", vars = "table" }

local function check_options(opts)
    for name, value in pairs(opts) do
        if type(value) ~= OPTIONS[name] then
            error(OPTIONS[name] and name .. " must be a " .. OPTIONS[name]
                or "there is no option '" .. tostring(name) .. "' of a run", 3)
        end
    end
end

-- complete(agent) gives an agent's definition; `above` is the state of the agent that calls it as a tool.
function loop.run(def, input, opts, complete, above)
    check_options(opts)
    local state = {
        input = input, opts = opts, complete = complete, above = above, messages = messages_of(input), steps = 0,
        usage = { tokens_in = 0, tokens_out = 0, cost_micros = 0, calls = 0 }, mistakes = 0, history = {},
        max_steps = min(def.max_steps, opts.max_steps or huge),
        max_cost_micros = min(def.max_cost_micros or huge, opts.max_cost_micros or huge),
    }
    state.task = find_task(state.messages)
    function state.run_below(agent, task)
        return loop.run(complete(agent), task, {}, complete, state).output
    end
    take_over(state, def)
    local result
    repeat
        result = step(state)
    until result
    return result
end

return loop
