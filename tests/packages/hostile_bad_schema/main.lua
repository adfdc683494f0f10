-- Never runs: refused at upload, with the place in agent.json.

return function()
  return {}
end
