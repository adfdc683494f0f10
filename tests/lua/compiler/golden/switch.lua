-- Case switch_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local expr = moon.expr

-- Start [start]
return function(input)
    -- Which way? [which]
    local fast_lane, slow_lane
    local which_way = input.urgency
    if which_way == "high" then
        -- Fast lane [fast]
        fast_lane = { lane = "fast" }
    elseif which_way == "none" then -- luacheck: ignore 542
        -- case quiet
    else
        -- Slow lane [slow]
        slow_lane = { lane = "slow" }
    end

    -- Done [done]
    return expr.default(expr.get(fast_lane, "lane"), expr.default(expr.get(slow_lane, "lane"), "none"))
end
