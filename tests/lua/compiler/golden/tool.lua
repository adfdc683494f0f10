-- Case tool_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local text = moon.expr.text

-- Start [start]
return function(input)
    -- Fetch page [fetch]
    local fetch_page = moon.tool("http.request", { query = { q = input.question }, url = text("https://example.com/", input.n) }, {
        retries = 1,
        backoff_s = 1,
        approval = { title = text("Fetch ", input.n, "?"), roles = { "lead" } },
    })

    -- Done [done]
    return fetch_page
end
