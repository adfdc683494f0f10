-- Case error_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")
local expr = moon.expr
local text = expr.text

-- Start [start]
return function()
    -- Fetch [fetch]
    local ask_around
    local fetch, fetch_error = moon.flow.attempt(function()
        return moon.tool("http.request", { url = "x" })
    end)
    if fetch_error then
        -- What happened [tell]
        local what_happened = { why = fetch_error.code }

        -- Ask around [ask]
        ask_around = moon.flow.try({
            timeout_ms = 1000,
            fallback = function() return text("unknown: ", what_happened.why) end,
        }, function()
            return moon.agent({
                name = "ask_around",
                instructions = "You know it.",
                max_steps = 10,
            }):run({ why = what_happened.why }).output
        end)
    end

    -- Done [done]
    return { got = expr.default(fetch, "nothing"), why = expr.default(ask_around, "fine") }
end
