-- The model as a package: agent.json, main.lua, prompts/<name>.md, canvas.json. The same model always gives
-- the same bytes. read.lua is the way back.

local canvas = require "compiler.emit_canvas"
local emit_json = require "compiler.emit_json"
local main = require "compiler.emit_main"
local needs = require "compiler.emit_needs"

local ORDER = {
    "name", "version", "category", "summary", "tools", "models", "agents", "hosts", "secrets", "input", "output", "config",
}

local M = {}

-- Deployments that the workflow starts.
local function agents_of(model)
    local names, list = {}, {}
    for _, node in pairs(model.nodes) do
        if node.type == "subworkflow" and not names[node.params.workflow] then
            names[node.params.workflow], list[#list + 1] = true, node.params.workflow
        end
    end
    table.sort(list)
    return #list > 0 and list or nil
end

local function tools_of(model)
    local set, list = {}, {}
    for _, name in ipairs(model.grants.tools) do
        set[name] = true
    end
    for _, node in pairs(model.nodes) do
        needs.add(node, set)
    end
    for name in pairs(set) do
        list[#list + 1] = name
    end
    table.sort(list)
    return list
end

local function some(list)
    return #list > 0 and list or nil
end

local function manifest(model, version)
    local document, grants = model.document, model.grants
    local summary = document.summary
    return emit_json.encode({
        name = model.name, version = version, category = document.category,
        summary = summary and summary ~= "" and summary or model.title,
        tools = some(tools_of(model)), models = some(grants.models), agents = agents_of(model), hosts = some(grants.hosts),
        secrets = some(grants.secrets), input = document.input, output = document.output, config = document.config,
    }, ORDER)
end

-- given: {version}: of the package, 1.0.0 unless given. Returns {path = text}.
function M.package(model, given)
    local text, files = main.write(model)
    files["main.lua"] = text
    files["agent.json"] = manifest(model, given and given.version or "1.0.0")
    files["canvas.json"] = canvas.write(model)
    return files
end

return M
