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
    -- Without a form, one text is asked for.
    ask = function(args)
        args = check(args)
        if args.form == nil then
            local with_form = { form = { type = "string" } }
            for name, value in pairs(args) do
                with_form[name] = value
            end
            args = with_form
        end
        return call("ask", args)
    end,
}
