-- More than a result may be: one string, many times.

return function()
  local list, text = {}, ("x"):rep(1024 * 1024)
  for i = 1, 100 do list[i] = text end
  return list
end
