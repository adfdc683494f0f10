-- For the specs of the compiler's second half: documents as packages and back, and packages run over the real
-- kit with a core that the test plays.

local harness = require "tests.lua.harness"
local agent_world = require "tests.lua.agent_world"
local kit = require "tests.lua.kit"

local check = require "compiler.check"
local emit = require "compiler.emit"
local emit_json = require "compiler.emit_json"

local M = {}

-- The document's package; fails the test when it has errors.
function M.package(document)
    local result = check.check(document, {})
    local told = {}
    for i, e in ipairs(result.errors) do
        told[i] = (e.node or "") .. " " .. (e.field or "") .. ": " .. e.message
    end
    assert(result.model, table.concat(told, "\n"))
    return emit.package(result.model), result.model
end

-- A value as text: the same text for the same JSON.
M.text = emit_json.encode

M.read = harness.read

-- Runs a package's main.lua. given: {input, config, script = answers of llm.chat, tools = {name = function(args)}}.
-- Returns the output (or nil and the error), and the world with its calls and chats.
function M.run(files, given)
    local script = { prompts = files, tools = given.tools }
    for i, entry in ipairs(given.script or {}) do
        script[i] = entry
    end
    local world = agent_world.new(script)
    local moon = kit.moon(world.parts)
    local globals = { require = function(name)
        assert(name == "moon", "only the kit is there")
        return moon
    end }
    for name in ("assert error ipairs next pairs pcall select tonumber tostring type unpack string table math os"):gmatch("%S+") do
        globals[name] = _G[name]
    end
    local main = setfenv(assert(loadstring(files["main.lua"], "=main.lua")), globals)()
    local ok, value = pcall(main, given.input, { config = given.config or {} })
    if ok then
        return value, world
    end
    return nil, world, value
end

return M
