-- moon.prompt(name, vars): the text of prompts/<name>.md of the package, its {{places}} filled. A prompt may declare
-- its variables (moon/template.lua); then each must be given.

local parts = ...
local host, template = parts.host, parts.moon_template
local type, error, find, ipairs = type, error, string.find, ipairs

return function(name, vars)
    if type(name) ~= "string" or not find(name, "^[%w_-][%w_/-]*$") then
        error("a prompt's name is expected", 2)
    end
    local source = host.text("prompts/" .. name .. ".md")
    if type(source) ~= "string" then
        error("the package has no prompts/" .. name .. ".md", 2)
    end
    local declared, body, problem = template.front(source)
    if not body then
        error("prompts/" .. name .. ".md:" .. problem.line .. ": " .. problem.message, 2)
    end
    for _, variable in ipairs(declared or {}) do
        if not vars or vars[variable] == nil then
            error("prompts/" .. name .. ".md needs the variable '" .. variable .. "'", 2)
        end
    end
    return template.render(body, vars)
end
