-- Sleeps for config.seconds.

local moon = require "moon"

return function(input, ctx)
  local before = moon.now()
  moon.sleep(ctx.config.seconds)
  return { slept = ctx.config.seconds, elapsed = moon.now() - before, input = input }
end
