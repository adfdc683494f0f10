-- Asks a person; the input may set title, details, roles, form, deadline_s and on_deadline.

local moon = require "moon"

return function(input)
  input.title = input.title or "May I?"
  return moon.approve(input)
end
