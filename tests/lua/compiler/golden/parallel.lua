-- Case parallel_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Start [start]
return function()
    -- Both at once [both]
    local left, right
    moon.parallel({
        function()
            -- Left [left]
            left = moon.tool("a.left", { n = 1 })
        end,
        function()
            -- Right [right]
            right = moon.tool("a.right", { n = 2 })
        end,
    }, { limit = 2 })

    -- Both are done [meet]
    -- Waits for both.

    -- Done [done]
    return { l = left, r = right }
end
