-- How a field of a graph's state takes an update: what fits its type, and the reducers.
--
-- Each reducer: problem(field, update) tells what is wrong, as the end of a sentence that begins with
-- the field's name; apply(self, field, update) merges, and returns false when there is a problem;
-- empty(default) makes the value that a run begins with; `growing` ones belong to the run and change in
-- place, so that a step costs what it adds and not what is there.

local parts = ...
local NULL, ARRAY = parts.host.NULL, parts.host.ARRAY
local type, next, pairs, setmetatable, rawequal = type, next, pairs, setmetatable, rawequal

local OVERWRITE = {} -- marks what ctx.overwrite(value) returns

-- Types that Lua's type() alone tells.
local SCALARS = { string = "string", number = "number", boolean = "boolean" }

local function is_list(value)
    return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local FITS = {
    any = function()
        return true
    end,
    integer = function(value)
        return type(value) == "number" and value % 1 == 0
    end,
    array = is_list,
    object = function(value)
        return type(value) == "table" and value[1] == nil
    end,
}
for name, lua_type in pairs(SCALARS) do
    FITS[name] = function(value)
        return type(value) == lua_type
    end
end

-- What a value is, as a person says it.
local function kind_of(value)
    if value == NULL then
        return "null"
    end
    if type(value) == "table" then
        return is_list(value) and next(value) ~= nil and "an array" or "an object"
    end
    return "a " .. type(value)
end

local function article(kind)
    return (kind:find("^[aio]") and "an " or "a ") .. kind
end

-- What is wrong with a whole value of the field, as the end of a sentence that begins with the
-- field's name; nil when nothing is.
local function misfit(field, value)
    local kind = field.kind
    if kind and not FITS[kind](value) then
        return "must be " .. article(kind) .. ", not " .. kind_of(value)
    end
    if field.schema then
        local ok, err = parts.moon_check.fits(field.schema, value)
        if not ok then
            return (err.path == "" and "" or "at " .. err.path .. " ") .. err.message
        end
    end
end

local function copy(list)
    local own = {}
    for key, value in next, list do
        own[key] = value
    end
    return own
end

local function set(self, field, value)
    self.state[field.name], self.shadow[field.name] = value, value
    return true
end

-- A value that is to be kept as it is now, though it may be a list of the state that will grow.
local function settled(self, value)
    if type(value) == "table" then
        for _, name in next, self.graph.growing do
            if rawequal(self.state[name], value) then
                return setmetatable(copy(value), is_list(value) and ARRAY or nil)
            end
        end
    end
    return value
end

local reducers = {}

reducers.replace = {
    problem = function(field, value)
        return value ~= NULL and misfit(field, value) or nil
    end,
    apply = function(self, field, value)
        if value == NULL then
            return set(self, field, nil)
        end
        if misfit(field, value) then
            return false
        end
        return set(self, field, settled(self, value))
    end,
}

local function overwritten(value)
    return type(value) == "table" and value[OVERWRITE]
end

-- For reducers whose updates are of the field's own type.
local function misfit_of_update(field, value)
    if overwritten(value) then
        value = value.value
    end
    return misfit(field, value)
end

local function new_list(from)
    local list = setmetatable({}, ARRAY)
    for i = 1, from and #from or 0 do
        list[i] = from[i]
    end
    return list
end

reducers.append = {
    empty = new_list,
    growing = true,
    kind = "array",
    problem = function(field, value)
        if overwritten(value) then
            return misfit(field, value.value)
        end
        return field.schema and misfit(field, is_list(value) and value or { value })
    end,
    apply = function(self, field, value)
        local list = self.state[field.name]
        if type(value) ~= "table" and not field.schema then
            list[#list + 1] = value
            return true
        end
        if field.problem(field, value) then
            return false
        end
        if overwritten(value) then
            return set(self, field, new_list(value.value))
        end
        local n = #list
        if is_list(value) then
            for i = 1, #value do
                list[n + i] = value[i]
            end
        else
            list[n + 1] = value
        end
        return true
    end,
}

reducers.merge = {
    empty = function(from)
        return copy(from or {})
    end,
    growing = true,
    kind = "object",
    problem = misfit_of_update,
    apply = function(self, field, value)
        if field.problem(field, value) then
            return false
        end
        if overwritten(value) then
            return set(self, field, copy(value.value))
        end
        local object = self.state[field.name]
        for key, item in next, value do
            if item == NULL then
                item = nil
            end
            object[key] = item
        end
        return true
    end,
}

reducers.sum = {
    empty = function(from)
        return from or 0
    end,
    kind = "number",
    problem = misfit_of_update,
    apply = function(self, field, value)
        if field.problem(field, value) then
            return false
        end
        if overwritten(value) then
            return set(self, field, value.value)
        end
        return set(self, field, self.state[field.name] + value)
    end,
}

-- A function (old, new) -> value. These are applied last and in the order of their names, because
-- the function may do anything.
reducers.custom = {
    problem = function()
        return nil
    end,
    apply = function(self, field, value)
        local old = self.state[field.name]
        if overwritten(value) then
            value = value.value
        elseif old ~= nil then
            value = field.custom(old, value)
        end
        local what = value ~= nil and misfit(field, value)
        if what then
            return false, what
        end
        return set(self, field, value)
    end,
}

return {
    reducers = reducers, misfit = misfit, kind_of = kind_of, copy = copy, set = set, new_list = new_list,
    is_list = is_list, overwritten = overwritten, OVERWRITE = OVERWRITE, SCALARS = SCALARS, FITS = FITS,
}
