-- Case agent_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Start [start]
return function(input)
    -- Find out [find]
    local find_out = moon.agent({
        name = "find_out",
        instructions = "You look things up.",
        tools = { "kv.get" },
        max_steps = 4,
    }):run(input.question).output

    -- Done [done]
    return { answer = find_out }
end
