-- Case llm_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local text = moon.expr.text

-- Start [start]
return function(input)
    -- Sort it [sort]
    -- Cheap and quick.
    local sort_it = moon.llm.json({
        model = "small",
        system = "You sort.",
        prompt = moon.prompt("sort_it", { question = input.question }),
        schema = {
            type = "object",
            required = { "mood" },
            properties = { mood = { enum = { "good", "bad" } } },
        },
        temperature = 0,
    }, { retries = 2, timeout_ms = 9000 })

    -- Draft a reply [draft]
    local draft_a_reply = moon.llm.chat({
        prompt = text("Reply to ", input.question, " in a ", sort_it.mood, " mood"),
        max_tokens = 200,
    }).text

    -- Done [done]
    return { mood = sort_it.mood, reply = draft_a_reply }
end
