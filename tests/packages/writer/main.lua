-- Writes step 1..n, each under a key of its own that no other step has: after any crash each key must have been
-- written
-- exactly once, with the value of its step. Returns the sum of what it wrote.

local moon = require "moon"

return function(input, ctx)
  local n = input.n or ctx.config and ctx.config.n or 5
  local sum = 0
  for step = 1, n do
    local key = "writer:" .. input.id .. ":step:" .. step
    moon.kv.set(key, { step = step, id = input.id })
    if input.pause_s then moon.sleep(input.pause_s) end
    sum = sum + step
  end
  return { id = input.id, steps = n, sum = sum }
end
