-- Case transform_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local expr = moon.expr
local text = expr.text

-- Start [start]
return function(input)
    -- Shape it [shape]
    local shape_it = {
        list = { expr.upper(input.urgency), 2 },
        nothing = input.note,
        subject = text("Re: ", input.question),
        total = expr.sum(expr.map(input.orders, function(o) return o.total end)),
    }

    -- Done [done]
    return shape_it
end
