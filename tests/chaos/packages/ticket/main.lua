-- Four parts side by side, of which two fail at first; then a person; then a write.

local moon = require "moon"

local FAILS = { [2] = 1, [3] = 2 } -- how many tries of a part go wrong

local graph = moon.graph{
  name = "ticket",
  state = {
    id = "string", url = "string", parts = "array", found = "append",
    tries = { reducer = "sum", default = 0 }, comment = "string", status = "integer",
  },
  input = { "id", "url" }, output = { "id", "found", "tries", "comment", "status" },
  start = "split",
  nodes = {
    split = function() return { parts = { 1, 2, 3, 4 } } end,
    search = {
      run = function(part, ctx)
        if ctx.attempt <= (FAILS[part] or 0) then
          error{ code = "busy", message = "not now", retryable = true }
        end
        local text = moon.llm.chat({ model = "stub", prompt = ctx.state.id .. " part " .. part }).text
        return { found = { part .. ": " .. text }, tries = ctx.attempt }
      end,
      retries = 3, backoff_s = 0.05,
    },
    review = function(state) return { comment = moon.approve({ title = state.id .. " review" }).comment } end,
    send = function(state)
      local url = state.url .. "/effect/" .. state.id .. ".send"
      return { status = moon.tool("http.request", { method = "POST", url = url, json = { id = state.id } }).status }
    end,
  },
  edges = { split = { each = "parts", to = "search" }, search = "review", review = "send", send = "end" },
}

return function(input) return (graph:run(input)) end
