-- Grows tables and strings, and catches what it can. Must end with memory_limit (or cpu_limit).

return function()
  local kept, piece = {}, ("x"):rep(1024)
  while true do
    pcall(function()
      while true do
        kept[#kept + 1] = piece .. #kept
        piece = piece .. piece:sub(1, 512)
      end
    end)
  end
end
