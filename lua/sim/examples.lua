-- The examples of a tool's manifest: which one is nearest to a request, and its result as that request would get it.

local value = require "local.value"

local M = {}

local ENOUGH = 0.35 -- of 1: what is farther says nothing about the request

-- ---------------------------------------------------------------------------- how near

local function tokens(text)
  local set, n = {}, 0
  for word in text:lower():gmatch("%w+") do
    if not set[word] then set[word], n = true, n + 1 end
  end
  return set, n
end

local function overlap(a, b)
  local set_a, n_a = tokens(a)
  local set_b, n_b = tokens(b)
  local shared = 0
  for word in pairs(set_a) do
    if set_b[word] then shared = shared + 1 end
  end
  local all = n_a + n_b - shared
  return all == 0 and 1 or shared / all
end

-- "T-4711" and "T-12" are of one shape: another key of the same kind.
local function shape(text)
  return (text:gsub("%d+", "0"):gsub("%a", "a"))
end

-- An address counts by its path first; numbers in it are keys.
local function url_nearness(a, b)
  local host_a, path_a = a:match("^%a[%w+.-]*://([^/?#]*)([^?#]*)")
  local host_b, path_b = b:match("^%a[%w+.-]*://([^/?#]*)([^?#]*)")
  if not host_a or not host_b then return nil end
  local path = overlap(path_a:gsub("%d+", "0"), path_b:gsub("%d+", "0"))
  return (path_a:gsub("%d+", "0") == path_b:gsub("%d+", "0") and 0.7 or 0.7 * path) +
    (host_a:lower() == host_b:lower() and 0.3 or 0)
end

local nearness

local function object_nearness(a, b)
  local keys, sum = {}, 0
  for key in pairs(a) do keys[key] = true end
  for key in pairs(b) do keys[key] = true end
  local n = 0
  for key in pairs(keys) do
    n, sum = n + 1, sum + nearness(a[key], b[key])
  end
  return n == 0 and 1 or sum / n
end

function nearness(a, b)
  if value.equal(a, b) then return 1 end
  if type(a) ~= type(b) then return 0 end
  if type(a) == "table" then return object_nearness(a, b) end
  if type(a) == "number" then return 0.5 end
  if type(a) ~= "string" then return 0 end
  local url = url_nearness(a, b)
  if url then return url end
  if a:find("%d") and shape(a) == shape(b) then return 0.6 end
  return overlap(a, b)
end

-- 0 to 1; nil when the request asks for something else: another choice of an enum, another flag.
local function nearness_of(example, args, schema)
  local properties = type(schema) == "table" and schema.properties or {}
  local keys, n, sum = {}, 0, 0
  for key in pairs(example) do keys[key] = true end
  for key in pairs(args) do keys[key] = true end
  for key in pairs(keys) do
    local own = type(properties[key]) == "table" and properties[key] or {}
    local wanted, given = example[key], args[key]
    if wanted == nil then wanted = own.default end
    if given == nil then given = own.default end
    if own.enum or type(wanted) == "boolean" or type(given) == "boolean" then
      if not value.equal(wanted, given) then return nil end
    else
      n, sum = n + 1, sum + nearness(wanted, given)
    end
  end
  return n == 0 and 1 or sum / n
end

-- The nearest example, or nil. One that fails stands only for its very arguments.
function M.nearest(manifest, args)
  local best, best_score
  for _, example in ipairs(manifest.examples or {}) do
    local score
    if example.error then
      score = value.equal(example.args, args) and 2 or nil
    elseif example.result ~= nil then
      score = nearness_of(example.args or {}, args, manifest.args)
    end
    if score and score >= ENOUGH and (not best_score or score > best_score) then best, best_score = example, score end
  end
  return best
end

-- ---------------------------------------------------------------------------- its result for this request

local function at_path(args, path)
  local node = args
  for part in path:gmatch("[^%.]+") do
    node = type(node) == "table" and (node[part] or node[tonumber(part) and tonumber(part) + 1 or part]) or nil
  end
  return node
end

-- "{{args.order.id}}" in a text; a text that is nothing else becomes the value itself.
local function expand(text, args)
  local alone = text:match("^{{%s*args%.([%w_%.]+)%s*}}$")
  if alone then return at_path(args, alone) end
  return (text:gsub("{{%s*args%.([%w_%.]+)%s*}}", function(path)
    local found = at_path(args, path)
    return found == nil and "" or type(found) == "table" and "..." or tostring(found)
  end))
end

local function is_scalar(item) return item ~= nil and type(item) ~= "table" end

-- A field that repeats the example's argument of that name repeats the request's.
local function adapt(item, name, example_args, args, depth)
  if depth > 40 then return item end
  if type(item) == "table" then
    local copy = value.is_array(item) and value.array({}) or {}
    for key, part in pairs(item) do copy[key] = adapt(part, key, example_args, args, depth + 1) end
    return copy
  end
  local was, is = example_args[name], args[name]
  if is_scalar(was) and is_scalar(is) and type(is) == type(item) and (was == item or depth == 1) then return is end
  if type(item) == "string" and item:find("{{", 1, true) then return expand(item, args) end
  return item
end

function M.result(example, args)
  return adapt(example.result, "", example.args or {}, args, 0)
end

return M
