-- Progress events as fast as possible. Must end with its own error, and nobody else may wait for it.

local moon = require "moon"

return function()
  local data = { text = ("x"):rep(1000) }
  while true do moon.emit("flood", data) end
end
