-- Case human_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local text = moon.expr.text

-- Start [start]
return function(input)
    -- Team lead decides [decide]
    local team_lead_decides = moon.approve({
        title = text("Answer ", input.question),
        details = { n = input.n },
        roles = { "lead" },
        deadline_s = 3600,
        on_deadline = "reject",
    })

    -- Fill in [fill]
    local fill_in = moon.ask({
        title = "Which mood?",
        form = {
            type = "object",
            required = { "mood" },
            properties = { mood = { enum = { "good", "bad" } } },
        },
    })

    -- Done [done]
    return { mood = fill_in.data.mood, ok = team_lead_decides.approved }
end
