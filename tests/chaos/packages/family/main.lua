-- Two children side by side, one that is waited for later, one that nobody waits for, one that fails.
-- What they may spend is cut out of this run's budget; the last may spend all that is left.

local moon = require "moon"

return function(input)
  local function start(name, opts, more)
    local child = { id = input.id .. "." .. name, url = input.url }
    for key, value in pairs(more or {}) do child[key] = value end
    return moon.run("chaos_child", child, opts)
  end
  local later = start("later", { wait = false, budget_micros = 150000 })
  local loose = start("loose", { wait = false, budget_micros = 100000 }, { walks = 4 })
  local both = moon.parallel({
    function() return start("left", { budget_micros = 200000 }) end,
    function() return start("right", { budget_micros = 180000 }) end,
  })
  local waited = moon.run.wait(later)
  local ok, err = pcall(start, "bad", { timeout_s = 600 }, { fails = true })
  moon.sleep(0.2)
  return {
    id = input.id, left = both[1].id, right = both[2].id, later = waited.id,
    loose = loose.run_id ~= nil, bad = not ok and err.code,
  }
end
