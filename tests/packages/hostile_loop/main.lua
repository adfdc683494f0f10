-- A tight loop, inside pcall inside a coroutine. Must end with cpu_limit.

return function()
  while true do
    pcall(function()
      coroutine.wrap(function()
        local n = 0
        while true do n = n + 1 end
      end)()
    end)
  end
end
