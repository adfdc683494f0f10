-- A shelf gives a run its own copy of shared things, each when it is first asked for: a value as it
-- is, a table of functions as a fresh copy, anything else by a function that makes it.
--
-- The metatable that metatable() returns may be set on any number of tables. What they hold is theirs:
-- nothing that a run writes into them, or into what it got from them, is seen by another run.

local rawset = rawset

local function copy(original)
    local own = {}
    for key, value in pairs(original) do
        own[key] = value
    end
    return own
end

-- values: name -> function, number or string. tables: name -> table of such. makers: name -> function
-- (owner) that returns the value for the table that asks.
local function metatable(values, tables, makers)
    local function get(owner, name)
        local value = values[name]
        if value == nil then
            if tables[name] then
                value = copy(tables[name])
            elseif makers[name] then
                value = makers[name](owner)
            else
                return nil
            end
        end
        rawset(owner, name, value)
        return value
    end
    return { __index = get, __metatable = false }
end

return { copy = copy, metatable = metatable }
