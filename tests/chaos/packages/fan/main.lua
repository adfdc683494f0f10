-- n model calls, three at a time, between a write of a random value and its reading.

local moon = require "moon"

return function(input)
  local mark = moon.uuid() .. ":" .. moon.random() .. ":" .. moon.now()
  moon.kv.set("fan:" .. input.id, mark)
  local parts = {}
  for i = 1, input.n do parts[i] = i end
  local replies = moon.map(parts, function(i)
    moon.emit("part", { i = i })
    return moon.llm.chat({ model = "stub", prompt = input.id .. " part " .. i }).text
  end, { limit = 3 })
  return { id = input.id, parts = #replies, same = moon.kv.get("fan:" .. input.id) == mark }
end
