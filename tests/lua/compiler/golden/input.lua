-- Case input_case
--
-- A workflow. What stands in [brackets] ties a step to its node on the canvas; values, prompts and the
-- functions may be changed here, and what the canvas cannot show is listed when it is read back.

-- Start [start]
return function(input)
    -- Done [done]
    return input.question
end
