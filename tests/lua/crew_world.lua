-- A world for the specs of moon.crew: the kit's parts over branches and a clock that the test plays, and
-- agents that a script answers for.
--
--     local world = require("tests.lua.crew_world").new{ script = function(def, input, world) ... end,
--                                                        tools = { ["memory.search"] = function(args) end } }
--     local result = world:run(function() return world.crew{...}:run(inputs) end)
--
-- A script gets the definition of the agent, and what it is told last. It returns what the agent answers: a text,
-- or moon.agent's result, in which what it leaves out is filled in; it may wait (world:sleep), and raise.

local cjson = require "cjson"
local kit = require "tests.lua.kit"

local M, World = {}, {}
World.__index = World

-- ------------------------------------------------------------------------------ branches and time

local function new_task(parent, index)
    return { parent = parent, index = index, ended = {}, living = 0 }
end

function World:resume(task, ...)
    local before = self.current
    self.current = task
    local result = { coroutine.resume(task.co, ...) }
    self.current = before
    if coroutine.status(task.co) ~= "dead" then
        return
    end
    task.ok, task.value, task.clock = result[1], result[2], self.now
    local parent = task.parent
    if parent then
        table.insert(parent.ended, task)
        if parent.waiting then
            parent.waiting = false
            table.insert(self.ready, parent)
        end
    end
end

function World:host()
    local host = { PENDING = {} }
    function host.spawn(body, index)
        local task = new_task(self.current, index)
        task.co = coroutine.create(body)
        self.current.living = self.current.living + 1
        table.insert(self.ready, task)
    end
    function host.wait()
        local task = self.current
        if task.living == 0 then return end
        if #task.ended == 0 then
            task.waiting = true
            coroutine.yield()
        end
        local child = table.remove(task.ended, 1)
        task.living = task.living - 1
        return child.index, child.ok, child.value, child.clock
    end
    function host.ended() return nil end
    function host.cancel() end
    function host.pass() end
    function host.advance() end
    return host
end

function World:sleep(seconds)
    local task = self.current
    self.order = self.order + 1
    table.insert(self.timers, { at = self.now + seconds, order = self.order, task = task })
    coroutine.yield()
end

-- Runs body to its end and returns what it returns; raises what it raises.
function World:run(body)
    local main = new_task()
    main.co = coroutine.create(body)
    self.ready = { main }
    while coroutine.status(main.co) ~= "dead" do
        local task = table.remove(self.ready, 1)
        if not task then
            table.sort(self.timers, function(a, b)
                if a.at ~= b.at then return a.at < b.at end
                return a.order < b.order
            end)
            local timer = assert(table.remove(self.timers, 1), "everything waits for nothing")
            self.now, task = timer.at, timer.task
        end
        self:resume(task)
    end
    if not main.ok then error(main.value, 0) end
    return main.value
end

-- Runs body and gives back the error that it raises.
function World:fails(body)
    local ok, err = pcall(self.run, self, body)
    assert(not ok, "no error was raised")
    return err
end

-- ----------------------------------------------------------------------------- agents and tools

local USAGE = { tokens_in = 10, tokens_out = 5, cost_micros = 100, calls = 1 }

local function fill(answer, def, messages)
    local result = {}
    for name, value in pairs(type(answer) == "table" and answer or { text = answer }) do
        result[name] = value
    end
    if result.output == nil then result.output = result.text end
    if result.text == nil then result.text = type(result.output) == "string" and result.output or cjson.encode(result.output) end
    result.messages = { unpack(messages) }
    table.insert(result.messages, { role = "assistant", content = result.text })
    result.usage, result.steps, result.agent = result.usage or USAGE, result.steps or 1, def.name
    return result
end

local function fake_agent(world)
    return function(def)
        if def.tools then
            for _, tool in ipairs(def.tools) do
                if tool == "no.such" then
                    error({ code = "invalid_definition", message = "tools[1] names no tool of the platform" }, 0)
                end
            end
        end
        return {
            name = def.name,
            run = function(_, input)
                local messages = type(input) == "table" and input.messages or { { role = "user", content = input } }
                local text = messages[#messages].content
                table.insert(world.asked, { agent = def.name, input = text, messages = messages, at = world.now, def = def })
                return fill(world.script(def, text, world), def, messages)
            end,
        }
    end
end

-- The tool of an agent's definition, to be used by a script as a model would.
function M.tool_of(def, name)
    for _, tool in ipairs(def.tools or {}) do
        if type(tool) == "table" and tool.name == name then return tool.run end
    end
end

function M.new(given)
    local world = setmetatable({
        now = 0, order = 0, timers = {}, ready = {}, asked = {}, called = {}, events = {},
        script = given and given.script or function(def) return "done by " .. def.name end,
    }, World)
    local tools = given and given.tools or {}
    local parts = kit.load(function(name, args)
        table.insert(world.called, { name, args })
        local tool = assert(tools[name], "the spec has no tool " .. name)
        return true, tool(args, world)
    end, world:host())
    local uuids = 0
    parts.host.uuid = function()
        uuids = uuids + 1
        return "uuid-" .. uuids
    end
    parts.host.emit = function(event, is_live)
        event.is_live = is_live
        table.insert(world.events, event)
        return true
    end
    if not (given and given.real_agents) then rawset(parts, "moon_agent", fake_agent(world)) end
    world.parts, world.crew = parts, parts.moon_crew
    return world
end

-- ------------------------------------------------------------------------------ words for specs

function M.has(text, part) return text:find(part, 1, true) ~= nil end

-- `made` with the fields of `more`, which may be nil.
function M.with(made, more)
    for key, value in pairs(more or {}) do made[key] = value end
    return made
end

function M.task(name, more)
    return M.with({ name = name, agent = "analyst", description = "Do " .. name .. ".", expected_output = "It is done." }, more)
end

-- The names of the agents asked, in order.
function World:who()
    local names = {}
    for i, one in ipairs(self.asked) do names[i] = one.agent end
    return table.concat(names, " ")
end

return M
