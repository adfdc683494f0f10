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

local M = {}

local ARRAY = { __metatable = false }

-- JSON with sorted keys, as core/vm/json_encode.c writes it.
local function encode(value)
    if type(value) ~= "table" then
        if type(value) == "function" then error("is a function", 0) end
        return (cjson.encode(value):gsub("\\/", "/"))
    end
    local pieces = {}
    if value[1] ~= nil or (next(value) == nil and getmetatable(value) == false) then
        for i, item in ipairs(value) do pieces[i] = encode(item) end
        return "[" .. table.concat(pieces, ",") .. "]"
    end
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do pieces[i] = cjson.encode(key) .. ":" .. encode(value[key]) end
    return "{" .. table.concat(pieces, ",") .. "}"
end
M.encode = encode

local function copy(value)
    return type(value) == "table" and cjson.decode(encode(value)) or value
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
        encode = function(value)
            local ok, text = pcall(encode, value)
            if ok then return text end
            return nil, text
        end,
        decode = cjson.decode, NULL = cjson.null, ARRAY = ARRAY, drain = function() end, call = call,
        now = function() return 1700000000 end, uuid = function() return "uuid" end, random = math.random,
        emit = function(event, is_live)
            event.is_live = is_live
            table.insert(world.events, event)
            return true
        end,
        log = function(_, line) table.insert(world.logs, line) end,
        text = function(path) return world.prompts[path] end,
    }
    branches(host)
    local files = { call = "host/call", branches = "host/branches", text = "host/text", pattern = "local/pattern" }
    host.labels, host.metafield = function() return {} end, function() end
    world.parts = setmetatable({ host = host }, {
        __index = function(parts, name)
            local path = "lua/" .. (files[name] or "moon/" .. name:match("^moon_(.*)$")) .. ".lua"
            parts[name] = assert(loadfile(path))(parts)
            return parts[name]
        end,
    })
    world.agent = world.parts.moon_agent
    world.fails = function(fn, ...)
        local ok, err = pcall(fn, ...)
        assert(not ok, "no error was raised")
        return err
    end
    return world
end

return M
