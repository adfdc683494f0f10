-- Runs agent packages, tools and the local model in this process, without sandbox, core or database: real
-- package code, the real local model, the manifests of the real tools for checking arguments; a memory
-- search that ranks like PostgreSQL's. What crosses the boundary is copied as JSON would copy it.

local cjson = require "cjson"
local package_kit = require "tests.lua.package_kit"

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

local function fail(code, message)
  error({ code = code, message = message, retryable = false }, 0)
end

-- ---------------------------------------------------------------------------- tools

local manifests

local function manifest_of(name)
  if not manifests then
    manifests = {}
    for _, folder in ipairs({ "core/gate/tools", "core/llm/tools" }) do
      for _, file in ipairs(M.files(folder)) do
        if file:find("%.json$") then
          local manifest = M.json(folder .. "/" .. file)
          manifests[manifest.name] = manifest
        end
      end
    end
  end
  return manifests[name]
end

local function check(schema, value, code)
  local ok, err = require("local.check").validate(schema, value)
  if not ok then fail(code, (err.path == "" and "/" or err.path) .. " " .. err.message) end
end

-- A collection in memory, ranked roughly as ts_rank does: any word counts, the title more than the body.
local function search(collection, args)
  local tokenize = require "local.tokenize"
  local function stems(text)
    local counts = {}
    for _, word in ipairs(tokenize.words(text)) do
      local stem = tokenize.stem(word)
      counts[stem] = (counts[stem] or 0) + 1
    end
    return counts
  end
  local query, hits = stems(args.query), {}
  for _, document in ipairs(collection or {}) do
    local title, body, score = stems(document.title or ""), stems(document.body), 0
    for stem in pairs(query) do
      score = score + (title[stem] and 1 or 0) + 0.4 * math.min(body[stem] or 0, 3) / 2
    end
    if score > 0 then
      hits[#hits + 1] = { id = document.id, title = document.title, body = document.body,
        snippet = document.body:sub(1, 240), score = score, metadata = document.metadata }
    end
  end
  table.sort(hits, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.id < b.id
  end)
  while #hits > (args.limit or 5) do hits[#hits] = nil end
  return { documents = json.array(hits) }
end

M.local_model = function(kind, args)
  return dofile(ROOT .. "lua/toolbox/local.lua")({ kind = kind, args = args })
end

local function tools_of(world)
  local tools = {}
  for _, kind in ipairs({ "chat", "json", "embed" }) do
    tools["llm." .. kind] = function(args)
      local result = M.local_model(kind, args)
      result.cost_micros = 0 -- the core adds it
      return result
    end
  end
  tools["memory.search"] = function(args) return search(world.collections[args.collection], args) end
  tools["memory.upsert"] = function(args)
    local collection = world.collections[args.collection] or {}
    world.collections[args.collection] = collection
    for _, document in ipairs(args.documents) do collection[#collection + 1] = document end
    return { upserted = #args.documents }
  end
  tools["kv.get"] = function(args) return { found = world.kv[args.key] ~= nil, value = world.kv[args.key] } end
  tools["kv.set"] = function(args)
    world.kv[args.key] = args.value
    return { ok = true }
  end
  tools["kv.delete"] = function(args)
    local was = world.kv[args.key] ~= nil
    world.kv[args.key] = nil
    return { deleted = was }
  end
  tools["file.read"] = function(args)
    local content = world.files[args.path]
    if not content then fail("not_found", "there is no file " .. args.path) end
    return { path = args.path, content = content, content_type = "text/plain" }
  end
  tools["file.write"] = function(args)
    world.files[args.path] = args.content or args.base64
    return { path = args.path, bytes = #world.files[args.path] }
  end
  tools["sleep"] = function() return {} end
  for name, tool in pairs(world.tools) do tools[name] = tool end
  return tools
end

-- ---------------------------------------------------------------------------- the kit

local function kit_of(world, call, files)
  local moon = { json = json }
  function moon.tool(name, args) return call(name, args) end
  moon.llm = {
    chat = function(args) return call("llm.chat", args) end,
    json = function(args)
      local result = call("llm.json", args)
      return result.value, result
    end,
    embed = function(args)
      local result = call("llm.embed", args)
      return result.vectors, result
    end,
  }
  moon.memory = {
    search = function(collection, query, opts)
      local args = { collection = collection, query = query }
      for name, value in pairs(opts or {}) do args[name] = value end
      return call("memory.search", args)
    end,
    upsert = function(collection, documents) return call("memory.upsert", { collection = collection,
      documents = documents }) end,
  }
  moon.kv = {
    get = function(key) return call("kv.get", { key = key }).value end,
    set = function(key, value, opts) return call("kv.set", { key = key, value = value, ttl_s = opts
      and opts.ttl_s }) end,
    delete = function(key) return call("kv.delete", { key = key }) end,
  }
  function moon.approve(args) return call("approve", args) end
  function moon.ask(args) return call("ask", args) end
  function moon.sleep(seconds) return call("sleep", { seconds = seconds }) end
  function moon.emit(name, data) world.events[#world.events + 1] = { name = name, data = M.copy(data) } end
  function moon.now() return 1750000000 end
  function moon.map(list, fn)
    local results = {}
    for i, item in ipairs(list) do results[i] = fn(item, i) end
    return results
  end
  moon.log = setmetatable({}, { __call = function() end, __index = function() return function() end end })
  moon.tools = setmetatable({}, { __index = function(_, group)
    return setmetatable({}, {
      __index = function(_, name) return function(args) return call(group .. "." .. name, args) end end,
      __call = function(_, args) return call(group, args) end,
    })
  end })
  local rest = package_kit.new({ call = call, text = files, now = moon.now,
    emit = function(event) world.events[#world.events + 1] = M.copy(event) end })
  return setmetatable(moon, { __index = rest }) -- all else is the real kit
end

-- ---------------------------------------------------------------------------- packages

local function loader(folder, globals, modules)
  local loaded = {}
  local function require_in(name)
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
  return require_in
end

-- The globals that a sandbox offers.
local function globals_of()
  local globals = {}
  for name in ("assert error getmetatable ipairs next pairs pcall rawequal rawget rawset select setmetatable " ..
    "tonumber tostring type unpack xpcall " ..
      "string table math bit coroutine _VERSION"):gmatch("%S+") do
    globals[name] = _G[name]
  end
  globals.os = { time = function() return 1750000000 end, date = os.date, clock = os.clock, difftime = os.difftime }
  globals.print = function() end
  return globals
end

-- {id, title, body, metadata} of a Markdown file, as the platform reads demo collections.
function M.document(path)
  local text, metadata = M.read(path), {}
  local head, rest = text:match("^%-%-%-\n(.-)\n%-%-%-\n(.*)$")
  for name, value in (head or ""):gmatch("([%w_]+):%s*([^\n]*)") do metadata[name] = value end
  local title, body = (rest or text):match("^%s*#%s*([^\n]*)\n+(.*)$")
  return { id = path:match("([^/]+)%.md$"), title = title, body = body, metadata = metadata }
end

-- Runs a package. given: {input, config, tools = {name = function(args)}, kv, collections, files}. Returns {ok, output |
-- error, steps =
-- {{tool, args, result | error}}, events}. Input, output and arguments are checked against the schemas.
function M.run(folder, given)
  local manifest = M.json(folder .. "/agent.json")
  local world = { collections = given.collections or {}, kv = given.kv or {}, tools = given.tools or {},
    files = given.files or {}, events = {} }
  for _, knowledge in ipairs(manifest.knowledge or {}) do
    local collection = {}
    for _, file in ipairs(M.files(folder .. "/" .. knowledge.folder)) do
      collection[#collection + 1] = M.document(folder .. "/" .. knowledge.folder .. "/" .. file)
    end
    world.collections[knowledge.collection] = world.collections[knowledge.collection] or collection
  end
  local result = { steps = {}, events = world.events, world = world }
  local allowed, tools = {}, tools_of(world)
  for _, name in ipairs(manifest.tools or {}) do allowed[name] = true end
  local function call(name, args)
    local step = { tool = name, args = M.copy(args or {}) }
    result.steps[#result.steps + 1] = step
    if not allowed[name] then fail("tool_denied", name) end
    local described = manifest_of(name)
    if described then check(described.args, step.args, "invalid_arguments") end
    local ok, value = pcall(tools[name] or function() fail("not_found", "no tool " .. name) end, step.args)
    if not ok then
      step.error = value
      error(value, 0)
    end
    step.result = M.copy(value)
    return M.copy(value)
  end
  local function files(path)
    local ok, text = pcall(M.read, folder .. "/" .. path)
    return ok and text or nil
  end
  local globals = globals_of()
  globals._G = globals
  globals.require = loader(folder, globals, { moon = kit_of(world, call, files), ["moon.json"] = json })
  local ok, output = pcall(function()
    if manifest.input then check(manifest.input, given.input, "invalid_input") end
    if manifest.config then check(manifest.config, given.config or {}, "invalid_config") end
    local main = globals.require("main")
    local value = M.copy(main(M.copy(given.input), { config = M.copy(given.config or {}), run_id = "run_test" }))
    if manifest.output then check(manifest.output, value, "invalid_output") end
    return value
  end)
  result.ok = ok
  if ok then result.output = output else result.error = output end
  return result
end

-- An I/O tool's main function with a host of the test's own.
function M.tool(folder, host)
  local globals = globals_of()
  globals.require = loader(folder, globals, { host = host, ["moon.json"] = json })
  return globals.require("main")
end

return M
