-- A world for the specs of moon.agent: the kit's parts over a model that a script plays and tools that the
-- test gives.
--
--     local world = require("tests.lua.agent_world").new{ "the answer", {tool_calls = {...}}, function(args) ... end,
--                                                         tools = { ["kv.get"] = function(args) end } }
--     local result = world.agent{...}:run("input")
--
-- An entry of the script is an answer of llm.chat: a text, the fields of a result, {error = {...}}, or a function
-- of the call's arguments that returns one. world.chats holds the arguments of each llm.chat, world.calls those of
-- each other tool, world.events what was emitted.

local cjson = require "cjson"
local kit = require "tests.lua.kit"

local M = { encode = kit.encode }

local function copy(value)
    return type(value) == "table" and cjson.decode((assert(kit.encode(value)))) or value
end

-- Branches that run one after the other, in the order in which they were started.
local function branches(host)
    local ended = {}
    function host.spawn(body, index)
        local ok, value = pcall(body)
        table.insert(ended, { index, ok, value, 0 })
    end
    function host.wait()
        local first = table.remove(ended, 1)
        if first then return unpack(first, 1, 4) end
    end
    host.ended, host.cancel, host.pass, host.advance = host.wait, function() end, function() end, function() end
end

-- ------------------------------------------------------------------------------ words for scripts

-- What a model says that calls tools: calls({ "add", { a = 1 } }, { "kv.get", { key = "k" } }).
function M.calls(...)
    local list = {}
    for i, one in ipairs({ ... }) do
        list[i] = { name = one[1], arguments = one[2] or {} }
    end
    return { tool_calls = list }
end

-- The last message of a call of llm.chat.
function M.told(args)
    return args.messages[#args.messages]
end

M.ADD = {
    name = "add", description = "Adds two numbers.",
    args = { type = "object", properties = { a = { type = "number" }, b = { type = "number" } }, required = { "a", "b" } },
    run = function(args) return { sum = args.a + args.b } end,
}

-- ------------------------------------------------------------------------------ the world

local serial = 0

local function answer_of(entry)
    if type(entry) == "string" then entry = { text = entry } end
    local text, tool_calls = entry.text or "", {}
    for i, one in ipairs(entry.tool_calls or {}) do
        serial = serial + 1
        tool_calls[i] = { id = one.id or "call_" .. serial, name = one.name, arguments = one.arguments,
            arguments_text = one.arguments_text }
    end
    local message = { role = "assistant", content = text ~= "" and text or nil, tool_calls = tool_calls[1] and tool_calls }
    return {
        text = text, tool_calls = tool_calls, message = message, model = "script",
        finish_reason = entry.finish_reason or (tool_calls[1] and "tool_calls" or "stop"),
        usage = { input_tokens = 10, output_tokens = 5 }, cost_micros = entry.cost_micros or 100,
    }
end

function M.new(script)
    local world = { chats = {}, calls = {}, events = {}, logs = {}, prompts = script.prompts or {} }
    local function call(name, args)
        args = copy(args)
        if name ~= "llm.chat" then
            table.insert(world.calls, { name, args })
            local tool = (script.tools or {})[name]
            if not tool then return false, { code = "tool_denied", message = "there is no tool " .. name } end
            local ok, value = pcall(tool, args)
            return ok, value
        end
        table.insert(world.chats, args)
        local entry = script[#world.chats]
        if type(entry) == "function" then entry = entry(args) end
        if entry == nil then return false, { code = "internal", message = "the script has ended" } end
        if type(entry) == "table" and entry.error then return false, entry.error end
        return true, answer_of(entry)
    end
    local host = {
        emit = function(event, is_live)
            event.is_live = is_live
            table.insert(world.events, event)
            return true
        end,
        log = function(_, line) table.insert(world.logs, line) end,
        text = function(path) return world.prompts[path] end,
    }
    branches(host)
    world.parts = kit.load(call, host)
    world.agent = world.parts.moon_agent
    world.fails = function(fn, ...)
        local ok, err = pcall(fn, ...)
        assert(not ok, "no error was raised")
        return err
    end
    return world
end

return M
