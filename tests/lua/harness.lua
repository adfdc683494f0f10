-- What specs share that run packages' code in this process, without sandbox, core or database: files, the sandbox's
-- globals, the real local model. What crosses the boundary is copied as JSON would copy it. (package_world.lua runs
-- whole packages.)

local cjson = require "cjson"

local M = {}

local ROOT = (debug.getinfo(1, "S").source:match("^@(.*)tests/lua/harness%.lua$") or "./")
if ROOT == "" then ROOT = "./" end

-- ---------------------------------------------------------------------------- files and JSON

function M.read(path)
  local file = assert(io.open(ROOT .. path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function M.json(path)
  return cjson.decode(M.read(path))
end

function M.files(folder)
  local paths = {}
  local list = io.popen("ls -1 '" .. ROOT .. folder .. "' 2>/dev/null")
  for name in list:lines() do paths[#paths + 1] = name end
  list:close()
  return paths
end

local ARRAY = { __metatable = false } -- as in the sandbox: marked once, for good
local json = { null = cjson.null, encode = cjson.encode }

function json.array(list) return setmetatable(list or {}, ARRAY) end

function json.decode(text)
  local ok, value = pcall(cjson.decode, text)
  if ok then return value end
  return nil, value
end

package.preload["moon.json"] = package.preload["moon.json"] or function() return json end

-- What another side of the boundary would get: no functions, no cycles, members that are null left out.
function M.copy(value, depth)
  depth = depth or 0
  assert(depth < 60, "nests too deep or holds a cycle")
  local kind = type(value)
  assert(kind ~= "function" and kind ~= "thread", "a " .. kind .. " is no JSON")
  if kind ~= "table" then return value end
  local result, is_array = {}, value[1] ~= nil
  for key, item in pairs(value) do
    assert(type(key) == (is_array and "number" or "string"), "mixed or odd keys")
    if item ~= cjson.null or is_array then result[key] = M.copy(item, depth + 1) end
  end
  if is_array or getmetatable(value) ~= nil then return json.array(result) end
  return result
end

function M.local_model(kind, args)
  return dofile(ROOT .. "lua/toolbox/local.lua")({ kind = kind, args = args })
end

-- ---------------------------------------------------------------------------- packages

-- The globals that a sandbox offers.
local function globals_of()
  local globals = {}
  for name in ("assert error getmetatable ipairs next pairs pcall rawequal rawget rawset select setmetatable " ..
    "tonumber tostring type unpack xpcall " ..
      "string table math bit coroutine _VERSION"):gmatch("%S+") do
    globals[name] = _G[name]
  end
  globals._G = globals
  globals.os = { time = function() return 1750000000 end, date = os.date, clock = os.clock, difftime = os.difftime }
  globals.print = function() end
  return globals
end

-- The `require` of a package's or a tool's files, which see a sandbox's globals and, before their own files, `modules`.
function M.loader(folder, modules)
  local globals, loaded = globals_of(), {}
  function globals.require(name)
    if modules[name] then return modules[name] end
    if loaded[name] == nil then
      local path = folder .. "/" .. name:gsub("%.", "/") .. ".lua"
      local chunk = assert(loadstring(M.read(path), "@" .. path))
      local value = setfenv(chunk, globals)(name)
      if value == nil then value = true end
      loaded[name] = value
    end
    return loaded[name]
  end
  return globals.require
end

-- {id, title, body, metadata} of a Markdown file, as the platform reads demo collections.
function M.document(path)
  local text, metadata = M.read(path), {}
  local head, rest = text:match("^%-%-%-\n(.-)\n%-%-%-\n(.*)$")
  for name, value in (head or ""):gmatch("([%w_]+):%s*([^\n]*)") do metadata[name] = value end
  local title, body = (rest or text):match("^%s*#%s*([^\n]*)\n+(.*)$")
  return { id = path:match("([^/]+)%.md$"), title = title, body = body, metadata = metadata }
end

-- An I/O tool's main function with a host of the test's own.
function M.tool(folder, host)
  return M.loader(folder, { host = host, ["moon.json"] = json })("main")
end

return M
