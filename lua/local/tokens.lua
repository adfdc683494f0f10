-- Token counts: no tokenizer, an honest estimate that is the same each time: four bytes are one token.

local M = {}

local MAX_DEPTH, MAX_NODES = 60, 100000

function M.of_bytes(bytes)
  return math.ceil(bytes / 4)
end

function M.of_text(text)
  return M.of_bytes(#text)
end

-- Bytes of a value as JSON, about: texts, keys and marks.
local function size(value, depth, state)
  state.nodes = state.nodes + 1
  local kind = type(value)
  if kind == "string" then return #value + 2 end
  if kind ~= "table" or depth > MAX_DEPTH or state.nodes > MAX_NODES then return 4 end
  local bytes = 2
  for key, item in pairs(value) do
    bytes = bytes + (type(key) == "string" and #key + 3 or 0) + size(item, depth + 1, state) + 1
  end
  return bytes
end

function M.of_value(value)
  return M.of_bytes(size(value, 0, { nodes = 0 }))
end

function M.usage(input_tokens, output_tokens)
  return { input_tokens = input_tokens, output_tokens = output_tokens, cached_tokens = 0, reasoning_tokens = 0 }
end

return M
