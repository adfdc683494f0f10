-- What is wrong with a process, said in one way: code, place and a sentence. Collected, so that all are told at once.

local M = {}

function M.new()
  return { list = {} }
end

-- step: a step's id or number, nil for the process itself; field: like "undo/tool".
function M.add(problems, step, field, message)
  if #problems.list < 50 then
    problems.list[#problems.list + 1] = { step = step and tostring(step) or nil, field = field, message = message }
  end
end

local function said(one)
  local place = one.step and "step '" .. one.step .. "': " or ""
  return place .. one.field .. ": " .. one.message
end

-- Raises invalid_definition when there are any.
function M.raise(problems, code)
  if #problems.list == 0 then return end
  local lines = {}
  for i, one in ipairs(problems.list) do lines[i] = said(one) end
  error({ code = code or "invalid_definition", message = table.concat(lines, "; "),
    details = { problems = problems.list }, retryable = false }, 0)
end

return M
