-- GET and PUT may be repeated and are, when they fail; a POST is sent once, whatever happens.

local moon = require "moon"

local AGAIN = { retries = 8, backoff_s = 0.1 }

return function(input)
  local function send(method, opts)
    local url = input.url .. "/effect/" .. input.id
    local body = method ~= "GET" and { id = input.id } or nil
    return moon.tool("http.request", { method = method, url = url, json = body }, opts).status
  end
  local result = { id = input.id }
  result.get = send("GET", AGAIN)
  result.put = send("PUT", AGAIN)
  result.post = send("POST")
  return result
end
