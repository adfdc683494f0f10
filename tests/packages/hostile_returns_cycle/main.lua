-- A cycle is no JSON.

return function()
  local a = { b = {} }
  a.b.a = a
  return a
end
