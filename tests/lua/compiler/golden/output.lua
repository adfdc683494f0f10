-- Case output_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local text = moon.expr.text

-- Start [start]
return function(input)
    -- Done [done]
    return { fixed = { 1, true, "x" }, n = input.n + 1, text = text("Asked: ", input.question) }
end
