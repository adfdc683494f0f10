-- A module that nobody asks for.

return {}
