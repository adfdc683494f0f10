-- moon.approve and moon.ask: a person's decision, a person's answer. The run waits at no cost.

local parts = ...
local call = parts.call.call
local type, error = type, error

local function check(args)
    if type(args) == "string" then
        args = { title = args }
    end
    if type(args) ~= "table" then
        error("a table of arguments is expected, not a " .. type(args), 3)
    end
    return args
end

return {
    approve = function(args)
        return call("approve", check(args))
    end,
    ask = function(args)
        return call("ask", check(args))
    end,
}
