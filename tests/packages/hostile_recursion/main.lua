-- Deep recursion by calls, metamethods, error handlers and pcall, one after the other; input.kind chooses one alone.
-- Must end with an
-- error of its own, never with a crash.

local ways = {}

function ways.call()
  local function down(n) return 1 + down(n + 1) end
  return down(1)
end

function ways.index()
  local object = {}
  setmetatable(object, { __index = function(self, name) return self[name .. "x"] end })
  return object.a
end

function ways.text()
  local object = setmetatable({}, { __tostring = function(self) return tostring(self) end })
  return tostring(object)
end

function ways.handler()
  local function handler() return xpcall(error, handler) end
  return xpcall(error, handler)
end

function ways.protected()
  local function down() return pcall(down) end
  return down()
end

return function(input)
  local kind = type(input) == "table" and input.kind
  if kind then return ways[kind]() end
  for _, way in pairs(ways) do pcall(way) end
  return ways.call()
end
