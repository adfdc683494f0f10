-- Case code_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

local moon = require("moon")

-- Count
local function count_code(input, state)
    local sum = 0
    for _, order in ipairs(input.orders) do
        sum = sum + order.total
    end
    state.sum = sum
    return sum
end

-- Count again
local function count_again_code(input, state)
    return state.sum + input.more
end

-- Start [start]
return function(input)
    local state = {}

    -- Count [count]
    local count = count_code(input, state)

    -- Count again [again]
    local count_again = moon.flow.try({ attempts = 2, on = { "timeout" }, fallback = -1 }, function()
        return count_again_code({ more = count }, state)
    end)

    -- Done [done]
    return { first = count, second = count_again }
end
