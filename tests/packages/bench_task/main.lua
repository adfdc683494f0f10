-- The measured task: classify, look the order up, reply. Three steps, each journaled.

local moon = require "moon"

return function(input, ctx)
  local model = ctx.config and ctx.config.model or "local"
  local function ask(instruction, text)
    return moon.llm.chat({
      model = model, messages = { { role = "system", content = instruction }, { role = "user", content = text } },
    }).text
  end
  local text = input.subject .. "\n" .. input.body
  local category = ask("Classify the ticket.", text):match("^[^:]*")
  local number = text:match("%d%d%d+") or "0"
  local status = moon.kv.get("order:" .. number)
  local order = { number = number, status = status or "unknown" }
  local reply = ask("Write a reply. Category " .. category .. ". Order " .. order.number .. ": " ..
    moon.json.encode(order.status) .. ".", input.body)
  return { category = category, order = order, reply = reply }
end
