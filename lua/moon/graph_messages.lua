-- The reducer "messages": a conversation. New messages are added; one with the id of a message that
-- is there takes its place; {id = ..., remove = true} takes it out, {remove = "all"} all that came
-- before. A text is a message of the user's.

local parts = ...
local reduce = parts.moon_graph_reduce
local type, remove = type, table.remove

local function as_message(value)
    return type(value) == "string" and { role = "user", content = value } or value
end

local function flaw(message, place)
    message = as_message(message)
    if type(message) ~= "table" then
        return place .. "must be a message {role, content} or a text, not " .. reduce.kind_of(message)
    end
    if not message.remove and type(message.role) ~= "string" then
        return place .. "must have a role, as in {role = \"assistant\", content = ...}"
    end
    if message.remove and message.remove ~= "all" and message.id == nil then
        return place .. "must say which message to remove: its id, or remove = \"all\""
    end
end

-- A message, a text or a list of them, as a list.
local function listed(value)
    return reduce.is_list(value) and value or { value }
end

local function problem(_, value)
    if reduce.overwritten(value) then
        value = value.value
    end
    local list = listed(value)
    for i = 1, #list do
        local what = flaw(list[i], list == value and "[" .. i .. "] " or "")
        if what then
            return what
        end
    end
end

local function place_of(list, id)
    for i = #list, 1, -1 do
        if list[i].id == id then
            return i
        end
    end
end

local function add(list, message)
    if message.remove == "all" then
        for i = #list, 1, -1 do
            list[i] = nil
        end
        return
    end
    local at = message.id ~= nil and place_of(list, message.id)
    if message.remove then
        if at then
            remove(list, at)
        end
    else
        list[at or #list + 1] = message
    end
end

return {
    kind = "array",
    growing = true,
    empty = function(from)
        local list = reduce.new_list()
        for _, message in ipairs(from or {}) do
            add(list, as_message(message))
        end
        return list
    end,
    problem = problem,
    apply = function(self, field, value)
        if problem(field, value) then
            return false
        end
        if reduce.overwritten(value) then
            reduce.set(self, field, reduce.new_list())
            value = value.value
        end
        local list, new = self.state[field.name], listed(value)
        for i = 1, #new do
            add(list, as_message(new[i]))
        end
        return true
    end,
}
