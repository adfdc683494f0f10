-- Runs a graph. One plain node after another runs in a tight loop (straight); what needs more (several
-- nodes at a time, sends, joins, deferred nodes) goes in supersteps (lua/moon/graph_super.lua).

local parts = ...
local state_of = parts.moon_graph_state
local init, take = state_of.init, state_of.take
local OVERWRITE, GO = parts.moon_graph_reduce.OVERWRITE, state_of.GO
local raise = parts.call.raise
local type, setmetatable, format = type, setmetatable, string.format

local MAX_STEPS = 100
local TRAIL = 10 -- nodes that an error about too many steps names

local RUN, SEND = {}, {} -- keys of ctx and of what ctx.send returns

-- What a node and a choice find in ctx besides its fields.
local ctx_meta = { __metatable = false, __index = {
    send = function(node, input)
        return { [SEND] = node, input = input }
    end,
    go = function(targets, update)
        return { [GO] = type(targets) == "table" and not targets[SEND] and targets or { targets }, update = update or {} }
    end,
    overwrite = function(value)
        return { [OVERWRITE] = true, value = value }
    end,
} }

local function new_ctx(self)
    return setmetatable({ graph = self.path, context = self.context, state = self.state, [RUN] = self }, ctx_meta)
end

-- Notes the last steps before the limit, and raises beyond it.
local function trail(self, steps, name)
    local names = self.trail
    if not names then
        names = {}
        self.trail = names
    end
    if steps <= self.max_steps then
        names[#names + 1] = name
        return
    end
    raise({
        code = "graph_step_limit", retryable = false,
        details = { graph = self.path, steps = self.max_steps, nodes = names, next = name },
        message = format("graph '%s' did not reach its end in %d steps; the last were %s, then '%s'; find why the "
            .. "cycle does not end, or raise max_steps", self.path, self.max_steps, table.concat(names, ", "), name),
    })
end

-- Runs node i and what follows while that is one plain node after the other. Returns the node after
-- which there is more to decide, what it said to go to, and what its choice said; nothing at the end.
local function straight(self, i)
    local graph, state, ctx = self.graph, self.state, self.ctx
    local runs, names, nexts, choices = self.runs, graph.names, graph.nexts, graph.choices
    local steps, near, stream = self.steps, self.near, self.stream
    while true do
        local name = names[i]
        steps = steps + 1
        self.steps, ctx.node, ctx.step = steps, name, steps
        if steps > near then
            trail(self, steps, name)
        end
        if stream then
            stream:task(self, name)
        end
        local update = runs[i](state, ctx)
        local go = take(self, update, name)
        if stream then
            stream:update(self, name, update)
            stream:state(self)
        end
        local to, said = nexts[i], nil
        if not to and not go then
            local choice = choices[i]
            if choice then
                said = choice.choose(state, ctx)
                to = choice.map[said]
            end
        end
        if go or not to then
            return i, update, said
        elseif to == 0 then
            return nil
        end
        i = to
    end
end

local function check_opts(opts)
    if opts ~= nil and type(opts) ~= "table" then
        error("the options must be a table", 4)
    end
    opts = opts or {}
    local max_steps, limit = opts.max_steps, opts.limit
    if max_steps ~= nil and (type(max_steps) ~= "number" or max_steps < 1) then
        error("max_steps must be a number from 1", 4)
    end
    if limit ~= nil and (type(limit) ~= "number" or limit < 1) then
        error("limit must be a number from 1", 4)
    end
    return opts
end

local function check_input(self, input)
    local graph = self.graph
    if type(input) ~= "table" and input ~= nil then
        if type(graph.input) ~= "string" then
            raise({ code = "invalid_input", retryable = false, details = { graph = self.path },
                message = format("the input of graph '%s' must be a table of fields, not a %s", self.path, type(input)) })
        end
        return { [graph.input] = input }
    end
    if type(graph.input) == "table" then
        for name in next, input or {} do
            if graph.fields[name] and not graph.input[name] then
                raise({ code = "invalid_input", retryable = false, details = { graph = self.path, field = name },
                    message = format("the input of graph '%s' may not set '%s'; it may set %s", self.path, name,
                        table.concat(graph.input.names, ", ")) })
            end
        end
    end
    return input
end

-- A run of `graph`, about to begin. `parent` is the ctx of the node that runs it, if one does.
local function new(graph, input, opts, parent)
    opts = check_opts(opts)
    local above = parent and parent[RUN]
    local max_steps = opts.max_steps or graph.max_steps or MAX_STEPS
    local self = {
        graph = graph, runs = graph.runs, steps = 0, max_steps = max_steps, near = max_steps - TRAIL,
        path = above and above.path .. "." .. parent.node or graph.name,
        limit = opts.limit or graph.limit, context = opts.context,
        state = false, shadow = false, ctx = false, stream = false, trail = false, -- room for what comes
    }
    if opts.interrupt_before or opts.interrupt_after then
        self.runs = parts.moon_graph_interrupt(graph, self.runs, opts.interrupt_before, opts.interrupt_after)
    end
    if above then
        self.context, self.stream = above.context, above.stream
        self.limit = self.limit or above.limit
    elseif opts.stream then
        self.stream = parts.moon_graph_stream.new(opts.stream)
    end
    init(self, check_input(self, input))
    self.ctx = new_ctx(self)
    return self
end

local function go(self)
    if self.stream then
        self.stream:state(self)
    end
    local first = self.graph.first
    local i, update, said = first, nil, nil
    if first then
        i, update, said = straight(self, first)
    end
    if i or not first then
        parts.moon_graph_super(self, straight, i, update, said)
    end
    return self
end

-- What :run() returns: the fields of the state, or those that `output` names.
local function result(self)
    local output, state = self.graph.output, self.state
    if type(output) == "string" then
        return state[output]
    end
    local names, values = output and output.names or self.graph.field_names, {}
    for k = 1, #names do
        values[names[k]] = state[names[k]]
    end
    return values
end

return {
    new = new, go = go, result = result, new_ctx = new_ctx, trail = trail, RUN = RUN, SEND = SEND,
}
