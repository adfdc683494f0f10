-- Case subworkflow_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Start [start]
return function(input)
    -- Refund [refund]
    local refund = moon.run("refunds", { id = input.n }, { timeout_s = 1.5 })

    -- Done [done]
    return refund.ok
end
