-- Its children write every tenth of a second, for far longer than it takes to stop them.

local moon = require "moon"

local WALKS = 120

return function(input)
  local function walker(name, opts)
    return moon.run("chaos_child", { id = input.id .. "." .. name, url = input.url, walks = WALKS }, opts)
  end
  local function deep(opts)
    return moon.run("chaos_forsaken", { id = input.id .. ".deep", url = input.url }, opts)
  end
  walker("loose", { wait = false })
  if input.fails then
    if input.deep then deep{ wait = false } end
    moon.sleep(0.8)
    error{ code = "no_car", message = "none is left" }
  end
  return input.deep and deep() or walker("held")
end
