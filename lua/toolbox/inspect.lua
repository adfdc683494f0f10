-- Job "inspect": does every Lua file of a package compile? Nothing is executed.
--
-- input: {files = {path: text}}. Returns {ok = true}, or {errors = [{file, line, message}]}.

local json = require("moon.json")

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
        if path:sub(-4) == ".lua" then
            paths[#paths + 1] = path
        end
    end
    table.sort(paths)
    for _, path in ipairs(paths) do
        errors[#errors + 1] = check(path, input.files[path])
    end
    if #errors > 0 then
        return { errors = json.array(errors) }
    end
    return { ok = true }
end
