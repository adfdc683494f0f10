-- moon.approve and moon.ask: a person's decision, a person's answer. The run waits at no cost.

local parts = ...
local call, check = parts.call.call, parts.moon_tool.arguments

return {
    approve = function(args)
        return call("approve", check(args, "title"))
    end,
    -- Without a form, one text is asked for.
    ask = function(args)
        args = check(args, "title")
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
