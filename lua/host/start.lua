-- The body of a run's first coroutine: start(ctx), where ctx is START's JSON.

local parts = ...
local host = parts.host
local require, fail = parts.modules.require, parts.call.fail
local type = type

-- A toolbox's built-in job: {"job": name, "input": any}; its module returns function(input, host).
local function run_job(order)
    local body = type(order) == "table" and type(order.job) == "string"
        and host.platform_chunk("job." .. order.job)
    if not body then
        return fail("invalid_input", "there is no such job")
    end
    return body()(order.input, require("host"))
end

return function(ctx)
    local input = ctx.input
    ctx.input = nil
    if host.is_toolbox and host.slot() == 0 then
        return run_job(input)
    end
    local body = host.chunk("main")
    if not body then
        return fail("invalid_package", "the package has no main.lua")
    end
    local main = body("main")
    if type(main) ~= "function" then
        return fail("invalid_package", "main.lua must return a function, not a " .. type(main))
    end
    return main(input, ctx)
end
