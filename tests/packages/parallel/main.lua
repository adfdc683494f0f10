-- moon.map over n keys, at most `limit` at a time; values come back in the order of the keys.

local moon = require "moon"

return function(input)
  local keys = {}
  for i = 1, input.n do keys[i] = "parallel:" .. i end
  local values = moon.map(keys, function(key, i)
    local value = moon.kv.get(key)
    return { index = i, key = key, value = value }
  end, { limit = input.limit or 4 })
  return { n = #values, values = moon.json.array(values) }
end
