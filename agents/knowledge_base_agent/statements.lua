-- An answer as statements with the passages that they name, and back.

local M = {}

local MARKER = "%[(%d%d?%d?)%]"

local function markers_of(text)
  local list = {}
  for digits in text:gmatch(MARKER) do list[#list + 1] = tonumber(digits) end
  return list
end

local function without_markers(text)
  return (text:gsub("%s*" .. MARKER, ""):gsub("^%s+", ""):gsub("%s+$", ""))
end

-- Sentences of a line; markers after the full stop belong to the sentence before. "1. Open" is no sentence's end.
local function sentences_of(line)
  local list, from, at = {}, 1, 1
  while true do
    local _, last = line:find("[%.!%?][\"'%)]*%s*", at)
    if not last then break end
    local _, marked = line:find("^[%s%[%]%d]*%]%s*", last + 1)
    local ends_word = line:sub(1, last):find("%s$") or marked or last == #line
    local is_number = line:sub(from, last):find("^%s*%d+%.%s*$") or line:sub(1, last):find("%d%.$")
    at = (marked or last) + 1
    if ends_word and not is_number then
      list[#list + 1] = line:sub(from, at - 1)
      from = at
    end
  end
  if from <= #line then list[#list + 1] = line:sub(from) end
  return list
end

-- {{text, markers, line}}: a statement without markers has those of the next that has some.
function M.read(answer)
  local list, open, number = {}, {}, 0
  for line in (answer .. "\n"):gmatch("([^\n]*)\n") do
    number = number + 1
    for _, sentence in ipairs(sentences_of(line)) do
      local text, markers = without_markers(sentence), markers_of(sentence)
      if text:find("[%w\128-\255]") then
        local one = { text = text, markers = markers, line = number }
        list[#list + 1], open[#open + 1] = one, one
      end
      if #markers > 0 then
        for _, earlier in ipairs(open) do earlier.markers = markers end
        open = {}
      end
    end
  end
  return list
end

local function same(a, b)
  return b ~= nil and table.concat(a, ",") == table.concat(b, ",")
end

-- The text, its markers numbered 1, 2, 3... in the order in which they come, and the passages in that order.
function M.write(list)
  local numbers, order, parts = {}, {}, {}
  for i, one in ipairs(list) do
    local text, following, shown = one.text, list[i + 1], {}
    for _, passage in ipairs(one.markers) do
      if not numbers[passage] then
        order[#order + 1] = passage
        numbers[passage] = #order
      end
      shown[#shown + 1] = "[" .. numbers[passage] .. "]"
    end
    if #shown > 0 and not same(one.markers, following and following.markers) then
      text = text .. " " .. table.concat(shown)
    end
    parts[#parts + 1] = text .. (not following and "" or following.line > one.line and "\n" or " ")
  end
  return table.concat(parts), order
end

return M
