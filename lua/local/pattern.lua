-- Regular expressions as JSON Schemas use them, the simple part: literals, ., classes, escapes, groups,
-- alternatives, quantifiers, anchors. Matches within a budget of steps, and makes a text that matches.

local M = {}

local MAX_PATTERN_BYTES = 500
local MAX_STEPS = 100000
local MAX_REPEAT = 1000

-- ---------------------------------------------------------------------------- reading

local function range_set(...)
  return { ranges = { ... } }
end

local ESCAPES = {
  d = range_set({ 48, 57 }), w = range_set({ 48, 57 }, { 65, 90 }, { 95, 95 }, { 97, 122 }), s = range_set({ 32,
    32 }, { 9, 13 }),
  n = range_set({ 10, 10 }), t = range_set({ 9, 9 }), r = range_set({ 13, 13 }),
}

local function escape_set(char)
  local lower = char:lower()
  if ESCAPES[char] then return ESCAPES[char] end
  if (lower == "d" or lower == "w" or lower == "s") and char ~= lower then
    return { ranges = ESCAPES[lower].ranges, negated = true }
  end
  if char:find("%w") then return nil end -- \b, \1, \p{..}: not the simple part
  return range_set({ char:byte(), char:byte() })
end

local read_alternatives

local function read_class(text, at)
  local set = { ranges = {} }
  if text:sub(at, at) == "^" then set.negated, at = true, at + 1 end
  local first = true
  while true do
    local char = text:sub(at, at)
    if char == "" then return nil end
    if char == "]" and not first then return set, at + 1 end
    first = false
    local low
    if char == "\\" then
      local inner = escape_set(text:sub(at + 1, at + 1))
      if not inner or inner.negated then return nil end
      at = at + 2
      if #inner.ranges == 1 and inner.ranges[1][1] == inner.ranges[1][2] then
        low = inner.ranges[1][1]
      else
        for _, range in ipairs(inner.ranges) do set.ranges[#set.ranges + 1] = range end
      end
    else
      low, at = char:byte(), at + 1
    end
    if low then
      local high = low
      local upper = text:match("^%-([^%]\\])", at)
      if upper then high, at = upper:byte(), at + 2 end
      if high < low then return nil end
      set.ranges[#set.ranges + 1] = { low, high }
    end
  end
end

local function read_atom(text, at)
  local char = text:sub(at, at)
  if char == "(" then
    local kind = text:match("^%(%?(.?)", at)
    if kind and kind ~= ":" then return nil end
    local group
    group, at = read_alternatives(text, kind and at + 3 or at + 1)
    if not group or text:sub(at, at) ~= ")" then return nil end
    return { group = group }, at + 1
  elseif char == "[" then
    local set
    set, at = read_class(text, at + 1)
    return set and { set = set }, at
  elseif char == "\\" then
    local set = escape_set(text:sub(at + 1, at + 1))
    return set and { set = set }, at + 2
  elseif char == "." then
    return { set = { ranges = { { 10, 10 } }, negated = true } }, at + 1
  elseif char == "^" or char == "$" then
    return { anchor = char }, at + 1
  elseif char:find("[%*%+%?{}%)|]") then
    return nil
  end
  return { set = range_set({ char:byte(), char:byte() }) }, at + 1
end

local function read_quantifier(text, at)
  local char = text:sub(at, at)
  local min, max = 1, 1
  if char == "*" then
    min, max, at = 0, MAX_REPEAT, at + 1
  elseif char == "+" then
    min, max, at = 1, MAX_REPEAT, at + 1
  elseif char == "?" then
    min, max, at = 0, 1, at + 1
  elseif char == "{" then
    local low, comma, high, after = text:match("^{(%d+)(,?)(%d*)}()", at)
    if not low then return nil end
    min, at = tonumber(low), after
    max = comma == "" and min or tonumber(high) or MAX_REPEAT
  else
    return min, max, at
  end
  if text:sub(at, at) == "?" then at = at + 1 end -- lazy: matches the same texts
  if min > MAX_REPEAT or max > MAX_REPEAT or max < min then return nil end
  return min, max, at
end

function read_alternatives(text, at)
  local alternatives, sequence = {}, {}
  while at <= #text do
    local char = text:sub(at, at)
    if char == ")" then break end
    if char == "|" then
      alternatives[#alternatives + 1], sequence, at = sequence, {}, at + 1
    else
      local atom
      atom, at = read_atom(text, at)
      if not atom then return nil end
      atom.min, atom.max, at = read_quantifier(text, at)
      if not atom.min then return nil end
      sequence[#sequence + 1] = atom
    end
  end
  alternatives[#alternatives + 1] = sequence
  return alternatives, at
end

-- Reads a pattern. nil when it is not of the simple kind.
function M.compile(text)
  if #text > MAX_PATTERN_BYTES or text:find("[\128-\255]") then return nil end
  local alternatives, at = read_alternatives(text, 1)
  if not alternatives or at <= #text then return nil end
  return alternatives
end

-- ---------------------------------------------------------------------------- matching

local function in_set(set, byte)
  for _, range in ipairs(set.ranges) do
    if byte >= range[1] and byte <= range[2] then return not set.negated end
  end
  return set.negated or false
end

-- Matches with continuations: after(at) is what must match behind.
local match_alternatives

local function match_sequence(state, sequence, index, at, after)
  local atom = sequence[index]
  if not atom then return after(at) end
  local function once(from, then_do)
    state.steps = state.steps + 1
    if state.steps > MAX_STEPS then error(state, 0) end
    if atom.anchor then
      local fits = atom.anchor == "^" and from == 1 or atom.anchor == "$" and from == #state.text + 1
      return fits and then_do(from)
    elseif atom.group then
      return match_alternatives(state, atom.group, from, then_do)
    end
    local byte = state.text:byte(from)
    return byte and in_set(atom.set, byte) and then_do(from + 1)
  end
  local function repeated(count, from)
    if count < atom.max then
      local matched = once(from, function(to)
        if to == from and count >= atom.min then return false end
        return repeated(count + 1, to)
      end)
      if matched then return true end
    end
    return count >= atom.min and match_sequence(state, sequence, index + 1, from, after)
  end
  return repeated(0, at)
end

function match_alternatives(state, alternatives, at, after)
  for _, sequence in ipairs(alternatives) do
    if match_sequence(state, sequence, 1, at, after) then return true end
  end
  return false
end

-- Does the text contain a match? nil when that takes too long.
function M.matches(compiled, text)
  if #text > 2000 then text = text:sub(1, 2000) end
  local state = { text = text, steps = 0 }
  local ok, result = pcall(function()
    for at = 1, #text + 1 do
      if match_alternatives(state, compiled, at, function() return true end) then return true end
    end
    return false
  end)
  if not ok then return nil end
  return result
end

-- ---------------------------------------------------------------------------- making

local function pick_char(set)
  if not set.negated then return string.char(set.ranges[1][1]) end
  for _, byte in ipairs({ 97, 48, 65, 45, 32, 98 }) do
    if in_set(set, byte) then return string.char(byte) end
  end
  return nil
end

local function make(alternatives, extra)
  local out = {}
  for _, atom in ipairs(alternatives[1]) do
    if not atom.anchor then
      for _ = 1, math.min(atom.max, math.max(atom.min, atom.max > 1 and extra or atom.min)) do
        local piece = atom.group and make(atom.group, extra) or not atom.group and pick_char(atom.set)
        if not piece or #out > MAX_REPEAT then return nil end
        out[#out + 1] = piece
      end
    end
  end
  return table.concat(out)
end

-- A text that matches and has min to max characters; nil when none was found.
function M.example(compiled, min, max)
  for extra = 0, math.min(math.max(min, 1), MAX_REPEAT) do
    local text = make(compiled, extra)
    if not text then return nil end
    if #text >= min and #text <= max and M.matches(compiled, text) then return text end
    if #text > max then return nil end
  end
  return nil
end

return M
