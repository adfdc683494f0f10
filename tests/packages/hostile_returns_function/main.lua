-- A function is no JSON: invalid_output, with the path of the value at fault.

return function()
  return { a = { b = function() end } }
end
