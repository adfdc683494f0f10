-- The kit with branches, outside of a sandbox: the real lua/host/branches.lua and lua/moon over a
-- scheduler of the test's own, in which calls take as long as the test says.
--
--     local world = graph_kit.new(function(name, args) return ok, value, seconds end)
--     local moon = world.moon
--     local result = world:run(function() return moon.graph{...}:run{...} end)
--
-- world.calls lists {name, args} in the order asked, world.events {name, data} in the order told.

local kit = require "tests.lua.kit"

local M = {}

local World = {}
World.__index = World

local function new_task(world, body, parent, index)
    local task = { co = coroutine.create(body), parent = parent, index = index, branches = 0, ended = {} }
    task.clock = parent and parent.clock or 0
    world.ready[#world.ready + 1] = task
    return task
end

local function is_dropped(task)
    while task do
        if task.dropped then
            return true
        end
        task = task.parent
    end
    return false
end

local function finish(world, task, ok, value)
    task.done, task.ok, task.value = true, ok, value
    local parent = task.parent
    if parent then
        parent.ended[#parent.ended + 1] = task
        if parent.joining then
            parent.joining = false
            world.ready[#world.ready + 1] = parent
        end
    end
end

local function resume(world, task)
    world.task = task
    local input = task.input or {}
    task.input = nil
    local ok, what, name, args = coroutine.resume(task.co, unpack(input, 1, 4))
    if not ok then
        return finish(world, task, false, what)
    elseif coroutine.status(task.co) == "dead" then
        return finish(world, task, true, what)
    elseif what == "join" then
        task.joining = true
    elseif what == "pass" then
        world.ready[#world.ready + 1] = task
    else
        world.calls[#world.calls + 1] = { name, args }
        local good, value, seconds = world.answer(name, args)
        if name == "sleep" then
            good, value, seconds = true, {}, args.seconds
        end
        world.n = world.n + 1
        world.pending[#world.pending + 1] =
            { task = task, input = { good, value }, due = task.clock + (seconds or 0), n = world.n }
    end
end

-- Answers the call that is due first.
local function answer_next(world)
    local best
    for i, call in ipairs(world.pending) do
        local first = best and world.pending[best]
        if not best or call.due < first.due or (call.due == first.due and call.n < first.n) then
            best = i
        end
    end
    if not best then
        error("everything waits, and for nothing")
    end
    local call = table.remove(world.pending, best)
    if not is_dropped(call.task) then
        call.task.clock, call.task.input = call.due, call.input
        world.ready[#world.ready + 1] = call.task
    end
end

-- Runs a function to its end; returns what it returns, or raises what it raises.
function World:run(body)
    local first = new_task(self, body)
    while not first.done do
        local task = table.remove(self.ready, 1)
        if not task then
            answer_next(self)
        elseif not is_dropped(task) then
            resume(self, task)
        end
    end
    if not first.ok then
        error(first.value, 0)
    end
    return first.value
end

-- The error that a function raises; fails when it raises none.
function World:error(body)
    local ok, err = pcall(self.run, self, body)
    assert(not ok, "no error was raised")
    return err
end

local function reap(task)
    local branch = table.remove(task.ended, 1)
    task.branches = task.branches - 1
    return branch.index, branch.ok, branch.value, branch.clock
end

local function add_branches(world, host)
    function host.spawn(body, index)
        local task = world.task
        task.branches = task.branches + 1
        local branch = new_task(world, body, task, index)
        task.children = task.children or {}
        task.children[#task.children + 1] = branch
    end
    function host.wait()
        local task = world.task
        if #task.ended == 0 then
            if task.branches == 0 then
                return nil
            end
            coroutine.yield("join")
        end
        return reap(task)
    end
    function host.ended()
        if #world.task.ended > 0 then
            return reap(world.task)
        end
    end
    function host.cancel()
        local task = world.task
        for _, branch in ipairs(task.children or {}) do
            branch.dropped = true
        end
        task.children, task.ended, task.branches = {}, {}, 0
    end
    function host.pass()
        coroutine.yield("pass")
    end
    function host.advance(clock)
        world.task.clock = math.max(world.task.clock, clock)
    end
end

-- host: what the host's functions are to be replaced by.
function M.new(answer, host)
    local world = setmetatable({ ready = {}, pending = {}, calls = {}, events = {}, n = 0 }, World)
    world.answer = answer or function()
        return true, {}
    end
    local parts = kit.load(function(name, args)
        return coroutine.yield("call", name, args)
    end, host)
    add_branches(world, parts.host)
    function parts.host.emit(event)
        local text, what = kit.encode(event)
        if not text then
            return false, { code = "invalid_arguments", message = what }
        end
        if #text > 65536 then
            return false, { code = "too_large", message = "the event is too large" }
        end
        world.events[#world.events + 1] = parts.host.decode(text)
        return true
    end
    world.parts, world.moon = parts, kit.moon(parts)
    return world
end

return M
