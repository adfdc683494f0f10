-- Two agents, three tasks.

local moon = require "moon"

local crew = moon.crew{
  name = "team", model = "stub",
  agents = {
    { name = "clerk", role = "Clerk", goal = "Find what {{id}} is about" },
    { name = "writer", role = "Writer", goal = "Answer {{id}}" },
  },
  tasks = {
    { name = "facts", agent = "clerk", async = true, description = "Collect facts on {{id}}.",
      expected_output = "A list." },
    { name = "news", agent = "clerk", context = false, description = "Collect news on {{id}}.",
      expected_output = "A list." },
    { name = "reply", agent = "writer", context = { "facts", "news" }, description = "Write the reply.",
      expected_output = "A letter." },
  },
}

return function(input)
  local result = crew:run({ id = input.id })
  return { id = input.id, text = result.text, calls = result.usage.calls }
end
