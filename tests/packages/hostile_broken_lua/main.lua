-- A syntax error in line 4: refused at upload, with file and line.

return function()
  return 1 +
end
