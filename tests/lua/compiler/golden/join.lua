-- Case join_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Start [start]
return function()
    -- Both at once [both]
    moon.parallel({
        function()
            -- Left [left]
            moon.sleep(1)
        end,
        function()
        end,
    })

    -- Both are done [meet]

    -- Done [done]
    return "done"
end
