-- Each child gives all that it has to one that nobody waits for, and ends: what that one may still
-- spend must not be given away a second time.

local moon = require "moon"

return function(input)
  if not input.tries then
    moon.run("chaos_child", { id = input.id, url = input.url, walks = input.walks }, { wait = false })
    return { id = input.id }
  end
  for try = 1, input.tries do
    local child = {
      id = input.id .. "." .. try, url = input.url, budget_micros = input.budget_micros, walks = input.walks,
    }
    local ok, err = pcall(moon.run, "chaos_spender", child, { budget_micros = input.budget_micros })
    if not ok then return { id = input.id, given = try - 1, code = err.code } end
  end
  return { id = input.id, given = input.tries }
end
