-- code <-> local function name_code(input, state) ... end, and its call. The text stands in the function as it
-- is, moved to the right where that changes nothing.

local lexer = require "compiler.read_lexer"

local STEP = "    "

local M = {}

-- Texts over several lines would change if they were moved; tabs behind spaces look odd.
local function may_move(code)
    return not (code:find("%[=*%[") or code:find("\\\r?\n") or code:find("\r") or ("\n" .. code):find("\n\t"))
end

local function moved(code)
    return (("\n" .. code):gsub("\n([^\n])", "\n" .. STEP .. "%1"):sub(2))
end

local function is_moved(code)
    for line in (code .. "\n"):gmatch("(.-)\n") do
        if line ~= "" and line:sub(1, #STEP) ~= STEP then
            return false
        end
    end
    return true
end

-- Undoes moved(); what a person has written further to the left stays as it is.
local function moved_back(code)
    if not may_move(code) or not is_moved(code) then
        return code
    end
    return (("\n" .. code):gsub("\n" .. STEP, "\n"):sub(2))
end

local function parameters(names)
    if names.state then
        return names.input and "input, state" or "_, state"
    end
    return names.input and "input" or ""
end

function M.emit(node, w, indent)
    local code = node.params.code
    local names = lexer.names(code)
    local name = w:new_name(node.name .. "_code")
    local lines = { "-- " .. node.title:gsub("%c", " "), "local function " .. name .. "(" .. parameters(names) .. ")" }
    lines[#lines + 1] = may_move(code) and moved(code) or code
    lines[#lines + 1] = "end"
    w.functions[#w.functions + 1] = table.concat(lines, "\n")
    local args = {}
    if node.params.input then
        args[1] = w:value(node.params.input, indent)
    elseif names.input then
        args[1] = "input"
    end
    if names.state then
        args[1], args[2] = args[1] or "nil", "state"
    end
    return name .. "(" .. table.concat(args, ", ") .. ")", ""
end

function M.implied(node)
    local params = node.document.params
    return { output = params.output, input = params.input == "{{ input }}" and params.input or nil }
end

-- body: the function's text, from the end of its first line to the "end".
function M.read_body(body)
    if not body:find("\n", 1, true) then
        return body:match("^%s*(.-)%s*$")
    end
    return moved_back((body:gsub("^[ \t]*\r?\n", "", 1):gsub("\r?\n[ \t]*$", "", 1)))
end

function M.read(r, node, args, name)
    node.params.code = r.functions[name]
    local input = r:is_given(args[1]) and r:value(args[1]) or nil
    if input ~= "{{ input }}" then
        node.params.input = input
    end
end

return M
