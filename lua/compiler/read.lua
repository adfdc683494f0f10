-- A package back into the workflow's document: main.lua and the prompts say what it does, agent.json what it
-- may, canvas.json how it looks. Nothing is executed. What the canvas cannot show is listed, and the document comes
-- back without it.

local canvases = require "compiler.read_canvas"
local code = require "compiler.nodes.code_emit"
local edges = require "compiler.read_edges"
local headers = require "compiler.read_headers"
local json = require "moon.json"
local manifests = require "compiler.read_manifest"
local prompts = require "compiler.read_prompts"
local skip = require "compiler.read_skip"
local sources = require "compiler.read_source"
local statements = require "compiler.read_statements"
local writers = require "compiler.emit_writer"

local M = {}

-- What the head may say: locals of the kit.
local KIT = { ["require"] = "moon", ["moon.expr"] = "expr", ["expr.text"] = "text", ["moon.expr.text"] = "text" }

-- local function name(...) body end
local function code_function(r)
    r.at = r.at + 2
    local name = r:name()
    r:skip_brackets()
    local from, depth = r.tokens[r.at - 1].to + 1, 1
    while depth > 0 do
        local token = r:peek()
        if token.kind == "end" then
            r:fail(token, "the function '" .. name .. "' has no end", "end")
        end
        depth = depth + r.nesting(token)
        r.at = r.at + 1
    end
    r.functions[name] = code.read_body(r.source:sub(from, r.tokens[r.at - 1].at - 1))
    r.function_lines[name] = r.tokens[r.at - 1].line
end

local function head_statement(r)
    local path, count = r:path(3)
    if r:is("local") and r:is("function", 1) then
        return code_function(r)
    elseif r:is("local") and r:is("=", 2) and path and KIT[path] == r:peek(1).value then
        r.at = r.at + 3 + count
        if path == "require" then
            r:arguments()
        end
        return nil
    end
    return r:fail(r:peek(), "the canvas does not show this; only the functions of code nodes stand before the run's", "a code node")
end

-- Calls fn(r); what gives up is skipped.
local function attempt(r, fn)
    local start = r.at
    local ok, err = pcall(fn, r)
    if not ok and (type(err) ~= "table" or not err.given_up) then
        error(err, 0)
    elseif not ok then
        r.at = start
        skip.statement(r)
    end
end

-- Everything before "return function(...)". Returns whether that is there.
local function head(r)
    while not (r:is("return") and r:is("function", 1)) do
        if r:peek().kind == "end" then
            r:report(r:peek(), "main.lua has no 'return function(input, ctx)'", "return function(input, ctx)")
            return false
        end
        attempt(r, head_statement)
    end
    return true
end

local PRELUDE = { config = "ctx.config", state = "", made = "" }

-- local config = ctx.config; local state = {}
local function prelude(r)
    while r:is("local") and r:is("=", 2) and PRELUDE[r:peek(1).value] do
        local path, count = r:path(3)
        if r:is("{", 3) and r:is("}", 4) then
            r.at = r.at + 5
        elseif path == PRELUDE[r:peek(1).value] then
            r.at = r.at + 3 + count
        else
            return
        end
    end
end

-- The input node, from the comment above the run's function.
local function entry_of(r)
    local node
    for _, block in ipairs(headers.blocks(r:peek())) do
        node = block.id and not node and statements.new_node(r, block, r:peek()) or node
    end
    node = node or { id = "input", title = "Input", params = {} }
    statements.add(r, node, "input")
    return node
end

local function run_function(r)
    local entry = entry_of(r)
    r.at = r.at + 2
    r:skip_brackets()
    prelude(r)
    local body = statements.sequence(r, nil)
    attempt(r, function()
        r:expect("end")
        if r:peek().kind ~= "end" then
            r:fail(r:peek(), "nothing can follow the run's function", "the end")
        end
    end)
    return entry, body
end

local function report_unused(r, files)
    local list = {}
    for name in pairs(r.functions) do
        list[#list + 1] = not r.called[name] and name or nil
    end
    table.sort(list)
    for _, name in ipairs(list) do
        r:report({ line = r.function_lines[name] }, "no step calls the function '" .. name .. "'", "a step that calls it")
    end
    local paths = {}
    for path in pairs(files) do
        local known = path == "main.lua" or path == "agent.json" or path == "canvas.json" or r.used[path]
        if not known and (prompts.is_path(path) or path:find("%.lua$")) and not path:find("^spec/") then
            paths[#paths + 1] = path
        end
    end
    table.sort(paths)
    for _, path in ipairs(paths) do
        r:report_at(path, 1, "no step uses this file; the canvas does not keep it", "a step that uses it")
    end
end

local function by_place(a, b)
    if a.file ~= b.file then
        return a.file == "main.lua" or b.file ~= "main.lua" and a.file < b.file
    end
    return a.line < b.line
end

local function sorted(problems)
    for i, problem in ipairs(problems) do
        problem.n = i
    end
    table.sort(problems, function(a, b)
        if a.file == b.file and a.line == b.line then
            return a.n < b.n
        end
        return by_place(a, b)
    end)
    for _, problem in ipairs(problems) do
        problem.n = nil
    end
    return problems
end

local function title_of(r)
    local first = r.tokens[1].comments[1]
    local text = first and first.line == 1 and first.text:match("^%-%-%s*(.-)%s*$")
    return text ~= "" and text or nil
end

-- files: {path = text}. Returns the document and a list of {file, line, message, expected}.
function M.package(files)
    local r = sources.new("main.lua", files["main.lua"] or "", files)
    r.function_lines = {}
    local function report(...)
        r:report_at(...)
    end
    local canvas = canvases.read(files["canvas.json"], report)
    local entry, body = nil, {}
    if head(r) then
        attempt(r, function()
            entry, body = run_function(r)
        end)
    end
    local manifest = manifests.read(files["agent.json"], report)
    local found = edges.of(entry, body, canvas)
    local document = { version = 1, title = canvases.exact((canvas.value.document or {}).title, title_of(r), writers.one_line) }
    document.nodes, document.edges = canvases.nodes(canvas, r.nodes), canvases.edges(canvas, found)
    document.notes = canvas.value.notes
    manifests.fill(document, manifest, canvas)
    report_unused(r, files)
    return document, json.array(sorted(r.problems))
end

return M
