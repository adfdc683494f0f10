-- What a model is shown of a long conversation: the newest messages, with what was asked, and what went before
-- left out or condensed into one message.
--
-- When there are more than `window` messages, the older ones go until `keep` are left, so that the beginning stays
-- the same for many steps (providers bill what they have read before at a fraction). A call and its results are
-- never parted.

local parts = ...
local json, text = parts.moon_json, parts.moon_text
local type, ipairs, concat, max = type, ipairs, table.concat, math.max

local INSTRUCTIONS = "Summarize this part of a conversation for the one who has to go on with it. Keep facts, numbers, "
    .. "names, decisions, results of tools and what is still open. Write plain sentences."
local HEAD = "Summary of the conversation so far:\n\n"
local SHOWN_CHARS = 4000 -- of one message, in what is condensed

local memory = {}

-- The last place up to `from` where what is shown may begin: not at a tool's result, and with a user's message
-- unless one goes before.
local function boundary(state, from)
    local messages = state.messages
    local needs_user = state.task >= from and not state.def.memory.summary -- what is shown begins there
    while from > 1 and (messages[from].role == "tool" or (needs_user and messages[from].role ~= "user")) do
        from = from - 1
    end
    return from
end

local function content_of(message)
    local content = message.content
    if type(content) == "table" then
        local pieces = {}
        for i, part in ipairs(content) do
            pieces[i] = part.text or "(an image)"
        end
        content = concat(pieces, "\n")
    end
    return text.truncate(content or "", SHOWN_CHARS)
end

local function transcript(state, from, to)
    local lines = { state.summary and "earlier: " .. state.summary or nil }
    for i = from, to do
        local message = state.messages[i]
        if i ~= state.task then
            lines[#lines + 1] = message.role .. ": " .. content_of(message)
            for _, one in ipairs(message.tool_calls or {}) do
                lines[#lines + 1] = "assistant calls " .. one.name .. ": " ..
                    (one.arguments and json.encode(one.arguments) or one.arguments_text or "")
            end
        end
    end
    return concat(lines, "\n\n")
end

local function condense(state, from, to, ask)
    local options = state.def.memory.summary
    local result = ask(state, {
        system = options.instructions or INSTRUCTIONS, model = options.model or state.def.model,
        max_tokens = options.max_tokens or 1024,
        messages = { { role = "user", content = "<conversation>\n" .. transcript(state, from, to) .. "\n</conversation>" } },
    })
    state.summary = result.text
end

-- The messages for the next question. `ask` makes a model call.
function memory.shown(state, ask)
    local messages, rules = state.messages, state.def.memory
    local from = state.shown_from or 1
    if #messages - from + 1 > rules.window then
        local cut = max(boundary(state, #messages - rules.keep + 1), from)
        if rules.summary and cut > from then
            condense(state, from, cut - 1, ask)
        end
        state.shown_from = cut
        from = cut
    end
    local shown = {}
    if state.summary then
        shown[1] = { role = "user", content = HEAD .. state.summary }
    end
    if state.task < from then
        shown[#shown + 1] = messages[state.task]
    end
    for i = from, #messages do
        shown[#shown + 1] = messages[i]
    end
    return json.array(shown)
end

return memory
