-- Case delay_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Start [start]
return function(input)
    -- Rest [rest]
    moon.sleep(60)

    -- Rest more [more]
    moon.sleep(input.n * 2)

    -- Done [done]
    return "rested"
end
