-- One call into C that no hook interrupts. Must end with cpu_limit, and cost the customer's other runs nothing.

return function()
  local text = ("a"):rep(40000)
  return text:find(("a*"):rep(60) .. "b")
end
