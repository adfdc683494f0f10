-- Writes outside under its own id: once, or at each of its steps, so that one can see it walk on.

local moon = require "moon"

return function(input)
  local function put(place)
    moon.tool("http.request", {
      method = "PUT", url = input.url .. "/effect/" .. input.id .. "." .. place, json = { id = input.id },
    })
  end
  for step = 1, input.walks or 0 do
    put("walk" .. step)
    moon.sleep(0.1)
  end
  if not input.walks then
    moon.llm.chat({ model = "stub", prompt = input.id })
    put("did")
  end
  if input.fails then error{ code = "no_car", message = "none is left" } end
  return { id = input.id }
end
