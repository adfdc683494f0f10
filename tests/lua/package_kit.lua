-- The real kit for packages that run in the test's process (harness.lua): every part of lua/moon, made when it is
-- first asked for, over calls that the harness answers. Branches run one after the other, in the order in which they
-- are started.
--
--     local moon = package_kit.new{ call = function(name, args) ... end, text = function(path) ... end, emit = function(event) ... end }
--
-- `call` returns the tool's result or raises {code, message}; `text` gives a file of the package or nil.

local cjson = require "cjson"
local encode = require("tests.lua.agent_world").encode
local kit = require "tests.lua.kit"

local M = {}

local OWN = { branches = "lua/host/branches.lua", text = "lua/host/text.lua", pattern = "lua/local/pattern.lua" }
-- Names of the kit that stand in a part of another name, or in its place.
local FOUND_IN = {
  parallel = { "branches", "parallel" }, map = { "branches", "map" }, race = { "branches", "race" }, emit = { "moon_log", "emit" },
  graph = { "moon_graph", "graph" }, approve = { "moon_people", "approve" }, ask = { "moon_people", "ask" }, tool = { "moon_tool", "tool" },
  sleep = { "moon_time", "sleep" }, now = { "moon_time", "now" }, uuid = { "moon_time", "uuid" }, random = { "moon_time", "random" },
}

local function add_branches(host)
  local ended = {}
  function host.spawn(body, index)
    local ok, value = pcall(body)
    ended[#ended + 1] = { index, ok, value, 0 }
  end
  function host.wait()
    local first = table.remove(ended, 1)
    if first then return unpack(first, 1, 4) end
  end
  host.ended = host.wait
  host.cancel, host.pass, host.advance = function() end, function() end, function() end
end

local function add_host(host, given)
  add_branches(host)
  local labels = {}
  host.labels, host.metafield, host.log = function() return labels end, function() return nil end, function() end
  host.text, host.decode, host.now = given.text, cjson.decode, given.now or host.now
  host.random, host.uuid = math.random, function() return "00000000-0000-4000-8000-000000000000" end
  function host.encode(value)
    local ok, text = pcall(encode, value)
    if ok then return text end
    return nil, tostring(text)
  end
  function host.emit(event)
    given.emit(event)
    return true
  end
end

local function parts_of(given)
  local parts = kit.load(function(name, args)
    return pcall(given.call, name, args)
  end)
  add_host(parts.host, given)
  local loaded = getmetatable(parts).__index
  getmetatable(parts).__index = function(self, name)
    if not OWN[name] then return loaded(self, name) end
    rawset(self, name, assert(loadfile(OWN[name]))(self))
    return rawget(self, name)
  end
  return parts
end

-- What is not in the kit is nil, as in a sandbox.
function M.new(given)
  local parts = parts_of(given)
  return setmetatable({}, { __index = function(_, name)
    local found = FOUND_IN[name]
    if found then return parts[found[1]][found[2]] end
    local file = io.open("lua/moon/" .. name .. ".lua")
    if not file then return nil end
    file:close()
    local part = parts["moon_" .. name]
    return name == "run" and part.run() or part
  end })
end

return M
