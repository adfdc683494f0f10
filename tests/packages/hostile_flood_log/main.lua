-- Log lines as fast as possible.

local moon = require "moon"

return function()
  local line = ("x"):rep(1000)
  while true do moon.log.info(line) end
end
