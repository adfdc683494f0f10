-- Runs whole packages over the real kit (graph_kit.lua), the real local model and storage in memory, in this process;
-- calls are checked by the tools' manifests, input, config and output by the package's.
--
--     local run = package_world.run("agents/x", {input, config, kv, files, memory, tools = {name = function(args)}})
--     run.ok, run.output | run.error, run.steps = {{tool, args, result | error}}, run.events, run.kv, run.files

local graph_kit = require "tests.lua.graph_kit"
local harness = require "tests.lua.harness"

local M = {}

local CLOCK = 1750000000

local function fail(code, message)
    error({ code = code, message = message, retryable = false }, 0)
end

local function check(schema, value, code)
    if schema == nil then return end
    local ok, err = require("local.check").validate(schema, value)
    if not ok then fail(code, (err.path == "" and "/" or err.path) .. " " .. err.message) end
end

-- ------------------------------------------------------------------------------ tools

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
        local title, body, score, fits = stems(document.title or ""), stems(document.body), 0, true
        for stem in pairs(query) do score = score + (title[stem] and 1 or 0) + 0.4 * math.min(body[stem] or 0, 3) / 2 end
        for name, value in pairs(args.filter or {}) do fits = fits and (document.metadata or {})[name] == value end
        if score > 0 and fits then
            hits[#hits + 1] = { id = document.id, title = document.title, body = document.body,
                snippet = document.body:sub(1, 240), score = score, metadata = document.metadata }
        end
    end
    table.sort(hits, function(a, b)
        if a.score ~= b.score then return a.score > b.score end
        return a.id < b.id
    end)
    while #hits > (args.limit or 5) do hits[#hits] = nil end
    return { documents = require("moon.json").array(hits) }
end

local function tools_of(given, run)
    local tools = {}
    for _, kind in ipairs({ "chat", "json" }) do
        tools["llm." .. kind] = function(args)
            local result = harness.local_model(kind, args)
            result.cost_micros = 0 -- the core adds it
            return result
        end
    end
    tools["memory.search"] = function(args) return search(run.memory[args.collection], args) end
    tools["kv.get"] = function(args) return { found = run.kv[args.key] ~= nil, value = run.kv[args.key] } end
    tools["kv.set"] = function(args) run.kv[args.key] = args.value return { ok = true } end
    tools["kv.delete"] = function(args)
        local was = run.kv[args.key] ~= nil
        run.kv[args.key] = nil
        return { deleted = was }
    end
    tools["file.write"] = function(args)
        run.files[args.path] = args.content or args.base64
        return { path = args.path, bytes = #run.files[args.path] }
    end
    tools["file.read"] = function(args)
        local content = run.files[args.path]
        if not content then fail("not_found", "there is no file " .. args.path) end
        return { path = args.path, content = content, content_type = "text/plain" }
    end
    tools["sleep"] = function() return {} end
    for name, tool in pairs(given.tools or {}) do tools[name] = tool end
    return tools
end

local manifests

local function manifest_of(name)
    if not manifests then
        manifests = {}
        for _, folder in ipairs({ "core/gate/tools", "core/llm/tools" }) do
            for _, file in ipairs(harness.files(folder)) do
                local manifest = file:find("%.json$") and harness.json(folder .. "/" .. file)
                if manifest then manifests[manifest.name] = manifest end
            end
        end
    end
    return manifests[name] or {}
end

-- The core's side of a call: allowed by the package's manifest, checked by the tool's, noted in run.steps.
local function answerer(manifest, given, run)
    local tools, allowed = tools_of(given, run), {}
    for _, name in ipairs(manifest.tools or {}) do allowed[name] = true end
    return function(name, args)
        local step = { tool = name, args = harness.copy(args or {}) }
        run.steps[#run.steps + 1] = step
        local ok, value = pcall(function()
            if not allowed[name] then fail("tool_denied", name) end
            check(manifest_of(name).args, step.args, "invalid_arguments")
            return harness.copy((tools[name] or fail("not_found", "no tool " .. name))(step.args))
        end)
        if ok then
            step.result = harness.copy(value)
        else
            value = type(value) == "table" and value or { code = "test", message = tostring(value), retryable = false }
            step.error = value
        end
        return ok, value
    end
end

-- ------------------------------------------------------------------------------ packages

local function knowledge_of(folder, manifest)
    local memory = {}
    for _, knowledge in ipairs(manifest.knowledge or {}) do
        local list = {}
        for _, file in ipairs(harness.files(folder .. "/" .. knowledge.folder)) do
            list[#list + 1] = harness.document(folder .. "/" .. knowledge.folder .. "/" .. file)
        end
        memory[knowledge.collection] = list
    end
    return memory
end

-- A world with the package in it, and the package's `require`.
local function open(folder, answer)
    local world
    world = graph_kit.new(answer, {
        now = function() return CLOCK + (world and world.task and world.task.clock or 0) end,
        text = function(path)
            local ok, text = pcall(harness.read, folder .. "/" .. path)
            return ok and text or nil
        end,
    })
    return world, harness.loader(folder, { moon = world.moon, ["moon.json"] = world.moon.json })
end

-- A module of a package, outside of a run.
function M.module(folder, name)
    local _, require_in = open(folder)
    return require_in(name)
end

function M.run(folder, given)
    local manifest = harness.json(folder .. "/agent.json")
    local run = { steps = {}, kv = given.kv or {}, files = given.files or {},
        memory = given.memory or knowledge_of(folder, manifest) }
    local world, require_in = open(folder, answerer(manifest, given, run))
    run.events = world.events
    run.ok, run.output = pcall(function()
        check(manifest.input, given.input, "invalid_input")
        check(manifest.config, given.config or {}, "invalid_config")
        local output = harness.copy(world:run(function()
            local main = require_in("main")
            return main(harness.copy(given.input), { config = harness.copy(given.config or {}), run_id = "run_test" })
        end))
        check(manifest.output, output, "invalid_output")
        return output
    end)
    if not run.ok then run.error, run.output = run.output, nil end
    return run
end

return M
