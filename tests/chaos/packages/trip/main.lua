-- Each step and each compensation is a write with a key; POSTs are sent once, whatever happens.

local moon = require "moon"

return function(input)
  local function send(method, place)
    return function()
      local url = input.url .. "/effect/" .. input.id .. "." .. place
      return moon.tool("http.request", { method = method, url = url, json = { id = input.id } }).status
    end
  end
  local function child(name, fails)
    return moon.run("chaos_child", { id = input.id .. "." .. name, url = input.url, fails = fails })
  end
  return moon.saga(function(saga)
    saga:step("one", send("PUT", "do1"), send("PUT", "undo1"))
    saga:step("two", send("POST", "do2"), send("POST", "undo2"))
    saga:step("three", function() return child("car", false) end, send("DELETE", "undo3"))
    if input.fails == "child" then child("none", true) end
    send("POST", "pay")()
    if input.fails == "late" then error{ code = "no_car", message = "none is left" } end
    return { id = input.id }
  end, { name = "trip" })
end
