-- Manifests of tools and packages fit their schemas, their schemas compile, their examples fit.

local harness = require "tests.lua.harness"
local check = require "local.check"

local function assert_fits(schema, value, what)
  local ok, err = check.validate(schema, value)
  assert(ok, what .. (err and ": " .. err.path .. " " .. err.message or ""))
end

-- What core/base/schema.h supports.
local KEYWORDS = {}
for word in harness.read("core/base/schema_keywords.def"):gmatch('MB_KEYWORD%("([^"]+)"') do KEYWORDS[word] = true end

local function unsupported(schema, path)
  if type(schema) ~= "table" then return nil end
  for name, value in pairs(schema) do
    if type(name) == "number" then return unsupported(value, path) end
    if not KEYWORDS[name] then return path .. "/" .. name end
    local holds_map = name == "properties" or name == "$defs" or name == "patternProperties"
    local holds_list = name == "allOf" or name == "anyOf" or name == "oneOf" or name == "prefixItems"
    local holds_one = name == "items" or name == "additionalProperties" or name == "not" or name == "if" or name == "then" or name == "else" or name == "contains" or name == "propertyNames"
    for key, sub in pairs((holds_map or holds_list) and value or {}) do
      local found = unsupported(sub, path .. "/" .. name .. "/" .. key)
      if found then return found end
    end
    local found = holds_one and unsupported(value, path .. "/" .. name)
    if found then return found end
  end
end

local tools = {}
for _, folder in ipairs({ "core/gate/tools", "core/llm/tools" }) do
  for _, file in ipairs(harness.files(folder)) do
    if file:find("%.json$") then tools[#tools + 1] = folder .. "/" .. file end
  end
end
for _, folder in ipairs(harness.files("tools")) do
  if not folder:find("%.") then tools[#tools + 1] = "tools/" .. folder .. "/manifest.json" end
end

describe("manifests of tools", function()
  local schema = harness.json("tools/manifest.schema.json")
  for _, path in ipairs(tools) do
    it("fit the schema: " .. path, function()
      local manifest = harness.json(path)
      assert_fits(schema, manifest, path)
      assert.is_nil(unsupported(manifest.args, ""))
      assert.is_nil(unsupported(manifest.result, ""))
      for i, example in ipairs(manifest.examples or {}) do
        assert_fits(manifest.args, example.args, path .. " example " .. i)
        if example.result then assert_fits(manifest.result, example.result, path .. " result " .. i) end
      end
    end)
  end

  it("have names of their own", function()
    local seen = {}
    for _, path in ipairs(tools) do
      local name = harness.json(path).name
      assert.is_nil(seen[name], name)
      seen[name] = path
    end
  end)
end)

describe("manifests of packages", function()
  local schema = harness.json("core/gate/agent.schema.json")
  local known = {}
  for _, path in ipairs(tools) do known[harness.json(path).name] = true end

  it("have a schema that the core's validator supports", function()
    assert.is_nil(unsupported(schema, ""))
    assert.is_nil(unsupported(harness.json("tools/manifest.schema.json"), ""))
  end)

  for _, root in ipairs({ "agents", "tests/packages" }) do
    for _, folder in ipairs(harness.files(root)) do
      local path = root .. "/" .. folder
      if not folder:find("%.") and path ~= "agents/templates" then -- drawings, compiled elsewhere
        it("fit the schema: " .. path, function()
          local manifest = harness.json(path .. "/agent.json")
          assert_fits(schema, manifest, path)
          assert.equal(folder, manifest.name)
          for _, tool in ipairs(manifest.tools) do assert.is_true(known[tool], tool) end
          if folder ~= "hostile_bad_schema" then
            for _, part in ipairs({ "input", "output", "config" }) do assert.is_nil(unsupported(manifest[part], part)) end
          end
          for i, example in ipairs(manifest.examples or {}) do
            if manifest.input then assert_fits(manifest.input, example.input, path .. " example " .. i) end
          end
        end)
      end
    end
  end

  for what, change in pairs({
    ["an unknown field"] = { colour = "red" }, ["a name with a dash"] = { name = "my-agent" }, ["a version that is none"] = { version = "1.0" }, ["a tool twice"] = { tools = { "kv.get", "kv.get" } },
    ["a secret in lower case"] = { secrets = { "token" } }, ["a negative price"] = { pricing = { per_run_micros = -1 } }, ["an input that is no schema"] = { input = "text" },
    ["a folder outside"] = { knowledge = { { collection = "a", folder = "../x" } } },
  }) do
    it("are refused for " .. what, function()
      local manifest = { name = "x_y", version = "1.0.0", summary = "s" }
      assert_fits(schema, manifest, "the plain one")
      for name, value in pairs(change) do manifest[name] = value end
      assert.is_nil((check.validate(schema, manifest)))
    end)
  end
end)
