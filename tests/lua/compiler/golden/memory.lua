-- Case memory_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local expr = moon.expr
local text = expr.text

-- Start [start]
return function(input)
    -- Search the FAQ [search]
    local search_the_faq = moon.memory.search("faq", text(input.question, " please"), { limit = 2, filter = { lang = "en" } }, { timeout_ms = 500 })

    -- Done [done]
    return { first = expr.first(search_the_faq.documents) }
end
