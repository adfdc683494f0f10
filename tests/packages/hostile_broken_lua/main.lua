-- A syntax error in line 5: refused at upload, with file and line.

return function()
  return 1 +
end

