-- Lists of numbers and names: sums, quantiles, orders.

local M = {}

local sort, floor, concat = table.sort, math.floor, table.concat

function M.sum(list)
  local total = 0
  for i = 1, #list do total = total + list[i] end
  return total
end

function M.mean(list)
  return #list > 0 and M.sum(list) / #list or 0
end

function M.sorted(list)
  local copy = {}
  for i = 1, #list do copy[i] = list[i] end
  sort(copy)
  return copy
end

-- Of a sorted list, q from 0 to 1.
function M.quantile(sorted, q)
  local n = #sorted
  if n == 0 then return 0 end
  local at = 1 + (n - 1) * q
  local low = floor(at)
  local high = low < n and low + 1 or n
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
end

function M.median(list)
  return M.quantile(M.sorted(list), 0.5)
end

-- Median and the spread around it, as a standard deviation would be without what lies far out.
function M.spread(list)
  local middle, off = M.median(list), {}
  for i = 1, #list do off[i] = math.abs(list[i] - middle) end
  return middle, M.median(off) * 1.4826
end

function M.round(number, digits)
  local scale = 10 ^ (digits or 0)
  return floor(number * scale + 0.5) / scale
end

function M.keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  sort(keys)
  return keys
end

function M.slice(list, from, to)
  local part = {}
  for i = math.max(from, 1), math.min(to, #list) do part[#part + 1] = list[i] end
  return part
end

-- "a, b and c"
function M.say(list)
  if #list < 2 then return list[1] or "" end
  return concat(list, ", ", 1, #list - 1) .. " and " .. list[#list]
end

return M
