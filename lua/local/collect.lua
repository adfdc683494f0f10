-- Lists of what was found in a text: in order, without repeats, bounded.

local M = {}

M.MAX_FOUND = 50

-- Returns a list and the function add(item, key) that appends items whose key (the item itself when
-- nil) is new, up to MAX_FOUND.
function M.new()
  local list, seen = {}, {}
  return list, function(item, key)
    key = key or item
    if item and not seen[key] and #list < M.MAX_FOUND then
      seen[key] = true
      list[#list + 1] = item
    end
  end
end

return M
