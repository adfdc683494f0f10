-- Runs whole packages over the real kit (lua/moon, graphs, sagas, branches), the real local model and storage in memory,
-- in this process; calls are checked by the tools' manifests, input, config and output by the package's.
--
--     local run = package_world.run("agents/x", {input, config, kv, files, memory, tools = {name = function(args)}})
--     run.ok, run.output | run.error, run.calls = {{name, args}}, run.events, run.kv, run.files

local graph_kit = require "tests.lua.graph_kit"
local harness = require "tests.lua.harness"

local M = {}

local MODULES = { "llm", "memory", "kv", "file", "json", "csv", "text", "date", "template", "schema", "expr", "flow" }

-- Modules of the package, over a kit.
local function loader(folder, moon)
    local loaded = { moon = moon, ["moon.json"] = moon.json }
    local globals = setmetatable({}, { __index = _G })
    function globals.require(name)
        if loaded[name] == nil then
            local path = folder .. "/" .. name:gsub("%.", "/") .. ".lua"
            loaded[name] = setfenv(assert(loadfile(path)), globals)(name)
        end
        return loaded[name]
    end
    return globals.require
end

local function kit_of(world, folder)
    local parts, moon = world.parts, world.moon
    parts.host.text = function(path)
        local ok, text = pcall(harness.read, folder .. "/" .. path)
        return ok and text or nil
    end
    parts.host.now = function() return 1750000000 + (world.task and world.task.clock or 0) end
    rawset(parts, "moon_time", nil) -- it keeps the clock that it found when it was loaded
    rawset(parts, "moon_date", nil)
    for _, name in ipairs(MODULES) do moon[name] = parts["moon_" .. name] end
    for name, value in pairs(parts.moon_time) do moon[name] = value end
    moon.saga, moon.prompt, moon.approve, moon.ask = parts.moon_saga, parts.moon_prompt, parts.moon_people.approve, parts.moon_people.ask
    moon.emit, moon.log, moon.map, moon.race = parts.moon_log.emit, parts.moon_log.log, parts.branches.map, parts.branches.race
    moon.run = parts.moon_run.run()
    return moon
end

local function searcher(memory)
    local tokenize = require "local.tokenize"
    local function stems(text)
        local set = {}
        for _, word in ipairs(tokenize.words(text)) do set[tokenize.stem(word)] = true end
        return set
    end
    return function(args)
        local wanted, hits = stems(args.query), {}
        for _, document in ipairs(memory[args.collection] or {}) do
            local title, body, score, fits = stems(document.title or ""), stems(document.body), 0, true
            for stem in pairs(wanted) do score = score + (title[stem] and 1 or 0) + (body[stem] and 0.3 or 0) end
            for name, value in pairs(args.filter or {}) do fits = fits and (document.metadata or {})[name] == value end
            if score > 0 and fits then
                hits[#hits + 1] = { id = document.id, title = document.title, body = document.body, snippet = "",
                    score = score, metadata = document.metadata }
            end
        end
        table.sort(hits, function(a, b)
            if a.score ~= b.score then return a.score > b.score end
            return a.id < b.id
        end)
        while #hits > (args.limit or 5) do hits[#hits] = nil end
        return { documents = hits }
    end
end

local function tools_of(given, run)
    local tools = {}
    for _, kind in ipairs({ "chat", "json" }) do
        tools["llm." .. kind] = function(args) return harness.local_model(kind, args) end
    end
    tools["memory.search"] = searcher(run.memory)
    tools["kv.get"] = function(args) return { found = run.kv[args.key] ~= nil, value = run.kv[args.key] } end
    tools["kv.set"] = function(args) run.kv[args.key] = args.value return { ok = true } end
    tools["kv.delete"] = function(args) run.kv[args.key] = nil return { deleted = true } end
    tools["file.write"] = function(args) run.files[args.path] = args.content return { path = args.path, bytes = #args.content } end
    tools["file.read"] = function(args)
        if not run.files[args.path] then error({ code = "not_found", message = args.path, retryable = false }, 0) end
        return { content = run.files[args.path] }
    end
    for name, tool in pairs(given.tools or {}) do tools[name] = tool end
    return tools
end

local manifests

local function check_args(name, args)
    if not manifests then
        manifests = {}
        for _, folder in ipairs({ "core/gate/tools", "core/llm/tools" }) do
            for _, file in ipairs(harness.files(folder)) do
                local manifest = file:find("%.json$") and harness.json(folder .. "/" .. file)
                if manifest then manifests[manifest.name] = manifest end
            end
        end
    end
    local ok, err = true, nil
    if manifests[name] then ok, err = require("local.check").validate(manifests[name].args, args) end
    if not ok then error({ code = "invalid_arguments", message = name .. err.path .. " " .. err.message }, 0) end
end

local function answerer(manifest, given, run)
    local tools, allowed = tools_of(given, run), {}
    for _, name in ipairs(manifest.tools) do allowed[name] = true end
    return function(name, args)
        args = harness.copy(args)
        run.calls[#run.calls + 1] = { name = name, args = args }
        local ok, value = pcall(function()
            if not allowed[name] then error({ code = "tool_denied", message = name }, 0) end
            check_args(name, args)
            return harness.copy(assert(tools[name], "no tool " .. name)(args))
        end)
        if not ok and type(value) ~= "table" then value = { code = "test", message = tostring(value), retryable = false } end
        return ok, value
    end
end

local function fits(schema, value, what)
    local ok, err = true, nil
    if schema then ok, err = require("local.check").validate(schema, value) end
    if not ok then error({ code = "invalid_" .. what, message = err.path .. " " .. err.message }, 0) end
end

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

-- A module of a package, outside of a run.
function M.module(folder, name)
    return loader(folder, kit_of(graph_kit.new(), folder))(name)
end

function M.run(folder, given)
    local manifest = harness.json(folder .. "/agent.json")
    local run = { calls = {}, kv = given.kv or {}, files = given.files or {},
        memory = given.memory or knowledge_of(folder, manifest) }
    local world = graph_kit.new(answerer(manifest, given, run))
    run.events = world.events
    run.ok, run.output = pcall(function()
        fits(manifest.input, given.input, "input")
        fits(manifest.config, given.config or {}, "config")
        local require_in = loader(folder, kit_of(world, folder))
        local output = harness.copy(world:run(function()
            return require_in("main")(harness.copy(given.input), { config = given.config or {}, run_id = "run_test" })
        end))
        fits(manifest.output, output, "output")
        return output
    end)
    if not run.ok then run.error, run.output = run.output, nil end
    return run
end

return M
