-- Returns what it got.

return function(input)
  return input
end
