-- Case loop_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local expr = moon.expr

-- Start [start]
return function(input)
    -- Each order [each]
    local each_order = expr.list()
    for order_index, order in ipairs(moon.flow.items(input.orders, 10)) do
        -- Check order [check]
        local check_order = moon.tool("orders.check", { id = order.id, place = order_index })

        each_order[#each_order + 1] = expr.get(check_order, "ok")
    end

    -- All at once [all]
    local all_at_once = moon.flow.gather(moon.map(moon.flow.items(input.orders), function(item)
        -- Ping [ping]
        moon.sleep(item.total)

        return { id = item.id }
    end, { limit = 4 }))

    -- Done [done]
    return { all = all_at_once, ok = each_order }
end
