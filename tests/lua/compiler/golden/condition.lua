-- Case condition_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

-- luacheck: ignore 581 582
local moon = require("moon")
local expr = moon.expr

-- Start [start]
return function(input)
    -- Is it urgent? [urgent]
    local page_somebody
    if input.urgency == "high" and input.n > 2 then
        -- Page somebody [page]
        page_somebody = moon.tool("pager.page", { text = input.question })
    end

    -- Is it small? [small]
    if not (input.n < 10) then
        -- Tell the boss [tell]
        moon.tool("mail.send", {})
    end

    -- Done [done]
    return expr.default(page_somebody, "nobody")
end
