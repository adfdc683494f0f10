-- Job "inspect": does every Lua file of a package compile, and is every prompt well made? Nothing is executed.
--
-- input: {files = {path: text}}. Returns {ok = true}, or {errors = [{file, line, message}]}, the first of them.

local json = require("moon.json")
local prompts = require("job.inspect_prompts")

local MOST_ERRORS = 100

local function check(path, text)
    if text:sub(1, 1) == "\27" then
        return { file = path, line = 1, message = "compiled code is not accepted" }
    end
    local ok, err = load(text, "@" .. path, "t")
    if ok then
        return nil
    end
    local line, message = tostring(err):match("^.-:(%d+): (.*)$")
    return { file = path, line = tonumber(line) or 1, message = message or tostring(err) }
end

return function(input)
    local paths, errors = {}, {}
    for path in pairs(input.files) do
        paths[#paths + 1] = path
    end
    table.sort(paths)
    for _, path in ipairs(paths) do
        if path:sub(-4) == ".lua" then
            errors[#errors + 1] = check(path, input.files[path])
        end
    end
    for _, path in ipairs(#errors == 0 and paths or {}) do
        prompts.check(path, input.files, errors)
        if #errors >= MOST_ERRORS then
            break
        end
    end
    if #errors > 0 then
        return { errors = json.array({ unpack(errors, 1, math.min(#errors, MOST_ERRORS)) }) }
    end
    return { ok = true }
end
