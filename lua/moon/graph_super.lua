-- Supersteps: several nodes at a time. All see the state as it was when the step began; their updates
-- are merged when all have ended, in the order of the nodes' numbers (and of a list, for nodes that were
-- sent its items), whichever ended first. Then edges decide, on the merged state, what runs next.

local parts = ...
local run, state_of = parts.moon_graph_run, parts.moon_graph_state
local take, check_conflict, GO = state_of.take, state_of.check_conflict, state_of.GO
local SEND, trail, new_ctx = run.SEND, run.trail, run.new_ctx
local raise = parts.call.raise
local type, next, format, tostring = type, next, string.format, tostring

-- self.marks[i]: node i is to run in the next superstep. self.sends[i]: inputs that it is to run with.

local function wrong_target(self, name, said, what)
    raise({
        code = "invalid_route", retryable = false, details = { graph = self.path, node = name },
        message = format("node '%s' of graph '%s' leads to %s, which its `to` does not name: it names %s", name,
            self.path, said == nil and "nothing" or "'" .. tostring(said) .. "'", table.concat(parts.moon_names(what), ", ")),
    })
end

local function add_send(self, to, input)
    local list = self.sends[to]
    if not list then
        list = {}
        self.sends[to] = list
    end
    list[#list + 1] = { input = input, index = #list + 1 }
end

-- What a choice or ctx.go said, one target or a list, against `map`: what may be said -> number.
local function follow(self, name, said, map)
    local to = map[said]
    if to then
        self.marks[to] = true
        return
    end
    if type(said) ~= "table" then
        wrong_target(self, name, said, map)
    end
    if said[SEND] then
        to = map[said[SEND]]
        if not to or to == 0 then
            wrong_target(self, name, said[SEND], map)
        end
        add_send(self, to, said.input)
        return
    end
    if #said == 0 then
        wrong_target(self, name, nil, map)
    end
    for k = 1, #said do
        if type(said[k]) == "table" and not said[k][SEND] then
            wrong_target(self, name, said[k], map)
        end
        follow(self, name, said[k], map)
    end
end

local follow_edges

local function follow_each(self, name, each, ctx)
    local list = each.each
    if type(list) == "function" then
        list = list(self.state, ctx)
    else
        list = self.state[list]
    end
    if type(list) ~= "table" then
        raise({
            code = "invalid_route", retryable = false, details = { graph = self.path, node = name },
            message = format("each of node '%s' of graph '%s' must give a list, not a %s", name, self.path, type(list)),
        })
    end
    for k = 1, #list do
        add_send(self, each.to, each.as and { [each.as] = list[k] } or list[k])
    end
    -- nothing to do is done already: what gathers the results runs, with none
    if #list == 0 and not self.passing[each.to] then
        self.passing[each.to] = true
        follow_edges(self, each.to)
        self.passing[each.to] = nil
    end
end

local function follow_joins(self, i, joins)
    for k = 1, #joins do
        local join = joins[k]
        local seen = self.joins[join]
        if not seen then
            seen = { n = 0 }
            self.joins[join] = seen
        end
        if not seen[i] then
            seen[i], seen.n = true, seen.n + 1
            if seen.n == join.n then
                self.marks[join.to], self.joins[join] = true, nil
            end
        end
    end
end

local function follow_out(self, i, out, said)
    local name, ctx = self.graph.names[i] or "start", self.ctx
    ctx.node = name
    for k = 1, #out.targets do
        self.marks[out.targets[k]] = true
    end
    for k = 1, #out.choices do
        local choice = out.choices[k]
        if said == nil then
            said = choice.choose(self.state, ctx)
        end
        follow(self, name, said, choice.map)
        said = nil
    end
    for k = 1, #out.eaches do
        follow_each(self, name, out.eaches[k], ctx)
    end
    follow_joins(self, i, out.joins)
end

-- The edges of node i. `said` is what its choice has said already, if it was asked; `gone`: the node
-- has said itself where to go.
function follow_edges(self, i, said, gone)
    local to, out = self.graph.nexts[i], self.graph.outs[i]
    if to then
        self.marks[to] = true
    elseif out then
        follow_out(self, i, out, said)
    elseif not gone then
        local name = self.graph.names[i]
        raise({
            code = "invalid_route", retryable = false, details = { graph = self.path, node = name },
            message = format("node '%s' of graph '%s' has no edges, so it must say where to go: return "
                .. "ctx.go(\"a node\", { ... }), or ctx.go(\"end\")", name, self.path),
        })
    end
end

-- What the node itself said to go to.
local function follow_go(self, i, update)
    local graph = self.graph
    local map = {}
    for _, to in next, graph.gotos[i] or {} do
        map[graph.names[to] or "end"] = to
    end
    local targets = update[GO]
    for k = 1, #targets do
        follow(self, graph.names[i], targets[k], map)
        if update.error ~= nil and map[targets[k]] ~= 0 then
            self.errors[map[targets[k]]] = update.error
        end
    end
end

local function add_tasks(self, tasks, i)
    if self.marks[i] then
        tasks[#tasks + 1] = { node = i }
        self.marks[i] = nil
    end
    local sends = self.sends[i]
    for k = 1, sends and #sends or 0 do
        tasks[#tasks + 1] = { node = i, sent = true, input = sends[k].input, index = sends[k].index }
    end
    self.sends[i] = nil
end

-- The next superstep. Deferred nodes wait until nothing else is left.
local function next_tasks(self)
    local tasks, deferred = {}, self.graph.deferred
    self.marks[0] = nil
    for i = 1, #self.graph.names do
        if not (deferred and deferred[i]) then
            add_tasks(self, tasks, i)
        end
    end
    if #tasks == 0 and deferred then
        for i = 1, #self.graph.names do
            if deferred[i] then
                add_tasks(self, tasks, i)
            end
        end
    end
    return tasks
end

local function run_task(self, task)
    local i = task.node
    local ctx = new_ctx(self)
    ctx.node, ctx.step, ctx.index, ctx.error = self.graph.names[i], self.steps, task.index, task.error
    local input = self.state
    if task.sent then
        input = task.input
    end
    return self.runs[i](input, ctx)
end

local function run_tasks(self, tasks)
    if #tasks == 1 then
        return { run_task(self, tasks[1]) }
    end
    return parts.branches.map(tasks, function(task)
        return run_task(self, task)
    end, self.limit and { limit = self.limit })
end

local function superstep(self, tasks)
    local names = self.graph.names
    self.steps = self.steps + 1
    for k = 1, #tasks do
        local task = tasks[k]
        task.error, self.errors[task.node] = self.errors[task.node], nil
        if self.steps > self.near then
            trail(self, self.steps, names[task.node])
        end
        if self.stream then
            self.stream:task(self, names[task.node])
        end
    end
    local updates, setters = run_tasks(self, tasks), {}
    for k = 1, #tasks do
        check_conflict(self, updates[k], names[tasks[k].node], setters)
    end
    for k = 1, #tasks do
        local name = names[tasks[k].node]
        take(self, updates[k], name)
        if self.stream then
            self.stream:update(self, name, updates[k])
        end
    end
    if self.stream then
        self.stream:state(self)
    end
    return updates
end

local function follow_all(self, tasks, updates)
    local followed = {}
    for k = 1, #tasks do
        local i, update = tasks[k].node, updates[k]
        local go = type(update) == "table" and update[GO]
        if go then
            follow_go(self, i, update)
        end
        if not followed[i] and not (go and update.instead) then
            followed[i] = true
            follow_edges(self, i, nil, go)
        end
    end
end

-- Goes on after node i, which returned `update` and whose choice said `said`; or, without i, begins at
-- the start.
return function(self, straight, i, update, said)
    self.marks, self.sends, self.joins, self.errors, self.passing = {}, {}, {}, {}, {}
    if not i then
        follow_out(self, 0, self.graph.start)
    end
    while true do
        if i then
            local go = type(update) == "table" and update[GO]
            if go then
                follow_go(self, i, update)
            end
            if not (go and update.instead) then
                follow_edges(self, i, said, go)
            end
        end
        local tasks = next_tasks(self)
        local one = tasks[1]
        if not one then
            return
        end
        if not tasks[2] and not one.sent and next(self.errors) == nil and next(self.marks) == nil
            and next(self.sends) == nil then
            i, update, said = straight(self, one.node)
            if not i then
                return
            end
        else
            i = nil
            follow_all(self, tasks, superstep(self, tasks))
        end
    end
end
