-- The state of a graph while it runs: what it begins with, and how what nodes return is checked and
-- merged into it.

local parts = ...
local copy = parts.moon_graph_reduce.copy
local raise = parts.call.raise
local type, next, pairs, sort = type, next, pairs, table.sort
local tostring, rawequal, format, concat = tostring, rawequal, string.format, table.concat

local GO = {} -- marks what ctx.go(targets, update) returns

local function quote_all(names)
    for i = 1, #names do
        names[i] = "'" .. tostring(names[i]) .. "'"
    end
    return concat(names, ", ")
end

-- Who sent an update, for an error: a node, or the input when there is none.
local function sender(self, who)
    if who then
        return format("node '%s' of graph '%s'", who, self.path)
    end
    return format("the input of graph '%s'", self.path)
end

local function refuse(self, who, field, message)
    return raise({
        code = who and "invalid_update" or "invalid_input",
        message = message,
        retryable = false,
        details = { graph = self.path, node = who, field = field },
    })
end

-- Raises what is wrong with an update: of several fields, the first by name.
local function complain(self, update, who)
    local names = {}
    for name in pairs(update) do
        names[#names + 1] = name
    end
    sort(names, function(a, b)
        return tostring(a) < tostring(b)
    end)
    for i = 1, #names do
        local name = names[i]
        local field = self.graph.fields[name]
        if not field then
            refuse(self, who, tostring(name), format("%s sets '%s', which is no field of the state: it has %s",
                sender(self, who), tostring(name), quote_all(copy(self.graph.field_names))))
        end
        local what = field.problem(field, update[name])
        if what then
            refuse(self, who, name, format("%s: field '%s' %s", sender(self, who), name, what))
        end
    end
end

local function apply_custom(self, update, who)
    for _, field in next, self.graph.custom do
        local value = update[field.name]
        if value ~= nil then
            local ok, what = field.apply(self, field, value)
            if not ok then
                refuse(self, who, field.name, format("the reducer of field '%s', for %s: the value %s",
                    field.name, sender(self, who), what))
            end
        end
    end
end

-- Raises when a node has written into the state that it was given.
local function check_untouched(self, who)
    local shadow = self.shadow
    for name, value in next, self.state do
        if shadow[name] ~= value and value == value then
            refuse(self, who, tostring(name), format(
                "%s writes to state.%s; the state is for reading: return { %s = ... } instead",
                sender(self, who), tostring(name), tostring(name)))
        end
    end
end

local function check_return(self, update, who)
    if type(update) ~= "table" then
        refuse(self, who, nil, format("%s must return a table of the fields that change, or nothing; not a %s",
            sender(self, who), type(update)))
    end
    if rawequal(update, self.state) then
        refuse(self, who, nil, sender(self, who) .. " returns the state itself; return only what changes")
    end
end

-- Merges what one node returned. Returns what it said to go to, or nil.
local function take(self, update, who)
    local state, shadow, fields = self.state, self.shadow, self.graph.fields
    for name, value in next, state do
        if shadow[name] ~= value then
            check_untouched(self, who)
        end
    end
    if update == nil then
        return nil
    end
    if type(update) ~= "table" or update == state then
        check_return(self, update, who)
    end
    local go = update[GO]
    if go then
        update = update.update
    end
    local last = false
    for name, value in next, update do
        local field = fields[name]
        if field and field.want == type(value) then
            if field.adds then
                value = state[name] + value
            end
            state[name], shadow[name] = value, value
        elseif field and field.custom then
            last = true
        elseif not field or not field.apply(self, field, value) then
            complain(self, update, who)
        end
    end
    if last then
        apply_custom(self, update, who)
    end
    return go
end

-- Raises when two nodes of one superstep set a field that holds one value. `setters` is of the
-- superstep: field -> node.
local function check_conflict(self, update, who, setters)
    if type(update) ~= "table" then
        return
    end
    local first
    for name in next, update[GO] and update.update or update do
        local field = self.graph.fields[name]
        if field and field.single then
            if setters[name] and (not first or name < first) then
                first = name
            end
            setters[name] = setters[name] or who
        end
    end
    if first then
        raise({
            code = "graph_conflict",
            message = format("nodes '%s' and '%s' of graph '%s' set field '%s' in the same step, and it "
                .. "holds one value; give it a reducer, or let one of them set it",
                setters[first], who, self.path, first),
            retryable = false,
            details = { graph = self.path, nodes = { setters[first], who }, field = first },
        })
    end
end

-- The state that a run begins with.
local function init(self, input)
    local graph = self.graph
    local state, shadow = {}, {}
    self.state, self.shadow = state, shadow
    local names, fields = graph.field_names, graph.fields
    for i = 1, #names do
        local name = names[i]
        local field = fields[name]
        local value = field.default
        if field.empty then
            value = field.empty(value)
        end
        state[name], shadow[name] = value, value
    end
    if input ~= nil then
        take(self, input, nil)
    end
end

return { init = init, take = take, check_conflict = check_conflict, GO = GO }
