-- moon.prompt(name, vars): the text of prompts/<name>.md of the package, its {{places}} filled.

local parts = ...
local host, render = parts.host, parts.moon_template.render
local type, error, find = type, error, string.find

return function(name, vars)
    if type(name) ~= "string" or not find(name, "^[%w_-][%w_/-]*$") then
        error("a prompt's name is expected", 2)
    end
    local text = host.text("prompts/" .. name .. ".md")
    if type(text) ~= "string" then
        error("the package has no prompts/" .. name .. ".md", 2)
    end
    return render(text, vars)
end
