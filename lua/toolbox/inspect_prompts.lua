-- The prompts of a package: are their places well made, and does each file that Lua names exist?
--
-- Names are looked for in Lua as texts: moon.prompt("x") (whatever the file calls `require "moon"`), and
-- {prompt = "x"} where an option of the kit takes it. A name that is made while the agent runs is found then.

local template = require("moon.template")
local scan = require("job.lua_scan")

local M = {}

-- Options of moon.agent, moon.graph and moon.crew that take {prompt = name}.
local TAKES_PROMPT = { instructions = true, description = true, goal = true, background = true, expected_output = true }

local function is_name(text)
    return text:find("^[%w_-][%w_/-]*$") ~= nil
end

-- The names under which a file has the kit: "moon" and the locals that `require "moon"` is put into.
local function kit_names(tokens)
    local names = { moon = true }
    for i = 1, #tokens do
        local name, equals, require = tokens[i], tokens[i + 1], tokens[i + 2]
        if name.kind == "name" and equals and equals.text == "=" and require and require.text == "require" then
            local module = tokens[i + 3]
            if module and module.text == "(" then module = tokens[i + 4] end
            if module and module.kind == "string" and module.text == "moon" then names[name.text] = true end
        end
    end
    return names
end

-- The text at i, when it is the whole argument: `"x")`, `"x",`, `"x"}` or a text that ends the expression.
local function whole(tokens, i)
    local token, after = tokens[i], tokens[i + 1]
    if not token or token.kind ~= "string" or (after and after.text == "..") then return nil end
    return token
end

-- moon.prompt "x", moon.prompt("x", ...)
local function called(tokens, i, names)
    if tokens[i].text ~= "prompt" or not tokens[i - 2] or tokens[i - 1].text ~= "."
      or not names[tokens[i - 2].text] or not tokens[i + 1] then
        return nil
    end
    return whole(tokens, tokens[i + 1].text == "(" and i + 2 or i + 1)
end

-- instructions = {prompt = "x"...
local function named(tokens, i)
    if tokens[i].kind ~= "name" or not TAKES_PROMPT[tokens[i].text] then return nil end
    for k, text in ipairs({ "=", "{", "prompt", "=" }) do
        local token = tokens[i + k]
        if not token or token.kind == "string" or token.text ~= text then return nil end
    end
    return whole(tokens, i + 5)
end

local function check_lua(path, files, errors)
    local tokens = scan.tokens(files[path])
    local names = kit_names(tokens)
    for i = 1, #tokens do
        local token = called(tokens, i, names) or named(tokens, i)
        if token and not (is_name(token.text) and files["prompts/" .. token.text .. ".md"]) then
            errors[#errors + 1] = { file = path, line = token.line,
                message = "the package has no prompts/" .. token.text .. ".md" }
        end
    end
end

local function check_prompt(path, files, errors)
    local declared, body, before = template.front(files[path])
    if not body then
        errors[#errors + 1] = { file = path, line = before.line, message = before.message }
        return
    end
    for _, problem in ipairs(template.check(body, declared)) do
        errors[#errors + 1] = { file = path, line = before + problem.line, message = problem.message }
    end
end

-- Adds what is wrong with one file to errors: {file, line, message}.
function M.check(path, files, errors)
    if path:find("^prompts/.*%.md$") then
        check_prompt(path, files, errors)
    elseif path:sub(-4) == ".lua" and path:sub(1, 5) ~= "spec/" then
        check_lua(path, files, errors)
    end
end

return M
